"""The ports that the nodes work with, handed to `graph.assistant.build` once; nothing here is in the state."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from agents.calls.watching import Watch
from agents.context import Context
from configs.release import Releases
from knowledge.lessons import Lessons
from knowledge.outcomes import OutcomeStore
from knowledge.ports.events import EventSink
from knowledge.ports.graph import CodeGraph
from knowledge.ports.memory import Memory
from knowledge.ports.vectors import Embedder
from knowledge.profile import Profiles
from knowledge.scope import EVERYTHING, Scope
from models.budgets import Budgets, Payer
from models.gateway import Gateway
from models.privacy import Privacy
from tools.search import SearchResult


class CodeSearch(Protocol):
    """What `tools.search.Retriever` offers."""

    def search_code(
        self, scope: Scope, query: str, *, kind: Literal["file", "symbol", "function"] = "symbol", top_k: int = 10
    ) -> list[SearchResult]: ...

    def search_docs(self, scope: Scope, query: str, *, top_k: int = 10) -> list[SearchResult]: ...


class NoEvents:
    """An event sink that drops everything."""

    def emit(self, event: str, fields: dict[str, Any]) -> None:
        """Do nothing."""


def narrowed_everything(context: Context) -> Scope:
    """Grant every repository, narrowed to those that the run names: right for one person on one machine."""
    names = context.repositories
    return EVERYTHING.narrowed(None if names is None else frozenset(names))


@dataclass(frozen=True, slots=True)
class Services:
    """Ports of one process. Blocking ones are called from worker threads.

    retriever: gives the search with the fusion weights of a release.
    lessons: what people taught; None when it cannot be had. embedder_for: what compares meanings in a repository, if anything does.
    budgets: what calls of models may cost and did; None when nothing is booked. payer_for: on whose accounts a run is booked.
    outcomes: how answers of models fared here; None when it is not kept.
    profiles: what the person asks about; None when that is not to be counted.
    scope_for: decides what a run may see (policy); the default grants all, narrowed by the run's own wish.
    callbacks: LangChain's, told of every run and node; for tracing.
    clarifies: a run that does not say otherwise may ask back.
    watch: clock, timer and latencies of the observers round the nodes.
    privacy: whose code may not leave.
    strict: let errors of nodes through instead of turning them into findings; for tests.
    """

    graph: CodeGraph
    retriever: Callable[[Mapping[str, float]], CodeSearch]
    gateway: Gateway
    releases: Releases = field(default_factory=Releases)
    memory: Memory | None = None
    lessons: Lessons | None = None
    profiles: Profiles | None = None
    budgets: Budgets | None = None
    outcomes: OutcomeStore | None = None
    payer_for: Callable[[Context], Payer] = lambda context: Payer("", "", context.project or "")
    embedder_for: Callable[[str], Embedder | None] = lambda _repository: None
    events: EventSink = field(default_factory=NoEvents)
    scope_for: Callable[[Context], Scope] = narrowed_everything
    clock: Callable[[], float] = time.time
    callbacks: tuple[Any, ...] = ()
    clarifies: bool = False
    watch: Watch = field(default_factory=Watch)
    privacy: Privacy = field(default_factory=Privacy)
    strict: bool = False
