"""The node that reads the question: triage into a typed plan, names checked against the graph, the new turn's channels emptied."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from langgraph.func import task
from langgraph.runtime import Runtime

from agents.calls.short_calls import ShortCall
from agents.channels import Fresh
from agents.context import Context
from agents.evidence.analysis import release_of
from agents.memory.summarising import folded, last_subject, talked_about
from agents.questions.asker import expertise_of
from agents.questions.clarifying import answered_each, ask, clarification, clarified, continued, may_ask
from agents.questions.doubts import (
    MODEL,
    PERSON,
    Said,
    chosen_intent,
    close,
    differ,
    intent_by_model,
    intent_question,
    meaning_of,
    names_in,
    told,
    unlikely,
)
from agents.questions.intents import classifier_of
from agents.questions.manner import manner_of, plain
from agents.questions.names import NameReader
from agents.questions.readings import Settled
from agents.questions.triage import last_name, read_question
from agents.services import Services
from agents.state import AssistantState, MannerRow, Plan
from agents.turns import Turn, turn_of
from configs.errors import InputError
from configs.release import Release
from guardrails.admission import admit
from guardrails.output import filtered
from models.gateway import NO_MODEL

_LONGEST_EARLIER_QUESTION = 2_000


async def planner(state: AssistantState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the plan of this turn.

    Raises:
        InputError: no question, or one longer than the release allows.
    """
    context = runtime.context or Context()
    turns = [turn_of(message) for message in state.get("messages") or []]
    question, turns, pseudonyms = _admitted(state, turns)
    summary, kept = folded(state.get("summary"), turns)

    def work() -> tuple[_Asked, MannerRow]:
        release = release_of(services, context)
        check_question(question, release)
        names = NameReader(services.graph, services.scope_for(context), release.triage)
        before = _plan_before(kept, question, release, names)
        subject = state.get("subject") or _subject_of(kept, question, before, names) or last_subject(summary)
        profile = services.profiles.read() if services.profiles is not None else None
        manner = manner_of(question, context, profile, release.manner)
        return _Asked(question, release, names, subject, before), manner

    asked, manner = await asyncio.to_thread(work)
    plan, said = await _understood(asked, context, services)
    scope = services.scope_for(context)
    if may_ask(context, services):
        asking = await asyncio.to_thread(clarification, plan, services.graph, scope, services)
        if asking is not None:
            plan = clarified(plan, asking, ask(asking))
    else:
        plan = await asyncio.to_thread(continued, plan, talked_about(summary, kept), services.graph, scope)
        plan = await asyncio.to_thread(answered_each, plan, services.graph, scope, services, asked.release)
    steps = [{"intent": s["intent"], "names": [filtered(n, ()).text for n in s["names"]]} for s in plan["steps"]]
    runtime.stream_writer({"event": "planned", "steps": steps})
    spoken = not kept or kept[-1]["content"] != question
    update: AssistantState = {
        **new_turn(services.clock(), context.known_run),
        "plan": plan,
        "manner": manner,
        "release_id": asked.release.id,
        "pseudonyms": pseudonyms,
        "messages": Fresh([*kept, Turn(role="user", content=question)] if spoken else kept),
    }
    if said is not None:
        update["findings"] = Fresh(said["findings"])
        update["usage"] = Fresh([said["usage"]]) if said["usage"] else None  # type: ignore[typeddict-item]
    return update if summary is None else {**update, "summary": summary}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with what it is read by. before: the plan of the turn before; subject: what `it` means."""

    question: str
    release: Release
    names: NameReader
    subject: str
    before: Plan | None

    def read(self, settled: Mapping[str, Settled]) -> Plan:
        """Return the plan, where the clauses that somebody decided have their intent from them. Blocking."""
        release = self.release
        plainly = plain(self.question, release.manner)
        classifier = classifier_of(release)
        plan = read_question(plainly, release.triage, self.names, self.subject, classifier, self.before, settled)
        expertise = expertise_of(self.question, release.triage.newcomer)  # `to a newcomer` is gone from what is read
        return {**plan, "question": self.question, "expertise": expertise}


async def _understood(asked: _Asked, context: Context, services: Services) -> tuple[Plan, Said | None]:
    """Return the plan once all doubts are settled, or told in its notes; and what a model said, if one was asked."""
    doubts = asked.release.triage.doubts
    settled: dict[str, Settled] = {}
    plan = await asyncio.to_thread(asked.read, settled)
    said: Said | None = None
    doubt = unlikely(plan, doubts)
    if doubt is not None and context.model not in NO_MODEL:
        call = _short_call(asked.release, context, services)
        said = await _once(intent_by_model, call, doubt["clause"])
        if said["intent"]:
            settled[doubt["clause"]] = Settled(said["intent"], MODEL)
            plan = await asyncio.to_thread(asked.read, settled)
    notes: list[str] = []
    may_still_ask = may_ask(context, services)
    for doubt in close(plan, doubts):
        clause = doubt["clause"]
        other = await asyncio.to_thread(asked.read, {**settled, clause: Settled(doubt["rival"], PERSON)})
        if not differ(plan, other, asked.release):
            continue
        meanings = [
            meaning_of(intent, names_in(read, clause), doubts)
            for intent, read in ((doubt["intent"], plan), (doubt["rival"], other))
        ]
        if may_still_ask:
            may_still_ask = False  # one question a turn
            asking = intent_question(doubt, meanings)
            if intent := chosen_intent(asking, ask(asking)):
                settled[clause] = Settled(intent, PERSON)
                continue
        notes.append(told(meanings))
    if any(one.by == PERSON for one in settled.values()):
        plan = await asyncio.to_thread(asked.read, settled)
    return {**plan, "notes": notes}, said


def _short_call(release: Release, context: Context, services: Services) -> ShortCall:
    limits = release.limits
    return ShortCall(
        services,
        context,
        release,
        timeout_s=min(release.triage.doubts.timeout_s, context.deadline_s or limits.deadline_s),
        budget_tokens=limits.budget_tokens if context.budget_tokens is None else context.budget_tokens,
        tries=1,
    )


async def _once(asking: Callable[..., Awaitable[Said]], *arguments: Any) -> Said:
    """Return what a model says; when the node runs again after a pause, what it said before that."""

    async def asked() -> Said:
        return await asking(*arguments)

    kept: Callable[[], Awaitable[Said]] = cast(Any, task(name="intent_by_model"))(asked)
    return await kept()


def _admitted(state: AssistantState, turns: list[Turn]) -> tuple[str, list[Turn], dict[str, str]]:
    """Return question, conversation and table of stand-ins as they may stay: Studio comes in without the runtime's gate."""
    question, table = admit(asked(state, turns), state.get("pseudonyms") or {})
    kept: list[Turn] = []
    for turn in turns:
        content, table = admit(turn["content"], table) if turn["role"] == "user" else (turn["content"], table)
        kept.append({**turn, "content": content})
    return question, kept, table


def new_turn(now: float, run_id: str | None = None) -> AssistantState:
    """Return the channels of a turn that has just begun: lists emptied, counters at zero, the question consumed."""
    return {
        "question": "",
        "run_id": run_id or uuid.uuid4().hex,
        "started_at": now,
        "round": 0,
        "phase": "planned",
        "tasks": [],
        "known_errors": [],
        "evidence": Fresh(),
        "outcomes": Fresh(),
        "findings": Fresh(),
        "trace": Fresh(),
        "usage": None,  # type: ignore[typeddict-item]
        "draft": {"blocks": [], "unknowns": [], "notes": [], "sources": []},
        "check": {"passed": False, "verified": 0, "refuted": 0, "unverified": 0, "faults": []},
        "level": "",
        "verdict": "",
        "answer": {},
    }


def unplanned(state: AssistantState, now: float) -> AssistantState:
    """Return a turn without any step: what is left when planning failed, so that the run can still say so."""
    question, turns, table = _admitted(state, [turn_of(message) for message in state.get("messages") or []])
    manner = MannerRow(depth="normal", said="", diagram=False, table=False)
    plan = Plan(question=question[:200], steps=[], subject="", words=[])
    told: AssistantState = {"messages": Fresh(turns), "pseudonyms": table}
    return {**new_turn(now), **told, "plan": plan, "manner": manner, "release_id": ""}


def asked(state: AssistantState, turns: list[Turn]) -> str:
    """Return the question of this turn: the `question` channel, else the last message of the user."""
    direct = state.get("question") or ""
    if direct.strip():
        return direct.strip()
    return next((turn["content"].strip() for turn in reversed(turns) if turn["role"] == "user"), "")


def check_question(question: str, release: Release) -> None:
    """Raise InputError for a question that says nothing or too much."""
    if not question.strip():
        raise InputError("The question is empty.", next_step="Ask something, such as: who calls `Task.run`?")
    size = len(question.encode("utf-8", "replace"))
    if size > release.limits.max_question_bytes:
        raise InputError(
            f"The question has {size:,} bytes, more than {release.limits.max_question_bytes:,}.",
            next_step="Ask about the part that matters, or name the file that holds the rest.",
        )


def _plan_before(turns: list[Turn], question: str, release: Release, names: NameReader) -> Plan | None:
    """Return the plan of the last question that the person asked before this one, None when it is the first."""
    asked_before = [turn["content"].strip() for turn in turns if turn["role"] == "user"]
    if asked_before and asked_before[-1] == question:
        del asked_before[-1]
    if not asked_before or len(asked_before[-1]) > _LONGEST_EARLIER_QUESTION:
        return None
    return read_question(asked_before[-1], release.triage, names, classifier=classifier_of(release))


def _subject_of(turns: list[Turn], question: str, before: Plan | None, names: NameReader) -> str:
    """Return what `it` means in a conversation that came without a thread: the last symbol asked about or named before."""
    for turn in reversed(turns):
        text = turn["content"].strip()
        if text == question:
            continue
        found = last_name(text, names)
        if turn["role"] == "user" and before is not None and text == before["question"]:
            found = before["subject"] or found
        if found:
            return found
    return ""
