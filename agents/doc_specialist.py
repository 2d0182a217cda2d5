"""The node that collects evidence from documents: sections of Markdown and reStructuredText that answer, or name, what is asked."""

from __future__ import annotations

from langgraph.runtime import Runtime

from agents.analysis import Operation, run_task
from agents.context import Context
from agents.searching import search_docs
from agents.services import Services
from agents.state import AssistantState, Task, TaskState
from configs.release import Release


async def doc_specialist(state: TaskState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the lines of the documents that fit one task best."""

    def choose(_task: Task, release: Release) -> Operation:
        retriever = services.retriever(release.retrieval.weights)
        return lambda sight: search_docs(sight, retriever)

    return await run_task(state, runtime, services, choose)
