"""The consensus of pyrefly and scip-python: what counts as agreement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.callgraph.oracles.pyrefly import Expression, Targets, read_report
from benchmarks.callgraph.oracles.python import consensus
from benchmarks.callgraph.oracles.python_calls import parse_file
from benchmarks.callgraph.verdicts import Place
from indexers.scip.wire import DEFINITION
from tests.unit.indexers.scip.writing import document, write_index

SOURCE = """class A:
    def __init__(self): ...

    def run(self): ...

held = A
def main(a):
    A()
    a.run()
    print(a)
    (a
     .run)()
    held()
"""
MAKE, RUN, PRINT, SPLIT, HELD = range(5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "m.py").write_text(SOURCE, "utf-8")
    return tmp_path


def expressions(root: Path) -> list[Expression]:
    parsed = parse_file(root / "m.py")
    assert parsed is not None
    return [("m.py", call.start, call.end) for call in parsed.calls]


def agree(root: Path, call: int, checked: Targets | None, symbol: str) -> tuple[Any, list[Any]]:
    """Return the verdict on one call, and the edges."""
    parsed = parse_file(root / "m.py")
    assert parsed is not None
    expression = parsed.calls[call]
    defined = [(0, 6, "A#"), (1, 8, "A#__init__()."), (3, 8, "A#run()."), (5, 0, "held.")]
    uses = [(*place, DEFINITION) for place in defined]
    uses.append((expression.line - 1, expression.column, symbol, 0))
    index = write_index(root.parent / "index.scip", [document("m.py", uses)])
    calls = {expressions(root)[call]: checked} if checked else {}
    content = consensus(root, calls, index)
    return content["sites"][f"m.py:{expression.line - 1}:{expression.column}"], content["edges"]


def targets(*places: Place, constructed: tuple[Place, ...] = (), external: bool = False) -> Targets:
    return Targets(set(places), set(constructed), external, True)


def test_names_and_callers_of_calls(root: Path) -> None:
    parsed = parse_file(root / "m.py")
    assert parsed is not None
    assert [(call.line, call.column, call.caller_line) for call in parsed.calls] == [
        (8, 4, 7),
        (9, 6, 7),
        (10, 4, 7),
        (12, 6, 7),
        (13, 4, 7),
    ]
    assert parsed.callables == {1: "class", 2: "function", 4: "function", 7: "function"}


def test_defaults_and_decorators_belong_to_the_caller_around(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f():\n    @deco(1)\n    def g(x=make()):\n        run()\n", "utf-8")
    parsed = parse_file(tmp_path / "m.py")
    assert parsed is not None
    assert [call.caller_line for call in parsed.calls] == [1, 1, 3]


def test_what_python_cannot_parse_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f(:\n", "utf-8")
    assert parse_file(tmp_path / "m.py") is None


def test_the_same_method_is_an_edge(root: Path) -> None:
    verdict, edges = agree(root, RUN, targets(("m.py", 4)), "A#run().")
    assert verdict == ["m.py", 3]
    assert edges == [["m.py", 6, "m.py", 3, 8]]


def test_a_class_and_its_constructor_agree(root: Path) -> None:
    verdict, edges = agree(root, MAKE, targets(("m.py", 2), constructed=(("m.py", 1),)), "A#")
    assert verdict == ["m.py", 0]
    assert edges == [["m.py", 6, "m.py", 0, 7]]


def test_names_on_a_line_of_their_own(root: Path) -> None:
    assert agree(root, SPLIT, targets(("m.py", 4)), "A#run().")[1] == [["m.py", 6, "m.py", 3, 11]]


def test_both_outside_is_external(root: Path) -> None:
    assert agree(root, PRINT, targets(external=True), "builtins print().")[0] == "ext"


@pytest.mark.parametrize(
    ("checked", "symbol"),
    [
        (targets(("m.py", 2)), "A#run()."),
        (targets(("m.py", 4), ("m.py", 2)), "A#run()."),
        (targets(("m.py", 4), external=True), "A#run()."),
        (targets(("m.py", 4)), "builtins print()."),
        (targets(external=True), "A#run()."),
        (None, "A#run()."),
        (Targets(), "builtins print()."),
    ],
)
def test_any_difference_is_silence(root: Path, checked: Targets | None, symbol: str) -> None:
    assert agree(root, RUN, checked, symbol) == (None, [])


def test_a_variable_that_holds_a_class_is_silence(root: Path) -> None:
    assert agree(root, HELD, targets(("m.py", 6)), "held.") == (None, [])


def module(root: Path, folder: Path, calls: dict[str, Any]) -> None:
    """Write what pyrefly writes about m.py and about the builtins."""
    source = {"FileSystem": str(root / "m.py")}
    functions = {"F:1": {"name_location": "2:9-2:17"}, "F:2": {"name_location": "4:9-4:12"}, "F:3": {}}
    classes = {"0": {"class_id": 0, "name_location": "1:7-1:8"}}
    for name, content in (
        ("definitions", {"function_definitions": functions, "class_definitions": classes}),
        ("call_graphs", {"call_graphs": {"F:9": calls}}),
    ):
        (folder / name).mkdir()
        (folder / name / "m:1.json").write_text(json.dumps({"module_id": 1, "source_path": source, **content}))
        outside = {"module_id": 2, "source_path": {"BundledTypeshed": "builtins.pyi"}}
        (folder / name / "builtins:2.json").write_text(json.dumps(outside))


def target(function: str, module_id: int = 1, kind: str = "Function") -> dict[str, Any]:
    return {"target": {kind: {"module_id": module_id, "function_id": function}}}


def test_pyreflys_report(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pysa"
    folder.mkdir()
    receiver = {"receiver_class": {"module_id": 1, "class_id": 0}}
    module(
        root,
        folder,
        {
            "9:5-9:12": {"Call": {"call_targets": [target("F:2", kind="Overrides")]}},
            "8:5-8:8": {"Call": {"init_targets": [target("F:1") | receiver], "new_targets": [target("F:7", 2)]}},
            "10:5-10:13": {"Call": {"call_targets": [target("F:5", 2)]}},
            "12:5-12:13": {"Call": {"unresolved": {"True": "Whatever"}}},
            "9:5-9:12|artificial-call|comparison": {"Call": {"call_targets": [target("F:1")]}},
            "9:5-9:6": {"Identifier": {}},
        },
    )
    report = read_report(folder, root)
    assert report == {
        ("m.py", (9, 4), (9, 11)): targets(("m.py", 4)),
        ("m.py", (8, 4), (8, 7)): targets(("m.py", 2), constructed=(("m.py", 1),)),
        ("m.py", (10, 4), (10, 12)): targets(external=True),
        ("m.py", (12, 4), (12, 12)): Targets(),
    }
