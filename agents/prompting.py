"""Between packed evidence and a model: the prompt, and what the answer claims.

Repository text goes in as marked data with its end mark defused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agents.packing import Packed, evidence_text
from agents.records import claim_row, place
from agents.state import CitationRow, ClaimRow, RelationRow
from configs.release import Release
from guardrails.statements import is_assertion, sentences_of, stated_relations

_END_MARK = re.compile(r"<\s*/?\s*(evidence|example|candidate)", re.IGNORECASE)
_SENTENCES = 8


def attribute(text: str) -> str:
    """A file may be called anything: nothing in a name ends the attribute or the mark that it stands in."""
    return defused(text).replace('"', "'").replace("<", "(").replace(">", ")")


def defused(text: str) -> str:
    """Return the text with no mark in it that a prompt puts round what is data."""
    return _END_MARK.sub(r"<\1_", text)


def prompt_of(
    question: str,
    intent: str,
    packed: Packed,
    repair: Sequence[str],
    release: Release,
    examples: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the prompt of the release for this question and evidence; examples are pairs of a question and its answer."""
    evidence = [
        {
            "number": number,
            "source": attribute(place(fact["citation"])),
            "symbol": attribute(fact["citation"]["symbol"] or ""),
            "text": defused(evidence_text(fact)),
        }
        for number, fact in enumerate(packed.facts, 1)
    ]
    return release.render(
        "answer",
        question=defused(question),
        intent=intent,
        evidence=evidence,
        examples=[{"question": defused(asked), "answer": defused(answered)} for asked, answered in examples],
        repair=list(repair),
        max_sentences=_SENTENCES,
    )


def claims_in(answer: str, packed: Packed, release: Release, resolve: Callable[[str], str | None]) -> list[ClaimRow]:
    """Return the sentences of a model's answer as claims; together their texts are the answer.

    A number that stands for no evidence leaves its sentence without that citation.
    """
    claims = []
    literals = release.guards.literals
    for sentence in sentences_of(answer):
        cited = [packed.facts[number - 1] for number in sentence.numbers if 1 <= number <= len(packed.facts)]
        relations = stated_relations(sentence, release.guards.stated, resolve)
        claim = claim_row(
            sentence.text,
            _each_once([fact["citation"] for fact in cited]),
            identifiers=[name.removesuffix("()") for name in sentence.names if name not in literals],
            relations=[RelationRow(kind=r.kind, source_id=r.source_id, target_id=r.target_id) for r in relations],
        )
        if not is_assertion(sentence):
            claim["status"] = "verified"
        claims.append(claim)
    return claims


def _each_once(citations: Sequence[CitationRow]) -> list[CitationRow]:
    kept: list[CitationRow] = []
    for citation in citations:
        if citation not in kept:
            kept.append(citation)
    return kept
