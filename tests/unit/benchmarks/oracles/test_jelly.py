"""Jelly's dynamic call graphs: what counts as a call, and as a function with a name."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.callgraph.oracles import jelly


def test_a_dynamic_call_graph_counts_functions_with_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        "function f(x) {\n  x();\n}\nf(() => 1);\nconst g = () => f(\n  g);\ng();\n", "utf-8"
    )
    graph = {
        "files": ["a.js"],
        "functions": ["0:1:1:8:1", "0:1:1:3:2", "0:4:3:4:10", "0:5:11:6:5"],
        "calls": ["0:2:3:2:6", "0:4:1:4:11", "0:5:17:6:5", "0:7:1:7:4"],
        "call2fun": [[0, 2], [1, 1], [2, 1], [3, 3]],
    }
    (tmp_path / "a.json").write_text(json.dumps(graph), "utf-8")
    (tmp_path / "patterns.json").write_text("[]", "utf-8")
    named = jelly.edges(tmp_path)["edges"]
    assert named == [["a.js", -1, "a.js", 0, 3], ["a.js", -1, "a.js", 0, 4], ["a.js", -1, "a.js", 4, 6]]
    assert ["a.js", -1, "a.js", 3, 1] in jelly.edges(tmp_path, in_place=True)["edges"]
