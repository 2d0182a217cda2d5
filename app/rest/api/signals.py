"""What a person thought of an answer, or did with it: into the Ledger, safely stored when the reply comes."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agents.context import Context
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.authentication import Granted
from ops.ledger.feedback import MAX_CORRECTION, Judgement, Signal, checked
from ops.policy.callers import caller

DOOR = "rest"
MOST = 100


class Said(BaseModel):
    """One thing that was said or done."""

    model_config = ConfigDict(extra="forbid")

    signal: Signal = Field(description="`copied`, `opened`, `dwell` and `rephrased` are told by what a person does.")
    value: float | None = Field(
        default=None, description="thumb: 1 or -1; rating: 1 to 5; dwell: seconds.", allow_inf_nan=False
    )
    claim: int | None = Field(default=None, ge=0, le=10_000, description="Which claim, from 0; null: the whole answer.")
    rank: int | None = Field(default=None, ge=0, le=10_000, description="At which place it was shown, from 0.")
    propensity: float | None = Field(
        default=None, gt=0, le=1, description="How likely it was to be shown there; null: nothing was left to chance."
    )
    place: str = Field(default="", max_length=4_000, description="The citation, as `path:line`.")
    correction: str = Field(default="", max_length=MAX_CORRECTION, description="What is right instead.")


class Signals(BaseModel):
    """What was said of one answer."""

    model_config = ConfigDict(extra="forbid")

    run_id: str = Field(min_length=8, max_length=64, description="As the answer has it.")
    signals: Annotated[list[Said], Field(min_length=1, max_length=MOST)]


def router(composition: Composition) -> APIRouter:
    """Return the route `/feedback/signals`."""
    routes = APIRouter(tags=["feedback"])

    @routes.post(
        "/feedback/signals", name="say", summary="Say what an answer was worth", responses=replies(bodies.Kept, 422)
    )
    async def signals(body: Signals, _scope: Granted) -> bodies.Kept:
        """Thumbs, a rating, a correction, and what was done with an answer: kept for whoever asked, with rank and propensity.
        A server that knows its callers takes it from who asked the question alone."""

        def work() -> bodies.Kept:
            judgements = [Judgement(body.run_id, **one.model_dump()) for one in body.signals]
            for one in judgements:
                checked(one)
            user = composition.payer_for(Context()).user
            with closing(composition.open_usage()) as usage:
                own = bool(caller(strict=False).principal.id)
                kept = [usage.give_feedback(one, user=user, door=DOOR, own=own) for one in judgements]
            return bodies.Kept(
                run_id=body.run_id, kept=[bodies.KeptEvent(stream=one.stream, number=one.number) for one in kept]
            )

        return await asyncio.to_thread(work)

    return routes
