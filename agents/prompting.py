"""Between packed evidence and a model: the prompt, and what the answer claims.

Repository text goes in as marked data (`guardrails.marking`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.packing import Packed, evidence_text
from agents.records import claim_row, place
from agents.state import CitationRow, ClaimRow, RelationRow
from configs.prompts import Prompt
from configs.release import Release
from guardrails.marking import Marks
from guardrails.statements import is_assertion, sentences_of, stated_relations


def prompt_of(
    question: str,
    intent: str,
    packed: Packed,
    repair: Sequence[str],
    prompt: Prompt,
    examples: Sequence[tuple[str, str]] = (),
    *,
    max_sentences: int = 8,
    reasoning: bool = False,
) -> str:
    """Return the prompt for this question and evidence.

    Args:
        prompt: the one that the release has for this intent and class of model.
        examples: pairs of a question and its answer. reasoning: the model may think aloud first.
    """
    marks = Marks.fresh()
    evidence = [
        marks.wrap(
            "evidence",
            evidence_text(fact),
            number=number,
            source=place(fact["citation"]),
            symbol=fact["citation"]["symbol"] or "",
        )
        for number, fact in enumerate(packed.facts, 1)
    ]
    values = {
        "mark": marks.code,
        "question": marks.wrap("question", question, intent=intent),
        "evidence": evidence,
        "examples": [marks.wrap("example", f"Question: {asked}\nAnswer: {answered}") for asked, answered in examples],
        "repair": [marks.defused(fault) for fault in repair],
        "max_sentences": max_sentences,
        "reasoning": reasoning,
    }
    return prompt.render(values)


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
