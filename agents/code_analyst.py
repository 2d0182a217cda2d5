"""The node that collects evidence from code: one typed operation a task, several tasks side by side."""

from __future__ import annotations

from langgraph.runtime import Runtime

from agents.context import Context
from agents.evidence.analysis import Operation, run_task, search_for, with_reranking
from agents.evidence.configuring import configure
from agents.evidence.reranking import RerankedSearch
from agents.evidence.searching import search_code
from agents.evidence.structural import OPERATIONS
from agents.evidence.subjects import history_of_subject
from agents.services import Services
from agents.state import WITHOUT_NAME, AssistantState, Task, TaskState
from configs.release import Release

_SEEKING = {"configure": configure, "subject": history_of_subject}
"""Operations that ask code search as well; all that is no question for the graph is search alone."""


async def code_analyst(state: TaskState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return what the code graph, or code search, has to say on one task."""

    searches: list[RerankedSearch] = []

    def choose(task: Task, release: Release) -> Operation:
        asks_graph = task["operation"] in WITHOUT_NAME & OPERATIONS.keys() or (
            bool(task["names"]) and task["operation"] in OPERATIONS
        )
        if asks_graph and task["operation"] != "search":
            return OPERATIONS[task["operation"]]
        retriever = search_for(runtime.context or Context(), services, release, searches)
        seeks = _SEEKING.get(task["operation"], search_code)
        return lambda sight: seeks(sight, retriever)

    return with_reranking(await run_task(state, runtime, services, choose), searches)
