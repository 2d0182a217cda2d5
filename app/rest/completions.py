"""The routes of the OpenAI chat protocol, and feedback beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from agents.events import Answer, AskedBack
from agents.memory.examples import Examples
from app.asking import Asked, Assistant
from app.people import user_name
from app.rest.asked import asked_of
from app.rest.authentication import Granted
from app.rest.problems import refusal
from app.rest.replies import Body, PlainJSON, completion
from app.rest.schemas import OWN_MODEL, ChatRequest, Feedback
from app.rest.streaming import finished, streamed
from configs.errors import InputError
from configs.settings import Settings
from knowledge.scope import Scope
from ops.policy.callers import caller

NO_HOST_MODELS = ("auto", "extractive")
CLOSED_REQUEST = 499
"""Status for the log when the client went away; nobody reads it."""


class Judging(Protocol):
    """What feedback needs of `app.wiring.Wiring`."""

    def examples(self) -> Examples: ...


class Composition(Judging, Protocol):
    """What these routes need of it."""

    settings: Settings

    def assistant(self) -> Assistant: ...

    def granted(self, repositories: list[str] | None, within: Scope = ...) -> Scope: ...

    async def model_names(self) -> list[str] | None: ...


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/v1`."""
    routes = APIRouter(prefix="/v1", tags=["openai"])

    async def names() -> list[str]:
        return [OWN_MODEL, *NO_HOST_MODELS, *(await composition.model_names() or [])]

    @routes.get("/models", summary="Models that a request may name")
    async def models() -> Body:
        """In the shape that OpenAI's clients know."""
        return {"object": "list", "data": [_row(name) for name in await names()]}

    @routes.get("/models/{name:path}", name="model", summary="One of them", responses={404: {"model": dict[str, Any]}})
    async def model(name: Annotated[str, Path(max_length=200)]) -> Response:
        """In the shape that the list has it in."""
        if name in await names():
            return PlainJSON(_row(name))
        return refusal(404, "model_not_found", f"no model {name!r} is served", "see GET /v1/models")

    @routes.post("/feedback", summary="Accept or erase an answer")
    async def feedback(body: Feedback, scope: Granted) -> Body:
        """An answer that a model wrote may serve as an example for later ones, or is erased."""
        return await asyncio.to_thread(judged, composition, body, scope)

    @routes.post("/chat/completions", summary="Answer the last message")
    async def chat(body: ChatRequest, request: Request, scope: Granted) -> Response:
        """A chat completion as OpenAI's, whole or as server-sent events; Clew's own record stands under `clew`."""
        asked = await asyncio.to_thread(_asked, composition, body, scope)
        assistant = await asyncio.to_thread(composition.assistant)
        created = int(time.time())
        if body.stream:
            events = streamed(assistant, asked, created, include_usage=body.stream_options.include_usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        answer = await unless_disconnected(request, finished(assistant, asked))
        if answer is None:
            return Response(status_code=CLOSED_REQUEST)
        return PlainJSON(completion(answer, created))

    return routes


def _row(name: str) -> Body:
    return {"id": name, "object": "model", "created": 0, "owned_by": "clew"}


def judged(composition: Judging, body: Feedback, scope: Scope) -> Body:
    examples = composition.examples()
    if body.accepted:
        example = examples.accept(
            scope, body.run_id, by=caller(strict=False).principal.id or user_name(), at=time.time()
        )
        return {"run_id": example.id, "accepted": True}
    if not examples.reject(scope, body.run_id):
        raise InputError(f"no run {body.run_id!r} is kept", next_step="see `clew examples list --json`")
    return {"run_id": body.run_id, "accepted": False}


def _asked(composition: Composition, body: ChatRequest, scope: Scope) -> Asked:
    question, replies, earlier = body.question_and_replies()
    if body.clew.thread_id is not None:  # the thread knows itself what it stands still for
        question, replies, earlier = body.question(), (), body.earlier()
    return asked_of(composition, scope, body.clew, question, model=body.model, earlier=earlier, replies=replies)


async def unless_disconnected(
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
