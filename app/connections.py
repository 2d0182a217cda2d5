"""Composes what has to do with repositories elsewhere: clones, credentials, webhooks, schedules, and the jobs that follow from them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from app.indexing import Indexing, Say
from app.store_files import CLONES_FOLDER, SOURCES_KEY_FILE
from app.stores import Stores
from configs.errors import UnknownRepository
from configs.settings import SourceSettings
from knowledge.jobs import Order
from knowledge.ports.graph import Progress
from knowledge.scope import EVERYTHING, Scope
from ops.sources.addresses import Rules
from ops.sources.clones import Clones
from ops.sources.credentials import Credentials, Told
from ops.sources.git import Limits, Proxy
from ops.sources.register import Sources
from ops.sources.scheduling import Refreshing, Schedules
from ops.sources.vault import Vault
from ops.sources.webhooks import Webhooks

if TYPE_CHECKING:
    from indexers.pipeline import IndexReport


def proxy_of(settings: SourceSettings) -> Proxy | None:
    """Return the proxy that is set."""
    if not settings.proxy:
        return None
    return Proxy(settings.proxy, settings.proxy_user, settings.proxy_password.get_secret_value())


class Connections:
    """The connected repositories of one store. told: hears of every change, for the Ledger."""

    def __init__(self, stores: Stores, indexing: Callable[[], Indexing], told: Told) -> None:
        self._stores = stores
        self._indexing = indexing
        self._told = told
        self._settings = stores.settings.sources

    @cached_property
    def sources(self) -> Sources:
        settings = self._settings
        rules = Rules(settings.schemes, settings.hosts, settings.inside, settings.proxied if settings.proxy else ())
        limits = Limits(
            settings.max_bytes, settings.timeout_s, settings.ca_file, settings.known_hosts, proxy_of(settings)
        )
        folder = settings.folder or self._stores.settings.home / CLONES_FOLDER
        clones = Clones(folder.expanduser().absolute(), rules, limits)
        return Sources(
            self._stores.source_store,
            self.credentials,
            clones,
            rules,
            clock=time.time,
            told=self._told,
            taken=self._indexed_names,
        )

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self._stores.source_store, self._vault, time.time, self._told)

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(self._stores.source_store, self._vault, time.time, self._settings.debounce_s, self._told)

    @cached_property
    def schedules(self) -> Schedules:
        return Schedules(self._stores.source_store, time.time, self._settings.jitter_s, self._told)

    @cached_property
    def _vault(self) -> Vault:
        return Vault(self._settings.sealing_key.get_secret_value(), self._stores.settings.home / SOURCES_KEY_FILE)

    def refreshing(self, start: Callable[[Order], Awaitable[object]]) -> Refreshing:
        """Return what begins refreshes when they are due."""
        return Refreshing(
            self._stores.source_store,
            self.schedules,
            time.time,
            order_by_name=lambda name: self.order(name, EVERYTHING),
            order_by_source=lambda identity, deleted: self.sources.order(self.sources.of(identity), dropping=deleted),
            start=start,
        )

    def order(self, repository: str, scope: Scope, *, force: bool = False, documents_only: bool = False) -> Order:
        """Return what a job is told to bring a repository up to date, cloned or not. Raises UnknownRepository."""
        granted = scope.repositories is None or repository in scope.repositories
        source = self._stores.source_store.source(repository) if granted else None
        if source is not None:
            return self.sources.order(source, force=force, documents_only=documents_only)
        from app.repositories import unknown_repository

        known = self._stores.graph.repositories(scope) if self._stores.has_index else []
        info = next((info for info in known if info.name == repository), None)
        if info is None:
            raise unknown_repository(repository, known)
        return Order(info.root, info.name, force, documents_only)

    def refresh(
        self, identity: str, *, force: bool = False, documents_only: bool = False, progress: Progress, say: Say
    ) -> IndexReport:
        """Clone or fetch, then index. Raises SourceError, UnknownSource, StoreError, IndexingError."""
        source = self.sources.of(identity)
        fetched = self.sources.fetch(identity, progress)
        return self._indexing().index(
            str(fetched.root),
            source.repository,
            progress=progress,
            say=say,
            force=force,
            documents_only=documents_only,
        )

    def drop_if_gone(self, identity: str, *, progress: Progress, say: Say) -> bool:
        """Delete index and clone if the host says that the branch is gone; False when it is still there. Raises SourceError, StoreError."""
        if not self.sources.branch_is_gone(identity, progress):
            return False
        self._forget(self.sources.of(identity).repository, say)
        self.sources.drop_clone(identity)
        return True

    def remove(self, identity: str, *, say: Say) -> None:
        """Delete index, clone, webhooks and schedule of a repository. What people said of it stays. Raises UnknownSource, StoreError."""
        repository = self.sources.of(identity).repository
        self._forget(repository, say)
        self.sources.remove(repository)

    def _forget(self, repository: str, say: Say) -> None:
        with suppress(UnknownRepository):  # its first run did not come to its end
            self._indexing().forget(repository, say=say, quoted=False)

    def _indexed_names(self) -> frozenset[str]:
        if not self._stores.has_index:
            return frozenset()
        return frozenset(info.name for info in self._stores.graph.repositories(EVERYTHING))
