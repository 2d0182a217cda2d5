"""The node that decides after each join: go on, take another round, or stop and answer with what there is.

Its decision is a pure function of the state, the release and the time. What is wrong while a node runs is seen, and where need be
stopped, by the observer round every node (`agents.observer`, `agents.calls.watching`), whose findings it reads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.calls.watching import GATE
from agents.context import Context
from agents.evidence.analysis import release_of
from agents.memory.summarising import spoken
from agents.records import counted, finding_row
from agents.services import Services
from agents.state import OF_THE_WHOLE, AssistantState
from agents.writing.pacing import repair_too_late
from configs.release import Release
from knowledge.evidence import WRITTEN, Finding, Verdict

Goto = Literal["writer", "cost_optimizer", "__end__"]
END: Literal["__end__"] = "__end__"
"""LangGraph's own mark, spelled out so that it types."""
ACTIONS: dict[Goto, str] = {"writer": "continue", "cost_optimizer": "reroute", END: "stop"}


@dataclass(frozen=True, slots=True)
class Decision:
    """Where to go and why. `without_model`: write once more from the facts alone."""

    goto: Goto
    reason: str
    findings: tuple[Finding, ...] = ()
    without_model: bool = False


async def watcher(state: AssistantState, runtime: Runtime[Context], services: Services) -> Command[Goto]:
    """Return the way on. A new round carries its number; the end of a run adds the answer to the conversation."""
    release = release_of(services, runtime.context)
    context = runtime.context or Context()
    late = await repair_too_late(state, context, services, release) if _may_be_mended(state) else ""
    decision = decide(state, release, services.clock(), context, late)
    update: dict[str, Any] = {"findings": [finding_row(finding) for finding in decision.findings]}
    if decision.goto == "cost_optimizer":
        update["round"] = state["round"] + 1
        if state["phase"] == "checked" and state["check"]["passed"]:
            update["check"] = {**state["check"], "passed": False, "faults": [decision.reason]}
    elif decision.without_model:
        update["route"] = {**state["route"], "model": None, "model_class": None, "reason": decision.reason}
    elif decision.goto == END:
        update["messages"] = [spoken(state)]
        update["phase"] = "done"
    services.events.emit(
        "watcher", {"action": ACTIONS[decision.goto], "reason": decision.reason, "round": state["round"]}
    )
    return Command(goto=decision.goto, update=update)


def decide(state: AssistantState, release: Release, now: float, context: Context, late: str = "") -> Decision:
    """Return the decision after the analysts (phase `routed`) or after the check (phase `checked`).

    Args:
        late: why another round of a model would not end in time; empty when it would.
    """
    stop = _must_stop(state, release, now, context)
    if state["phase"] == "checked":
        if stop is None and late and _may_be_mended(state):
            message = f"another round would not end in time: {late}"
            stop = Finding(gate="watcher", kind="too_late", severity="warning", message=message, action="stop")
        return _after_check(state, release, stop)
    if stop is not None:
        return Decision("writer", stop.message, (stop,))
    if state["round"] == 0 and release.limits.max_rounds > 0 and _empty_handed(state):
        return Decision("cost_optimizer", "nothing was found and not everything was looked at")
    return Decision("writer", "evidence is there")


def _after_check(state: AssistantState, release: Release, stop: Finding | None) -> Decision:
    check = state["check"]
    if check["passed"]:
        strayed = _strayed(state)
        if strayed and stop is None and release.limits.max_rounds > 0:
            return Decision("cost_optimizer", strayed)
        return Decision(END, "every claim holds or is marked")
    failed = any(row["node"] == "quality_checker" and row["error"] for row in state.get("trace") or [])
    if failed:
        return Decision(END, "the check itself failed")
    mendable = state["level"] in WRITTEN or not check["verified"]
    if mendable and stop is None and state["round"] < release.limits.max_rounds:
        return Decision("cost_optimizer", check["faults"][0] if check["faults"] else "the check failed")
    rounds = counted(state["round"] + 1, "round")
    reason = stop.message if stop is not None else f"{rounds} did not mend: {check['faults'][0]}"
    degraded = Finding(gate="watcher", kind="degraded", severity="warning", message=reason, action="annotate")
    findings = (degraded,) if stop is None else (stop, degraded)
    if state["level"] in WRITTEN and state.get("evidence"):
        return Decision("writer", "the model's words did not hold, the facts speak for themselves", findings, True)
    return Decision(END, reason, findings)


def _may_be_mended(state: AssistantState) -> bool:
    """Return whether what a model wrote was checked, and another round of it might follow."""
    if state["phase"] != "checked" or state["level"] not in WRITTEN:
        return False
    return not state["check"]["passed"] or bool(_strayed(state))


def _strayed(state: AssistantState) -> str:
    """Return what was seen while the first round ran that asks for another one; empty for nothing."""
    if state["round"] > 0:
        return ""
    rows = (row for row in state.get("findings") or [] if row["gate"] == GATE and row["action"] == "reroute")
    return next((row["message"] for row in rows), "")


def _must_stop(state: AssistantState, release: Release, now: float, context: Context) -> Finding | None:
    """Return why no further round may begin: time, tokens, or a loop."""
    if now >= state["route"]["deadline_at"]:
        return Finding(
            gate="watcher", kind="deadline", severity="warning", message="the time is used up", action="stop"
        )
    usage = state.get("usage") or {"input_tokens": 0, "output_tokens": 0}
    spent = usage["input_tokens"] + usage["output_tokens"]
    allowed = release.limits.budget_tokens if context.budget_tokens is None else context.budget_tokens
    if spent > allowed:
        message = f"{spent} tokens are spent, {allowed} were allowed"
        return Finding(gate="watcher", kind="budget", severity="warning", message=message, action="stop")
    visits = Counter((row["node"], row["round"]) for row in state.get("trace") or [])
    looping = [node for (node, _), count in visits.items() if count > 2 and node in _ONCE_A_ROUND]
    if looping:
        message = f"{looping[0]} ran more than twice in one round"
        return Finding(gate="watcher", kind="loop", severity="error", message=message, action="stop")
    return None


_ONCE_A_ROUND = frozenset({"planner", "cost_optimizer", "writer", "quality_checker"})


_WIDER = frozenset({"callers", "callees"})
"""Operations that see more in a wider round: relations with several candidates. The others would say the same again."""


def _empty_handed(state: AssistantState) -> bool:
    """Return whether there is no fact at all although some part of the question is not proven to have none."""
    outcomes = state.get("outcomes") or []
    if state.get("evidence") or not outcomes or any(outcome["candidates"] for outcome in outcomes):
        return False  # with other names on offer, asking again serves better than searching on
    return any(
        outcome["operation"] == "search"
        or outcome["symbol"] is None
        or (outcome["verdict"] == Verdict.UNKNOWN.value and outcome["operation"] in _WIDER)
        for outcome in outcomes
        if outcome["verdict"] != Verdict.AMBIGUOUS.value and outcome["operation"] not in OF_THE_WHOLE
    )
