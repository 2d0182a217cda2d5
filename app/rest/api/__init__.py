"""Clew's own interface, version 1: one module a topic, under `/api/v1`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter

from app.rest.api import (
    administration,
    chat,
    configuration,
    connecting,
    feedback,
    jobs,
    repositories,
    reviewing,
    search,
    signals,
    status,
    structure,
    symbols,
    threads,
    usage,
)
from app.rest.api.closing import Closing
from app.rest.api.composition import Composition
from app.rest.api.runs import Runs
from app.rest.api.shared_runs import SharedRuns
from configs.errors import StoreError
from ops.sources.scheduling import Refreshing

PREFIX = "/api/v1"

log = logging.getLogger("clew.rest")


@dataclass(frozen=True, slots=True)
class Api:
    """The routes, and what lives beside requests."""

    router: APIRouter
    runs: Runs
    closing: Closing
    composition: Composition
    refreshing: list[Refreshing] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold what outlives a request; end it at the end."""
        self.closing.bind()
        async with AsyncExitStack() as stack:
            if self.composition.sharing is not None:
                await stack.enter_async_context(self.composition.sharing.running())
            await self._run_jobs(stack)
            try:
                yield
            finally:
                self.closing.begin()
                await self.runs.close()

    def wake(self) -> None:
        """Look at once for repositories that are to be brought up to date."""
        if self.refreshing:
            self.refreshing[0].wake()

    async def _run_jobs(self, stack: AsyncExitStack) -> None:
        """A store that cannot be written still answers; its jobs then say what is wrong."""
        try:
            jobs = self.composition.jobs
            await stack.enter_async_context(jobs.running())
            refreshing = self.composition.connections.refreshing(jobs.start)
            await stack.enter_async_context(refreshing.running())
            self.refreshing.append(refreshing)
        except StoreError as error:
            log.warning("no index jobs are run: %s", error)


def api_router(composition: Composition) -> Api:
    """Return the interface over the composed parts."""
    routes = APIRouter(prefix=PREFIX)
    shared = None if composition.sharing is None else SharedRuns(composition.sharing)
    runs, closing = Runs(composition.settings.serve.reconnect_s, shared=shared), Closing()
    routes.include_router(chat.router(composition, runs))
    routes.include_router(jobs.router(composition, closing))
    routes.include_router(connecting.router(composition))
    for topic in (
        search,
        symbols,
        structure,
        reviewing,
        repositories,
        status,
        threads,
        feedback,
        signals,
        usage,
        administration,
        configuration,
    ):
        routes.include_router(topic.router(composition))
    return Api(routes, runs, closing, composition)
