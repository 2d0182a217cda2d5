"""What the graph says about the places and names of one answer, each looked up once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from knowledge.evidence import Citation
from knowledge.ports.graph import CodeGraph, Direction
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope

WORD = re.compile(r"\w+")
FILE = re.compile(r"^[\w@+~-][\w@+~.-]*\.[A-Za-z]\w{0,4}$")
SEPARATORS = re.compile(r"\.|::|->|#|/")
_SUFFIXES = frozenset(
    {
        "py",
        "js",
        "ts",
        "tsx",
        "jsx",
        "go",
        "rs",
        "java",
        "c",
        "h",
        "cc",
        "cpp",
        "hpp",
        "md",
        "rst",
        "json",
        "yaml",
        "yml",
        "toml",
        "txt",
    }
)
_NAME_END = re.compile(r"[\w$~]+(?=\W*$)")
_MEANINGS = 60
_CLASSES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_ANCESTORS = 6


@dataclass(slots=True)
class Record:
    """A reading memory over the graph for the time of one check."""

    graph: CodeGraph
    scope: Scope
    revisions: dict[str, str] = field(default_factory=dict)
    lines: dict[tuple[str, str], list[str] | None] = field(default_factory=dict)
    outlines: dict[tuple[str, str], list[Symbol]] = field(default_factory=dict)
    meanings: dict[str, list[Symbol]] = field(default_factory=dict)
    names: dict[str, bool] = field(default_factory=dict)
    _into: dict[tuple[str, str, tuple[RelationKind, ...]], list[Relation]] = field(default_factory=dict)
    _paths: dict[str, Collection[str]] = field(default_factory=dict)
    _above: dict[str, list[Symbol]] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: CodeGraph, scope: Scope) -> Record:
        return cls(graph, scope, {info.name: info.revision for info in graph.repositories(scope)})

    def lines_of(self, repository: str, path: str) -> list[str] | None:
        """Return the lines of an indexed file, None for one that is not."""
        key = (repository, path)
        if key not in self.lines:
            text = self.graph.read_text(self.scope, repository, path)
            self.lines[key] = None if text is None else text.decode("utf-8", "replace").split("\n")
        return self.lines[key]

    def outline_of(self, repository: str, path: str) -> list[Symbol]:
        key = (repository, path)
        if key not in self.outlines:
            self.outlines[key] = self.graph.outline(self.scope, repository, path)
        return self.outlines[key]

    def knows(self, name: str) -> bool:
        """Tell whether the graph has a symbol that the name may mean."""
        if name not in self.names:
            self.names[name] = bool(self.graph.find(self.scope, name, limit=1))
        return self.names[name]

    def paths(self, repository: str) -> Collection[str]:
        if repository not in self._paths:
            self._paths[repository] = self.graph.paths(self.scope, repository).keys()
        return self._paths[repository]

    def cited(self, citation: Citation) -> str:
        lines = self.lines_of(citation.repository, citation.path) or []
        return "\n".join(lines[citation.start_line - 1 : citation.end_line])

    def meant(self, name: str) -> list[Symbol]:
        """Return the symbols that a name means as it is written; for `Sub.run` also the `run` that `Sub` inherits."""
        name = name.removesuffix("()")
        if name not in self.meanings:
            parts = SEPARATORS.split(name)
            found = [one for one in self.graph.find(self.scope, name, limit=_MEANINGS) if ends_with(one, parts)]
            if not found and ("/" in name or FILE.match(name)):
                found = self._files(name)
            if not found and len(parts) > 1:
                found = self._inherited(parts)
            self.meanings[name] = found
        return self.meanings[name]

    def _files(self, name: str) -> list[Symbol]:
        """Return the modules of the files that a path, or its end, means."""
        return [
            one
            for repository in self.revisions
            for path in self.paths(repository)
            if path == name or path.endswith(f"/{name}")
            for one in self.outline_of(repository, path)
            if not one.local_name
        ]

    def _inherited(self, parts: Sequence[str]) -> list[Symbol]:
        owners = [one for one in self.graph.find(self.scope, ".".join(parts[:-1]), limit=10) if one.kind in _CLASSES]
        for owner in owners:
            for above in self.above(owner):
                members = [
                    one for one in self.outline_of(above.repository, above.path)
                    if one.parent_id == above.id and one.name == parts[-1]
                ]  # fmt: skip
                if members:
                    return members
        return []

    def above(self, owner: Symbol) -> list[Symbol]:
        """Return what a class inherits from, nearest first."""
        if owner.id not in self._above:
            walk = self.graph.walk(
                self.scope, [owner.id], "out", kinds=(RelationKind.INHERITS, RelationKind.IMPLEMENTS),
                tiers=tuple(Tier), max_depth=_ANCESTORS, limit=50,
            )  # fmt: skip
            self._above[owner.id] = [step.symbol for step in walk.steps]
        return self._above[owner.id]

    def related(self, ids: Iterable[str], direction: Direction, kinds: Sequence[RelationKind]) -> list[Relation]:
        """Return the relations into (`in`) or out of (`out`) the symbols, of all tiers."""
        found: list[Relation] = []
        for one in ids:
            key = (one, direction, tuple(kinds))
            if key not in self._into:
                self._into[key] = self.graph.relations(
                    self.scope, [one], direction, kinds=kinds, tiers=tuple(Tier), limit=2_000
                )
            found += self._into[key]
        return found

    def around(self, repository: str, path: str, first: int, last: int) -> list[Symbol]:
        """Return the symbols whose definition touches the lines, outermost first; the module itself is not among them."""
        return [
            one for one in self.outline_of(repository, path)
            if one.local_name and one.start_line <= last and first <= one.end_line
        ]  # fmt: skip

    def body(self, symbol: Symbol) -> str:
        lines = self.lines_of(symbol.repository, symbol.path) or []
        return "\n".join(lines[symbol.start_line - 1 : symbol.end_line])


def ends_with(symbol: Symbol, parts: Sequence[str]) -> bool:
    """Tell whether a symbol's qualified name, or its path, ends with these parts."""
    own = [part for part in SEPARATORS.split(symbol.qualified_name.partition("~")[0]) if part]
    if own[-len(parts) :] == list(parts):
        return True
    return (
        symbol.path.endswith("/".join(parts)) or symbol.path == ".".join(parts) or symbol.id.endswith(".".join(parts))
    )


def last_part(name: str) -> str:
    """Return the last word of a qualified name or id: `run` of `app.Task.run`, `r:a.py#Task.run`, `Task::run`."""
    found = _NAME_END.search(name)
    return found[0].partition("~")[0] if found else name


def mentions(text: str, name: str) -> bool:
    """Tell whether the last part of a name is a word of the text; of a path, whether the name of its file stands there."""
    if name.rpartition(".")[2] in _SUFFIXES and ("/" in name or FILE.match(name)):
        return name.rpartition("/")[2] in text
    last = last_part(name.removesuffix("()"))
    return re.search(rf"(?<![\w$]){re.escape(last)}(?![\w$])", text) is not None
