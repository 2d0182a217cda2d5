"""Repositories that are cloned: registered, brought up to date, removed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from configs.errors import InputError, SourceExists, UnknownSource
from knowledge.jobs import Order
from knowledge.sources import Source, SourceStore
from ops.sources.addresses import Rules, parse_remote, resolved
from ops.sources.clones import Clones, Fetched, Wanted, check_branch
from ops.sources.credentials import Credentials, Told
from ops.sources.git import Progress

DEEPEST = 1_000_000


class Sources:
    """The cloned repositories of one store.

    taken: the names that are indexed from elsewhere. resolve: in place of the system's own look-up of names, for tests.
    """

    def __init__(
        self,
        store: SourceStore,
        credentials: Credentials,
        clones: Clones,
        rules: Rules,
        *,
        clock: Callable[[], float],
        told: Told,
        taken: Callable[[], frozenset[str]],
        resolve: Callable[[str, int], list[str]] | None = None,
    ) -> None:
        self._store = store
        self._credentials = credentials
        self._clones = clones
        self._rules = rules
        self._clock = clock
        self._told = told
        self._taken = taken
        self._resolve = resolve

    def add(
        self,
        url: str,
        *,
        name: str = "",
        branch: str = "",
        credential: str = "",
        depth: int = 1,
        blobless: bool = False,
    ) -> Source:
        """Register a repository; the first refresh clones it.

        Raises:
            InputError, SourceRefused: its address, its host or its branch cannot be used. SourceUnreachable: the host has no address.
            SourceExists: its name is taken. UnknownSource: there is no such credential.
        """
        remote = parse_remote(url)
        resolved(remote, self._rules, self._resolve)
        check_branch(branch)
        if credential:
            self._credentials.check(credential, remote)
        if not 0 <= depth <= DEEPEST:
            raise InputError(f"{depth} is no depth", next_step="give the number of commits, 0 for all")
        name = name or remote.name
        if name in self._taken():
            raise SourceExists(f"a repository {name!r} is indexed already", next_step="give this one another name")
        source = Source(
            secrets.token_hex(8), name, remote.url, branch, credential, depth, blobless, created_at=self._clock()
        )
        self._store.add(source)
        self._told("repository", name, "added")
        return source

    def get(self, repository: str) -> Source:
        """Raises UnknownSource."""
        found = self._store.source(repository)
        if found is None:
            raise UnknownSource(f"no repository {repository!r} is cloned", next_step="see `clew repositories list`")
        return found

    def of(self, identity: str) -> Source:
        """Raises UnknownSource."""
        found = self._store.source_of(identity)
        if found is None:
            raise UnknownSource("the repository is cloned no more", next_step="see `clew repositories list`")
        return found

    def all(self) -> list[Source]:
        return self._store.sources()

    def order(
        self,
        source: Source,
        *,
        force: bool = False,
        documents_only: bool = False,
        dropping: bool = False,
        removing: bool = False,
    ) -> Order:
        """Return what a job is told: to bring it up to date, to drop it if its branch is gone, or to remove it."""
        root = str(self._clones.root(source.id))
        return Order(root, source.repository, force or removing, documents_only, source.id, dropping or removing)

    def fetch(self, identity: str, progress: Progress) -> Fetched:
        """Clone it, or bring its clone up to date. Raises as `Clones.bring`, and UnknownSource."""
        source = self.of(identity)
        secret = self._credentials.secret(source.credential, parse_remote(source.url))
        done = self._clones.bring(_wanted(source), secret, progress)
        now = self._clock()
        self._store.put(replace(source, fetched_at=now, commit=done.commit, fetched_branch=done.branch, present=True))
        return done

    def branch_is_gone(self, identity: str, progress: Progress) -> bool:
        """Ask its host, whatever a webhook said. Raises SourceError when the host does not say."""
        source = self.of(identity)
        secret = self._credentials.secret(source.credential, parse_remote(source.url))
        return self._clones.is_gone(_wanted(source), secret, progress)

    def drop_clone(self, identity: str) -> None:
        """Delete the clone of a branch that is gone; a later push brings it back. Raises StoreBusy, UnknownSource."""
        source = self.of(identity)
        self._clones.remove(identity)
        self._store.put(replace(source, commit="", present=False))
        self._told("repository", source.repository, "branch deleted")

    def remove(self, repository: str) -> Source:
        """Forget a repository with its webhooks and schedule, and delete the clone. Raises UnknownSource, StoreBusy."""
        source = self.get(repository)
        self._clones.remove(source.id)
        self._store.remove(source.id)
        self._told("repository", repository, "removed")
        return source


def _wanted(source: Source) -> Wanted:
    return Wanted(source.id, source.url, source.branch, source.depth, source.blobless)
