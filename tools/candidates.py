"""What was looked at for a question: each place once, with the features that were found for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from knowledge.ports import Chunk, Hit
from knowledge.schema import Symbol, SymbolKind

Grain = Literal["file", "symbol", "doc"]
DOCUMENT_KINDS = frozenset({SymbolKind.DOCUMENT, SymbolKind.SECTION})


@dataclass(slots=True)
class Candidate:
    """What is known of one file (grain file) or symbol. `lines` are of its best chunk."""

    repository: str
    path: str
    symbol_id: str
    lines: tuple[int, int]
    features: dict[str, float] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)
    score: float = 0.0
    chunk: Chunk | None = None


class Pool:
    """Candidates of one search by key: the file at file grain, the symbol otherwise."""

    def __init__(self, grain: Grain) -> None:
        self.grain = grain
        self.candidates: dict[str, Candidate] = {}

    def add_hit(self, hit: Hit) -> Candidate:
        chunk = hit.chunk
        candidate = self._candidate(
            chunk.repository, chunk.path, chunk.symbol_id or module_id(chunk), (chunk.start_line, chunk.end_line)
        )
        candidate.features.update(hit.features)
        candidate.chunk = chunk
        if hit.features.get("named"):
            candidate.why.append("name match")
        if hit.features.get("mentioned"):
            candidate.why.append("path match")
        return candidate

    def add_symbol(self, symbol: Symbol, feature: str, value: float, why: str) -> None:
        """Credit a symbol, or its file; one of the wrong sort for this search is passed over."""
        if (symbol.kind in DOCUMENT_KINDS) != (self.grain == "doc"):
            return
        candidate = self._candidate(symbol.repository, symbol.path, symbol.id, (symbol.start_line, symbol.end_line))
        if symbol.is_test:
            candidate.features.setdefault("test", 1.0)
        if value > candidate.features.get(feature, 0.0):
            candidate.features[feature] = value
            if why not in candidate.why:
                candidate.why.insert(0, why) if feature != "dense" else candidate.why.append(why)

    def _candidate(self, repository: str, path: str, symbol_id: str, lines: tuple[int, int]) -> Candidate:
        key = f"{repository}:{path}" if self.grain == "file" else symbol_id
        return self.candidates.setdefault(key, Candidate(repository, path, symbol_id, lines))


def module_id(chunk: Chunk) -> str:
    """Return the id of the module or document symbol of the chunk's file."""
    return f"{chunk.repository}:{chunk.path}#"
