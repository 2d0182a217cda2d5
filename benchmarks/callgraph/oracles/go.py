"""Go: the call sites as go/types resolves them (`GoSites.go`, with the standard library only)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.running import is_program, run_tool

NEEDS = "Go"
PROGRAM = Path(__file__).with_name("GoSites.go")


def is_available() -> bool:
    return is_program("go")


def edges(root: Path) -> dict[str, Any]:
    """Return an oracle's file for the module at `root`; what its tests call is not among it.

    Go builds what the module depends on, and may fetch it with its own client.

    Raises:
        OracleFailed: Go cannot run the program.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "edges.json"
        run_tool(["go", "run", str(PROGRAM.resolve()), str(out), "./..."], cwd=root)
        content: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return content
