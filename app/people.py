"""Who sits at this machine, as far as it says so."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """Return the name of the user, `unknown` where there is none, such as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
