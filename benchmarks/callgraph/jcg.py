"""Our calls against JCG's JavaScript cases: which function calls which, by name.

    python -m benchmarks.callgraph.jcg FOLDER [--show]

FOLDER holds the Markdown files of opalj/JCG (`jcg_testcases/src/main/resources/js`). A case names the direct calls that must
be found, and functions that something dynamic must reach; it says nothing about other calls, so it judges recall. Left out are
edges from or to the language's own functions, and from or to functions without a name, which are no symbols of ours.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexers.languages import LANGUAGE_BY_SUFFIX, extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from knowledge.schema import RelationKind, SymbolKind, Tier

_CASE = re.compile(r"^## (\S+)\s*\n(.*?)^\[//\]: # \(END\)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"\s*//\s*(\S+)")
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
GLOBAL = "<global>"

Function = tuple[str, int]
"""(name, line; 0: not said); the module is `<global>`."""


@dataclass(slots=True)
class Case:
    name: str
    sources: dict[str, str]
    calls: list[tuple[Function, Function]] = field(default_factory=list)
    left_out: int = 0


def cases(folder: Path) -> Iterator[Case]:
    """Yield the cases of every Markdown file of the folder."""
    for file in sorted(folder.glob("*.md")):
        for name, body in _CASE.findall(file.read_text("utf-8")):
            blocks = _BLOCK.findall(body)
            links = json.loads(_TRAILING_COMMA.sub(r"\1", next(text for kind, text in blocks if kind == "json")))
            case = Case(name, {})
            for kind, text in blocks:
                if kind in ("js", "javascript") and (path := _FILE.match(text)):
                    case.sources[path[1]] = text
            for caller, callee in links["directLinks"]:
                if "<anonymous" in caller + callee or "Native." in caller + callee:
                    case.left_out += 1
                else:
                    case.calls.append((_function(caller), _function(callee)))
            yield case


def missed(case: Case) -> list[tuple[Function, Function]]:
    """Return the calls of a case that we do not report with the tiers exact and inferred."""
    profile = profile_for("ecmascript")(Layout(case.sources, {}))
    files = [
        ProgramFile(path, extract(LANGUAGE_BY_SUFFIX.get(Path(path).suffix, "javascript"), text.encode()))
        for path, text in sorted(case.sources.items())
    ]
    resolution = Resolution("jcg", files, profile)
    ours: set[tuple[Function, Function]] = set()
    for kind, _, tier, _, source, target, *_ in resolution.relations():
        if kind is RelationKind.CALLS and target >= 0 and tier is not Tier.AMBIGUOUS:
            caller, callee = resolution.symbols[source], resolution.symbols[target]
            name = GLOBAL if caller.kind is SymbolKind.MODULE else caller.name
            ours.add(((name, caller.line), (callee.name, callee.line)))
    return [call for call in case.calls if not any(_is_one(call, other) for other in ours)]


def _function(text: str) -> Function:
    name, _, line = text.rpartition(".")[2].partition(":") if text != GLOBAL else (GLOBAL, "", "")
    return name, int(line) if line.isdigit() else 0


def _is_one(wanted: tuple[Function, Function], ours: tuple[Function, Function]) -> bool:
    """Whether a call of ours is the one wanted: the cases count lines from the code block's fence or from its first line."""
    (caller, _), (callee, line) = wanted
    return ours[0][0] == caller and ours[1][0] == callee and (not line or abs(ours[1][1] - line) <= 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.callgraph.jcg")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="name the calls that are missed")
    options = parser.parse_args()
    total = found = left_out = count = 0
    for case in cases(options.folder):
        lost = missed(case)
        count, total, found = count + 1, total + len(case.calls), found + len(case.calls) - len(lost)
        left_out += case.left_out
        for caller, callee in lost if options.show else ():
            print(f"{case.name}: {caller[0]} -> {callee[0]}")
    print(f"{count} cases, {found} of {total} calls found: recall {found / max(total, 1):.4f}; {left_out} left out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
