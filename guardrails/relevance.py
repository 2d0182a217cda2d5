"""Whether a model's answer answers the question: not a refusal, not empty talk, about what was asked, in the direction asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configs.reading import Reading
from guardrails.evidence import Judgement
from guardrails.phrases import phrase_of
from guardrails.reading import Unit, UnitKind
from guardrails.record import Record, last_part, mentions
from guardrails.statements import Statement, statements_in
from knowledge.evidence import ClaimStatus

_OUTGOING = frozenset({"callees"})
_INCOMING = frozenset({"callers", "usages"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about: the names that it gives, and what it wants to know of each (`callers`, `callees`, ...)."""

    operation: str
    names: tuple[str, ...] = ()


def relevance_faults(
    record: Record, asked: Sequence[Asked], units: Sequence[Unit], judgements: Sequence[Judgement], reading: Reading
) -> list[str]:
    """Return why the answer does not answer the question, as sentences fit for a writer who is to repair it."""
    text = "".join(unit.text for unit in units)
    stated = [one for one in judgements if one.claim.citations or one.claim.identifiers]
    if reading.refusal_expression.search(text) and not any(one.claim.status is ClaimStatus.VERIFIED for one in stated):
        return ["the answer refuses instead of saying what the evidence shows or what is missing"]
    if not stated:
        return ["the answer states nothing about the code"]
    faults = [
        f"the question is about `{name}`, and the answer does not speak of it"
        for one in asked
        for name in one.names
        if not _is_covered(record, name, text, stated)
    ]
    return faults or [fault for one in asked if (fault := _direction_fault(one, units, reading))]


def _is_covered(record: Record, name: str, text: str, stated: Sequence[Judgement]) -> bool:
    if mentions(text, name):
        return True
    meant = record.meant(name)
    return any(
        citation.path == symbol.path
        and citation.start_line <= symbol.end_line
        and symbol.start_line <= citation.end_line
        for symbol in meant
        for one in stated
        for citation in one.claim.citations
    )


def _direction_fault(asked: Asked, units: Sequence[Unit], reading: Reading) -> str:
    """Say that callers were asked for and callees given, or the other way round."""
    if asked.operation not in _OUTGOING | _INCOMING or not asked.names:
        return ""
    name = last_part(asked.names[0])
    calls: list[Statement] = []
    for unit in units:
        if unit.kind is not UnitKind.FENCE:
            calls += [one for one in statements_in(phrase_of(unit.text, reading), reading) if "CALLS" in one.kinds]
    as_subject = any(last_part(one.subject.removesuffix("()")) == name for one in calls if one.object)
    as_object = any(last_part((one.object or one.subject).removesuffix("()")) == name for one in calls)
    if asked.operation in _INCOMING and as_subject and not as_object:
        return f"it was asked who calls `{asked.names[0]}`; the answer says what it calls"
    if asked.operation in _OUTGOING and as_object and not as_subject:
        return f"it was asked what `{asked.names[0]}` calls; the answer says who calls it"
    return ""
