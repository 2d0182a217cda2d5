"""Jarvis' macro benchmark: the call graphs of six real Python projects, made by hand.

    python -m benchmarks.callgraph.jarvis JARVIS [--predictions FOLDER] [--list PROJECT] [--only-written]

JARVIS is the folder `Jarvis` of its repository. Compared are edges to functions and methods of the project itself, caller and
callee by name: edges to classes, modules, builtins and libraries are left out on both sides, as the ground truth has
them only in part. It has calls that are not written (operators, properties) only in part too: they are measured with and without ours.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.callgraph.named import named_calls
from benchmarks.callgraph.pycg import Graph, Tally, edges_of

TRUTHS = "ground_truth/macro_benchmark"


@dataclass(frozen=True, slots=True)
class Project:
    """root: the folder that module names start from. source: the file or package in it that was judged."""

    name: str
    root: str
    source: str


PROJECTS = (
    Project("bpytop", "bpytop", "bpytop.py"),
    Project("sshtunnel", "sshtunnel", "sshtunnel.py"),
    Project("furl", "furl", "furl"),
    Project("rich-cli", "rich-cli/src", "rich_cli"),
    Project("TextRank4ZH", "TextRank4ZH", "textrank4zh"),
    Project("sqlparse", "sqlparse", "sqlparse"),
)


def files_of(jarvis: Path, project: Project) -> tuple[Path, list[Path]]:
    """Return the root and the judged files."""
    root = jarvis / "dataset/macro_benchmark/pj" / project.root
    source = root / project.source
    return root, [source] if source.is_file() else sorted(source.rglob("*.py"))


def functions(root: Path, files: list[Path]) -> set[str]:
    """Return the dotted names of all functions, as Python's own parser sees them."""
    names: set[str] = set()
    for file, module in zip(files, module_names(root, files), strict=True):
        names.update(_functions(ast.parse(file.read_text("utf-8")), module))
    return names


def module_names(root: Path, files: list[Path]) -> list[str]:
    """Return the dotted name of each file."""
    paths = (file.relative_to(root).as_posix() for file in files)
    return [path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in paths]


def _as_written(caller: str, modules: list[str]) -> str:
    """The ground truth counts what a lambda calls to its module: `package.module.<lambda>`."""
    if ".<lambda" not in caller:
        return caller
    module = next((each for each in modules if caller.startswith(each + ".")), caller.partition(".<lambda")[0])
    return f"{module}.<lambda>"


def _functions(node: ast.AST, prefix: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{prefix}.{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield inner
        yield from _functions(child, inner)


def compare(jarvis: Path, project: Project, *, only_written: bool) -> tuple[Graph, Graph, Graph]:
    """Return (truth, ours, ours as predicted): the first two with edges to the project's functions only."""
    root, files = files_of(jarvis, project)
    truth = edges_of(jarvis / TRUTHS / project.name / "EA.json")
    modules = sorted(module_names(root, files), key=len, reverse=True)
    given = {
        (_as_written(caller, modules), callee) for caller, callee in named_calls(root, files, only_written=only_written)
    }
    inside = functions(root, files)
    return (
        {edge for edge in truth if edge[1] in inside},
        {edge for edge in given if edge[1] in inside},
        given,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Jarvis' macro benchmark.")
    parser.add_argument("jarvis", type=Path)
    parser.add_argument("--predictions", type=Path, help="write our edges into this folder, a file a project")
    parser.add_argument("--list", default="", metavar="PROJECT", help="show this project's false and missed edges")
    parser.add_argument("--only-written", action="store_true", help="without calls that the language makes by itself")
    options = parser.parse_args()
    total = Tally()
    for project in PROJECTS:
        truth, given, predicted = compare(options.jarvis, project, only_written=options.only_written)
        if options.predictions:
            options.predictions.mkdir(parents=True, exist_ok=True)
            (options.predictions / f"{project.name}.json").write_text(json.dumps(sorted(predicted)), "utf-8")
        if options.list == project.name:
            print("\n".join(f"false   {caller} -> {callee}" for caller, callee in sorted(given - truth)))
            print("\n".join(f"missed  {caller} -> {callee}" for caller, callee in sorted(truth - given)))
        one = Tally()
        one.add(truth, given)
        total.add(truth, given)
        print(_line(project.name, one))
    print(_line("ALL", total))


def _line(name: str, tally: Tally) -> str:
    counts = f"{name:<14} true {tally.true:>4}  false {tally.false:>4}  missed {tally.missed:>4}"
    return f"{counts}  P {tally.precision:.3f}  R {tally.recall:.3f}  F1 {tally.f1:.3f}"


if __name__ == "__main__":
    main()
