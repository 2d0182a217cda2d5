"""What the routes of `/api/v1` need of `app.wiring.Wiring`."""

from __future__ import annotations

from typing import Protocol

from agents.examples import Examples
from agents.reranking import RerankedSearch
from agents.services import CodeSearch
from app.asking import Assistant
from configs.settings import Settings
from graph.conversations import Conversations
from knowledge.ports import CodeGraph
from knowledge.schema import RepositoryInfo
from knowledge.scope import Scope
from ops.jobs.running import IndexJobs


class Composition(Protocol):
    """The composed parts; each is opened when it is first asked for."""

    settings: Settings

    @property
    def has_index(self) -> bool: ...

    @property
    def graph(self) -> CodeGraph: ...

    @property
    def conversations(self) -> Conversations: ...

    @property
    def jobs(self) -> IndexJobs: ...

    def repository(self, name: str, within: Scope = ...) -> RepositoryInfo: ...

    def assistant(self) -> Assistant: ...

    def examples(self) -> Examples: ...

    def granted(self, repositories: list[str] | None, within: Scope = ...) -> Scope: ...

    def search(self) -> tuple[CodeSearch, list[RerankedSearch]]: ...
