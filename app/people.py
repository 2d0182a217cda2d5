"""Who sits at this machine, as far as it says so."""

from __future__ import annotations

import getpass
from pathlib import Path


def user_name() -> str:
    """Return the name of the user, `unknown` where there is none, such as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def owner_of(file: Path) -> str:
    """Return whom the system names as the owner of a file, `unknown` where it names nobody: who wrote a file anew owns it."""
    try:
        return file.owner()
    except (KeyError, OSError, NotImplementedError):
        return "unknown"
