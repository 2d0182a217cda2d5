"""Composes Clew from its settings: search, assistant and indexing over the stores.

Every part is imported and made when it is first asked for: `clew callers` must not pay for LangGraph, Chroma or
scikit-learn. That is why imports stand inside the functions of this module.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.admission import Admission
from app.repositories import repository_of, unknown_repository
from app.store_files import VECTORS_FOLDER
from configs.errors import ModelUnavailable
from configs.settings import Settings
from knowledge.jobs import Job
from knowledge.principals import Right
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from agents.evidence.reranking import RerankedSearch
    from agents.memory.examples import Examples
    from agents.memory.known_errors import KnownErrors
    from agents.services import CodeSearch, Services
    from app.asking import Assistant
    from app.background import Pace
    from app.connections import Connections
    from app.indexing import Indexing
    from app.owned_vectors import OwnedVectors, Sources
    from app.readiness import Readiness
    from app.sharing import Sharing
    from knowledge.ports.vectors import Embedder
    from models.embedders.choosing import Choice
    from ops.jobs.running import IndexJobs
    from tools.dense import DenseSearch
    from tools.pages import Pages
    from tools.search import Retriever


class Wiring(Admission):
    """The parts of one process, over one store. Safe to share between threads once a part is open. Close it when done."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._assistant: Assistant | None = None
        self._composing = threading.Lock()
        self._vectors: OwnedVectors | None = None

    def retriever(self, weights: Mapping[str, float]) -> Retriever:
        """Return search over text with a release's weights; dense vectors take part where there are some."""
        from tools.search import Retriever

        return Retriever(self.graph, self.lexical, self.dense(), weights, self.history, self.pages)

    @cached_property
    def pages(self) -> Pages:
        """Documents that questions read again and again."""
        from tools.pages import Pages

        return Pages()

    def dense(self) -> DenseSearch | None:
        """Return what answers with dense candidates: the vectors of this process, else the process that owns them."""
        if not self.settings.retrieval.dense:
            return None
        from app.handover import AskedOwner, OwnOrAsked

        asked = AskedOwner(self.settings.home / VECTORS_FOLDER)
        owned = self._vectors
        return asked if owned is None else OwnOrAsked(owned, lambda: owned.is_open, asked)

    def own_dense(self) -> DenseSearch | None:
        """Return the vectors of this process, None while it owns none."""
        return self._vectors if self._vectors is not None and self._vectors.is_open else None

    def default_retriever(self) -> Retriever:
        """Return search as the release of the settings weighs it."""
        return self.retriever(self.releases.get(self.settings.run.release).retrieval.weights)

    def search(self) -> tuple[CodeSearch, list[RerankedSearch]]:
        """Return search as the settings want it, and the reranked one, if it is: its note says what kept it from that."""
        if not self.settings.retrieval.rerank:
            return self.default_retriever(), []
        from agents.calls.bound_gateway import bound
        from agents.context import Context
        from agents.evidence.analysis import search_for

        run = self.settings.run.release
        context = Context(release=run, model=self.settings.model.writer, rerank=True)
        reranked: list[RerankedSearch] = []
        services = replace(self.services, gateway=bound(self.services, context))
        return search_for(context, services, self.releases.get(run), reranked), reranked

    def known_errors(self) -> KnownErrors:
        """Return the errors that somebody solved, compared as the release of the settings says."""
        from agents.memory.known_errors import KnownErrors

        likeness = self.releases.get(self.settings.run.release).remembering.error_likeness
        return KnownErrors(self.graph, self.lessons, self.embedder_for, likeness)

    def examples(self) -> Examples:
        """Return the answers that people accepted, or may accept."""
        from agents.memory.examples import Examples

        return Examples(self.graph, self.lessons)

    def embedder_choice(self, repository: str) -> Choice:
        """Return the embedder of the settings for one repository: code that may not leave is not sent to one elsewhere."""
        from models.embedders.choosing import Choice

        choice = self.choose_embedder()
        url = getattr(choice.embedder, "url", "")
        inside = self.privacy.is_inside(url) and not getattr(choice.embedder, "leaves", False)
        if not url or self.privacy.label(repository) == "remote" or inside:
            return choice
        said = f"learned from the repository: its code may not leave, and {url} is elsewhere (privacy.repositories)"
        return Choice(None, said)

    def embedder_for(self, repository: str) -> Embedder | None:
        """Return what compares meanings in a repository: the embedder of the settings, else what was learned from it, else None.

        Raises ModelUnavailable, ConfigError or StoreCorrupt when it cannot be had.
        """
        if not self.settings.retrieval.dense:
            return None
        chosen = self.embedder_choice(repository).embedder
        state = self.vector_state(repository)
        if chosen is not None or not state.learned:
            return chosen
        from models.embedders.latent import LatentSemanticEmbedder

        return LatentSemanticEmbedder.load(self.embedder_folder(repository), state.embedder)

    def repository(self, name: str, within: Scope = EVERYTHING) -> RepositoryInfo:
        """Raises UnknownRepository, naming the nearest of those that the scope grants."""
        known = self.graph.repositories(within)
        for info in known:
            if info.name == name:
                return info
        raise unknown_repository(name, known)

    def scope(self, repository: str | None, folder: Path | None = None) -> Scope:
        """Return what a command may see: the named repository, else that of `folder` (the current one), else all."""
        if repository is not None:
            return Scope(frozenset({self.repository(repository).name}))
        here = repository_of(folder or Path.cwd(), self.graph.repositories(EVERYTHING))
        return Scope(frozenset({here.name})) if here else EVERYTHING

    def granted(self, repositories: list[str] | None, within: Scope | None = None, *, right: Right = "read") -> Scope:
        """Return the part of `within` that a request wishes for; None: of what its caller may see for this purpose.

        Raises:
            UnknownRepository: for the first name that is not there, or not granted: the two are told in the same way.
            PolicyError: the caller's key is not for this purpose.
        """
        if within is None:
            one = self.caller
            one.require(right)
            within = one.scope(right)
        if repositories is None:
            return within
        return Scope(frozenset(self.repository(name, within).name for name in repositories))

    @cached_property
    def services(self) -> Services:
        from agents.services import Services
        from ops.ledger.sink import LedgerSink

        return Services(
            graph=self.graph,
            retriever=self.retriever,
            gateway=self.gateway,
            memory=self._memory_if_writable(),
            lessons=self._lessons_if_readable(),
            budgets=self._budgets_if_readable(),
            payer_for=self.payer_for,
            outcomes=self._outcomes_if_writable(),
            profiles=self.profiles if self.settings.memory.profile and not self.strict else None,
            scope_for=self.scope_for,
            embedder_for=self.embedder_for,
            privacy=self.privacy,
            events=LedgerSink(self.journal),
            callbacks=self._callbacks(),
            releases=self.releases,
        )

    def _callbacks(self) -> tuple[Any, ...]:
        from app.tracing import tracer_of

        tracer = tracer_of(self.settings.tracing, self._runs_may_be_told)
        return () if tracer is None else (tracer,)

    def _runs_may_be_told(self) -> bool:
        """Tell whether code of every repository of this store may go where LangSmith is."""
        if self.privacy.is_inside(self.settings.tracing.url):
            return True
        return not self.privacy.kept(info.name for info in self.graph.repositories(EVERYTHING))

    def assistant(self) -> Assistant:
        """Return the assistant over this store, the same one every time. Raises StoreUnavailable before the first index."""
        with self._composing:
            if self._assistant is None:
                from app.assistant import GraphAssistant
                from app.recording import Recorder

                releases, required = self.services.releases, self.settings.ledger.required
                recorder = Recorder(self.journal, self.payer_for, lambda name: releases.get(name).id, required)
                self._assistant = GraphAssistant(self.services, lambda: self.conversations, recorder)
                if self._gate is not None:
                    from app.known_callers import CallersAssistant
                    from ops.policy.queueing import FairQueue

                    rates = self.settings.rates
                    queue = FairQueue(
                        total=rates.answers,
                        each=rates.user_answers,
                        waiting=rates.waiting,
                        wait_s=rates.wait_s,
                        common=self.sharing,
                    )
                    self._assistant = CallersAssistant(
                        self._assistant,
                        lambda: self.conversations.register,
                        lambda: self.caller,
                        queue,
                        self._gate.rates,
                    )
            return self._assistant

    async def model_names(self) -> list[str] | None:
        """Return the chat models that the host serves, None when it does not answer."""
        try:
            return [model.name for model in await self.gateway.models() if model.may_chat]
        except ModelUnavailable:
            return None

    def overview(self, scope: Scope, *, whole: bool) -> dict[str, Any]:
        """Return what `clew status` knows of what is granted; whole: also of the store and its hosts."""
        from app.overview import overview_of

        return overview_of(self, scope, whole=whole)

    @cached_property
    def _readiness(self) -> Readiness:
        from app.readiness import Readiness

        return Readiness(self)

    def readiness(self) -> dict[str, Any]:
        """Return what a load balancer wants to know (`app.readiness`). Raises StoreError while nothing is indexed."""
        return self._readiness.look()

    @cached_property
    def sharing(self) -> Sharing | None:
        """What makes several processes that serve act as one; None where there is one."""
        state = self.shared
        if state is None:
            return None
        from app.sharing import Sharing

        return Sharing(state, threads=1 if self.settings.rates.store == "memory" else 4)

    @cached_property
    def jobs(self) -> IndexJobs:
        """Index runs that outlive the request that asked for them. Raises StoreError."""
        from ops.jobs.running import IndexJobs

        home = self.settings.home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = sys.executable, "-m", "app.index_worker"
        return IndexJobs(
            self.job_store,
            command,
            {"store": str(home)},
            at_once=self.settings.index.at_once,
            told=self._tell_of_job,
            by=lambda: self.user,
            pseudonym=self.pseudonym,
            name=self.name_behind,
        )

    @cached_property
    def connections(self) -> Connections:
        """Repositories elsewhere, with what belongs to them."""
        from app.connections import Connections
        from ops.ledger.events import SourceChanged

        def told(what: str, name: str, change: str) -> None:
            self.journal.tell(SourceChanged(user=self.user, what=what, name=name, change=change))
            if self._gate is not None:
                self._gate.look_again()

        return Connections(self, lambda: self.indexing, told)

    def answer_others(self, url: str) -> None:
        """Let other processes of this person ask this one for dense candidates, at `url`, once it owns the vectors."""
        self._url, self.handover_token = url, secrets.token_urlsafe(32)

    def background(self) -> AbstractAsyncContextManager[Pace | None]:
        """Return what a long-lived process does beside its requests: it fills vectors, and keeps the Ledger to its age. Enter it before searching."""
        if not self.settings.ledger.keep_days:
            return self._filling()
        from app.retention import kept_to_age

        return kept_to_age(self, self._filling())

    def _filling(self) -> AbstractAsyncContextManager[Pace | None]:
        if not self.settings.retrieval.dense:
            return nullcontext()
        from app.background import vectors_filled

        return vectors_filled(self, self.own_vectors(), is_worker=self.settings.serve.workers > 1)

    def own_vectors(self) -> OwnedVectors:
        """Return the vectors of this process; the first fill opens them."""
        if self._vectors is None:
            from app.owned_vectors import OwnedVectors

            self._vectors = OwnedVectors(self.open_vectors, self.embedder_choice, self.embedder_folder)
        return self._vectors

    def vector_sources(self) -> Sources:
        from app.owned_vectors import Sources

        return Sources(self.graph, self.lexical)

    @cached_property
    def indexing(self) -> Indexing:
        """What writes the index of this store, alone on it."""
        from app.indexing import Indexing

        return Indexing(self, self._tell_of_index)

    def _tell_of_index(self, repository: str, state: str, **told: Any) -> None:
        from ops.ledger.events import JobChanged

        job = secrets.token_hex(8)
        self.journal.tell(JobChanged(user=self.user, job=job, repository=repository, state=state, **told))

    def _tell_of_job(self, job: Job, user: str) -> None:
        from ops.ledger.events import JobChanged

        name, state = job.order.repository or "", job.state.value
        seconds = round(job.ended_at - job.started_at, 3) if job.ended_at and job.started_at else None
        self.journal.tell(JobChanged(user=user, job=job.id, repository=name, state=state, seconds=seconds))

    def close(self) -> None:
        """Close what was opened."""
        if self._vectors is not None:
            self._vectors.close()
        sharing = self.__dict__.pop("sharing", None)
        if sharing is not None:
            sharing.close()
            self.__dict__.pop("shared", None)
        super().close()
