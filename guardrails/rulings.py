"""Whether one statement holds: relations and counts by the graph, values by the lines of the definition that they are said of.

A ruling is *verified* or *refuted* where that can be decided, *unknown* where the index could not look (call sites that it could
not resolve, an absence), *unverified* where nothing was found that speaks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from guardrails.record import Record
from guardrails.relation_rulings import count, reaches, relation
from guardrails.ruling import Cited, Ruling, refuted, said, unknown
from guardrails.statements import Statement
from guardrails.value_rulings import default, defined, equals, member, mentioned, raises, returns
from knowledge.evidence import ClaimStatus
from knowledge.schema import RelationKind


def rule(record: Record, statement: Statement, cited: Cited) -> Ruling:
    """Return what comes of a statement that stands with these citations."""
    ruling = _RULES.get(statement.kind, relation)(record, statement, cited)
    if statement.kind == RelationKind.IMPLEMENTS and ruling.status is not ClaimStatus.VERIFIED:
        as_member = replace(statement, kind="member", subject=statement.object, object=statement.subject)
        own = member(record, as_member, cited)  # a class implements its methods too
        ruling = own if own.status is ClaimStatus.VERIFIED else ruling
    if not statement.is_denied:
        return ruling
    if ruling.status is ClaimStatus.VERIFIED:
        return refuted(f"it is said not to be so, but {said(statement)}")
    if ruling.status is ClaimStatus.REFUTED:
        return unknown(f"no line can show that it is not so that {said(statement)}")
    return ruling


_RULES: dict[str, Callable[[Record, Statement, Cited], Ruling]] = {
    "default": default,
    "raises": raises,
    "returns": returns,
    "equals": equals,
    "defined": defined,
    "member": member,
    "mentions": mentioned,
    "count": count,
    "reaches": reaches,
}
