"""The FastAPI application and the process that serves it: loopback only, until there is authentication."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from agents.events import Answer, AskedBack
from agents.examples import Examples
from app.asking import Asked, checked_question
from app.background import Pace
from app.errors import http_status
from app.mcp.server import Composition as McpComposition
from app.mcp.server import create_server
from app.people import user_name
from app.rest.authentication import Granted
from app.rest.guard import Guard
from app.rest.internal import add_internal_routes
from app.rest.replies import Body, PlainJSON, completion, error_body, refusal
from app.rest.schemas import OWN_MODEL, ChatRequest, Feedback
from app.rest.streaming import finished, streamed
from app.rest.unhurried import Unhurried
from configs.errors import ClewError, ConfigError, InputError, PolicyError
from configs.settings import is_loopback
from knowledge.scope import Scope
from tools.dense import DenseSearch

NO_HOST_MODELS = ("auto", "extractive")
CLOSED_REQUEST = 499
"""Status for the log when the client went away; nobody reads it."""

log = logging.getLogger("clew.rest")


class Composition(McpComposition, Protocol):
    """What the server needs of `app.wiring.Wiring`."""

    async def model_names(self) -> list[str] | None: ...

    def examples(self) -> Examples: ...

    def readiness(self) -> Body: ...

    @property
    def handover_token(self) -> str: ...

    def own_dense(self) -> DenseSearch | None: ...

    def background(self) -> AbstractAsyncContextManager[Pace | None]: ...


def create_app(composition: Composition) -> FastAPI:
    """Return the application over the composed parts."""

    tools = create_server(composition)
    over_http = tools.streamable_http_app(stateless_http=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with composition.background() as pace, tools.session_manager.run():
            app.state.pace = pace
            yield

    app = FastAPI(title="Clew", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(Unhurried)
    app.add_middleware(Guard, max_body_bytes=composition.settings.serve.max_body_bytes)
    _add_error_handlers(app)
    _add_routes(app, composition)
    add_internal_routes(app, composition)
    app.router.routes.extend(over_http.routes)  # /mcp
    return app


def _add_routes(app: FastAPI, composition: Composition) -> None:
    @app.get("/healthz")
    async def healthz() -> Body:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> Body:
        return await asyncio.to_thread(composition.readiness)

    @app.get("/v1/models")
    async def models() -> Body:
        names = [OWN_MODEL, *NO_HOST_MODELS, *(await composition.model_names() or [])]
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "clew"} for name in names]
        return {"object": "list", "data": rows}

    @app.post("/v1/feedback")
    async def feedback(body: Feedback, scope: Granted) -> Body:
        return await asyncio.to_thread(_judged, composition, body, scope)

    @app.post("/v1/chat/completions")
    async def chat(body: ChatRequest, request: Request, scope: Granted) -> Response:
        asked = await asyncio.to_thread(_asked, composition, body, scope)
        assistant = await asyncio.to_thread(composition.assistant)
        created = int(time.time())
        if body.stream:
            events = streamed(assistant, asked, created, include_usage=body.stream_options.include_usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        answer = await _unless_disconnected(request, finished(assistant, asked))
        if answer is None:
            return Response(status_code=CLOSED_REQUEST)
        return PlainJSON(completion(answer, created))


def _judged(composition: Composition, body: Feedback, scope: Scope) -> Body:
    examples = composition.examples()
    if body.accepted:
        example = examples.accept(scope, body.run_id, by=user_name(), at=time.time())
        return {"run_id": example.id, "accepted": True}
    if not examples.reject(scope, body.run_id):
        raise InputError(f"no run {body.run_id!r} is kept", next_step="see `clew examples list --json`")
    return {"run_id": body.run_id, "accepted": False}


def _asked(composition: Composition, body: ChatRequest, scope: Scope) -> Asked:
    settings = composition.settings
    granted = composition.granted(body.clew.repositories, scope).repositories
    question, replies, earlier = body.question_and_replies()
    if body.clew.thread_id is not None:  # the thread knows itself what it stands still for
        question, replies, earlier = body.question(), (), body.earlier()
    return Asked(
        checked_question(question, settings.run.max_question_characters),
        None if granted is None else tuple(sorted(granted)),
        settings.model.writer if body.model == OWN_MODEL else body.model,
        body.clew.release or settings.run.release,
        body.clew.thread_id,
        earlier,
        settings.retrieval.rerank if body.clew.rerank is None else body.clew.rerank,
        settings.serve.clarify if body.clew.clarify is None else body.clew.clarify,
        replies,
        settings.run.ask_before_tokens or None,
        project=body.clew.project,
        depth=body.clew.depth,
        diagram=body.clew.diagram,
    )


async def _unless_disconnected(
    request: Request, running: Coroutine[Any, Any, Answer | AskedBack]
) -> Answer | AskedBack | None:
    """Return the answer, or cancel the run and return None when the client goes away first."""
    run = asyncio.create_task(running)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({run, gone}, return_when=asyncio.FIRST_COMPLETED)
        return run.result() if run.done() else None
    finally:
        run.cancel()
        gone.cancel()
        await asyncio.gather(run, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ClewError)
    async def known(_: Request, error: ClewError) -> Response:
        return PlainJSON(error_body(error), status_code=http_status(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
        return refusal(400, "invalid_request", f"{where}: {first['msg']}", "see docs/rest.md")

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        said = f"{request.method} {request.url.path}: {error.detail}"
        return refusal(error.status_code, "no_such_route", said, "see docs/rest.md")

    @app.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> Response:
        log.error("a request failed", exc_info=error)
        return refusal(500, "internal", "Clew met a fault of its own", "see the server's log")


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PolicyError: `host` is reachable from other machines.
        ConfigError: the address cannot be taken.
    """
    if not is_loopback(host):
        raise PolicyError(
            f"refused to listen on {host!r}: whoever reaches it could read the code, and there is no authentication yet",
            next_step="listen on 127.0.0.1 and tunnel to it (ssh -L), or put an authenticating proxy in front",
        )
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port) if family == socket.AF_INET else address, family=family, backlog=128)
    except OSError as exc:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {exc}", next_step="choose another --port (0: a free one)"
        ) from exc


def serve(app: FastAPI, listening: socket.socket, drain_timeout_s: float, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; running answers get `drain_timeout_s` to end."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,  # no handlers of its own: what it says goes through ours, and the log gate
        server_header=False,
        timeout_graceful_shutdown=max(1, round(drain_timeout_s)),
    )
    server = uvicorn.Server(config)
    announce()
    server.run(sockets=[listening])
