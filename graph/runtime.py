"""Running the assistant: compile, ask, ask back, stream typed progress.

Owns what a run has and a graph has not: its thread, its clock, its id, and the record that leaves it.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.calls.bound_gateway import bound
from agents.context import Context
from agents.drafts.handoff import HANDED_OVER, nothing_answers, revealed, text_of, ticket_of
from agents.events import (
    Answer,
    AnswerReady,
    AskedBack,
    EvidenceFound,
    NodeFinished,
    NodeStarted,
    Planned,
    Progress,
    Queued,
    SegmentStarted,
    Token,
)
from agents.memory.profiling import seen_in
from agents.planner import check_question
from agents.questions.clarifying import Asking, as_text, picked
from agents.records import line_row
from agents.services import Services
from agents.state import AssistantInput, AssistantState, Step, Usage
from agents.writing.model_choice import note_outcome
from configs.errors import StoreError
from configs.release import Release
from graph.assistant import compiled
from graph.checkpoints import Checkpointer
from guardrails.admission import admit
from guardrails.output import filtered
from guardrails.pseudonyms import reveal
from knowledge.evidence import WRITTEN, Level
from models.gateway import AUTO, NO_MODEL

_log = logging.getLogger("clew.profile")

RECURSION_LIMIT = 60
"""Supersteps of one run; the watcher stops far earlier, this is the last net."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """The compiled graph with the ports it was built over. `keeps_threads`: it has a checkpointer."""

    graph: CompiledStateGraph[AssistantState, Context, AssistantInput, AssistantState]
    services: Services
    keeps_threads: bool


def compile_assistant(services: Services, checkpointer: Checkpointer | None = None) -> Assistant:
    """Return the assistant over these ports; threads are remembered only with a checkpointer."""
    graph = compiled(services, checkpointer)
    return Assistant(graph=graph, services=services, keeps_threads=checkpointer is not None)


def brief_checkpoints() -> Checkpointer:
    """Return checkpoints in memory, for one question that may be asked back."""
    from langgraph.checkpoint.memory import InMemorySaver  # start-up time: few questions need it

    return InMemorySaver()


async def answer(
    assistant: Assistant, question: str, context: Context | None = None, thread_id: str | None = None
) -> Answer:
    """Return the answer to a question (see `stream_answer` for what may be raised)."""
    async for event in stream_answer(assistant, question, context, thread_id):
        if isinstance(event, AnswerReady):
            return event.answer
    raise AssertionError("a run always ends with an answer")


async def stream_answer(
    assistant: Assistant,
    question: str,
    context: Context | None = None,
    thread_id: str | None = None,
    history: list[dict[str, str]] | None = None,
    replies: Sequence[str] = (),
) -> AsyncIterator[Progress]:
    """Yield what happens while the question is answered; the last event is `AnswerReady`, or `AskedBack`.

    A thread that stands still for a choice goes on when the question names one; any other question begins a new turn.

    Args:
        history: earlier messages of a conversation that has no thread, oldest first, without this question.
        replies: what the person chose, or will have chosen, each time this question is asked back.

    Raises:
        InputError: the question is empty or too long.
        UnknownRelease: the context names no release.
        ModelUnavailable: the context names a model that cannot be had.
        ModelForbidden: it names one elsewhere, and code in sight may not leave.
    """
    context = context or Context()
    thread = thread_id or uuid.uuid4().hex
    release = await _admitted(assistant.services, question, context)
    config: dict[str, Any] = {
        "configurable": {"thread_id": thread}, "recursion_limit": RECURSION_LIMIT,
    }  # fmt: skip
    started = time.perf_counter()
    ran = _Run()
    values, asking = await _standing(assistant, config)
    waiting = list(replies)
    said = waiting[-1] if waiting else question
    if asking is not None and picked(asking, said) is not None:
        table: dict[str, str] = values.get("pseudonyms") or {}
        given: Any = Command(resume=said)
        waiting = []
    else:
        given = _given(question, history or [], values.get("pseudonyms") or {})
        table = given["pseudonyms"]
    async for event in _events(assistant, given, context, config, ran):
        yield event
    while ran.asking is not None and waiting:
        async for event in _events(assistant, Command(resume=waiting.pop(0)), context, config, ran):
            yield event
    if ran.asking is not None:
        yield _asked_back(ran.asking, thread, table)
        return
    state = ran.state
    finished = _revealed(_record(state, release, thread, (time.perf_counter() - started) * 1000), table)
    finished = replace(finished, run_id=context.known_run or finished.run_id)
    assistant.services.events.emit(
        "run",
        {
            "run_id": finished.run_id,
            "release": finished.release,
            "level": finished.level,
            "verdict": finished.verdict,
            "latency_ms": finished.latency_ms,
            "cost_usd": finished.cost_usd,
            **finished.usage,
        },
    )
    right = state["level"] in WRITTEN and state["check"]["passed"]
    await note_outcome(cast(AssistantState, state), assistant.services, right=right)
    await asyncio.to_thread(_count, assistant.services, context, state)
    cited = dict.fromkeys(
        line_row(c) for block in state["draft"]["blocks"] for claim in block["claims"] for c in claim["citations"]
    )
    repositories = tuple(sorted({place[0] for place in cited}))
    yield AnswerReady(finished, reveal(state["plan"]["question"], table), repositories, tuple(cited))


@dataclass(slots=True)
class _Run:
    """What a stream of the graph left behind: the last state, and what the run stands still for."""

    state: dict[str, Any] = field(default_factory=dict)
    asking: Asking | None = None


async def _events(
    assistant: Assistant, given: Any, context: Context, config: dict[str, Any], ran: _Run
) -> AsyncIterator[Progress]:
    """Run the graph until it ends or stands still; yield its progress."""
    options: dict[str, Any] = {"durability": "exit"} if assistant.keeps_threads else {}
    ran.asking = None
    stream = assistant.graph.astream(
        given, cast(Any, config), context=context, stream_mode=["custom", "values"], version="v2", **options
    )
    async for part in stream:
        if part["type"] == "values":
            ran.state = cast(dict[str, Any], part["data"])
            if part["interrupts"]:
                ran.asking = cast(Asking, part["interrupts"][0].value)
        elif part["type"] == "custom" and (event := event_of(part["data"])) is not None:
            yield event


async def _standing(assistant: Assistant, config: dict[str, Any]) -> tuple[dict[str, Any], Asking | None]:
    """Return the state of the thread, and what it stands still for."""
    if not assistant.keeps_threads:
        return {}, None
    thread = await assistant.graph.aget_state(cast(Any, config))
    asking = cast(Asking, thread.interrupts[0].value) if thread.interrupts else None
    return thread.values, asking


def _asked_back(asking: Asking, thread: str, table: dict[str, str]) -> AskedBack:
    choices = tuple(dict(choice) for choice in asking["choices"])
    text = reveal(filtered(as_text(asking), ()).text, table)
    return AskedBack(asking["kind"], reveal(asking["question"], table), cast(Any, choices), text, thread)


def _count(services: Services, context: Context, state: dict[str, Any]) -> None:
    """Count an answer in the profile. A store that fails meanwhile costs the count only."""
    if services.profiles is None:
        return
    try:
        seen = seen_in(cast(AssistantState, state), services.graph, services.scope_for(context))
    except StoreError as error:
        _log.warning("an answer is not counted in the profile: %s", error)
        return
    services.profiles.add(seen)


def event_of(part: dict[str, Any]) -> Progress | None:
    """Return the typed form of what a node wrote to the stream; None for what is not ours."""
    match part.get("event"):
        case "node_started":
            return NodeStarted(part["node"], part["round"])
        case "node_finished":
            return NodeFinished(part["node"], part["round"], part["latency_ms"], part["error"])
        case "planned":
            return Planned(tuple(part["steps"]))
        case "evidence":
            return EvidenceFound(part["task"], part["verdict"], part["count"], tuple(part["places"]))
        case "token":
            return Token(part["text"], part["segment"])
        case "segment":
            return SegmentStarted(part["segment"], part["model"], part["reason"])
        case "queued":
            return Queued(part["host"], part["place"])
        case _:
            return None


def _given(question: str, history: list[dict[str, str]], known: dict[str, str]) -> dict[str, Any]:
    """Return the graph's input: no secret and no personal data enters it, the thread's table of stand-ins does."""
    messages = []
    for turn in history:
        hidden, known = admit(turn["content"], known)
        messages.append({"role": turn["role"], "content": hidden})
    hidden, known = admit(question, known)
    given: dict[str, Any] = {"question": hidden, "pseudonyms": known}
    if messages:
        given["messages"] = [*messages, {"role": "user", "content": hidden}]
    return given


def _revealed(answer: Answer, table: dict[str, str]) -> Answer:
    """Return the answer as the asker reads it, with what stood behind the stand-ins of the thread."""
    if not table:
        return answer
    return replace(
        answer,
        answer=reveal(answer.answer, table),
        claims=tuple(
            {
                **claim,
                "text": reveal(claim["text"], table),
                "reasons": [reveal(reason, table) for reason in claim["reasons"]],
            }
            for claim in answer.claims
        ),
        unknowns=tuple(reveal(text, table) for text in answer.unknowns),
        handoff=revealed(answer.handoff, lambda text: reveal(text, table)) if answer.handoff else None,
    )


async def _admitted(services: Services, question: str, context: Context) -> Release:
    """Return the release of the run, or raise before anything is spent."""
    release = services.releases.get(context.release)
    check_question(question, release)
    if context.model != AUTO and context.model not in NO_MODEL:
        await bound(services, context).choose(context.model, release.models["small"])
    return release


def _record(state: dict[str, Any], release: Release, thread: str, latency_ms: float) -> Answer:
    content, route = state["answer"], state["route"]
    usage = state.get("usage") or Usage(input_tokens=0, output_tokens=0)
    wrote = route["model"] if state["level"] in WRITTEN else None
    ticket = ticket_of(state)
    handed = nothing_answers(state)
    text = (
        f"{content['answer']}\n\n{HANDED_OVER}\n\n{filtered(text_of(ticket), ()).text}" if handed else content["answer"]
    )
    return Answer(
        answer=text,
        level=Level.HANDOFF.value if handed else content["level"],
        citations=tuple(content["citations"]),
        claims=tuple(content["claims"]),
        unknowns=tuple(content["unknowns"]),
        known_errors=tuple(content["known_errors"]),
        route=_route_text(state),
        model=wrote,
        release=release.id,
        usage={"input_tokens": usage["input_tokens"], "output_tokens": usage["output_tokens"]},
        cost_usd=usage.get("micro_usd", 0) / 1e6,
        latency_ms=round(latency_ms, 2),
        run_id=state["run_id"],
        thread_id=thread,
        verdict=state["verdict"],
        reading=tuple(_read_as(step) for step in state["plan"]["steps"]),
        follow_ups=tuple(content.get("follow_ups", ())),
        patch=content.get("patch", ""),
        handoff=ticket,
        findings=tuple(state.get("findings") or ()),
        trace=tuple(state.get("trace") or ()),
    )


def _read_as(step: Step) -> dict[str, Any]:
    """Return how one part of the question was understood, and by what."""
    return {
        "intent": step["intent"],
        "names": step["names"],
        "decided_by": step.get("decided_by", ""),
        "certainty": step["certainty"],
    }


def _route_text(state: dict[str, Any]) -> str:
    """Return the way of the answer in a few words: `callers structural; model none: typed tools answer this`."""
    route = state["route"]
    steps = state["plan"]["steps"]
    parts = [f"{step['intent']} {rung}" for step, rung in zip(steps, route["rungs"], strict=False)]
    if route["from_memory"]:
        parts.append("from memory")
    model = f"model {route['model']}" if route["model"] else "no model"
    parts.append(f"{model}: {route['reason']}" if route["reason"] else model)
    if state.get("round"):
        parts.append(f"{state['round'] + 1} rounds")
    return "; ".join(parts)
