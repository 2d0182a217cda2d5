"""Index runs as jobs: started, listed, followed, cancelled, repeated. The work is done in a process of its own (`ops/jobs`).

A request may bring an indexed or cloned repository up to date. What it may index anew lies below the folders of `serve.roots`, links followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.known_callers import shown_job
from app.rest.api import bodies
from app.rest.api.closing import Closing
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, Limit, paging_of
from app.rest.api.reading import tagged
from app.rest.api.sse import KEEP_ALIVE, KEEP_ALIVE_S, EventStream, encoded, number_of
from app.rest.authentication import Granted
from app.rest.problems import refusal_of
from app.rest.replies import PlainJSON
from app.shapes import Shape
from app.shapes.sources import job_shape
from configs.errors import InputError, JobRunning, PolicyError
from knowledge.jobs import Job, Order
from knowledge.scope import Scope
from ops.policy.callers import caller

JobId: TypeAlias = Annotated[str, Path(min_length=32, max_length=32, pattern="^[0-9a-f]+$")]


class IndexOrder(BaseModel):
    """What shall be indexed: a repository that is, or a folder below `serve.roots`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"repository": "shop"}]})

    repository: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Bring this one up to date; beside `path`: how it shall be called.",
    )
    path: str | None = Field(
        default=None, min_length=1, max_length=4_000, description="An absolute folder on the server."
    )
    force: bool = Field(default=False, description="Read every file and write every row.")
    documents_only: bool = Field(default=False, description="Documents alone.")

    @model_validator(mode="after")
    def _says_what(self) -> IndexOrder:
        if self.repository is None and self.path is None:
            raise ValueError("give a `repository` or a `path`")
        return self


_EVENTS = {
    "description": "An event `job` whenever it has changed, the last one when it has ended.",
    "content": {"text/event-stream": {}},
}


def router(composition: Composition, closing: Closing) -> APIRouter:
    """Return the routes under `/jobs`."""
    routes = APIRouter(tags=["jobs"])

    @routes.post(
        "/jobs",
        summary="Index",
        status_code=202,
        responses=replies(bodies.JobRow, 404, 409, 422, status=202, said="It was taken."),
    )
    async def start(body: IndexOrder, scope: Granted) -> Response:
        """Runs in its turn, `index.at_once` jobs at a time, one at a time for a folder."""
        order = await asyncio.to_thread(_order, composition, body, scope)
        try:
            job = await composition.jobs.start(order)
        except JobRunning as error:
            return _in_the_way(error)
        return _taken(job)

    @routes.get("/jobs", name="list", summary="Jobs", responses=replies(bodies.JobPage, 410, cached=True))
    async def jobs(request: Request, scope: Granted, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """The newest first; the last thousand are kept."""
        paging = paging_of(request, cursor, limit)
        start = paging.start if isinstance(paging.start, list) and len(paging.start) == 2 else None
        before = (float(start[0]), str(start[1])) if start else None
        found = await composition.jobs.find(scope, before, limit + 1)
        page = found[:limit]
        following = paging.cursor([page[-1].created_at, page[-1].id]) if len(found) > limit else None
        return tagged(request, {"jobs": [_shape(job) for job in page], "next_cursor": following})

    @routes.get("/jobs/{job_id}", name="show", summary="One job", responses=replies(bodies.JobRow, 404, cached=True))
    async def job(job_id: JobId, request: Request, scope: Granted) -> Response:
        """How far it is, or how it ended."""
        return tagged(request, _shape(await composition.jobs.get(scope, job_id)))

    @routes.get("/jobs/{job_id}/events", summary="Follow a job", responses={**replies(None, 404), 200: _EVENTS})
    async def events(
        job_id: JobId, scope: Granted, last_event_id: Annotated[str | None, Header(max_length=60)] = None
    ) -> Response:
        """Its state with stage, rate and remaining time, now and whenever it has changed."""
        await composition.jobs.get(scope, job_id)
        return EventStream(_followed(composition, closing, scope, job_id, number_of(last_event_id)))

    @routes.post(
        "/jobs/{job_id}/cancel",
        summary="Cancel a job",
        status_code=202,
        responses=replies(bodies.JobRow, 404, 422, status=202, said="It ends."),
    )
    async def cancel(job_id: JobId, scope: Granted) -> Response:
        """What was indexed before stays as it was. A job that has ended is left as it is."""
        return PlainJSON(_shape(await composition.jobs.cancel(scope, job_id)), status_code=202)

    @routes.post(
        "/jobs/{job_id}/repeat",
        summary="Repeat a job",
        status_code=202,
        responses=replies(bodies.JobRow, 404, 409, 422, status=202, said="It was taken."),
    )
    async def repeat(job_id: JobId, scope: Granted) -> Response:
        """As a new job: after one that failed, was cancelled or interrupted."""
        try:
            return _taken(await composition.jobs.repeat(scope, job_id))
        except JobRunning as error:
            return _in_the_way(error)

    return routes


async def _followed(
    composition: Composition, closing: Closing, scope: Scope, job_id: str, number: int
) -> AsyncIterator[bytes]:
    """Yield a job's states until it has ended or the server closes: the client comes back to the next one."""
    async for job in closing.until(composition.jobs.follow(scope, job_id), KEEP_ALIVE_S):
        if job is None:
            yield KEEP_ALIVE
            continue
        number += 1
        yield encoded("job", _shape(job), str(number))


def _shape(job: Job) -> Shape:
    return job_shape(shown_job(caller(strict=False), job))


def _taken(job: Job) -> Response:
    return PlainJSON(_shape(job), status_code=202, headers={"Location": f"/api/v1/jobs/{job.id}"})


def _in_the_way(error: JobRunning) -> Response:
    return refusal_of(error, job_id=error.job_id)


def _order(composition: Composition, body: IndexOrder, scope: Scope) -> Order:
    """Return the order with the folder that it means.

    Raises:
        UnknownRepository: it is to be brought up to date, and is not there or not granted.
        InputError: the path is not absolute. PolicyError: it lies where nothing may be indexed.
    """
    if body.path is None:
        assert body.repository is not None
        return composition.connections.order(
            body.repository, scope, force=body.force, documents_only=body.documents_only
        )
    if not body.path.isprintable() or not FilePath(body.path).is_absolute():
        raise InputError(
            f"the path {body.path!r} is not absolute", next_step="give a folder of the server, from its root"
        )
    root = FilePath(body.path).resolve()
    known = composition.graph.repositories(scope) if composition.has_index else []
    indexed = next((info.name for info in known if info.root == str(root)), None)
    allowed = [folder.expanduser().resolve() for folder in composition.settings.serve.roots]
    is_below = scope.repositories is None and any(root.is_relative_to(folder) for folder in allowed)
    if indexed is None and not is_below:
        raise PolicyError(
            f"requests may not have {body.path!r} indexed",
            next_step="set serve.roots to a folder above it, or run `clew index` on the server",
        )
    return Order(str(root), body.repository or indexed, body.force, body.documents_only)
