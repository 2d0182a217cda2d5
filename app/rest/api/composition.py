"""What the routes of `/api/v1` need of `app.wiring.Wiring`."""

from __future__ import annotations

from typing import Any, Protocol

from agents.context import Context
from agents.evidence.reranking import RerankedSearch
from agents.memory.examples import Examples
from agents.services import CodeSearch
from app.asking import Assistant
from app.configuration import Configuration
from app.connections import Connections
from app.known_callers import OwnConversations
from app.sharing import Sharing
from configs.settings import Settings
from graph.conversations import Conversations
from knowledge.ports.graph import CodeGraph
from knowledge.principals import Principals
from knowledge.schema import RepositoryInfo
from knowledge.scope import Scope
from models.budgets import Budgets, Payer
from ops.jobs.running import IndexJobs
from ops.ledger.feedback import LedgerUsage
from ops.ledger.ledger import Ledger
from ops.ledger.verifying import Report
from ops.policy.access import Access
from ops.policy.administering import Administering


class Composition(Protocol):
    """The composed parts; each is opened when it is first asked for."""

    settings: Settings

    @property
    def sharing(self) -> Sharing | None: ...

    @property
    def has_index(self) -> bool: ...

    @property
    def graph(self) -> CodeGraph: ...

    @property
    def threads(self) -> Conversations | OwnConversations: ...

    @property
    def jobs(self) -> IndexJobs: ...

    @property
    def connections(self) -> Connections: ...

    def repository(self, name: str, within: Scope = ...) -> RepositoryInfo: ...

    def assistant(self) -> Assistant: ...

    def examples(self) -> Examples: ...

    def granted(self, repositories: list[str] | None, within: Scope = ...) -> Scope: ...

    def payer_for(self, context: Context) -> Payer: ...

    def open_ledger(self) -> Ledger: ...

    def open_usage(self) -> LedgerUsage: ...

    def verify_ledger(self, ledger: Ledger) -> Report: ...

    @property
    def principals(self) -> Principals: ...

    @property
    def access(self) -> Access: ...

    @property
    def budgets(self) -> Budgets: ...

    def administering(self) -> Administering: ...

    def configuration(self) -> Configuration: ...

    def search(self) -> tuple[CodeSearch, list[RerankedSearch]]: ...

    def branches(self) -> dict[str, str]: ...

    def overview(self, scope: Scope, *, whole: bool) -> dict[str, Any]: ...
