"""What a model's Markdown claims: its units as claims, numbers and places as citations. Judges nothing (`guardrails.prose` does)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.records import citation_row, claim_row
from agents.state import CitationRow, ClaimRow
from agents.writing.packing import Packed
from configs.reading import Reading
from guardrails.prose import asserts_nothing
from guardrails.reading import Place, Unit, UnitKind, units_of
from knowledge.evidence import ClaimStatus
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope

Locate = Callable[[str], tuple[str, str]]
"""Gives the repository and revision of a path."""


def claims_in(answer: str, packed: Packed, reading: Reading, locate: Locate) -> list[ClaimRow]:
    """Return the units of a model's answer as claims; together their texts are the answer.

    A number that stands for no evidence leaves its claim without that citation; a place that does not exist stays as it is
    written, for the check to refute.
    """
    claims = []
    for unit in units_of(answer):
        numbered = [packed.facts[n - 1]["citation"] for n in unit.numbers if 1 <= n <= len(packed.facts)]
        claim = claim_row(unit.text, _each_once([*numbered, *(_cited(place, packed, locate) for place in unit.places)]))
        if unit.kind is UnitKind.FENCE:
            claim["language"] = unit.language
        if asserts_nothing(unit, reading):
            claim["status"] = ClaimStatus.VERIFIED.value
        claims.append(claim)
    return claims


def units_in(claims: Sequence[ClaimRow]) -> list[Unit]:
    """Return the units that claims were made from; each read alone, where an answer that lost some no longer reads as it did."""
    units = units_of("".join(claim["text"] for claim in claims))
    if [unit.text for unit in units] == [claim["text"] for claim in claims]:
        return units
    alone = [units_of(claim["text"]) for claim in claims]
    return [
        read[0] if len(read) == 1 else Unit(claim["text"], UnitKind.SENTENCE)
        for read, claim in zip(alone, claims, strict=True)
    ]


def locator(graph: CodeGraph, scope: Scope, packed: Packed) -> Locate:
    """Return what finds the repository of a path: among those of the evidence first, then among all granted ones."""
    revisions = {info.name: info.revision for info in graph.repositories(scope)}
    first = list(dict.fromkeys(source["repository"] for source in packed.sources))
    order = [*(name for name in first if name in revisions), *(name for name in revisions if name not in first)]

    def locate(path: str) -> tuple[str, str]:
        home = next((name for name in order if path in graph.paths(scope, name)), order[0] if order else "")
        return home, revisions.get(home, "")

    return locate


def _cited(place: Place, packed: Packed, locate: Locate) -> CitationRow:
    for source in packed.sources:
        if (source["path"], source["start_line"], source["end_line"]) == (place.path, place.first, place.last):
            return source
    repository, revision = locate(place.path)
    return citation_row(repository, place.path, place.first, place.last, None, revision)


def _each_once(citations: Sequence[CitationRow]) -> list[CitationRow]:
    kept: list[CitationRow] = []
    for citation in citations:
        if citation not in kept:
            kept.append(citation)
    return kept
