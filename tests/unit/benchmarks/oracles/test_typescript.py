"""What a SCIP index of TypeScript says about calls: internal, outside, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.callgraph.oracles.typescript import described_scripts, verdicts_of_index
from indexers.scip.wire import DEFINITION
from tests.unit.indexers.scip.writing import document, write_index

SOURCE = """function over(a: string): void;
function over(a: number): void;
function over(a: unknown) {}
class Box { put() {} held = () => over(1); }
const made = new Box();
const run = async () => { made!.put(); made.held(); };
const name = "ß"; run(); made.other?.(); console.log(name);
function inner(given) { const local = () => 1; local(); given(); }
"""
BOX, PUT, HELD, RUN, OVER = "x Box#", "x Box#put().", "x Box#held.", "x run.", "x over()."
MADE, LOG, LOCAL, GIVEN, OTHER = "x made.", "y console.log().", "local 1", "local 2", "x other."
DEFINED = [
    (0, 9, OVER),
    (1, 9, OVER),
    (2, 9, OVER),
    (3, 6, BOX),
    (3, 12, PUT),
    (3, 21, HELD),
    (4, 6, MADE),
    (5, 6, RUN),
]
USED = [
    (3, 34, OVER),
    (4, 17, BOX),
    (5, 32, PUT),
    (5, 44, HELD),
    (6, 18, RUN),
    (6, 30, OTHER),
    (6, 49, LOG),
    (7, 47, LOCAL),
    (7, 56, GIVEN),
]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("tree")
    (root / "m.ts").write_text(SOURCE, "utf-8")
    occurrences = [(*place, DEFINITION) for place in [*DEFINED, (7, 15, GIVEN), (7, 30, LOCAL), (6, 100, OTHER)]]
    occurrences += [(*place, 0) for place in USED]
    return verdicts_of_index(write_index(root / "index.scip", [document("m.ts", occurrences)]), root)


@pytest.mark.parametrize(
    ("place", "verdict"),
    [
        ("3:34", ["m.ts", 0]),
        ("4:17", ["m.ts", 3]),
        ("5:32", ["m.ts", 3]),
        ("5:44", ["m.ts", 3]),
        ("6:19", ["m.ts", 5]),  # in bytes, one more than UTF-16 units
        ("6:31", "var"),
        ("6:50", "ext"),
        ("7:47", ["m.ts", 7]),
        ("7:56", "var"),
    ],
)
def test_each_callee_has_its_verdict(verdicts: dict[str, Any], place: str, verdict: Any) -> None:
    assert verdicts["sites"][f"m.ts:{place}"] == verdict
    assert len(verdicts["sites"]) == 9


def test_edges_name_the_calling_function(verdicts: dict[str, Any]) -> None:
    assert verdicts["edges"] == [
        ["m.ts", 3, "m.ts", 0, 3],
        ["m.ts", -1, "m.ts", 3, 4],
        ["m.ts", 5, "m.ts", 3, 5],
        ["m.ts", 5, "m.ts", 3, 5],
        ["m.ts", -1, "m.ts", 5, 6],
        ["m.ts", 7, "m.ts", 7, 7],
    ]


def test_what_the_index_does_not_name_is_silence(tmp_path: Path) -> None:
    (tmp_path / "m.ts").write_text("run();\n", "utf-8")
    index = write_index(tmp_path / "index.scip", [document("m.ts", []), document("gone.ts", [])])
    assert verdicts_of_index(index, tmp_path)["sites"] == {"m.ts:0:0": None}


def test_declarations_beside_their_scripts_are_found(tmp_path: Path) -> None:
    for name in (
        "a.d.ts",
        "a.js",
        "b.d.ts",
        "c.d.mts",
        "c.mjs",
        "d.d.cts",
        "d.js",
        "node_modules/e.d.ts",
        "node_modules/e.js",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in described_scripts(tmp_path)] == ["a.d.ts", "c.d.mts", "d.d.cts"]
