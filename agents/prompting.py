"""Between evidence and a model: what goes into the prompt, by value, and what its answer claims.

Repository text goes in as marked data with its end mark defused; nothing is cut in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.records import claim_row, place
from agents.state import CitationRow, ClaimRow, Evidence, RelationRow
from configs.release import Release
from guardrails.statements import is_assertion, sentences_of, stated_relations

_CHARACTERS_A_TOKEN = 3.2
_PROMPT_TOKENS = 500
_VALUE = {"excerpt": 5, "section": 4, "definition": 3, "relation": 2, "fact": 1, "member": 1}
_END_MARK = re.compile(r"<\s*/?\s*(evidence|example|candidate)", re.IGNORECASE)
_SENTENCES = 8


@dataclass(frozen=True, slots=True)
class Packed:
    """The numbered evidence of a prompt, how much did not fit, and how many tokens are left beside it."""

    facts: tuple[Evidence, ...]
    left_out: int
    room_tokens: int = 0

    @property
    def sources(self) -> list[CitationRow]:
        return [fact["citation"] for fact in self.facts]

    @property
    def text(self) -> str:
        return "\n".join(evidence_text(fact) for fact in self.facts)


def pack(facts: Sequence[Evidence], release: Release, budget_tokens: int) -> Packed:
    """Return the evidence that fits the window beside prompt and answer, the most useful first."""
    limits = release.limits
    room = min(limits.window_tokens, budget_tokens) - limits.answer_tokens - _PROMPT_TOKENS
    usable = [fact for fact in facts if fact["citation"]["path"]]
    order = sorted(range(len(usable)), key=lambda at: (-_VALUE.get(usable[at]["kind"], 0), -usable[at]["score"], at))
    kept: list[int] = []
    for at in order:
        cost = tokens_of(evidence_text(usable[at])) + 30
        if cost <= room:
            kept.append(at)
            room -= cost
    return Packed(tuple(usable[at] for at in kept), len(usable) - len(kept), max(room, 0))


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


def evidence_text(fact: Evidence) -> str:
    """Return a fact as the prompt shows it: quoted lines as they stand, a relation or definition as a sentence."""
    about, other, relation = fact["about"], fact["other"], fact["relation"]
    if fact["excerpt"]:
        return fact["excerpt"]
    if about is not None and other is not None and relation is not None:
        source, target = (about, other) if relation["source_id"] == about["id"] else (other, about)
        return f"{source['qualified_name']} {relation['kind']} {target['qualified_name']} ({fact['tier']})"
    if about is not None:
        return f"{about['kind']} {about['qualified_name']}: {about['signature']} {about['doc']}".strip()
    return fact["note"].replace("\t", " ")


def tokens_of(text: str) -> int:
    """Return an estimate of the tokens of a text, on the high side for code."""
    return int(len(text) / _CHARACTERS_A_TOKEN) + 1


def _each_once(citations: Sequence[CitationRow]) -> list[CitationRow]:
    kept: list[CitationRow] = []
    for citation in citations:
        if citation not in kept:
            kept.append(citation)
    return kept
