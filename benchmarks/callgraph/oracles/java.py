"""Java: the call sites as javac attributes them (`JavaSites.java`, run by the JDK's single-file launcher)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.running import is_program, run_tool

NEEDS = "a JDK, 17 or later"
PROGRAM = Path(__file__).with_name("JavaSites.java")


def is_available() -> bool:
    return is_program("javac") and is_program("java")


def edges(root: Path, classpath: str = "") -> dict[str, Any]:
    """Return an oracle's file for the sources below `root`.

    Args:
        classpath: of the libraries that they use; what is missing there leaves sites without a verdict.

    Raises:
        OracleFailed: javac cannot be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "edges.json"
        run_tool(["java", str(PROGRAM), str(out), classpath, str(root.resolve())], cwd=root)
        content: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return content
