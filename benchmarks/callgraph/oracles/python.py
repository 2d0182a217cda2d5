"""Python: the call sites on which pyrefly and scip-python (pyright) agree.

Either alone is wrong on some percent of the sites, each in its own way; a site on which they differ, or on which one of them
says nothing, is silent. Compared at each call expression whose callee ends in a name:

- both name the same function or method, or the same class (pyrefly: a constructor of it), and nothing besides: internal;
- both name something outside of the tree: external.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.pyrefly import Expression, Targets, read_report, report
from benchmarks.callgraph.oracles.python_calls import CallExpression, PythonFile, parse_file
from benchmarks.callgraph.oracles.running import is_program, run_tool
from benchmarks.callgraph.verdicts import Place
from indexers.scip.symbols import is_local
from indexers.scip.wire import DEFINITION, Occurrence, documents

NEEDS = "pyrefly (PyPI) and @sourcegraph/scip-python (npm)"


@dataclass(frozen=True, slots=True)
class Tools:
    pyrefly: str = "pyrefly"
    scip_python: str = "scip-python"


def is_available(tools: Tools | None = None) -> bool:
    tools = tools or Tools()
    return is_program(tools.pyrefly) and is_program(tools.scip_python)


def edges(root: Path, tools: Tools | None = None) -> dict[str, Any]:
    """Run both over the tree and return what they agree on, as an oracle's file. Raises OracleFailed."""
    tools = tools or Tools()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        report(root, folder, tools.pyrefly)
        index = folder / "index.scip"
        command = [tools.scip_python, "index", ".", "--project-name", "measured", "--project-version", "1"]
        run_tool([*command, "--output", str(index)], cwd=root)
        return consensus(root, read_report(folder / "pysa", root), index)


def consensus(root: Path, pyrefly: dict[Expression, Targets], index: Path) -> dict[str, Any]:
    """Return an oracle's file with the sites of which both say the same; `agreement` counts the sites by what they say."""
    agreed = _Agreement(root)
    scip = _Scip(index)
    for path in scip.paths():
        parsed = agreed.file(path)
        if parsed is None:
            continue
        for call in parsed.calls:
            agreed.judge(path, call, pyrefly.get((path, call.start, call.end)), scip.target(path, call))
    return {
        "tool": "pyrefly and scip-python",
        "line_base": 0,
        "columns": "name",
        "edges": agreed.edges,
        "sites": agreed.sites,
        "agreement": dict(agreed.counts),
    }


class _Scip:
    """What scip-python says at the position of a name."""

    def __init__(self, index: Path) -> None:
        self.uses: dict[str, dict[tuple[int, int], str]] = {}
        self.definitions: dict[str, Place] = {}
        self.local: dict[tuple[str, str], Place] = {}
        for document in documents(index):
            self._read(document.path, document.occurrences)

    def _read(self, path: str, occurrences: list[Occurrence]) -> None:
        uses = self.uses.setdefault(path, {})
        for line, column, symbol, roles in occurrences:
            if not roles & DEFINITION:
                uses[line + 1, column] = symbol
            elif is_local(symbol):
                self.local.setdefault((path, symbol), (path, line + 1))
            else:
                self.definitions.setdefault(symbol, (path, line + 1))

    def paths(self) -> list[str]:
        return sorted(self.uses)

    def target(self, path: str, call: CallExpression) -> Place | str | None:
        """Return the place of the definition, `ext` for one outside of the tree, None for nothing."""
        symbol = self.uses[path].get((call.line, call.column))
        if symbol is None:
            return None
        return self.local.get((path, symbol)) or self.definitions.get(symbol) or "ext"


class _Agreement:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, PythonFile | None] = {}
        self.edges: list[list[Any]] = []
        self.sites: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()

    def file(self, path: str) -> PythonFile | None:
        if path not in self.files:
            file = self.root / path
            self.files[path] = parse_file(file) if file.is_file() else None
        return self.files[path]

    def judge(self, path: str, call: CallExpression, checked: Targets | None, named: Place | str | None) -> None:
        """Keep what both say about one call."""
        key = f"{path}:{call.line - 1}:{call.byte_column}"
        if isinstance(named, tuple) and self._is_variable(named):
            named = None  # a name that holds a callable: scip-python names the variable, not what it holds
        if checked is None or named is None or not checked.is_resolved:
            self.counts["one or both silent"] += 1
            self.sites[key] = None
        elif isinstance(named, str):
            internal = bool(checked.places or checked.constructed)
            self.counts["differ" if internal else "both external"] += 1
            self.sites[key] = None if internal else "ext"
        elif self._same(named, checked):
            self.counts["both internal"] += 1
            self.sites[key] = [named[0], named[1] - 1]
            self.edges.append([path, call.caller_line - 1, named[0], named[1] - 1, call.line - 1])
        else:
            self.counts["differ"] += 1
            self.sites[key] = None

    def _is_variable(self, place: Place) -> bool:
        parsed = self.file(place[0])
        return parsed is None or place[1] not in parsed.callables

    @staticmethod
    def _same(named: Place, checked: Targets) -> bool:
        if checked.has_external:
            return False
        return checked.constructed == {named} or (not checked.constructed and checked.places == {named})
