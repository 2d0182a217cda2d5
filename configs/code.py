"""What Clew's own code is, as one hash: two processes that may answer differently never share a remembered answer."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ANSWERING = ("agents", "configs", "graph", "guardrails", "indexers", "knowledge", "models", "tools")
"""Packages whose code an answer depends on, beside what the Release and the index hold."""


@cache
def code_id() -> str:
    """Return the hash of the installed code that answers; read once a process, in about fifteen milliseconds."""
    return code_id_of(Path(__file__).parents[1])


def code_id_of(root: Path) -> str:
    """Return the hash of the Python files of the answering packages below `root`, by path and content."""
    found = hashlib.sha256()
    for package in ANSWERING:
        for path in sorted((root / package).rglob("*.py")):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()
