"""Which of the models that may write does, once the evidence is there; and how it fared, for the next time.

What forbids a model was settled before (privacy and health by the gateway, budget by the cost optimizer); a model that was asked for by name,
the large one where the release asks for it, and the one that a failed check escalated to, stay. A store of outcomes that fails costs what it would have told.
"""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import asdict

from agents.calls.spending import is_strained
from agents.context import Context
from agents.evidence.routing import MODEL_RUNGS
from agents.services import Services
from agents.state import AssistantState, ChoiceRow, RouteRow
from agents.writing.router import chosen, predicted, seen_before_writing
from configs.errors import ModelError, StoreError
from configs.release import ModelClass, Release
from knowledge.outcomes import OutcomeRecord, Past
from models.gateway import AUTO

_MAY_RISE: ModelClass = "small"
_log = logging.getLogger("clew.routing")


async def settled(state: AssistantState, services: Services, context: Context, release: Release) -> RouteRow:
    """Return the route with the model whose predicted success is worth its cost, and with what was predicted."""
    route, facts = state["route"], state.get("evidence") or []
    own = route["model_class"]
    if route["model"] is None or own not in MODEL_RUNGS or not release.router.weights or not facts:
        return route
    seen, past = seen_before_writing(state["plan"], facts), await asyncio.to_thread(_past, services)
    models: dict[str, str] = {own: route["model"]}
    pick: str = own
    if context.model == AUTO and route["round"] == 0 and own == _MAY_RISE:
        models |= await _others(own, route["model"], services, context, release)
        pick = chosen(release.router, models, seen, past)
    limit_s = min((release.routes[step["intent"]].timeout_s for step in state["plan"]["steps"]), default=math.inf)
    route = {**route, "deadline_at": min(route["deadline_at"], services.clock() + limit_s)}
    success = predicted(release.router, pick, seen, past.get(pick))
    row = ChoiceRow(choice=pick, predicted=round(success, 4), seen=asdict(seen))
    if pick == own:
        return {**route, "choice": row}
    reason = f"{models[pick]}: the {pick} model is predicted right with {success:.2f}, which is worth its cost"
    return {**route, "model": models[pick], "model_class": pick, "reason": reason, "choice": row}


def unchosen(route: RouteRow) -> RouteRow:
    """Return the route without its choice: a model that did not write has no outcome."""
    kept: RouteRow = {**route}
    kept.pop("choice", None)
    return kept


async def note_outcome(state: AssistantState, services: Services, *, right: bool) -> None:
    """Keep how the choice of the last round fared, if one was made."""
    route = state["route"]
    choice = route.get("choice")
    if choice is None or services.outcomes is None:
        return
    record = OutcomeRecord(choice["choice"], route["model"] or "", right, choice["predicted"], choice["seen"])
    try:
        await asyncio.to_thread(services.outcomes.add, record)
    except StoreError as error:
        _log.warning("an outcome is not kept: %s", error)


async def _others(own: str, model: str, services: Services, context: Context, release: Release) -> dict[str, str]:
    """Return the models of other classes that may write instead, by class."""
    strained = await is_strained(services, context)
    found: dict[str, str] = {}
    for other in MODEL_RUNGS:
        if other == own or (other == "large" and strained):
            continue
        try:
            choice = await services.gateway.choose(context.model, release.models[other])
        except ModelError:
            continue
        if choice.model is not None and choice.model != model:
            found[other] = choice.model
    return found


def _past(services: Services) -> dict[str, Past]:
    if services.outcomes is None:
        return {}
    try:
        return services.outcomes.past()
    except StoreError as error:
        _log.warning("how models fared is not known: %s", error)
        return {}
