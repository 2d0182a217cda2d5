"""A door of its own for other processes of the same person on this machine: dense candidates for `clew ask`, `clew search` and the other
workers of a server, and for `clew status` how the model hosts fare here.

It listens at a free port of loopback, whatever the server itself listens at, and needs the token that stands in the store's owner note.
"""

from __future__ import annotations

import asyncio
import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated, Any, Protocol

import uvicorn
from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from app.background import Pace
from app.rest.guard import BodyGuard, Guard
from app.rest.listening import bound_socket
from app.rest.problems import refusal
from knowledge.scope import Scope
from tools.dense import DenseSearch


class Handover(Protocol):
    """What the routes need of the composition."""

    @property
    def handover_token(self) -> str: ...

    def own_dense(self) -> DenseSearch | None: ...

    def live_hosts(self) -> list[dict[str, Any]]: ...


class DenseRequest(BaseModel):
    """As `tools.dense.DenseSearch.search`; repositories None: all."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(max_length=1_000_000)
    repositories: list[str] | None = None
    top_k: int = Field(ge=1, le=10_000)
    candidates: list[str] | None = None


MOST_BYTES = 4_000_000
STOPPED_WITHIN_S = 5.0


def internal_app(composition: Handover, pace: Callable[[], Pace | None] = lambda: None) -> FastAPI:
    """Return the application. pace: what a question of another process shall hold up, as one of this process does."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(BodyGuard, max_body_bytes=MOST_BYTES)
    app.add_middleware(Guard)

    def knows_token(authorization: str) -> bool:
        token = composition.handover_token
        return bool(token) and hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())

    @app.post("/internal/models", include_in_schema=False)
    async def models(authorization: Annotated[str, Header()] = "") -> Response:
        return JSONResponse({"hosts": composition.live_hosts()}) if knows_token(authorization) else _refused()

    @app.post("/internal/dense", include_in_schema=False)
    async def dense(body: DenseRequest, authorization: Annotated[str, Header()] = "") -> Response:
        if not knows_token(authorization):
            return _refused()
        own, background = composition.own_dense(), pace()
        scope = Scope(None if body.repositories is None else frozenset(body.repositories))
        with background.question() if background is not None else nullcontext():
            hits = (
                await asyncio.to_thread(own.search, scope, body.query, top_k=body.top_k, candidates=body.candidates)
                if own is not None
                else []
            )
        return JSONResponse({"hits": [[hit.repository, hit.path, hit.symbol_id, hit.similarity] for hit in hits]})

    return app


@contextmanager
def answering_others(composition: Handover, pace: Callable[[], Pace | None]) -> Iterator[str]:
    """Serve the door in a thread for as long as the block runs; yield its address."""
    config = uvicorn.Config(
        internal_app(composition, pace), log_level="warning", access_log=False, log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    with bound_socket("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), name="internal", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOPPED_WITHIN_S)


def _refused() -> Response:
    return refusal(401, "token_refused", "this route is for Clew itself", "nothing to do: `clew ask` finds it")
