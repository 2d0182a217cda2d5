"""Composes Clew from its settings: search, assistant and indexing over the stores.

Every part is imported and made when it is first asked for: `clew callers` must not pay for LangGraph, Chroma or
scikit-learn. That is why imports stand inside the functions of this module.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, closing, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.repositories import repository_of, unknown_repository
from app.stores import BRANCHES_FILE, POLICIES_FILE, SOURCES_FILE, VECTORS_FOLDER, Stores
from configs.errors import ModelUnavailable, PolicyError, StoreError
from configs.settings import Settings, is_loopback
from knowledge.jobs import Job
from knowledge.principals import Right
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from agents.context import Context
    from agents.examples import Examples
    from agents.known_errors import KnownErrors
    from agents.reranking import RerankedSearch
    from agents.services import CodeSearch, Services
    from app.asking import Assistant
    from app.background import Pace
    from app.configuration import Configuration
    from app.connections import Connections
    from app.indexing import Indexing
    from app.known_callers import OwnConversations
    from app.owned_vectors import OwnedVectors, Sources
    from app.readiness import Readiness
    from app.sharing import Sharing
    from configs.release import Releases
    from graph.conversations import Conversations
    from knowledge.ports import Embedder
    from knowledge.sharing import SharedCounts
    from models.budgets import Payer
    from models.embedders.choosing import Choice
    from models.gateway import Gateway
    from models.privacy import Privacy
    from ops.jobs.running import IndexJobs
    from ops.ledger.feedback import LedgerUsage
    from ops.ledger.journal import Journal
    from ops.policy.access import Access
    from ops.policy.administering import Administering
    from ops.policy.callers import Caller
    from ops.policy.gate import Gate
    from ops.policy.keys import Keys
    from tools.dense import DenseSearch
    from tools.pages import Pages
    from tools.search import Retriever


class Wiring(Stores):
    """The parts of one process, over one store. Safe to share between threads once a part is open. Close it when done."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._assistant: Assistant | None = None
        self._composing = threading.Lock()
        self._vectors: OwnedVectors | None = None
        self._gate: Gate | None = None
        self._policies_told: str | None = None

    @cached_property
    def releases(self) -> Releases:
        """The releases, each read once a process."""
        from configs.release import Releases

        return Releases()

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
        from agents.analysis import search_for
        from agents.bound_gateway import bound
        from agents.context import Context

        run = self.settings.run.release
        context = Context(release=run, model=self.settings.model.writer, rerank=True)
        reranked: list[RerankedSearch] = []
        services = replace(self.services, gateway=bound(self.services, context))
        return search_for(context, services, self.releases.get(run), reranked), reranked

    def known_errors(self) -> KnownErrors:
        """Return the errors that somebody solved, compared as the release of the settings says."""
        from agents.known_errors import KnownErrors

        likeness = self.releases.get(self.settings.run.release).remembering.error_likeness
        return KnownErrors(self.graph, self.lessons, self.embedder_for, likeness)

    def examples(self) -> Examples:
        """Return the answers that people accepted, or may accept."""
        from agents.examples import Examples

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

    def live_hosts(self) -> list[dict[str, Any]]:
        """Return how the model hosts fare in this process."""
        from app.model_hosts import live_of

        return live_of(self.gateway)

    @cached_property
    def gateway(self) -> Gateway:
        from app.model_hosts import gateway_of

        return gateway_of(self.settings.model, self.privacy)

    @cached_property
    def privacy(self) -> Privacy:
        """Whose code may not leave, and which hosts are inside."""
        from app.model_hosts import privacy_of

        return privacy_of(self.settings.privacy)

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

    @cached_property
    def journal(self) -> Journal:
        """What takes events for the Ledger, and writes them beside everything else."""
        from ops.ledger.anchors import Anchoring
        from ops.ledger.journal import Journal

        anchoring = Anchoring(self.anchor_file, self.ledger_signer, self.settings.ledger.anchor_every_s)
        return Journal(self.open_ledger, anchored=anchoring.anchored)

    def open_usage(self) -> LedgerUsage:
        """Open it with all that this process has told: an answer may be judged as soon as it is there."""
        journal: Journal | None = self.__dict__.get("journal")
        if journal is not None:
            journal.flush()
        return super().open_usage()

    def payer_for(self, context: Context) -> Payer:
        """Return on whose accounts a run is booked: those of the caller, who may be the person at this machine."""
        from app.people import user_name
        from models.budgets import Payer

        budget, principal = self.settings.budget, self.caller.principal
        if self.strict:
            team = principal.teams[0] if principal.teams else budget.team
            return Payer(principal.id, team, context.project or budget.project)
        return Payer(user_name(), budget.team, context.project or budget.project)

    @property
    def strict(self) -> bool:
        """Tell whether callers are known: then who is not is nobody."""
        return self._gate is not None

    @property
    def threads(self) -> Conversations | OwnConversations:
        """Return the conversations of the caller: all of this store for the person at this machine."""
        if not self.strict:
            return self.conversations
        from app.known_callers import OwnConversations

        one = self.caller
        return OwnConversations(self.conversations, one.principal.id, one.scope("ask"))

    @property
    def caller(self) -> Caller:
        """Return who asks at this moment."""
        from ops.policy.callers import caller

        return caller(strict=self.strict)

    def scope_for(self, context: Context) -> Scope:
        """Return what a run may see: what its caller is granted, narrowed to what the run names."""
        names = context.repositories
        return self.caller.scope("ask").narrowed(None if names is None else frozenset(names))

    @cached_property
    def keys(self) -> Keys:
        import time

        from ops.policy.keys import Keys

        return Keys(self.principals, time.time)

    def administering(self) -> Administering:
        """Return what changes principals and keys for whoever asks, and tells the Ledger of it."""
        from app.people import user_name
        from ops.policy.administering import Administering

        by = self.caller.principal.id or user_name()
        return Administering(self.principals, self.keys, self.journal.tell, by=by)

    def configuration(self) -> Configuration:
        """Return the file that the settings came from, for whoever asks."""
        from app.configuration import Configuration
        from app.people import user_name

        by = self.caller.principal.id or user_name()
        writable = self.strict and self.settings.serve.configurable
        return Configuration(self.settings, self.open_ledger, by=by, writable=writable)

    @cached_property
    def access(self) -> Access:
        """Raises ConfigError when the policies cannot be used."""
        from ops.policy.access import Access

        return Access(self._policies_file, self._tell_of_policies)

    @property
    def _policies_file(self) -> Path:
        return self.settings.access.policies or self.settings.home / POLICIES_FILE

    def _tell_of_policies(self, before: str, after: str, in_force: bool) -> None:
        """Tell the Ledger that the file of policies is another one; who did it is whom the system names as its owner."""
        from app.people import owner_of
        from ops.ledger.events import PolicyChanged

        if after == self._policies_told:
            return
        self._policies_told = after
        change = "gone" if not after else "changed" if in_force else "refused"
        self.journal.tell(
            PolicyChanged(user=owner_of(self._policies_file), policy="file", change=change, before=before, after=after)
        )

    def _tell_of_policies_since(self) -> None:
        """Tell of a change that was made while no server looked."""
        from ops.ledger.reports import latest
        from ops.policy.access import digest_of

        with closing(self.open_ledger()) as ledger:
            known = next((row for row in latest(ledger, "administration", 1, kind="policy", policy="file")), None)
        before, after = known.fields["after"] if known else "", digest_of(self._policies_file)
        if before != after:
            self._tell_of_policies(before, after, True)

    def gate(self, host: str) -> Gate | None:
        """Return what knows the callers of a server at `host`, None where there is one person only. From then on nobody else is granted anything.

        Raises:
            PolicyError: callers must be known, and nobody could be.
            ConfigError: the policies or the identity provider's settings cannot be used.
        """
        access, proxies = self.settings.access, self.settings.serve.trusted_proxies
        known = access.authentication == "required" or access.oidc.issuer or proxies or not is_loopback(host)
        if not known:
            return None
        if not access.oidc.issuer and not self.keys.any_live():
            raise PolicyError(
                f"refused to serve on {host!r}: whoever reaches it could read the code, and no authentication is configured",
                next_step="make a key (clew keys create NAME --role reader), or set access.oidc.issuer; or listen on 127.0.0.1",
            )
        return self.strict_gate()

    def strict_gate(self) -> Gate:
        """Return what knows callers, wherever they come from. From then on nobody else is granted anything. Raises ConfigError."""
        access = self.settings.access
        from ops.policy.gate import Gate
        from ops.policy.oidc import TokenVerifier
        from ops.policy.rates import Rates

        tokens = TokenVerifier(access.oidc) if access.oidc.issuer else None
        together = self.shared if self.settings.rates.store == "memory" else None
        rates = Rates(self.settings.rates, cast("SharedCounts | None", together))
        self._gate = Gate(self.principals, self.keys, self.access, rates, self.branches, tokens)
        self._tell_of_policies_since()
        return self._gate

    def branches(self) -> dict[str, str]:
        """Return the repositories, cloned ones too, with the branch of each where it is known, as policies speak of them."""
        from ops.policy.branches import Branches

        known = self.graph.repositories(EVERYTHING) if self.has_index else []
        return dict.fromkeys(self._cloned_names(), "") | Branches(self.settings.home / BRANCHES_FILE).of(known)

    def _cloned_names(self) -> frozenset[str]:
        """Return the names of what is cloned, or will be: who connected one follows its first job. Nobody is kept out when they cannot be had."""
        if not (self.settings.home / SOURCES_FILE).exists():
            return frozenset()
        try:
            return frozenset(source.repository for source in self.source_store.sources())
        except StoreError:
            return frozenset()

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
        return IndexJobs(self.job_store, command, {"store": str(home)}, told=self._tell_of_job, by=self._user)

    @cached_property
    def connections(self) -> Connections:
        """Repositories elsewhere, with what belongs to them."""
        from app.connections import Connections
        from ops.ledger.events import SourceChanged

        def told(what: str, name: str, change: str) -> None:
            self.journal.tell(SourceChanged(user=self._user(), what=what, name=name, change=change))
            if self._gate is not None:
                self._gate.look_again()

        return Connections(self, lambda: self.indexing, told)

    def answer_others(self, url: str) -> None:
        """Let other processes of this person ask this one for dense candidates, at `url`, once it owns the vectors."""
        self._url, self.handover_token = url, secrets.token_urlsafe(32)

    def background(self) -> AbstractAsyncContextManager[Pace | None]:
        """Return what a long-lived process does beside its requests: it fills vectors. Enter it before searching."""
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
        self.journal.tell(JobChanged(user=self._user(), job=job, repository=repository, state=state, **told))

    def _tell_of_job(self, job: Job, user: str) -> None:
        from ops.ledger.events import JobChanged

        name, state = job.order.repository or "", job.state.value
        seconds = round(job.ended_at - job.started_at, 3) if job.ended_at and job.started_at else None
        self.journal.tell(JobChanged(user=user, job=job.id, repository=name, state=state, seconds=seconds))

    def _user(self) -> str:
        from agents.context import Context

        return self.payer_for(Context()).user

    def close(self) -> None:
        """Close what was opened."""
        if self._vectors is not None:
            self._vectors.close()
        sharing = self.__dict__.pop("sharing", None)
        if sharing is not None:
            sharing.close()
            self.__dict__.pop("shared", None)
        journal = self.__dict__.pop("journal", None)
        if journal is not None:
            journal.close()
        super().close()
