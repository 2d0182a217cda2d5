"""Clew's own interface, version 1: one module a topic, under `/api/v1`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from fastapi import APIRouter

from app.rest.api import (
    administration,
    chat,
    configuration,
    feedback,
    jobs,
    repositories,
    reviewing,
    search,
    signals,
    structure,
    symbols,
    threads,
    usage,
)
from app.rest.api.closing import Closing
from app.rest.api.composition import Composition
from app.rest.api.runs import Runs
from configs.errors import StoreError

PREFIX = "/api/v1"

log = logging.getLogger("clew.rest")


@dataclass(frozen=True, slots=True)
class Api:
    """The routes, and what lives beside requests."""

    router: APIRouter
    runs: Runs
    closing: Closing
    composition: Composition

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold what outlives a request; end it at the end."""
        self.closing.bind()
        async with self._jobs():
            try:
                yield
            finally:
                self.closing.begin()
                await self.runs.close()

    def _jobs(self) -> AbstractAsyncContextManager[None]:
        """A store that cannot be written still answers; its jobs then say what is wrong."""
        try:
            return self.composition.jobs.running()
        except StoreError as error:
            log.warning("no index jobs are run: %s", error)
            return nullcontext()


def api_router(composition: Composition) -> Api:
    """Return the interface over the composed parts."""
    routes = APIRouter(prefix=PREFIX)
    runs, closing = Runs(composition.settings.serve.reconnect_s), Closing()
    routes.include_router(chat.router(composition, runs))
    routes.include_router(jobs.router(composition, closing))
    for topic in (
        search,
        symbols,
        structure,
        reviewing,
        repositories,
        threads,
        feedback,
        signals,
        usage,
        administration,
        configuration,
    ):
        routes.include_router(topic.router(composition))
    return Api(routes, runs, closing, composition)
