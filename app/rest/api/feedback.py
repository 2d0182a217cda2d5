"""What people say of answers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.authentication import Granted
from app.rest.completions import judged
from app.rest.schemas import Feedback


def router(composition: Composition) -> APIRouter:
    """Return the route `/feedback`."""
    routes = APIRouter(tags=["feedback"])

    @routes.post(
        "/feedback", name="judge", summary="Accept or erase an answer", responses=replies(bodies.Judgement, 422)
    )
    async def feedback(body: Feedback, scope: Granted) -> bodies.Judgement:
        """An answer that a model wrote may serve as an example for later ones, or is erased."""
        return bodies.Judgement(**await asyncio.to_thread(judged, composition, body, scope))

    return routes
