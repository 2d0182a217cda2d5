"""One file as a newcomer should meet it: what it is for, what matters in it, who uses it, what it uses, which tests reach it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.places import is_aside

MAX_RELATIONS = 20_000
_USES = (
    RelationKind.CALLS, RelationKind.REFERENCES, RelationKind.INHERITS, RelationKind.IMPLEMENTS,
    RelationKind.READS, RelationKind.WRITES, RelationKind.IMPORTS,
)  # fmt: skip
_TELLING = frozenset(
    {SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.VARIABLE}
)
_LICENCE = re.compile(r"copyright|licen[cs]e|spdx|all rights reserved", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?://|/\*|\*|#(?!\s*(?:include|define|if|pragma|!))|--|<!--)")
_MARKS = re.compile(r"^\s*(?:///?|/\*+!?|\*+/?|#+|--|<!--)\s?|\s*\*/\s*$|\s*-->\s*$")
_GENERATED = re.compile(
    r"^(?:eslint|jshint|global|@ts-|@flow|-\*-|vim:|go:build|\+build|coding[:=]|!|use strict)", re.I
)
_LINES_READ = 60


@dataclass(frozen=True, slots=True)
class Tour:
    """purpose: 1-based lines of the comment that says what the file is for, None where none does; a docstring is the module's own.

    symbols: (symbol, how many other files use it), most used first. users: one relation a file that uses it, heaviest first.
    inside, outside: one import a target. tests: one relation a test, nearest first.
    """

    module: Symbol
    purpose: tuple[int, int] | None
    symbols: tuple[tuple[Symbol, int], ...]
    users: tuple[Relation, ...]
    inside: tuple[Relation, ...]
    outside: tuple[Relation, ...]
    tests: tuple[Relation, ...]
    truncated: bool


def tour(graph: CodeGraph, scope: Scope, module: Symbol) -> Tour:
    """Return the tour of the file that `module` is the symbol of."""
    outline = graph.outline(scope, module.repository, module.path)
    ids = [symbol.id for symbol in outline]
    arriving = graph.relations(scope, ids, "in", kinds=[*_USES, RelationKind.TESTS], limit=MAX_RELATIONS)
    foreign = [link for link in arriving if link.source.path != module.path]
    uses = [link for link in foreign if link.kind is not RelationKind.TESTS and not _is_test(link.source)]
    users_of: dict[str, set[str]] = {}
    for link in uses:
        if link.target is not None:
            for owner in _with_owner(link.target, outline):
                users_of.setdefault(owner, set()).add(link.source.path)
    leaving = graph.relations(scope, [module.id], "out", kinds=[RelationKind.IMPORTS], tiers=tuple(Tier))
    lines = (graph.read_text(scope, module.repository, module.path) or b"").decode("utf-8", "replace").split("\n")
    return Tour(
        module,
        None if module.docstring else purpose_of(lines),
        tuple(_ranked(outline, users_of)),
        tuple(_by_file(uses)),
        tuple(_once(link for link in leaving if link.target is not None and link.target.path != module.path)),
        tuple(_once(link for link in leaving if link.target is None)),
        tuple(_tests(foreign, module.path)),
        len(arriving) >= MAX_RELATIONS,
    )


def purpose_of(lines: Sequence[str]) -> tuple[int, int] | None:
    """Return the 1-based lines of the first comment at the head of a file that says what it is for: no licence, no directive."""
    start = 0
    for number, line in enumerate([*lines[:_LINES_READ], ""], 1):
        text = _MARKS.sub("", line).strip()
        commented = _COMMENT.match(line) is not None and not _GENERATED.match(text)
        if commented and (text or start or "/*" in line):
            start = start or number
            continue
        if start:
            said = " ".join(_MARKS.sub("", one).strip() for one in lines[start - 1 : number - 1])
            if not _LICENCE.search(said) and len(said.split()) >= 4:
                return start, number - 1
            start = 0
        if line.strip() and not _COMMENT.match(line):
            opens = re.match(
                r"\s*(?:#!|package\s|#\s*(?:include|pragma|if|define)|import\s|'use|\"use|use\s|from\s)", line
            )
            if opens is None:
                return None
    return None


def _with_owner(target: Symbol, outline: Sequence[Symbol]) -> list[str]:
    """A used method makes its class used too."""
    known = {symbol.local_name: symbol.id for symbol in outline}
    parts = target.local_name.split(".")
    owners = [known[".".join(parts[:length])] for length in range(1, len(parts)) if ".".join(parts[:length]) in known]
    return [*owners, target.id]


def _ranked(outline: Sequence[Symbol], users_of: dict[str, set[str]]) -> Iterable[tuple[Symbol, int]]:
    own = [symbol for symbol in outline if symbol.kind in _TELLING and symbol.local_name]
    top = [symbol for symbol in own if "." not in symbol.local_name]
    top += [symbol for symbol in own if symbol.kind is SymbolKind.METHOD and len(users_of.get(symbol.id, ())) > 1]
    top = [symbol for symbol in top if symbol.kind is not SymbolKind.VARIABLE or users_of.get(symbol.id)] or top

    def weight(symbol: Symbol) -> tuple[int, bool, bool, int, int]:
        size, inner = symbol.end_line - symbol.start_line, "." in symbol.local_name
        return -len(users_of.get(symbol.id, ())), inner, symbol.name.startswith("_"), -size, symbol.line

    return ((symbol, len(users_of.get(symbol.id, ()))) for symbol in sorted(top, key=weight))


def _by_file(links: Sequence[Relation]) -> list[Relation]:
    """Return one relation a using file, the heaviest users first; a call says more than an import."""
    counts = Counter(link.source.path for link in links)
    order = {kind: at for at, kind in enumerate(_USES)}
    best: dict[str, Relation] = {}
    for link in links:
        known = best.get(link.source.path)
        if known is None or order[link.kind] < order[known.kind]:
            best[link.source.path] = link
    return sorted(best.values(), key=lambda one: (is_aside(one.source.path), -counts[one.source.path], one.source.path))


def _once(links: Iterable[Relation]) -> list[Relation]:
    found: dict[str, Relation] = {}
    for link in links:
        found.setdefault(link.target.path if link.target is not None else link.external or "", link)
    return list(found.values())


def _tests(links: Sequence[Relation], path: str) -> list[Relation]:
    """Return one relation a test: first those in a file named after this one, then what the graph calls tests, then other uses."""
    found: dict[str, Relation] = {}
    stem = PurePosixPath(path).stem.lower()

    def nearest(link: Relation) -> tuple[bool, bool]:
        return stem not in PurePosixPath(link.source.path).stem.lower(), link.kind is not RelationKind.TESTS

    for link in sorted(links, key=nearest):
        if _is_test(link.source) and link.source.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD):
            found.setdefault(link.source.id, link)
    return list(found.values())


def _is_test(symbol: Symbol) -> bool:
    return symbol.is_test or is_aside(symbol.path)
