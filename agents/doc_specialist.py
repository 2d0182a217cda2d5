"""The node that collects evidence from documents: sections of Markdown and reStructuredText that answer, or name, what is asked."""

from __future__ import annotations

from langgraph.runtime import Runtime

from agents.context import Context
from agents.evidence.analysis import Operation, run_task, search_for, with_reranking
from agents.evidence.reranking import RerankedSearch
from agents.evidence.searching import search_docs
from agents.services import Services
from agents.state import AssistantState, Task, TaskState
from configs.release import Release


async def doc_specialist(state: TaskState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the lines of the documents that fit one task best."""

    searches: list[RerankedSearch] = []

    def choose(_task: Task, release: Release) -> Operation:
        retriever = search_for(runtime.context or Context(), services, release, searches)
        return lambda sight: search_docs(sight, retriever)

    return with_reranking(await run_task(state, runtime, services, choose), searches)
