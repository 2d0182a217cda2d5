"""Opens the stores that the settings name: the code graph, the lexical index, what is remembered, the Ledger. Names concrete backends.

Every one is imported and opened when it is first asked for, which is why the imports of backends stand inside the functions.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.servers import Servers
from app.store_files import (
    BUDGETS_FILE,
    FACTS_FILE,
    GRAPH_FILE,
    JOBS_FILE,
    LEDGER_ANCHOR_FILE,
    LEDGER_FILE,
    LEDGER_KEYS_FILE,
    LESSONS_FILE,
    LEXICAL_FOLDER,
    MEMORY_FILE,
    OUTCOMES_FILE,
    PRINCIPALS_FILE,
    PROFILE_FILE,
    SHARED_FILE,
    SOURCES_FILE,
    THREADS_FILE,
    TRANSCRIPTS_FILE,
    USAGE_FILE,
    remove_database,
)
from configs.errors import StoreCorrupt, StoreError, StoreTooNew
from configs.settings import Settings
from guardrails.logs import gate_logs
from knowledge.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from graph.checkpoints import Checkpointer
    from graph.conversations import Conversations
    from knowledge.backends.lexical import HistorySearch, LexicalSearch, LexicalWriter
    from knowledge.backends.postgres_server import PostgresServer
    from knowledge.backends.profile_file import ProfileFile
    from knowledge.backends.redis_memory import RedisMemory
    from knowledge.backends.redis_shared import RedisShared
    from knowledge.backends.sqlite_facts import SqliteFactsCache
    from knowledge.backends.sqlite_jobs import SqliteJobs
    from knowledge.backends.sqlite_memory import SqliteMemory
    from knowledge.backends.sqlite_outcomes import SqliteOutcomes
    from knowledge.backends.sqlite_principals import SqlitePrincipals
    from knowledge.backends.sqlite_shared import SqliteShared
    from knowledge.backends.sqlite_sources import SqliteSources
    from knowledge.ledger import LedgerStore, SubjectKeys
    from knowledge.lessons import Lessons
    from knowledge.ports.graph import CodeGraph
    from models.budgets import Budgets
    from ops.ledger.anchors import Signer
    from ops.ledger.feedback import LedgerUsage
    from ops.ledger.ledger import Ledger
    from ops.ledger.verifying import Report


SHARED_TIMEOUT_S = 1.0
_REGISTER_CALLS = ("find", "get", "turns", "begin", "record", "rename", "delete", "idle_since", "try_lock")
"""Of conversations in PostgreSQL: a server that hangs in the middle of one says nothing, and its own deadlines do not count then."""

log = logging.getLogger("clew.stores")

Store = TypeVar("Store")


class Stores(Servers):
    """The stores of one process. Close them when done."""

    def __init__(self, settings: Settings) -> None:
        gate_logs()
        super().__init__(settings)
        self._checkpoints_made = False
        self._lexical: LexicalWriter | None = None
        self._hashes: dict[str, tuple[int, dict[str, tuple[str, str, int]]]] = {}

    @property
    def has_index(self) -> bool:
        """Tell whether an index was ever made here; a server is not asked, it may hold one."""
        return self._in_neo4j or (self.settings.home / GRAPH_FILE).exists()

    @cached_property
    def graph(self) -> CodeGraph:
        """The code graph for reading, while another process may write. Raises StoreUnavailable before the first index."""
        if not self._in_neo4j:
            return self.open_graph(read_only=True)
        return self._server("graph", "neo4j").opening(lambda: self.open_graph(read_only=True))

    @cached_property
    def shared(self) -> RedisShared | SqliteShared | None:
        """What this process has in common with others that serve: at the Redis server of the rates, else in a file where there are workers."""
        rates = self.settings.rates
        if rates.store == "redis":
            server = self._redis_at(rates.url, rates.password.get_secret_value(), SHARED_TIMEOUT_S, "rates.store")
            from knowledge.backends.redis_shared import RedisShared

            return self._server("limits", "redis").guarded(RedisShared(server))
        if self.settings.serve.workers == 1:
            return None
        from knowledge.backends.sqlite_shared import SqliteShared

        return SqliteShared(self.settings.home / SHARED_FILE)

    def open_graph(self, *, read_only: bool) -> CodeGraph:
        return self.open_neo4j(read_only=read_only) if self._in_neo4j else self.open_sqlite(read_only=read_only)

    def open_sqlite(self, *, read_only: bool) -> CodeGraph:
        from knowledge.backends.sqlite_graph import SqliteCodeGraph

        path, timeout_s = self.settings.home / GRAPH_FILE, self.settings.graph.timeout_s
        return SqliteCodeGraph(path, timeout_s=timeout_s, read_only=read_only)

    @property
    def _in_neo4j(self) -> bool:
        return self.settings.graph.backend == "neo4j"

    @cached_property
    def lexical(self) -> LexicalSearch:
        from knowledge.backends.lexical import LexicalSearch

        return LexicalSearch(
            self.settings.home / LEXICAL_FOLDER,
            lambda scope: {info.name: info.generation for info in self.graph.repositories(scope)},
        )

    @cached_property
    def history(self) -> HistorySearch:
        from knowledge.backends.lexical import HistorySearch

        return HistorySearch(self.settings.home / LEXICAL_FOLDER)

    def lexical_writer(self) -> LexicalWriter:
        from knowledge.backends.lexical import LexicalWriter

        if self._lexical is None:
            self._lexical = LexicalWriter(self.settings.home / LEXICAL_FOLDER)
        return self._lexical

    def open_facts(self) -> SqliteFactsCache:
        from knowledge.backends.sqlite_facts import SqliteFactsCache

        return self._renewed(FACTS_FILE, lambda path: SqliteFactsCache(path, timeout_s=self.settings.graph.timeout_s))

    def _renewed(self, file: str, opened: Callable[[Path], Store]) -> Store:
        """Open a store of things that can be made again; one that cannot be read is removed first."""
        path = self.settings.home / file
        try:
            return opened(path)
        except (StoreCorrupt, StoreTooNew):
            remove_database(path)
            return opened(path)

    @cached_property
    def memory(self) -> SqliteMemory | RedisMemory:
        """Remembered answers; a file that cannot be read is started anew, for it holds only what can be made again."""
        if self.settings.memory.backend == "redis":
            return self._server("memory", "redis").guarded(self._open_redis_memory())
        from knowledge.backends.sqlite_memory import SqliteMemory

        return self._renewed(MEMORY_FILE, lambda path: SqliteMemory(path, self._current_hash))

    @cached_property
    def lessons(self) -> Lessons:
        """What people taught. A file that cannot be read is left as it is, for nobody can make it again: StoreError."""
        if self.settings.memory.backend == "redis":
            from knowledge.backends.redis_lessons import RedisLessons

            return self._server("memory", "redis").guarded(RedisLessons(self._redis_server()))
        from knowledge.backends.sqlite_lessons import SqliteLessons

        return SqliteLessons(self.settings.home / LESSONS_FILE)

    @cached_property
    def budgets(self) -> Budgets:
        """What models may cost and did. A file that cannot be read is left as it is, for nobody can make it again: StoreError."""
        from knowledge.backends.sqlite_budgets import SqliteBudgets
        from models.budgets import Budgets
        from models.terms import terms_of

        return Budgets(SqliteBudgets(self.settings.home / BUDGETS_FILE), terms_of(self.settings.budget))

    @cached_property
    def job_store(self) -> SqliteJobs:
        """Index jobs. A file that cannot be read is left as it is: StoreError."""
        from knowledge.backends.sqlite_jobs import SqliteJobs

        return SqliteJobs(self.settings.home / JOBS_FILE)

    @cached_property
    def source_store(self) -> SqliteSources:
        """Cloned repositories, with what is sealed of them. A file that cannot be read is left as it is: StoreError."""
        from knowledge.backends.sqlite_sources import SqliteSources

        return SqliteSources(self.settings.home / SOURCES_FILE)

    @cached_property
    def principals(self) -> SqlitePrincipals:
        """Who may ask, and their keys. A file that cannot be read is left as it is: StoreError, and nobody comes in."""
        from knowledge.backends.sqlite_principals import SqlitePrincipals

        return SqlitePrincipals(self.settings.home / PRINCIPALS_FILE)

    @cached_property
    def outcomes(self) -> SqliteOutcomes:
        """How answers of models fared. A file that cannot be read is started anew: what it taught is in a release by then."""
        from knowledge.backends.sqlite_outcomes import SqliteOutcomes

        return self._renewed(OUTCOMES_FILE, SqliteOutcomes)

    def open_ledger(self) -> Ledger:
        """Open the Ledger; close it when done. A file that cannot be read is left as it is, for nobody can make it again: StoreError."""
        from ops.ledger.ledger import Ledger

        return Ledger(*self._ledger_stores())

    def _ledger_stores(self) -> tuple[LedgerStore, SubjectKeys]:
        home, timeout_s = self.settings.home, self.settings.ledger.timeout_s
        if self.settings.ledger.store == "postgres":
            server = self._postgres_server("ledger")
            from knowledge.backends.postgres_ledger import PostgresLedger, PostgresSubjectKeys

            one = self._server("ledger", "postgres")
            return one.guarded(PostgresLedger(server)), one.guarded(PostgresSubjectKeys(server))
        from knowledge.backends.sqlite_ledger import SqliteLedger
        from knowledge.backends.sqlite_subject_keys import SqliteSubjectKeys

        return (
            SqliteLedger(home / LEDGER_FILE, timeout_s=timeout_s),
            SqliteSubjectKeys(home / LEDGER_KEYS_FILE, timeout_s=timeout_s),
        )

    def open_usage(self) -> LedgerUsage:
        """Open the Ledger with the sums that are made of it; close it when done."""
        from knowledge.backends.sqlite_usage import SqliteUsage
        from ops.ledger.feedback import LedgerUsage

        return LedgerUsage(self.open_ledger(), self._renewed(USAGE_FILE, SqliteUsage))

    def forget_usage(self) -> None:
        """Delete the sums, which are made anew of what the Ledger still holds."""
        remove_database(self.settings.home / USAGE_FILE)

    def ledger_signer(self, ledger: Ledger) -> Signer:
        """Return what signs anchors and checkpoints: the key of the settings, else the Ledger's own."""
        from ops.ledger.anchors import Signer

        return Signer(self.settings.ledger.signing_key.get_secret_value().encode() or ledger.keys.signing_key())

    def verify_ledger(
        self, ledger: Ledger, copies: Sequence[Path] = (), progress: Callable[[int], None] = lambda _done: None
    ) -> Report:
        """Check every event, against the anchor of this store and copies of it. Raises InputError for what is no anchor."""
        from ops.ledger.anchors import read_anchor
        from ops.ledger.verifying import verify

        own = [self.anchor_file] if self.anchor_file.exists() else []
        return verify(ledger.store, self.ledger_signer(ledger), [read_anchor(one) for one in [*own, *copies]], progress)

    @property
    def anchor_file(self) -> Path:
        return self.settings.ledger.anchor_file or self.settings.home / LEDGER_ANCHOR_FILE

    def _outcomes_if_writable(self) -> SqliteOutcomes | None:
        try:
            return self.outcomes
        except StoreError as error:
            log.warning("how models fare is not kept: %s", error)
            return None

    def _budgets_if_readable(self) -> Budgets:
        """A store that may only be read, or is broken, still answers; with limits set no model is called then."""
        try:
            return self.budgets
        except StoreError as error:
            log.warning("what models cost is not booked: %s", error)
            from knowledge.budgets import UnreadableStore
            from models.budgets import Budgets
            from models.terms import terms_of

            return Budgets(UnreadableStore(error), terms_of(self.settings.budget))

    @cached_property
    def profiles(self) -> ProfileFile:
        """What is counted of the person whose store this is; never in a server that others share."""
        from knowledge.backends.profile_file import ProfileFile

        return ProfileFile(self.settings.home / PROFILE_FILE)

    def _memory_if_writable(self) -> SqliteMemory | RedisMemory | None:
        """A store that may only be read, or whose disk is full, still answers; it does not remember."""
        try:
            return self.memory
        except StoreError as error:
            log.warning("answers are not remembered: %s", error)
            return None

    def _lessons_if_readable(self) -> Lessons | None:
        """A store whose lessons cannot be had still answers."""
        try:
            return self.lessons
        except StoreError as error:
            log.warning("what was taught is left out: %s", error)
            return None

    def _open_redis_memory(self) -> RedisMemory:
        server = self._redis_server()
        from knowledge.backends.redis_memory import RedisMemory

        return RedisMemory(server, self._current_hash, keep_s=self.settings.memory.keep_days * 86_400)

    def _current_hash(self, repository: str, path: str) -> str | None:
        """Return a file's hash at the indexed revision; all hashes of a generation are read at once and kept."""
        known = self.graph.repositories(Scope(frozenset({repository})))
        if not known:
            return None
        generation, paths = self._hashes.get(repository, (0, {}))
        if generation != known[0].generation:
            paths = self.graph.paths(EVERYTHING, repository)
            self._hashes[repository] = known[0].generation, paths
        return paths[path][0] if path in paths else None

    @cached_property
    def conversations(self) -> Conversations:
        """The threads of conversations. A file that cannot be read is left as it is, for nobody can make it again: StoreError."""
        from graph.conversations import Conversations

        settings = self.settings.threads
        ttl_days, wait_s = settings.ttl_days, settings.wait_s
        if settings.store == "postgres":
            server = self._postgres_server("threads")
            from knowledge.backends.postgres_threads import PostgresThreads

            deadlines = dict.fromkeys(_REGISTER_CALLS, 2 * server.timeout_s)
            register = self._server("threads", "postgres").guarded(PostgresThreads(server), deadlines)
            return Conversations(register, lambda: self._postgres_checkpoints(server), ttl_days, wait_s)
        from knowledge.backends.sqlite_threads import SqliteThreads

        return Conversations(
            SqliteThreads(self.settings.home / TRANSCRIPTS_FILE), self._sqlite_checkpoints, ttl_days, wait_s
        )

    @asynccontextmanager
    async def _sqlite_checkpoints(self) -> AsyncIterator[Checkpointer]:
        """Raises StoreError, also for what goes wrong with the file while the block runs."""
        from graph.checkpoints import sqlite_checkpoints
        from knowledge.backends.sqlite_errors import translated
        from knowledge.backends.sqlite_file import begin_log

        path = self.settings.home / THREADS_FILE
        with translated(path):
            if not self._checkpoints_made:
                begin_log(path)
                self._checkpoints_made = True
            async with sqlite_checkpoints(path) as checkpoints:
                yield checkpoints

    @asynccontextmanager
    async def _postgres_checkpoints(self, server: PostgresServer) -> AsyncIterator[Checkpointer]:
        from graph.checkpoints import postgres_checkpoints
        from knowledge.backends.postgres_server import hang_up

        with server.translated():
            within_s = 2 * server.timeout_s  # the server's own deadline comes first
            async with postgres_checkpoints(
                server.dsn(), made=self._checkpoints_made, within_s=within_s, hang_up=hang_up
            ) as checkpoints:
                self._checkpoints_made = True
                yield checkpoints

    def close(self) -> None:
        """Close what was opened."""
        conversations = self.__dict__.pop("conversations", None)
        if conversations is not None:
            conversations.register.close()
        for name in (
            "memory",
            "lessons",
            "budgets",
            "outcomes",
            "job_store",
            "source_store",
            "principals",
            "shared",
            "history",
            "lexical",
            "graph",
        ):
            part = self.__dict__.pop(name, None)
            if part is not None:
                part.close()
