"""`POST /hooks/{provider}/{webhook}`: git hosts tell of pushes. Who may is decided by the signature, over the bytes as they came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request, Response

from app.connections import Connections
from app.rest.api import bodies
from app.rest.api.describing import replies
from app.rest.replies import PlainJSON
from configs.errors import WebhookRefused
from knowledge.sources import Provider
from ops.policy.rates import Rates


class Composition(Protocol):
    """What the route needs of `app.wiring.Wiring`."""

    @property
    def connections(self) -> Connections: ...


def router(composition: Composition, wake: Callable[[], None], rates: Rates | None) -> APIRouter:
    """Return the route. wake: called when a refresh was asked for. rates: counts refusals of one address, as those of keys."""
    routes = APIRouter(tags=["hooks"])

    @routes.post(
        "/hooks/{provider}/{webhook}",
        name="hear",
        summary="A push",
        status_code=202,
        responses=replies(bodies.HeardRow, 401, 429, status=202, said="It was taken, or there is nothing to do."),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"type": "object", "title": "As the git host sends it"}}},
            }
        },
    )
    async def hear(provider: Provider, webhook: Annotated[str, Path(max_length=64)], request: Request) -> Response:
        """For git hosts: docs/index-service.md says how each is told of this address. Events that are not about branches are ignored."""
        address = request.client.host if request.client else ""
        if rates is not None:
            await rates.check_failures(address)
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            heard = await asyncio.to_thread(composition.connections.webhooks.hear, provider, webhook, headers, body)
        except WebhookRefused:
            if rates is not None:
                await rates.count_failure(address)
            raise
        if heard.outcome in ("refresh", "deleted"):
            wake()
        return PlainJSON({"outcome": heard.outcome}, status_code=202)

    return routes
