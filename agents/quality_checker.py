"""The node that lets no false claim out: every claim is judged at the indexed revision, and the answer is made of what holds.

It always leaves an answer that could be given as it is: refuted claims are dropped and counted, unchecked ones marked. The
watcher decides whether another round is worth its cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import Runtime

from agents.context import Context
from agents.drafts.follow_ups import follow_ups
from agents.drafts.rendering import claims_of, render, without
from agents.evidence.analysis import release_of
from agents.memory.alike import note_question
from agents.memory.examples import Examples
from agents.memory.known_errors import told
from agents.memory.remembering import places_in, scope_key
from agents.records import claim_of, counted, finding_row
from agents.services import Services
from agents.state import AssistantState, Check, CitationRow, ClaimRow, Draft
from agents.writing.assertions import units_in
from agents.writing.packing import evidence_text
from configs.errors import StoreError
from configs.release import Release
from guardrails.evidence import Judgement, findings_of, judge
from guardrails.prose import judge_prose
from guardrails.record import Record
from guardrails.relevance import Asked, relevance_faults
from knowledge.evidence import WRITTEN, Citation, ClaimStatus, Finding, Level, Verdict
from knowledge.ports.memory import MemoryEntry
from knowledge.schema import RepositoryInfo
from knowledge.scope import Scope

UNAVAILABLE = "unavailable"
"""Verdict of an answer that has no claim because a component failed."""

_MAX_FAULTS = 6
_SHOWN_OF_A_CLAIM = 120


async def quality_checker(state: AssistantState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the judged answer with what the check found."""
    return await asyncio.to_thread(_check, state, runtime.context or Context(), services)


def _check(state: AssistantState, context: Context, services: Services) -> AssistantState:
    release = release_of(services, context)
    scope = services.scope_for(context)
    draft = state["draft"]
    rows = claims_of(draft)
    evidence = "\n".join(evidence_text(fact) for fact in state.get("evidence") or [])
    judgements = _judgements(rows, draft, evidence, release, services, scope)
    judged = [_judged(row, judgement) for row, judgement in zip(rows, judgements, strict=True)]
    draft = _with_claims(draft, judged)
    dropped = [claim for claim in claims_of(draft) if claim["status"] == ClaimStatus.REFUTED.value]
    check = _check_of(judged, judgements, state, release)
    if draft["sources"]:
        check = with_faults(check, _relevance(state, rows, judgements, release, services, scope))
    kept = _degraded(without(draft, dropped), len(dropped))
    repositories = services.graph.repositories(scope)
    update: AssistantState = {
        "draft": kept,
        "check": check,
        "findings": [finding_row(finding) for finding in findings_of(judgements)],
        "phase": "checked",
        "verdict": _verdict(state, kept, dropped),
        "answer": {
            **answer_of(state, kept, check, dropped, several=len(repositories) > 1),
            "follow_ups": follow_ups(services.graph, scope, state),
            "patch": kept.get("patch", ""),
        },
    }
    noticed = [
        _audit(state, kept),
        _remember(state, update, context, services, release, repositories),
        _offer(state, update, context, services),
    ]
    update["findings"] += [finding_row(finding) for finding in noticed if finding is not None]
    return update


def _judgements(
    rows: list[ClaimRow], draft: Draft, evidence: str, release: Release, services: Services, scope: Scope
) -> list[Judgement]:
    """Judge what tools state by the ids in it, and what a model wrote by reading it."""
    claims = [claim_of(row) for row in rows]
    if not draft["sources"]:
        quotes = [row["quote"] for row in rows]
        return judge(services.graph, scope, claims, quotes=quotes, literals=release.guards.literals)
    citations = [claim.citations for claim in claims]
    numbered = [Citation(**source) for source in draft["sources"]]
    return judge_prose(services.graph, scope, units_in(rows), citations, release.guards.reading, evidence, numbered)


def answer_of(
    state: AssistantState, draft: Draft, check: Check, dropped: Sequence[ClaimRow] = (), *, several: bool
) -> dict[str, Any]:
    """Return the text, claims and citations that leave the graph; who asked for which thread is added by the runtime.

    dropped: refuted claims. They are not in the text, and are listed with the reason.
    """
    claims = [claim for claim in claims_of(draft) if claim["text"].strip()]
    citations: dict[tuple[Any, ...], dict[str, Any]] = {}
    for claim in claims:
        for citation in claim["citations"]:
            citations.setdefault(tuple(citation.values()), _public(citation))
    known = state.get("known_errors") or []
    read = "\n".join(f"*{note}*" for note in state["plan"].get("notes", []))
    text = [told(known, _date, several=several), render(draft, with_repository=several), read]
    return {
        "answer": "\n\n".join(part for part in text if part),
        "level": state["level"],
        "citations": list(citations.values()),
        "claims": [
            {
                "text": claim["text"].strip(),
                "status": claim["status"],
                "citations": [_public(citation) for citation in claim["citations"]],
                "reasons": claim.get("reasons", []),
                "tier": claim["tier"],
                "relations": [
                    {"kind": one["kind"], "source": one["source_id"], "target": one["target_id"]}
                    for one in claim["relations"]
                ],
            }
            for claim in [*claims, *dropped]
            if claim["citations"] or claim["status"] != ClaimStatus.VERIFIED.value
        ],
        "unknowns": draft["unknowns"],
        "known_errors": known,
        "verified": check["verified"],
    }


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _public(citation: CitationRow) -> dict[str, Any]:
    return {key: citation[key] for key in ("repository", "path", "start_line", "end_line", "symbol", "revision")}


def _judged(row: ClaimRow, judgement: Judgement) -> ClaimRow:
    asserts_nothing = not row["citations"] and row["status"] == ClaimStatus.VERIFIED.value and not judgement.faults
    status = row["status"] if asserts_nothing else judgement.claim.status.value
    reasons = [*judgement.faults, *judgement.doubts]
    return {**row, "status": status, "reasons": reasons} if reasons else {**row, "status": status}


def _with_claims(draft: Draft, judged: list[ClaimRow]) -> Draft:
    rows = iter(judged)
    blocks = [{**block, "claims": [next(rows) for _ in block["claims"]]} for block in draft["blocks"]]
    return {**draft, "blocks": blocks}  # type: ignore[typeddict-item]


def _check_of(judged: list[ClaimRow], judgements: list[Judgement], state: AssistantState, release: Release) -> Check:
    def count(status: ClaimStatus) -> int:
        return sum(claim["status"] == status.value for claim in judged)

    verified, refuted = count(ClaimStatus.VERIFIED), count(ClaimStatus.REFUTED)
    unverified = count(ClaimStatus.UNVERIFIED) + count(ClaimStatus.UNKNOWN)
    faults = [told_fault(judgement, fault) for judgement in judgements for fault in judgement.faults]
    if state["level"] in WRITTEN:
        proven = sum(bool(claim["citations"]) and claim["status"] == ClaimStatus.VERIFIED.value for claim in judged)
        asserted = proven + refuted + unverified
        if asserted and proven < release.guards.min_verified_share * asserted:
            faults.append(f"only {proven} of {asserted} statements carry the number of the evidence that proves them")
        if not asserted:
            faults.append("the answer states nothing about the code")
    return Check(
        passed=not faults, verified=verified, refuted=refuted, unverified=unverified, faults=faults[:_MAX_FAULTS]
    )


def _relevance(
    state: AssistantState,
    rows: list[ClaimRow],
    judgements: list[Judgement],
    release: Release,
    services: Services,
    scope: Scope,
) -> list[str]:
    """Return why what a model wrote does not answer the question."""
    asked = [Asked(step["operation"], tuple(step["names"])) for step in state["plan"]["steps"]]
    record = Record.of(services.graph, scope)
    return relevance_faults(record, asked, units_in(rows), judgements, release.guards.reading)


def with_faults(check: Check, faults: Sequence[str]) -> Check:
    """Return the check with further faults, the first ones kept, as many as a prompt names."""
    told = list(dict.fromkeys([*faults, *check["faults"]]))[:_MAX_FAULTS]
    return {**check, "passed": check["passed"] and not faults, "faults": told}


def told_fault(judgement: Judgement, fault: str) -> str:
    """Return a fault with the beginning of the claim that it is about, so that a model can find it in what it wrote."""
    said = " ".join(judgement.claim.text.split())
    shown = said if len(said) <= _SHOWN_OF_A_CLAIM else f"{said[:_SHOWN_OF_A_CLAIM]}…"
    return f"In “{shown}”: {fault}"


def _degraded(draft: Draft, dropped: int) -> Draft:
    if not dropped:
        return draft
    were = "was" if dropped == 1 else "were"
    note = f"{counted(dropped, 'statement')} did not hold against the index and {were} left out."
    return {**draft, "notes": [*draft["notes"], note]}


def _verdict(state: AssistantState, kept: Draft, dropped: list[ClaimRow]) -> str:
    if not claims_of(kept):
        broken = [f for f in state.get("findings") or [] if f["severity"] == "error" and f["gate"] != "quality_checker"]
        if broken:
            return UNAVAILABLE
        if dropped:
            return Verdict.UNKNOWN.value
    return state["verdict"]


def unchecked(state: AssistantState) -> AssistantState:
    """Return the draft as an answer that nobody could check, and that says so: what is left when the check itself failed."""
    draft = state.get("draft") or Draft(blocks=[], unknowns=[], notes=[], sources=[])
    draft = _with_claims(draft, [{**claim, "status": ClaimStatus.UNVERIFIED.value} for claim in claims_of(draft)])
    draft = {**draft, "notes": [*draft["notes"], "The claims could not be checked against the index."]}
    check = Check(passed=False, verified=0, refuted=0, unverified=len(claims_of(draft)), faults=[])
    level = state.get("level") or Level.STRUCTURAL.value
    return {
        "draft": draft,
        "check": check,
        "phase": "checked",
        "verdict": Verdict.UNKNOWN.value if claims_of(draft) else UNAVAILABLE,
        "answer": answer_of({**state, "level": level}, draft, check, several=False),
    }


def _audit(state: AssistantState, kept: Draft) -> Finding | None:
    """Say whether the answer that memory would have given cites what the new one cites. The new one takes its place."""
    route = state.get("route")
    if route is None or not route["audited"]:
        return None
    if route["audited"] == places_in(kept):
        return Finding(gate="memory", kind="audit_same", severity="info", message="the remembered answer still holds")
    return Finding(
        gate="memory",
        kind="audit_differs",
        severity="warning",
        message="the remembered answer cites other places than the new one",
    )


def _offer(state: AssistantState, update: AssistantState, context: Context, services: Services) -> Finding | None:
    """Keep a wholly verified answer of a model for a while, so that a person may accept it as an example."""
    check = update["check"]
    if services.lessons is None or not check["passed"] or check["unverified"] or not check["verified"]:
        return None
    try:
        Examples(services.graph, services.lessons).offer(services.scope_for(context), state, update["draft"])
    except StoreError as exc:
        return Finding(gate="memory", kind=exc.code, severity="warning", message=exc.message)
    return None


def _remember(
    state: AssistantState,
    update: AssistantState,
    context: Context,
    services: Services,
    release: Release,
    repositories: list[RepositoryInfo],
) -> Finding | None:
    """Keep a wholly verified answer for the next time. A memory that fails costs nothing but a finding."""
    route, check = state.get("route"), update["check"]
    if services.memory is None or route is None or not route["memory_key"] or route["from_memory"]:
        return None
    errors = [finding for finding in state.get("findings") or [] if finding["severity"] == "error"]
    if not check["passed"] or check["unverified"] or not check["verified"] or errors:
        return None
    scope = services.scope_for(context)
    paths = {(c["repository"], c["path"]) for claim in claims_of(update["draft"]) for c in claim["citations"]}
    hashes = {name: services.graph.paths(scope, name) for name in {repository for repository, _ in paths}}
    entry = MemoryEntry(
        key=route["memory_key"],
        payload={
            "draft": update["draft"],
            "level": state["level"],
            "verdict": update["verdict"],
            "subject": state["subject"],
        },
        scope_key=scope_key(repositories),
        release_id=release.id,
        dependencies=tuple(
            (repository, path, hashes[repository][path][0])
            for repository, path in sorted(paths)
            if path in hashes[repository]
        ),
    )
    try:
        services.memory.put(entry)
        if state["level"] in WRITTEN:
            note_question(services.memory, state["plan"], entry, release, services.clock())
    except StoreError as exc:
        return Finding(gate="memory", kind=exc.code, severity="warning", message=exc.message)
    return None
