"""Where a name is written that is no symbol: a key of a configuration, a directive, a header, an environment variable. By its exact spelling.

A part of a longer name does not count; a longer path that ends with it does (`config.build.target` for `build.target`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from knowledge.text import parts_of
from tools.places import is_aside, is_history

SHORTEST = 3
MAX_LINES_A_FILE = 20
_DEFINING = (SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD)
_PATH = re.compile(r"\.|::|->")
_DECLARES = re.compile(r"^\W*(?:[\w:]+::\s+)?(?:`+|\*+)?$")
"""What may stand before a name in the line that a document explains it under: a heading, a directive, an item of a list."""
_SETS = re.compile(r"\s*[=(\[]|['\"]")
"""What follows a name that an example sets or calls."""
_QUOTES = "'\"`"


@dataclass(frozen=True, slots=True)
class Spelled:
    """A line that holds the name. inside: the symbol around it, a module at least; declares: a document explains it there.

    weight: 0 where the name stands alone, as a key between quotes or a heading of its own does; 1 within other words.
    """

    repository: str
    path: str
    line: int
    text: str
    inside: Symbol | None
    is_document: bool
    aside: bool
    declares: bool
    weight: int


def spelled(graph: CodeGraph, scope: Scope, name: str, *, documents: Collection[str] = ()) -> tuple[str, list[Spelled]]:
    """Return the spelling that was found, and the lines that hold it: code of the product, then documents, then tests and examples.

    Of a dotted name that no code has whole, the longest end that code has is taken: one of at least two parts, or a compound word
    (`assetsInlineLimit`) that is the name of nothing that could be called or made.

    Args:
        documents: languages that are prose.
    """
    whole: list[Spelled] = []
    for wanted in _ends(graph, scope, name):
        found = _lines_with(graph, scope, wanted, documents)
        if any(not one.is_document for one in found):
            return wanted, found
        whole = whole or found
    return name, whole


def _ends(graph: CodeGraph, scope: Scope, name: str) -> list[str]:
    """Return the name, then what may stand for it behind each of its parts."""
    ends = [name, *(name[match.end() :] for match in _PATH.finditer(name))]
    kept = [one for one in ends if len(one) >= SHORTEST and (one == name or _PATH.search(one))]
    last = ends[-1]
    if last not in kept and len(parts_of(last)) > 1:
        defined = graph.find(scope, last, kinds=_DEFINING, limit=20)
        if all(symbol.is_test or is_aside(symbol.path) for symbol in defined):
            kept.append(last)
    return kept


def _lines_with(graph: CodeGraph, scope: Scope, name: str, documents: Collection[str]) -> list[Spelled]:
    bare, found = name.encode(), []
    pattern = re.compile(rf"(?<![\w$-]){re.escape(name)}(?![\w$]|-\w)")
    for info in graph.repositories(scope):
        for path, (_, language, _) in graph.paths(scope, info.name).items():
            text = graph.read_text(scope, info.name, path) or b""
            if bare not in text:
                continue
            is_document = language in documents or is_history(path)
            lines = [
                (number, line, match)
                for number, line in enumerate(text.decode("utf-8", "replace").split("\n"), 1)
                if name in line and (match := pattern.search(line))
            ]
            for number, line, match in lines[:MAX_LINES_A_FILE]:
                before, after = line[: match.start()], line[match.end() :]
                declares = is_document and not is_history(path) and _declares(before, after)
                quoted = bool(before and after) and before[-1] == after[0] and after[0] in _QUOTES
                inside = graph.symbol_at(scope, info.name, path, number)
                aside = is_aside(path) or (inside is not None and inside.is_test)
                weight = 0 if (quoted if not declares else not after.strip(" `*:")) else 1
                found.append(Spelled(info.name, path, number, line, inside, is_document, aside, declares, weight))
    found.sort(key=lambda one: (_rank(one), not one.declares, one.weight, one.path, one.line))
    return found


def _declares(before: str, after: str) -> bool:
    return _DECLARES.match(before) is not None and _SETS.match(after) is None


def _rank(one: Spelled) -> int:
    return 1 if one.is_document else 2 if one.aside else 0
