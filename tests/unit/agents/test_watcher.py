"""The watcher's decision, as a pure function, and the observer round a node."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest
from langgraph.errors import GraphInterrupt
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents import watcher
from agents.channels import Fresh, join_rows
from agents.context import Context
from agents.observer import observed
from agents.services import Services
from agents.state import AssistantState
from agents.watcher import decide
from configs.errors import StoreTimeout
from configs.release import Release, Releases
from tests.bookshop import Recorder

RELEASE = Releases().get("default")


def state(phase: str, **changes: Any) -> AssistantState:
    base: dict[str, Any] = {
        "phase": phase,
        "round": 0,
        "level": "structural",
        "route": {"deadline_at": 100.0},
        "check": {"passed": True, "verified": 1, "refuted": 0, "unverified": 0, "faults": []},
        "evidence": [{"id": "t1.1"}],
        "outcomes": [{"operation": "callers", "verdict": "found", "symbol": {}, "candidates": []}],
        "trace": [],
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }
    return cast(AssistantState, {**base, **changes})


FAILED = {"passed": False, "verified": 0, "refuted": 1, "unverified": 0, "faults": ["line 3 is wrong"]}
UNKNOWN = [{"operation": "callers", "verdict": "unknown", "symbol": {}, "candidates": []}]
PROVEN_NONE = [{"operation": "callers", "verdict": "none", "symbol": {}, "candidates": []}]


@pytest.mark.parametrize(
    ("given", "now", "goto", "kinds"),
    [
        (state("routed"), 0, "writer", []),
        (state("routed", evidence=[], outcomes=UNKNOWN), 0, "cost_optimizer", []),
        (state("routed", evidence=[], outcomes=UNKNOWN, round=1), 0, "writer", []),
        (state("routed", evidence=[], outcomes=PROVEN_NONE), 0, "writer", []),
        (state("routed", evidence=[], outcomes=UNKNOWN), 100, "writer", ["deadline"]),
        (state("checked"), 0, END, []),
        (state("checked"), 500, END, []),
        (state("checked", check=FAILED), 0, "cost_optimizer", []),
        (state("checked", check=FAILED, round=1), 0, "cost_optimizer", []),
        (state("checked", check=FAILED, round=2), 0, END, ["degraded"]),
        (state("checked", check=FAILED, round=2, level="model"), 0, "writer", ["degraded"]),
        (state("checked", check=FAILED), 100, END, ["deadline", "degraded"]),
        (
            state("checked", check=FAILED, usage={"input_tokens": 30_000, "output_tokens": 1}),
            0,
            END,
            ["budget", "degraded"],
        ),
        (
            state("checked", check=FAILED, trace=[{"node": "writer", "round": 0, "error": None}] * 3),
            0,
            END,
            ["loop", "degraded"],
        ),
        (
            state("checked", check=FAILED, trace=[{"node": "quality_checker", "round": 0, "error": "internal"}]),
            0,
            END,
            [],
        ),
    ],
)
def test_decisions(given: AssistantState, now: float, goto: str, kinds: list[str]) -> None:
    decision = decide(given, RELEASE, now, Context())
    assert decision.goto == goto
    assert [finding.kind for finding in decision.findings] == kinds
    assert decision.without_model == (given["level"] == "model")


def test_a_round_that_would_not_end_in_time_is_not_begun() -> None:
    slow = "Ollama at gpu-1:11434 reads 20 tokens a second, with 9 s left"
    decision = decide(state("checked", check=FAILED, level="model"), RELEASE, 0, Context(), slow)
    assert (decision.goto, decision.without_model) == ("writer", True)
    assert [finding.kind for finding in decision.findings] == ["too_late", "degraded"]
    assert decision.findings[0].message == f"another round would not end in time: {slow}"
    strayed = state("checked", level="model", findings=[STRAYED])
    assert decide(strayed, RELEASE, 0, Context(), slow).goto == END, "its answer holds"
    assert decide(state("checked", check=FAILED), RELEASE, 0, Context(), slow).goto == "cost_optimizer", (
        "no model writes"
    )


def test_the_budget_of_the_run_comes_first() -> None:
    given = state("checked", check=FAILED, usage={"input_tokens": 60, "output_tokens": 0})
    assert decide(given, RELEASE, 0, Context(budget_tokens=50)).goto == END


def run(node: Any, services: Services) -> tuple[Any, list[dict[str, Any]]]:
    written: list[dict[str, Any]] = []
    wrapped = observed("planner", node, services, lambda _state, _services: {"phase": "planned"})
    runtime = Runtime(context=Context(), stream_writer=written.append)
    return asyncio.run(cast(Any, wrapped({"round": 1}, runtime))), written


def test_the_observer_times_and_reports_each_visit(bookshop: Services) -> None:
    recorder = Recorder()

    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        return {"phase": "x", "trace": None}

    update, written = run(node, replace(bookshop, events=recorder))
    assert isinstance(update["trace"], Fresh), "the channel is emptied first"
    assert (update["trace"][0]["node"], update["trace"][0]["round"]) == ("planner", 1)
    assert [part["event"] for part in written] == ["node_started", "node_finished"]
    assert recorder.events[0][0] == "node"


def test_a_failing_node_becomes_a_finding_and_its_fallback(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        raise StoreTimeout("The store took 31 s.")

    update, written = run(node, replace(bookshop, strict=False))
    assert update["phase"] == "planned"
    assert update["findings"][0]["kind"] == "store_timeout"
    assert update["findings"][0]["message"] == "The store took 31 s."
    assert written[-1]["error"] == "store_timeout"
    with pytest.raises(StoreTimeout):
        run(node, bookshop)


def test_an_unexpected_error_shows_no_inner_words(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        raise RuntimeError("select secret from customers")

    update, _ = run(node, replace(bookshop, strict=False))
    assert update["findings"][0]["kind"] == "internal"
    assert "secret" not in update["findings"][0]["message"]


def test_control_flow_of_langgraph_passes_through(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        raise GraphInterrupt

    with pytest.raises(GraphInterrupt):
        run(node, replace(bookshop, strict=False))


def test_a_command_keeps_its_way_and_gains_the_trace(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> Command[Any]:
        return Command(goto="writer", update={"round": 2})

    command, _ = run(node, bookshop)
    assert command.goto == "writer"
    assert command.update["round"] == 2
    assert command.update["trace"][0]["node"] == "planner"


class _Impatient(Releases):
    """Releases under which every node is slow."""

    def get(self, name_or_id: str) -> Release:
        release = super().get(name_or_id)
        limits = release.limits.model_copy(update={"slow_node_ms": 1e-6})
        return release.model_copy(update={"limits": limits})


def test_a_node_that_takes_longer_than_its_release_allows_is_a_finding(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        return {}

    update, _ = run(node, replace(bookshop, releases=_Impatient()))
    assert update["findings"][0]["kind"] == "slow_node"
    update, _ = run(node, bookshop)
    assert update["findings"] == []


def test_a_channel_that_a_node_empties_stays_a_plain_list_of_rows(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        return {"findings": None, "trace": Fresh([{"node": "earlier"}])}

    update, _ = run(node, bookshop)
    assert None not in update["findings"] and None not in update["trace"]
    assert join_rows([{"node": "last turn"}], update["trace"]) == list(update["trace"])
    assert join_rows(["old"], update["findings"]) == []
    assert [row["node"] for row in update["trace"]] == ["earlier", "planner"]


def test_actions_are_the_three_promised_ones() -> None:
    assert set(watcher.ACTIONS.values()) == {"continue", "reroute", "stop"}


STRAYED = {"gate": "watcher", "kind": "drift", "action": "reroute", "message": "m writes of `x`"}


def test_a_model_that_strayed_brings_one_more_round_and_no_second() -> None:
    decision = decide(state("checked", level="model", findings=[STRAYED]), RELEASE, 0, Context())
    assert (decision.goto, decision.reason) == ("cost_optimizer", "m writes of `x`")
    assert decide(state("checked", findings=[STRAYED], round=1), RELEASE, 0, Context()).goto == END
    assert decide(state("checked", findings=[STRAYED]), RELEASE, 100, Context()).goto == END, "no time is left"
    other = {**STRAYED, "action": "downgrade"}
    assert decide(state("checked", findings=[other]), RELEASE, 0, Context()).goto == END


def test_the_fault_of_straying_is_named_to_the_next_round(bookshop: Services) -> None:
    given = {**state("checked", findings=[STRAYED]), "round": 0}
    early = replace(bookshop, clock=lambda: 0.0)
    command = asyncio.run(cast(Any, watcher.watcher(cast(AssistantState, given), Runtime(context=Context()), early)))
    assert command.goto == "cost_optimizer"
    assert command.update["check"]["faults"] == ["m writes of `x`"]
    assert command.update["round"] == 1


def test_a_node_that_is_stopped_leaves_its_fallback_and_a_finding(bookshop: Services) -> None:
    async def node(_state: Any, runtime: Any, _services: Any) -> dict[str, Any]:
        runtime.stream_writer({"event": "tool_started", "tool": "delete_repository"})
        await asyncio.Event().wait()
        return {}

    wrapped = observed("planner", node, bookshop, lambda _state, _services: {"phase": "planned"})
    task = {"round": 0, "task": {"operation": "callers"}, "deadline_at": bookshop.clock() + 60}
    update = asyncio.run(cast(Any, wrapped(task, Runtime(context=Context(), stream_writer=lambda _: None))))
    assert update["phase"] == "planned"
    assert [(row["kind"], row["severity"]) for row in update["findings"]] == [("unplanned_tool", "error")]
    assert update["trace"][0]["error"] == "unplanned_tool"


def test_an_answer_of_whichever_node_passes_the_output_gate(bookshop: Services) -> None:
    async def node(_state: Any, _runtime: Any, _services: Any) -> dict[str, Any]:
        made = {
            "answer": "![x](https://evil.example/q)",
            "citations": [],
            "claims": [],
            "unknowns": [],
            "known_errors": [],
        }
        return {"answer": made}

    update, _ = run(node, bookshop)
    assert update["answer"]["answer"] == "[image: x]"
    assert [row["kind"] for row in update["findings"]] == ["image"]
