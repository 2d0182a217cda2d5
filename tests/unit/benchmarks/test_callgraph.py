"""The call graph benchmark: what counts as right, as wrong, and as not judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.callgraph.__main__ import exported
from benchmarks.callgraph.ours import OurGraph, resolve_tree
from benchmarks.callgraph.report import as_json, as_text, samples
from benchmarks.callgraph.scoring import Score, score
from benchmarks.callgraph.verdicts import read_verdicts, verdicts_of

SOURCE = {
    "app/__init__.py": "",
    "app/things.py": """from typing import overload


class Thing:
    def __init__(self):
        self.size = 1

    def grow(self):
        return self.size


class Special(Thing):
    pass


@overload
def show(x: int) -> int: ...
@overload
def show(x: str) -> str: ...
def show(x):
    return x


@staticmethod
def marked():
    return 1
""",
    "app/main.py": """import os

from app.things import Special, Thing, marked, show


def main(a):
    thing = Thing()
    Special()
    thing.grow()
    show(1)
    marked()
    os.getcwd()
    a.unheard()


def other():
    main(1)
""",
}
CALLS = {"Thing": 7, "Special": 8, "grow": 9, "show": 10, "marked": 11, "getcwd": 12, "unheard": 13}
MAIN, OTHER = 6, 16


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> OurGraph:
    root = tmp_path_factory.mktemp("tree")
    for path, text in SOURCE.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return resolve_tree(root)


def edge(callee: str, target_line: int, path: str = "app/things.py") -> list[Any]:
    return ["app/main.py", MAIN, path, target_line, CALLS[callee]]


def compare(ours: OurGraph, edges: list[list[Any]], sites: dict[str, Any] | None = None, **content: Any) -> Score:
    oracle = {"line_base": 1, "edges": edges, "sites": sites or {}, **content}
    return score(ours, verdicts_of(oracle, ours.root), ["python"])


def missed(result: Score) -> list[str]:
    return [failure.cause for failure in result.failures if failure.kind == "missed"]


def test_constructor_and_class_are_one_target_inherited_or_own(ours: OurGraph) -> None:
    for line in (4, 5):
        result = compare(ours, [edge("Thing", line)])
        assert (result.site.precision, result.site.recall) == (1.0, 1.0)
    for line in (5, 12):
        assert compare(ours, [edge("Special", line)]).site.recall == 1.0


def test_a_class_and_its_constructor_on_one_site_are_wanted_once(ours: OurGraph) -> None:
    assert compare(ours, [edge("Thing", 4), edge("Thing", 5)]).site.wanted == 1


def test_an_overload_signature_stands_for_the_implementation(ours: OurGraph) -> None:
    for line in (17, 19, 20):
        assert compare(ours, [edge("show", line)]).site.recall == 1.0


def test_a_decorator_line_stands_for_the_name(ours: OurGraph) -> None:
    assert compare(ours, [edge("marked", 24)]).site.recall == 1.0


def test_another_method_is_wrong_and_missed(ours: OurGraph) -> None:
    result = compare(ours, [edge("grow", 25)])
    assert (result.site.precision, result.site.recall) == (0.0, 0.0)
    assert missed(result) == ["other target"]
    assert [failure.kind for failure in result.failures] == ["false", "missed"]


def test_silent_lines_are_not_judged_and_external_ones_are(ours: OurGraph) -> None:
    grow = "app/main.py:9:10"
    for verdict in (None, "var"):
        result = compare(ours, [edge("show", 20)], {grow: verdict})
        assert (result.site.judged, result.unjudged) == (1, 5)
        assert result.strict_precision == pytest.approx(1 / 6)
    result = compare(ours, [edge("show", 20)], {grow: "ext"})
    assert (result.site.judged, result.site.hits) == (2, 1)
    assert result.exact_set_rate == 0.5


def test_columns_of_names_tie_a_verdict_to_the_name(ours: OurGraph) -> None:
    elsewhere = {"app/main.py:9:1": "ext", "app/main.py:9:11": None}
    assert compare(ours, [], elsewhere, columns="name").site.judged == 0
    assert compare(ours, [], {"app/main.py:9:11": "ext"}, columns="name").site.judged == 1


@pytest.mark.parametrize(
    ("call", "line", "path", "cause"),
    [
        ("getcwd", 8, "app/things.py", "external"),
        ("unheard", 8, "app/things.py", "unresolved"),
        ("grow", 1, "app/things.py", "definition unknown"),
    ],
)
def test_what_a_missed_edge_has_in_common(ours: OurGraph, call: str, line: int, path: str, cause: str) -> None:
    assert missed(compare(ours, [edge(call, line, path)])) == [cause]


def test_lines_without_any_call_of_ours_are_named_so(ours: OurGraph) -> None:
    content = {"line_base": 1, "edges": [["app/main.py", MAIN, "app/things.py", 8, 1]]}
    assert missed(score(ours, verdicts_of(content, ours.root))) == ["no call site"]


def test_file_and_caller_measures(ours: OurGraph) -> None:
    result = compare(ours, [edge("grow", 8), edge("show", 20), edge("unheard", 25)])
    for rate in (result.by_name, result.by_caller):
        assert rate.precision == 1.0
        assert rate.recall == pytest.approx(2 / 3)


def test_tiers_add_up(ours: OurGraph) -> None:
    result = compare(ours, [edge("grow", 8), edge("show", 20), edge("Thing", 5)])
    assert sum(rate.judged for rate in result.tiers.values()) == result.site.judged == 3
    assert result.tiers["exact"].hits < 3


def test_other_languages_and_unknown_files_are_left_out_and_counted(ours: OurGraph) -> None:
    content = {"edges": [["elsewhere.py", 1, "app/things.py", 8, 1], edge("grow", 8)]}
    result = score(ours, verdicts_of(content, ours.root), ["go"])
    assert result.site.wanted == 0
    assert result.left_out == {"not below the root": 1, "calling file of another language": 1}


def test_line_base_and_path_forms(ours: OurGraph, tmp_path: Path) -> None:
    inside = str(ours.root / "app/main.py")
    for first, second, strip in (("app/main.py", "app/things.py", ""), (inside, "src/app/things.py", "src/")):
        file = tmp_path / "edges.json"
        file.write_text(json.dumps({"edges": [[first, 5, second, 7, 8, "extra"]]}))
        assert score(ours, read_verdicts(file, ours.root, strip=strip)).site.recall == 1.0


def test_export_is_an_oracle_that_we_meet_in_full(ours: OurGraph) -> None:
    edges = exported(ours)
    result = score(ours, verdicts_of({"edges": edges}, ours.root))
    assert (result.site.precision, result.site.recall, result.exact_set_rate) == (1.0, 1.0, 1.0)
    assert ["app/main.py", OTHER - 1, "app/main.py", MAIN - 1, OTHER, "exact", "scope"] in edges


def test_report_names_the_classes_and_shows_source_lines(ours: OurGraph) -> None:
    result = compare(ours, [edge("unheard", 8)])
    assert as_json(result)["failures"] == {"missed: unresolved": 1}
    assert "missed: unresolved" in as_text(result)
    assert "a.unheard()" in samples(result, ours.root, 3, "unresolved")
    assert samples(result, ours.root, 3, "false") == ""


def test_a_function_of_a_macros_body_stands_there_or_where_the_macro_is_used(tmp_path: Path) -> None:
    files = {
        "src/lib.rs": "#[macro_use]\nmod kit;\nmod user;\n",
        "src/kit.rs": "macro_rules! make {\n    () => {\n        pub fn made() {}\n    };\n}\n",
        "src/user.rs": "make!();\nfn other() { made(); }\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    graph = resolve_tree(tmp_path)
    for line, hits in ((3, 1), (2, 0)):
        content = {"line_base": 1, "edges": [["src/user.rs", 2, "src/kit.rs", line, 2]]}
        assert score(graph, verdicts_of(content, tmp_path), ("rust",)).site.found == hits
