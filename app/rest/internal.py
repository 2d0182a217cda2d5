"""Routes for other processes of the same person on this machine: dense candidates for `clew ask` and `clew search`, and for
`clew status` how the model hosts fare here.

They need the token that stands in the store's owner note, and exist only while this process has one.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from app.rest.problems import refusal
from knowledge.scope import Scope
from tools.dense import DenseSearch


class Handover(Protocol):
    """What the route needs of the composition."""

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


def add_internal_routes(app: FastAPI, composition: Handover) -> None:
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
        own = composition.own_dense()
        scope = Scope(None if body.repositories is None else frozenset(body.repositories))
        hits = (
            await asyncio.to_thread(own.search, scope, body.query, top_k=body.top_k, candidates=body.candidates)
            if own is not None
            else []
        )
        return JSONResponse({"hits": [[hit.repository, hit.path, hit.symbol_id, hit.similarity] for hit in hits]})


def _refused() -> Response:
    return refusal(401, "token_refused", "this route is for Clew itself", "nothing to do: `clew ask` finds it")
