"""The JSON shapes of the contract, as plain dictionaries: written by the command line, reused by the REST server.

Stable: a field is added, never renamed. docs/cli.md describes them; tests hold them.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]
