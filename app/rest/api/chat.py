"""Questions in plain words: answered whole, or as typed events that a client whose connection broke can go on reading."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from agents.events import AskedBack
from app.asking import Asked, Assistant
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import tagged
from app.rest.api.run import Run
from app.rest.api.runs import Runs
from app.rest.api.shared_runs import Elsewhere
from app.rest.api.sse import EventStream, number_of
from app.rest.asked import asked_of
from app.rest.authentication import Granted
from app.rest.completions import CLOSED_REQUEST, unless_disconnected
from app.rest.repeats import STREAM_ID
from app.rest.replies import PlainJSON, progress_of, record_of
from app.rest.schemas import OWN_MODEL, ClewOptions
from app.rest.streaming import finished


class EarlierTurn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: str


class Question(ClewOptions):
    """A question with the choices of its run."""

    question: str = Field(description="In plain words; several parts are fine.", examples=["who calls price?"])
    model: str = Field(
        default=OWN_MODEL, description="`clew` (the server's choice), `auto`, `extractive`, or the name of an LLM."
    )
    stream: bool = Field(default=False, description="Answer with server-sent events.")
    earlier: list[EarlierTurn] = Field(
        default=[], max_length=1_000, description="Turns before it, where there is no `thread_id` that knows them."
    )
    replies: list[str] = Field(
        default=[], max_length=10, description="What was chosen each time this question was asked back, in order."
    )


class StreamState(bodies.Reply):
    stream_id: str
    state: Literal["running", "finished", "asked_back", "failed", "stopped"]
    answer: dict[str, Any] | None = Field(description="The answer, or what was asked back, once it is there.")


StreamId: TypeAlias = Annotated[
    str, Path(min_length=32, max_length=32, pattern="^[0-9a-f]+$", description="As the event `started` says it.")
]

_EVENTS = {
    "description": "The answer; or, with `stream: true`, its events (docs/api.md).",
    "content": {"text/event-stream": {}},
}


def router(composition: Composition, runs: Runs) -> APIRouter:
    """Return the routes under `/chat`."""
    routes = APIRouter(tags=["chat"])

    @routes.post(
        "/chat",
        summary="Ask",
        responses={**replies(bodies.Answered, 404, 422, 429), 200: {"model": bodies.Answered, **_EVENTS}},
    )
    async def ask(body: Question, request: Request, scope: Granted) -> Response:
        """A cited answer whose every claim was looked up again before it left; what was asked back, where `clarify` allows it."""

        def prepare() -> tuple[Asked, Assistant]:
            earlier = tuple((turn.role, turn.content) for turn in body.earlier)
            asked = asked_of(
                composition, scope, body, body.question, model=body.model, earlier=earlier, replies=tuple(body.replies)
            )
            return asked, composition.assistant()

        asked, assistant = await asyncio.to_thread(prepare)
        if not body.stream:
            answer = await unless_disconnected(request, finished(assistant, asked))
            if answer is None:
                return Response(status_code=CLOSED_REQUEST)
            shape = progress_of(answer) if isinstance(answer, AskedBack) else record_of(answer)
            return PlainJSON(shape)
        run = runs.begin(assistant.stream(asked), scope, request.state.request_id)
        return _events(runs, run, 0)

    @routes.get(
        "/chat/{stream_id}", summary="How a streamed answer stands", responses=replies(StreamState, 404, cached=True)
    )
    async def state(stream_id: StreamId, request: Request, scope: Granted) -> Response:
        """Known while it runs and for a few minutes after."""
        run = await runs.get(stream_id, scope)
        return tagged(request, {"stream_id": run.id, "state": run.state, "answer": run.answer})

    @routes.get(
        "/chat/{stream_id}/events",
        summary="Go on reading a streamed answer",
        responses={**replies(None, 404), 200: _EVENTS},
    )
    async def events(
        stream_id: StreamId,
        scope: Granted,
        last_event_id: Annotated[str | None, Header(max_length=60, description="The last event that was read.")] = None,
    ) -> Response:
        """The events after `Last-Event-ID`, then those to come. Drafts may be missing: they no longer count."""
        return _events(runs, await runs.get(stream_id, scope), number_of(last_event_id))

    @routes.delete(
        "/chat/{stream_id}",
        summary="Stop a streamed answer",
        status_code=204,
        responses=replies(None, 404, status=204, said="It has ended."),
    )
    async def stop(stream_id: StreamId, scope: Granted) -> Response:
        """What was told stays readable for a while."""
        await runs.stop(await runs.get(stream_id, scope))
        return Response(status_code=204)

    return routes


def _events(runs: Runs, run: Run | Elsewhere, after: int) -> Response:
    return EventStream(runs.follow(run, after), headers={STREAM_ID: run.id})
