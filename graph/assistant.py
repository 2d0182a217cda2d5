"""The `assistant` graph: seven nodes, each under the observer, and the ways between them.

    planner -> cost_optimizer -> code_analyst and doc_specialist, side by side -> watcher -> writer -> quality_checker -> watcher

The watcher ends the run, or sends it back to the cost optimizer for another round. A remembered answer goes straight to the
quality checker.
"""

from __future__ import annotations

from typing import Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Send

from agents.code_analyst import code_analyst
from agents.context import Context
from agents.cost_optimizer import cost_optimizer, unrouted
from agents.doc_specialist import doc_specialist
from agents.evidence.analysis import failed_task
from agents.observer import Fallback, Node, observed
from agents.planner import planner, unplanned
from agents.quality_checker import quality_checker, unchecked
from agents.services import Services
from agents.state import AssistantInput, AssistantState, TaskState
from agents.watcher import watcher
from agents.writer import unwritten, writer

NAME = "assistant"
NODES = ("planner", "cost_optimizer", "code_analyst", "doc_specialist", "writer", "quality_checker", "watcher")
_ANALYSTS = {"code": "code_analyst", "docs": "doc_specialist"}


def build(services: Services) -> StateGraph[AssistantState, Context, AssistantInput, AssistantState]:
    """Return the graph over these ports, not compiled: the dev server brings a checkpointer of its own."""
    graph = StateGraph(AssistantState, context_schema=Context, input_schema=AssistantInput)

    def add(name: str, node: Node[Any], fallback: Fallback, **options: Any) -> None:
        graph.add_node(name, cast(Any, observed(name, node, services, fallback)), **options)

    add("planner", planner, lambda state, ports: dict(unplanned(state, ports.clock())))
    add("cost_optimizer", cost_optimizer, lambda state, ports: dict(unrouted(state, ports.clock())))
    for name, analyst in (("code_analyst", code_analyst), ("doc_specialist", doc_specialist)):
        add(name, analyst, _failed_task, input_schema=TaskState)
    add("writer", writer, lambda state, _: dict(unwritten(state)))
    add("quality_checker", quality_checker, lambda state, _: dict(unchecked(state)))
    add("watcher", watcher, _stopped, destinations=("writer", "cost_optimizer", END))

    graph.add_edge(START, "planner")
    graph.add_edge("planner", "cost_optimizer")
    graph.add_conditional_edges(
        "cost_optimizer", dispatch, ["code_analyst", "doc_specialist", "writer", "quality_checker"]
    )
    graph.add_edge("code_analyst", "watcher")
    graph.add_edge("doc_specialist", "watcher")
    graph.add_edge("writer", "quality_checker")
    graph.add_edge("quality_checker", "watcher")
    return graph


def compiled(
    services: Services, checkpointer: BaseCheckpointSaver[Any] | None = None
) -> CompiledStateGraph[AssistantState, Context, AssistantInput, AssistantState]:
    """Return the graph as every door runs it: the same name, and the same ears that hear of its nodes."""
    graph = build(services).compile(checkpointer=checkpointer, name=NAME)
    return graph.with_config({"run_name": NAME, "callbacks": list(services.callbacks)})


def dispatch(state: AssistantState) -> list[Send] | str:
    """Return one `Send` a task; the checker for a remembered answer, the writer when there is nothing to collect."""
    if state["phase"] == "remembered":
        return "quality_checker"
    if not state["tasks"]:
        return "writer"
    shared = {"deadline_at": state["route"]["deadline_at"], "round": state["round"], "depth": state["manner"]["depth"]}
    return [
        Send(_ANALYSTS[task["analyst"]], TaskState(task=task, **shared))  # type: ignore[typeddict-item]
        for task in state["tasks"]
    ]


def _failed_task(state: TaskState, _services: Services) -> dict[str, Any]:
    return dict(failed_task(state["task"], "internal", "this part failed"))


def _stopped(state: AssistantState, _services: Services) -> Command[Any]:
    """End the run with whatever answer there is."""
    update = {} if state.get("answer") else dict(unchecked(state))
    return Command(goto=END, update=update)
