"""Whether the prose of a model holds: every unit of its Markdown is judged by the lines that it cites and by the code graph.

A unit is *refuted* when something it says is false: a citation that does not resolve, a name that is nowhere, a relation, value,
number or place that is otherwise. It is *verified* when its citations support all that it names and states. *Unknown* is what
the index could not look at, *unverified* all the rest: it is kept, and marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from configs.reading import Reading
from guardrails.clauses import Clause, Reader, cited_as, with_listed
from guardrails.evidence import Judgement, citation_fault
from guardrails.quotations import judge_code
from guardrails.reading import Unit, UnitKind
from guardrails.record import WORD, Record
from guardrails.ruling import Ruling
from guardrails.rulings import rule
from guardrails.statements import Statement, listed
from guardrails.support import Sources, judge_support
from knowledge.evidence import Citation, Claim, ClaimStatus
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, SymbolKind
from knowledge.scope import Scope

_LISTED = (UnitKind.ITEM, UnitKind.ROW)
_BOLD_HEADING = re.compile(r"(\*\*|__)[^*_.!?\n]{1,60}\1")
"""A paragraph in bold without a full stop: how small models write a heading."""


def judge_prose(
    graph: CodeGraph,
    scope: Scope,
    units: Sequence[Unit],
    citations: Sequence[Sequence[Citation]],
    reading: Reading,
    evidence: str = "",
    numbered: Sequence[Citation] = (),
) -> list[Judgement]:
    """Return each unit as a judged claim, in order.

    Args:
        citations: of each unit: what its numbers and places stand for.
        evidence: all text that the writer was given; a name that stands there is no invention.
        numbered: what the numbers stand for, `[1]` first: in a list of names each is then proven by its own citation.
    """
    record = Record.of(graph, scope)
    sources = Sources(record, reading, evidence, frozenset(WORD.findall(evidence)))
    reader = Reader(record, reading, numbered)
    clauses = [reader.clauses(unit, own) for unit, own in zip(units, citations, strict=True)]
    for at, some in enumerate(clauses):
        for clause in some:
            _complete(sources, clauses, at, clause)
    return [_judged(sources, clauses, at, own) for at, own in enumerate(citations)]


def asserts_nothing(unit: Unit, reading: Reading) -> bool:
    """Tell whether a unit says nothing about the code: white space, a frame, a heading, a lead-in without names, small talk."""
    text = unit.text.strip()
    if unit.kind in (UnitKind.HEADING, UnitKind.FRAME) or not re.search(r"\w", text):
        return True
    if unit.kind is UnitKind.FENCE or unit.numbers or unit.places or "`" in text:
        return False
    if unit.kind is UnitKind.SENTENCE and _BOLD_HEADING.fullmatch(text):
        return True
    return text.rstrip("*_ ").endswith(":") or reading.chatter_expression.search(text) is not None


def _complete(sources: Sources, clauses: list[list[Clause]], at: int, clause: Clause) -> None:
    """Give items what their lead states of them, leads the citations of their items, counts the number of what is listed."""
    clause.lead = clauses[clause.unit.lead][-1].phrase if clause.unit.lead >= 0 else None
    if clause.unit.kind in _LISTED and clause.lead is not None and clause.phrase.names:
        opened = listed(clause.lead, sources.reading)
        own = any(one.kinds == ("CALLS",) for one in clause.statements)
        if opened is not None and not own:
            name = clause.phrase.names[0]
            clause.statements.insert(0, replace(opened, subject=opened.subject or name, object=opened.object or name))
    below = [one for some in clauses[at + 1 :] for one in some if one.unit.lead == at]
    clause.quotes = any(one.unit.kind is UnitKind.FENCE for one in below)
    items = [one for one in below if one.phrase.names]
    if items and not clause.cited.citations:
        clause.cited = cited_as(sources.record, [citation for one in items for citation in one.cited.citations])
    clause.listed = len(items)
    clause.statements = [
        with_listed(clause, one, len(items)) if one.kind == "count" else one for one in clause.statements
    ]


def _judged(sources: Sources, clauses: list[list[Clause]], at: int, citations: Sequence[Citation]) -> Judgement:
    some = clauses[at]
    unit = some[0].unit
    names = tuple(dict.fromkeys(name.removesuffix("()") for one in some for name in one.phrase.names))
    made = Claim(unit.text, tuple(citations), identifiers=names)
    if asserts_nothing(unit, sources.reading):
        return Judgement(replace(made, status=ClaimStatus.VERIFIED))
    if unit.kind is UnitKind.FENCE:
        return _judged_code(sources, clauses, unit, made)
    broken = [fault for one in citations if (fault := citation_fault(sources.record, one))]
    if broken:
        return Judgement(replace(made, status=ClaimStatus.REFUTED), tuple(dict.fromkeys(broken)))
    for clause in some:
        _judge_statements(sources, clause)
        judge_support(sources, clause)
    return _conclusion(some, made)


def _judged_code(sources: Sources, clauses: list[list[Clause]], unit: Unit, made: Claim) -> Judgement:
    lead = clauses[unit.lead][-1] if unit.lead >= 0 else None
    citations = lead.cited.citations if lead is not None else ()
    quoted = lead is not None and bool(citations or sources.reading.quoting_expression.search(lead.unit.text))
    status, fault = judge_code(sources.record, unit.code, citations, is_quoted=quoted, evidence=sources.evidence)
    return Judgement(replace(made, citations=tuple(citations), status=status), (fault,) if fault else ())


def _conclusion(clauses: Sequence[Clause], made: Claim) -> Judgement:
    faults = dict.fromkeys(fault for one in clauses for fault in one.faults)
    if faults:
        return Judgement(replace(made, status=ClaimStatus.REFUTED), tuple(faults))
    doubts = dict.fromkeys(doubt for one in clauses for doubt in one.doubts)
    if doubts:
        return Judgement(replace(made, status=ClaimStatus.UNVERIFIED), doubts=tuple(doubts))
    left_open = dict.fromkeys(reason for one in clauses for reason in one.open)
    if left_open:
        return Judgement(replace(made, status=ClaimStatus.UNKNOWN), doubts=tuple(left_open))
    return Judgement(replace(made, status=ClaimStatus.VERIFIED))


def _judge_statements(sources: Sources, clause: Clause) -> None:
    clause.statements = [one for one in clause.statements if not _is_misread(sources.record, one)]
    for statement in clause.statements:
        _note(clause, statement, rule(sources.record, statement, clause.proof_of(sources.record, statement)))
    if not sources.reading.only & set(clause.phrase.universal):
        return
    for statement in [one for one in clause.verified if one.kinds == ("CALLS",)]:
        meant = [one.id for one in sources.record.meant(statement.object)]
        callers = sources.record.related(meant, "in", (RelationKind.CALLS,))
        if len({one.source.id for one in callers}) > 1:
            clause.faults.append(f"`{statement.subject}` is not the only one that calls `{statement.object}`")


def _is_misread(record: Record, statement: Statement) -> bool:
    """Tell whether a member is said to be of what can have none: `f has g among its callers` speaks of something else."""
    owners = record.meant(statement.object) if statement.kind == "member" else []
    return bool(owners) and all(one.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD) for one in owners)


def _note(clause: Clause, statement: Statement, ruling: Ruling) -> None:
    match ruling.status:
        case ClaimStatus.VERIFIED:
            clause.verified.append(statement)
        case ClaimStatus.REFUTED:
            clause.faults.append(ruling.reason)
        case ClaimStatus.UNKNOWN:
            clause.undecided.append(statement)
            clause.open.append(ruling.reason)
        case _ if ruling.reason:
            clause.doubts.append(ruling.reason)
