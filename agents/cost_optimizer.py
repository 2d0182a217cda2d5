"""The node that decides what an answer may cost: memory first, then the cheapest rung that can answer, a model only where it gains.

It runs once a round. A round after the first follows a failed check (write again, with the faults named) or empty hands
(look further).
"""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from agents.calls.spending import is_strained
from agents.channels import Fresh
from agents.context import Context
from agents.evidence.analysis import release_of
from agents.evidence.routing import MODEL_RUNGS, model_class_of, rung_of, tasks_of
from agents.memory.known_errors import KnownErrors
from agents.memory.remembering import UNREMEMBERED, is_audited, memory_key, places_in, scope_key
from agents.records import finding_row
from agents.services import Services
from agents.state import AssistantState, FindingRow, KnownErrorRow, Plan, RouteRow
from agents.writing.model_choice import note_outcome
from configs.errors import ModelError, StoreError
from configs.release import Release
from knowledge.evidence import WRITTEN, Finding
from knowledge.ports.memory import MemoryEntry
from models.gateway import AUTO, NO_MODEL

_LEAST_WRITING_S = 1.0


async def cost_optimizer(state: AssistantState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the route of this round and its tasks; or the remembered answer, when there is one for this very question."""
    context = runtime.context or Context()
    release = release_of(services, context)
    plan, round_number = state["plan"], state.get("round", 0)
    deadline_at = state["started_at"] + (context.deadline_s or release.limits.deadline_s)
    key, remembered, findings = await asyncio.to_thread(_remembered, state, services, context, release)
    known_errors, failed = await asyncio.to_thread(_known_errors, state, services, context, release)
    findings += failed
    if round_number > 0:
        await note_outcome(state, services, right=False)
    route = RouteRow(
        rungs=[rung_of(step, release, round_number) for step in plan["steps"]],
        model=None,
        model_class=None,
        reason="",
        round=round_number,
        deadline_at=deadline_at,
        budget_tokens=_budget_left(state, context, release),
        from_memory=False,
        audited=[],
        memory_key=key,
    )
    if remembered is not None and is_audited(state["run_id"], release.remembering.audit_share):
        route["audited"] = places_in(remembered.payload["draft"])
    elif remembered is not None:
        route = {**route, "from_memory": True, "reason": "answered before from the same files"}
        found: AssistantState = {"tasks": [], "phase": "remembered", "known_errors": known_errors, "findings": findings}
        return {"route": route, **found, **_recalled(remembered)}
    findings += await _choose_model(route, plan, release, context, services)
    update: AssistantState = {"route": route, "findings": findings, "phase": "routed", "known_errors": known_errors}
    if round_number > 0 and state["check"]["faults"] and state["level"] in WRITTEN:
        return {**update, "tasks": []}
    outcomes = state.get("outcomes") or []
    tasks = tasks_of(plan, release, round_number, outcomes)
    kept = [outcome for outcome in outcomes if outcome["symbol"] is None and outcome["operation"] != "search"]
    return {
        **update,
        "tasks": tasks,
        "evidence": Fresh(),
        "outcomes": Fresh(kept if round_number else []),
    }


async def _choose_model(
    route: RouteRow, plan: Plan, release: Release, context: Context, services: Services
) -> list[FindingRow]:
    """Set the model of the route, or the reason why there is none."""
    insisted = context.model not in NO_MODEL and context.model != AUTO
    wanted = model_class_of(plan, release, route["round"], insisted=insisted)
    if wanted is None:
        route["reason"] = "typed tools answer this, a model would add nothing"
        return []
    economy = []
    if wanted == "large" and await is_strained(services, context):
        wanted = "small"
        economy = [_finding("economy", "much of a budget is used: a smaller model is taken")]
    if route["budget_tokens"] <= release.limits.answer_tokens:
        route["reason"], route["missed"] = f"{route['budget_tokens']} tokens are left, too few for a model", True
        return [_finding("budget", route["reason"])]
    if route["deadline_at"] - services.clock() < _LEAST_WRITING_S:
        route["reason"], route["missed"] = "no time is left for a model", True
        return [_finding("deadline", route["reason"])]
    try:
        choice = await services.gateway.choose(context.model, release.models[wanted])
    except ModelError as exc:
        route["reason"], route["missed"] = exc.message, True
        return [_finding(exc.code, exc.message)]
    route["model"], route["reason"] = choice.model, choice.reason
    route["model_class"] = wanted if choice.model else None
    if choice.model is None:
        route["missed"] = context.model not in NO_MODEL
        route["rungs"] = ["extractive" if rung in MODEL_RUNGS else rung for rung in route["rungs"]]
    return economy


def _remembered(
    state: AssistantState, services: Services, context: Context, release: Release
) -> tuple[str, MemoryEntry | None, list[FindingRow]]:
    """Return the key of this question, the answer kept under it, and what a failing memory had to say."""
    if state.get("round", 0) > 0:
        return state["route"]["memory_key"], None, []
    steps = state["plan"]["steps"]
    if services.memory is None or not steps or any(step["operation"] in UNREMEMBERED for step in steps):
        return "", None, []
    repositories = services.graph.repositories(services.scope_for(context))
    model = f"{context.model}, reranked" if context.rerank else context.model
    manner = {name: value for name, value in state["manner"].items() if name != "said"}
    key = memory_key(state["plan"], f"{model} {manner}", repositories, release.remembering)
    try:
        return key, services.memory.get(key, scope_key=scope_key(repositories), release_id=release.id), []
    except StoreError as exc:
        return "", None, [_finding(exc.code, exc.message)]


def _known_errors(
    state: AssistantState, services: Services, context: Context, release: Release
) -> tuple[list[KnownErrorRow], list[FindingRow]]:
    """Return what is known of an error in the question, and what a failing store had to say. Looked up once a run."""
    if state.get("round", 0) > 0 or services.lessons is None:
        return state.get("known_errors") or [], []
    known = KnownErrors(services.graph, services.lessons, services.embedder_for, release.remembering.error_likeness)
    try:
        return known.find(services.scope_for(context), state["plan"]["question"]), []
    except StoreError as exc:
        return [], [_finding(exc.code, exc.message)]


def unrouted(state: AssistantState, now: float) -> AssistantState:
    """Return a route without tasks: what is left when routing failed, so that the writer can say what happened."""
    route = RouteRow(
        rungs=[],
        model=None,
        model_class=None,
        reason="routing failed",
        round=state.get("round", 0),
        deadline_at=now,
        budget_tokens=0,
        from_memory=False,
        audited=[],
        memory_key="",
    )
    return {"route": route, "tasks": [], "phase": "routed"}


def _recalled(entry: MemoryEntry) -> AssistantState:
    payload = entry.payload
    return {
        "draft": payload["draft"],
        "level": payload["level"],
        "verdict": payload["verdict"],
        "subject": payload["subject"],
    }


def _budget_left(state: AssistantState, context: Context, release: Release) -> int:
    used = state.get("usage") or {"input_tokens": 0, "output_tokens": 0}
    allowed = release.limits.budget_tokens if context.budget_tokens is None else context.budget_tokens
    return allowed - used["input_tokens"] - used["output_tokens"]


def _finding(kind: str, message: str) -> FindingRow:
    return finding_row(
        Finding(gate="cost_optimizer", kind=kind, severity="warning", message=message, action="annotate")
    )
