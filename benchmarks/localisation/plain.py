"""The yardstick beside ours: BM25 over definitions as they stand, one field, identifiers split into lower-case parts.

No stems, no whole identifiers, no names, paths, history or vectors; stop words are dropped from questions. What no definition
owns is one chunk a file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from knowledge.text import STOP_WORDS, WORD, parts_of
from tools.closures import FUNCTION_KINDS

K1 = 1.5
B = 0.75
OWNERS = (SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CLASS, SymbolKind.INTERFACE)


class PlainChunks:
    """All chunks of one repository, to be asked."""

    def __init__(self, graph: CodeGraph, repository: str) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = {}
        self._places: list[tuple[str, str]] = []
        lengths: list[int] = []
        for path, name, text in _chunks(graph, Scope(frozenset({repository})), repository):
            counts = Counter(part for word in WORD.findall(text) for part in parts_of(word.decode("utf-8", "replace")))
            for part, count in counts.items():
                self._postings.setdefault(part, []).append((len(lengths), count))
            lengths.append(sum(counts.values()))
            self._places.append((path, name))
        average = max(sum(lengths) / max(len(lengths), 1), 1e-9)
        self._norms = [K1 * (1 - B + B * length / average) for length in lengths]

    def ranked(self, query: str) -> tuple[list[str], list[str]]:
        """Return the files, each by its best chunk, and the functions (`path::Qualified.name`), best first."""
        scores: dict[int, float] = {}
        words = (word for word in WORD.findall(query.encode("utf-8", "replace")) if word.lower() not in STOP_WORDS)
        parts = Counter(part for word in words for part in parts_of(word.decode("utf-8", "replace")))
        for part, said in parts.items():
            found = self._postings.get(part, [])
            rarity = math.log1p((len(self._places) - len(found) + 0.5) / (len(found) + 0.5))
            for row, count in found:
                scores[row] = scores.get(row, 0.0) + said * rarity * count * (K1 + 1) / (count + self._norms[row])
        places = [self._places[row] for row in sorted(scores, key=lambda row: (-scores[row], row))]
        files = list(dict.fromkeys(path for path, _ in places))
        return files, list(dict.fromkeys(f"{path}::{name}" for path, name in places if name))


def _chunks(graph: CodeGraph, scope: Scope, repository: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield (path, name of a function or nothing, text) of every line once, the innermost definition first."""
    owners: dict[str, list[Symbol]] = {}
    for symbol in graph.iter_symbols(scope, kinds=OWNERS):
        owners.setdefault(symbol.path, []).append(symbol)
    for path, (language, _, _) in sorted(graph.paths(scope, repository).items()):
        if language in {"markdown", "rst", "html", "text"}:
            continue
        lines = (graph.read_text(scope, repository, path) or b"").split(b"\n")
        left = [True] * (len(lines) + 1)
        for symbol in sorted(owners.get(path, ()), key=lambda one: one.end_line - one.start_line):
            own = _take(left, range(symbol.start_line, min(symbol.end_line, len(lines)) + 1))
            name = symbol.id.partition("#")[2].partition("~")[0] if symbol.kind in FUNCTION_KINDS else ""
            yield path, name, b"\n".join(lines[number - 1] for number in own)
        yield path, "", b"\n".join(lines[number - 1] for number in _take(left, range(1, len(lines) + 1)))


def _take(left: list[bool], wanted: Sequence[int]) -> list[int]:
    own = [number for number in wanted if left[number]]
    for number in own:
        left[number] = False
    return own
