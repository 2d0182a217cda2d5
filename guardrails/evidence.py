"""Whether the claims of an answer hold: pure judgement over the code graph, claim by claim.

A claim is *refuted* when something it says is false: a citation that does not resolve at the indexed revision, lines that
do not show what they are cited for, a quote that differs, a name that neither the graph nor the evidence knows, a relation
that the graph does not hold in that direction. It is *verified* when all of that holds and there was something to check,
else *unverified*: kept, and marked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from guardrails.record import WORD, Record, last_part
from guardrails.ruling import places_of, shows
from knowledge.evidence import Citation, Claim, ClaimStatus, Finding, StatedRelation
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, Tier
from knowledge.scope import Scope


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judged claim and, when it does not hold, why: sentences fit for a writer who is to repair it."""

    claim: Claim
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """Why nothing speaks for it, when nothing does."""


def judge(
    graph: CodeGraph,
    scope: Scope,
    claims: Sequence[Claim],
    *,
    quotes: Sequence[str] = (),
    evidence: str = "",
    literals: Collection[str] = (),
) -> list[Judgement]:
    """Return each claim with its status, in order.

    Args:
        quotes: the lines that each claim shows word for word; empty for none.
        evidence: all text that the writer was given; a name that stands there is known.
        literals: words of programming languages that are no names (`None`, `self`).
    """
    record, relations = _read(graph, scope, claims)
    known = set(WORD.findall(evidence)).union(literals)
    shown = [*quotes, *[""] * (len(claims) - len(quotes))]
    return [_judge_one(record, relations, claim, quote, known) for claim, quote in zip(claims, shown, strict=True)]


def findings_of(judgements: Iterable[Judgement]) -> list[Finding]:
    """Return one finding a claim that is refuted or could not be checked."""
    found = []
    for judgement in judgements:
        claim, status = judgement.claim, judgement.claim.status
        if status is ClaimStatus.VERIFIED:
            continue
        refuted = status is ClaimStatus.REFUTED
        citation = claim.citations[0] if claim.citations else None
        found.append(
            Finding(
                gate="quality_checker",
                kind=f"claim_{status.value}",
                severity="error" if refuted else "warning",
                message="; ".join(judgement.faults or judgement.doubts)
                or "the claim cites nothing that could be checked",
                action="repair" if refuted else "annotate",
                path=citation.path if citation else None,
                line=citation.start_line if citation else None,
            )
        )
    return found


@dataclass(slots=True)
class _Stated:
    """The ends of all stated relations, and what leads out of them."""

    symbols: dict[str, Symbol] = field(default_factory=dict)
    outgoing: dict[str, list[Relation]] = field(default_factory=dict)


def _read(graph: CodeGraph, scope: Scope, claims: Sequence[Claim]) -> tuple[Record, _Stated]:
    stated = [relation for claim in claims for relation in claim.relations]
    ends = sorted({end for relation in stated for end in (relation.source_id, relation.target_id)})
    held = _Stated()
    if ends:
        held.symbols = {symbol.id: symbol for symbol in graph.symbols(scope, ends)}
        kinds = sorted({RelationKind(r.kind) for r in stated if r.kind in RelationKind.__members__.values()})
        for relation in graph.relations(scope, ends, "out", kinds=kinds, tiers=tuple(Tier), limit=50_000):
            held.outgoing.setdefault(relation.source.id, []).append(relation)
    return Record.of(graph, scope), held


def _judge_one(record: Record, stated: _Stated, claim: Claim, quote: str, known: Collection[str]) -> Judgement:
    faults = [fault for citation in claim.citations if (fault := citation_fault(record, citation))]
    if not faults:
        faults += _quote_faults(record, claim, quote)
        faults += _relation_faults(stated, claim)
        if not claim.relations:
            faults += _naming_faults(record, claim, quote)
    faults += _identifier_faults(record, claim, known)
    supported = ClaimStatus.VERIFIED if claim.citations else ClaimStatus.UNVERIFIED
    status = ClaimStatus.REFUTED if faults else supported
    return Judgement(replace(claim, status=status), tuple(faults))


def citation_fault(record: Record, citation: Citation) -> str:
    """Return why a citation does not resolve at the indexed revision, empty when it does."""
    where = f"{citation.path}:{citation.start_line}"
    if citation.repository not in record.revisions:
        return f"{where} is in {citation.repository!r}, which is not indexed"
    if citation.revision != record.revisions[citation.repository]:
        return f"{where} is cited at {citation.revision!r}, indexed is {record.revisions[citation.repository]!r}"
    lines = record.lines_of(citation.repository, citation.path)
    if lines is None:
        return f"{citation.path} is not an indexed file"
    if not 1 <= citation.start_line <= citation.end_line <= max(len(lines), 1):
        return f"lines {citation.start_line}-{citation.end_line} are outside {citation.path} (1-{len(lines)})"
    if citation.symbol is None:
        return ""
    owners = [s for s in record.outline_of(citation.repository, citation.path) if s.qualified_name == citation.symbol]
    if not owners:
        return f"{citation.path} does not define {citation.symbol!r}"
    if not any(s.start_line <= citation.end_line and citation.start_line <= s.end_line for s in owners):
        return f"lines {citation.start_line}-{citation.end_line} of {citation.path} are not in {citation.symbol!r}"
    return ""


def _quote_faults(record: Record, claim: Claim, quote: str) -> list[str]:
    if not quote:
        return []
    for citation in claim.citations:
        lines = record.lines_of(citation.repository, citation.path) or []
        if "\n".join(lines[citation.start_line - 1 : citation.end_line]) == quote:
            return []
    return [f"the quoted lines do not stand at {places_of(claim.citations)}"]


def _naming_faults(record: Record, claim: Claim, quote: str) -> list[str]:
    """A claim that states no relation must cite a line that names what it is about, unless it quotes the lines themselves."""
    if not claim.identifiers or quote:
        return []
    wanted = {last_part(name) for name in claim.identifiers}
    for citation in claim.citations:
        if wanted & set(WORD.findall(record.cited(citation))):
            return []
        module = citation.symbol in claim.identifiers and citation.start_line == 1
        if module and any(not s.local_name for s in record.outline_of(citation.repository, citation.path)):
            return []
    return [f"{places_of(claim.citations)} names none of {', '.join(sorted(wanted))}"] if claim.citations else []


def _relation_faults(held: _Stated, claim: Claim) -> list[str]:
    """Each stated relation must be held, and each cited line must be a place of one or the name of one of its ends."""
    faults = []
    places: list[Relation] = []
    for stated in claim.relations:
        matches = _matches(held, stated.source_id, stated.target_id, stated.kind)
        if not matches:
            faults.append(_missing(held, stated))
        elif claim.citations and not any(shows(citation, match) for match in matches for citation in claim.citations):
            faults.append(f"{places_of(claim.citations)} is not where {_said(held, stated)}")
        places += matches
    if claim.relations and not faults:
        astray = [citation for citation in claim.citations if not _shows_any(citation, places)]
        faults += [f"{citation.path}:{citation.start_line} shows nothing of the stated relation" for citation in astray]
    return faults


def _missing(held: _Stated, stated: StatedRelation) -> str:
    if _matches(held, stated.target_id, stated.source_id, stated.kind):
        return f"the direction is reversed: not {_said(held, stated)}"
    return f"the graph does not hold that {_said(held, stated)}"


def _matches(held: _Stated, source_id: str, target_id: str, kind: str) -> list[Relation]:
    """Return the stored relations between two symbols; another definition of the same qualified name counts as the target."""
    target = held.symbols.get(target_id)
    wanted = target.qualified_name if target is not None else None
    return [
        relation
        for relation in held.outgoing.get(source_id, ())
        if relation.kind.value == kind
        and relation.target is not None
        and (relation.target.id == target_id or relation.target.qualified_name == wanted)
    ]


def _shows_any(citation: Citation, relations: Iterable[Relation]) -> bool:
    """Return whether the cited lines hold a site of the relations or the name of a symbol at one of their ends."""
    for relation in relations:
        if shows(citation, relation):
            return True
        for end in (relation.source, relation.target):
            if end is not None and end.path == citation.path and citation.start_line <= end.line <= citation.end_line:
                return True
    return False


def _identifier_faults(record: Record, claim: Claim, known: Collection[str]) -> list[str]:
    faults = []
    cited: set[str] | None = None
    for name in claim.identifiers:
        parts = set(WORD.findall(name))
        if name in known or parts <= set(known) or record.knows(name):
            continue
        if cited is None:
            cited = {word for citation in claim.citations for word in WORD.findall(record.cited(citation))}
        if not parts <= cited:
            faults.append(f"{name!r} is neither in the graph nor in the evidence")
    return faults


def _said(held: _Stated, stated: StatedRelation) -> str:
    ends = [
        held.symbols[end].qualified_name if end in held.symbols else end for end in (stated.source_id, stated.target_id)
    ]
    return f"{ends[0]!r} {stated.kind} {ends[1]!r}"
