"""Who is asked, and with how much evidence, so that the answer comes while there is time.

A host that reads slowly gets a prompt that it can read in the part of the deadline which the answer itself leaves. When not even the smallest prompt of use
can be read, the next rung is taken at once: waiting for a first word that comes too late costs the reader the time and gives nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agents.context import Context
from agents.evidence.routing import model_class_of
from agents.services import Services
from agents.state import AssistantState, Evidence, RouteRow
from agents.writing.model_writing import below, seconds_left
from agents.writing.packing import Packed, evidence_tokens, pack
from agents.writing.prompting import prompt_of
from configs.errors import ModelError
from configs.release import Release
from models.gateway import AUTO, NO_MODEL
from models.tokens import tokens_of

LEAST_EVIDENCE_TOKENS = 200
"""Evidence below which a prompt is not worth a slow host's time, unless it is all there is."""
_MARK_TOKENS = 60
"""What the watcher puts before each prompt (`guardrails.canaries`)."""


@dataclass(frozen=True, slots=True)
class Paced:
    """models: who may be asked, best first; none: nobody would answer in time. packed: for the first of them.

    passed_over: why a better one is not asked, empty when none is passed over.
    """

    models: tuple[str, ...]
    packed: Packed
    passed_over: str = ""


async def paced(state: AssistantState, context: Context, services: Services, release: Release) -> Paced:
    """Return the first of the route's models that would answer in time, with the evidence that it can read, and those below it."""
    route, facts = state["route"], state.get("evidence") or []
    assert route["model"] is not None
    models = [route["model"], *await below(route, context, services, release)]
    whole = pack(facts, release, route["budget_tokens"], state["plan"]["question"], models[0])
    passed_over = ""
    for at in range(len(models)):
        packed, slow = await _packed(state, facts, models[at:], services, release)
        if not slow:
            return Paced(tuple(models[at:]), packed, passed_over)
        passed_over = passed_over or slow
    return Paced((), whole, passed_over)


async def _packed(
    state: AssistantState, facts: Sequence[Evidence], models: Sequence[str], services: Services, release: Release
) -> tuple[Packed, str]:
    """Return what the first of the models is shown, and why that is not worth its time; empty when it is."""
    model, *ladder = models
    question, budget = state["plan"]["question"], state["route"]["budget_tokens"]
    room = await services.gateway.room(
        model,
        max_tokens=release.limits.answer_tokens,
        timeout_s=seconds_left(state, services, release),
        ladder=ladder,
    )
    readable = None if room.tokens is None else room.tokens - _beside(state, release, model)
    packed = pack(facts, release, budget, question, model, readable)
    if not packed.pressed or (packed.facts and not packed.omitted):
        return packed, ""
    if sum(evidence_tokens(fact, model) for fact in packed.facts) >= LEAST_EVIDENCE_TOKENS:
        return packed, ""
    return packed, f"{room.why}, too little for {model} to read what answers this"


async def too_late(model: str, tokens: int, took_s: float, left_s: float, services: Services, release: Release) -> str:
    """Return why another answer of the model would not come in time; empty when it would.

    Args:
        tokens: of the prompt that it would read. took_s: how long the last answer took, which decides where the pace of the host is not known.
    """
    room = await services.gateway.room(model, max_tokens=release.limits.answer_tokens, timeout_s=left_s)
    if room.tokens is None:
        return f"the last answer took {took_s:,.0f} s, and {left_s:,.0f} s are left" if took_s > left_s else ""
    return room.why if tokens > room.tokens else ""


async def repair_too_late(state: AssistantState, context: Context, services: Services, release: Release) -> str:
    """Return why a round in which a model mends its answer would not end in time; empty when it would, or when no model writes in it."""
    insisted = context.model not in (AUTO, *NO_MODEL)
    wanted = model_class_of(state["plan"], release, state["round"] + 1, insisted=insisted)
    if wanted is None:
        return ""
    try:
        choice = await services.gateway.choose(context.model, release.models[wanted])
    except ModelError:
        return ""  # the round itself says why
    if choice.model is None:
        return ""
    limit_s = min((release.routes[step["intent"]].timeout_s for step in state["plan"]["steps"]), default=math.inf)
    left_s = state["started_at"] + (context.deadline_s or release.limits.deadline_s) - services.clock()
    left_s = max(min(left_s, limit_s, release.limits.model_timeout_s), 0.001)
    route: RouteRow = {**state["route"], "model_class": wanted}
    facts = sum(evidence_tokens(fact, choice.model) for fact in state.get("evidence") or [])
    tokens = _beside({**state, "route": route}, release, choice.model) + min(facts, LEAST_EVIDENCE_TOKENS)
    return await too_late(choice.model, tokens, _writing_s(state), left_s, services, release)


def _writing_s(state: AssistantState) -> float:
    """Return how long the writer took in the last round."""
    rows = [row for row in state.get("trace") or [] if row["node"] == "writer" and row["round"] == state["round"]]
    return rows[-1]["latency_ms"] / 1000 if rows else 0.0


def _beside(state: AssistantState, release: Release, model: str) -> int:
    """Return what the prompt takes beside its evidence."""
    plan = state["plan"]
    intent = plan["steps"][0]["intent"] if plan["steps"] else "explain"
    prompt = release.prompt_for(intent, state["route"]["model_class"] or "large")
    empty = prompt_of(plan["question"], intent, Packed(()), state["check"]["faults"], prompt)
    return tokens_of(empty, model) + _MARK_TOKENS
