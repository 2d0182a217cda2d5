"""The FastAPI application: its routes by topic, what stands before them, and how it begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from app.background import Pace
from app.mcp.server import create_server
from app.rest import completions, hooks
from app.rest.api import api_router
from app.rest.api.composition import Composition as ApiComposition
from app.rest.authentication import Authentication
from app.rest.describing import TITLE, described, operation_name
from app.rest.envelope import Envelope
from app.rest.guard import BodyGuard, From, Guard
from app.rest.pages import add_pages
from app.rest.problems import refusal, refusal_of
from app.rest.repeats import Repeats
from app.rest.replies import Body, PlainJSON
from app.rest.unhurried import Unhurried
from configs.errors import ClewError, StoreUnavailable
from knowledge.principals import Right
from knowledge.scope import Scope
from ops.policy.gate import Gate


class Composition(ApiComposition, completions.Composition, Protocol):
    """What the server needs of `app.wiring.Wiring`."""

    def granted(self, repositories: list[str] | None, within: Scope | None = ..., *, right: Right = ...) -> Scope: ...

    def readiness(self) -> Body: ...

    def background(self) -> AbstractAsyncContextManager[Pace | None]: ...


def create_app(composition: Composition, gate: Gate | None = None) -> FastAPI:
    """Return the application over the composed parts. gate: knows the callers; without one it serves the person at this machine."""

    tools = create_server(composition)
    # Host and Origin are looked at by the guard, which knows whether callers are known.
    over_http = tools.streamable_http_app(
        stateless_http=True, transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False)
    )
    api = api_router(composition)
    serving = composition.settings.serve

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with composition.background() as pace, tools.session_manager.run(), api.running():
            app.state.pace = pace
            yield

    app = FastAPI(
        title=TITLE,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=operation_name,
        redirect_slashes=False,  # where to would be what the Host header says
    )
    app.state.closing = api.closing
    app.state.strict = gate is not None
    allowed = From(gate is not None, serving.allowed_hosts, serving.cors_origins if gate is not None else ())
    app.add_middleware(Unhurried)
    app.add_middleware(Repeats, sharing=composition.sharing)
    app.add_middleware(BodyGuard, max_body_bytes=serving.max_body_bytes, body_timeout_s=serving.body_timeout_s)
    app.add_middleware(Authentication, gate=gate)
    if allowed.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed.origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "Idempotency-Key", "If-None-Match"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Clew-Stream-Id", "X-Request-Id"],
        )
    app.add_middleware(Guard, allowed=allowed)
    app.add_middleware(Envelope)
    _add_error_handlers(app)
    _add_health(app, composition)
    app.include_router(completions.router(composition))
    app.include_router(api.router)
    app.include_router(hooks.router(composition, api.wake, gate.rates if gate is not None else None))
    app.router.routes.extend(over_http.routes)  # /mcp
    add_pages(app)
    app.openapi = cache(partial(described, app))  # type: ignore[method-assign]
    return app


def _add_health(app: FastAPI, composition: Composition) -> None:
    @app.get("/healthz", tags=["health"], summary="Whether the process is alive")
    async def healthz() -> Body:
        """Asks nothing of any store."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"], summary="Whether it can answer, and how what it rests on fares")
    async def readyz() -> Response:
        """`ready`, `degraded` (what answers can do without is away) or, with 503, `unavailable`; each dependency with its state and breaker."""
        if app.state.closing.has_begun:
            raise StoreUnavailable(
                "the server is about to stop", next_step="ask another one, or this one again in a while"
            )
        told = await asyncio.to_thread(composition.readiness)
        return PlainJSON(told, status_code=503 if told["status"] == "unavailable" else 200)


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ClewError)
    async def known(_: Request, error: ClewError) -> Response:
        return refusal_of(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        fields = [{"field": _place_of(one["loc"]), "message": str(one["msg"])} for one in error.errors()]
        said = f"{fields[0]['field']}: {fields[0]['message']}"
        return refusal(400, "invalid_request", said, _page_of(request), fields=fields)

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        said = f"{request.method} {request.url.path}: {error.detail}"
        headers = dict(error.headers or {})
        code = "no_such_route" if error.status_code in (404, 405) else "invalid_request"
        return refusal(error.status_code, code, said, _page_of(request), headers=headers)


def _page_of(request: Request) -> str:
    """Return where the route that was meant is described."""
    page = "api" if request.url.path.startswith(("/api/", "/hooks/")) else "rest"
    return f"see docs/{page}.md, or GET /openapi.json"


def _place_of(place: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in place if part not in ("body", "query", "path", "header")) or "the body"
