"""The scorers of PyCG's and Jarvis' ground truths, on small sets of the same shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.callgraph.jarvis import PROJECTS, Project, compare, files_of, functions
from benchmarks.callgraph.named import named_calls
from benchmarks.callgraph.pycg import failures, predict, tallies, truths, without_builtins


def case(root: Path, name: str, source: str, graph: dict[str, list[str]]) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(source, "utf-8")
    (folder / "callgraph.json").write_text(json.dumps(graph), "utf-8")


@pytest.fixture
def snippets(tmp_path: Path) -> Path:
    case(tmp_path, "calls/direct", "def f():\n    len([])\n\nf()\n", {"main": ["main.f"], "main.f": ["<builtin>.len"]})
    case(tmp_path, "calls/wrong", "def f(): ...\ndef g(): ...\n\nf()\n", {"main": ["main.g"]})
    case(tmp_path, "quiet/none", "x = 1\n", {"main": []})
    return tmp_path


def test_cases_are_counted_by_category_and_altogether(snippets: Path) -> None:
    counted = tallies(truths(snippets), predict(snippets))
    assert list(counted) == ["calls", "quiet", "ALL"]
    everything = counted["ALL"]
    assert (everything.cases, everything.true, everything.false, everything.missed) == (3, 2, 1, 1)
    assert (everything.complete, everything.sound, everything.exact) == (2, 2, 2)
    assert everything.precision == everything.recall == everything.f1 == pytest.approx(2 / 3)


def test_failures_name_both_sides(snippets: Path) -> None:
    (line,) = failures(truths(snippets), predict(snippets))
    assert line == "calls/wrong: false [('main', 'main.f')] missed [('main', 'main.g')]"


def test_a_case_without_prediction_is_missed(snippets: Path) -> None:
    assert tallies(truths(snippets), {})["ALL"].missed == 3


def test_builtins_can_be_left_out(snippets: Path) -> None:
    assert without_builtins(truths(snippets)["calls/direct"]) == {("main", "main.f")}
    assert without_builtins({("main", "<**PyStr**>.join")}) == set()


def test_names_of_packages_lambdas_constructors_and_literals(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").write_text("from pkg.inner import A\nA()\n' '.join([])\n", "utf-8")
    (tmp_path / "pkg/inner.py").write_text(
        "def f(): ...\n\nclass A:\n    def __init__(self):\n        self.x = lambda: f()\n", "utf-8"
    )
    edges = named_calls(tmp_path, tmp_path.rglob("*.py"))
    assert edges == {
        ("pkg", "pkg.inner.A.__init__"),
        ("pkg", "<**PyStr**>.join"),
        ("pkg.inner.A.__init__.<lambda1>", "pkg.inner.f"),
    }


def test_lambdas_that_are_called_are_callees(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = lambda: 1\ny = lambda: x()\ny()\n", "utf-8")
    edges = named_calls(tmp_path, tmp_path.rglob("*.py"))
    assert edges == {("main", "main.<lambda2>"), ("main.<lambda2>", "main.<lambda1>")}


def jarvis(root: Path, project: Project, files: dict[str, str], graph: dict[str, list[str]]) -> None:
    for path, text in files.items():
        file = root / "dataset/macro_benchmark/pj" / project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    truth = root / "ground_truth/macro_benchmark" / project.name
    truth.mkdir(parents=True)
    (truth / "EA.json").write_text(json.dumps(graph), "utf-8")


def test_only_edges_to_functions_of_the_project_are_compared(tmp_path: Path) -> None:
    project = Project("shop", "shop/src", "till")
    files = {
        "till/__init__.py": "import os\nfrom till.money import Coin\n\nCoin(1).spend()\nos.getcwd()\n",
        "till/money.py": "class Coin:\n    def __init__(self, n): ...\n\n    def spend(self):\n        def inner(): ...\n",
        "tests/test_till.py": "from till.money import Coin\nCoin(2)\n",
    }
    graph = {"till": ["till.money.Coin", "till.money.Coin.__init__", "os.getcwd", "till.money.Coin.lost"]}
    jarvis(tmp_path, project, files, graph)
    root, judged = files_of(tmp_path, project)
    assert [file.name for file in judged] == ["__init__.py", "money.py"]
    assert functions(root, judged) == {f"till.money.Coin.{name}" for name in ("__init__", "spend", "spend.inner")}
    truth, given, predicted = compare(tmp_path, project, only_written=False)
    assert truth == {("till", "till.money.Coin.__init__")}
    assert given == truth | {("till", "till.money.Coin.spend")}
    assert ("till", "os.getcwd") in predicted


def test_a_project_may_be_one_file(tmp_path: Path) -> None:
    project = next(project for project in PROJECTS if project.source.endswith(".py"))
    jarvis(tmp_path, project, {project.source: "def f(): ...\nf()\n"}, {})
    module = project.source.removesuffix(".py")
    assert compare(tmp_path, project, only_written=False)[1] == {(module, f"{module}.f")}
