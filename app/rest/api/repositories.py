"""Which repositories are indexed, their files, and lines of those files as they were indexed.

Text comes from the store, where secrets are masked, never from the disk; a path is a key of the index, not a place in a file system.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from app.known_callers import shown_to
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, Limit, paging_of
from app.rest.api.reading import Reading, Repositories, by_content, by_index, one_line
from app.rest.authentication import Granted
from app.shapes import Shape
from app.shapes.repositories import health_shape, repository_shape
from app.shapes.symbols import occurrence_shape, outline_shape, span_shape
from app.staleness import staleness
from knowledge.schema import RepositoryInfo
from ops.policy.callers import caller
from tools.occurrences import occurrence_at
from tools.reading import holder_of, outline, read_span, repository_info

MAX_LINES = 2_000


def _shape(info: RepositoryInfo) -> Shape:
    return repository_shape(shown_to(caller(strict=False), info))


FilePath: TypeAlias = Annotated[
    str,
    Query(max_length=4_000, description="From the repository's root, as answers cite it.", examples=["shop/models.py"]),
]


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/repositories` and `/files`."""
    routes = APIRouter(tags=["repositories"])

    @routes.get(
        "/repositories",
        name="list",
        summary="Repositories",
        responses=replies(bodies.RepositoryPage, 404, 410, cached=True),
    )
    async def repositories(request: Request, scope: Granted, limit: Limit = 100, cursor: Cursor = None) -> Response:
        """What is indexed, by name: revision, size, and when."""

        def work(reading: Reading) -> Shape:
            known = reading.graph.repositories(reading.scope) if composition.has_index else []
            paging = paging_of(request, cursor, limit)
            after = str(paging.start[0]) if isinstance(paging.start, list) and paging.start else ""
            rows = [info for info in known if info.name > after]
            following = paging.cursor([rows[limit - 1].name]) if len(rows) > limit else None
            return {"repositories": [_shape(info) for info in rows[:limit]], "next_cursor": following}

        return await by_content(composition, request, scope, None, work)

    @routes.get(
        "/repositories/{name}",
        name="show",
        summary="One repository",
        responses=replies(bodies.Repository, 404, cached=True),
    )
    async def repository(
        request: Request, scope: Granted, name: Annotated[str, Path(max_length=200, examples=["shop"])]
    ) -> Response:
        """Revision, size, and when it was indexed."""

        def work(reading: Reading) -> Shape:
            return _shape(repository_info(reading.graph, reading.scope, name))

        return await by_index(composition, request, scope, [name], work)

    @routes.get(
        "/repositories/{name}/health",
        name="health",
        summary="How well a repository is covered",
        responses=replies(bodies.Health, 404),
    )
    async def health(scope: Granted, name: Annotated[str, Path(max_length=200, examples=["shop"])]) -> bodies.Health:
        """What was not read and why, how sure its relations are, and what has changed on the disk since: that is looked up now."""

        def work() -> bodies.Health:
            info = composition.repository(name, scope)
            most = composition.settings.index.max_file_bytes
            issues = composition.graph.issues(scope, info.name)
            return bodies.Health(**health_shape(info, issues, staleness(composition.graph, info, max_file_bytes=most)))

        return await asyncio.to_thread(work)

    @routes.get("/files", summary="Files of a repository", responses=replies(bodies.FilePage, 404, 410, cached=True))
    async def files(
        request: Request,
        scope: Granted,
        repository: Annotated[str, Query(max_length=200, examples=["shop"])],
        prefix: Annotated[str, Query(max_length=4_000, description="Only paths that begin so.")] = "",
        limit: Limit = 200,
        cursor: Cursor = None,
    ) -> Response:
        """What is covered by the index, by path."""

        def work(reading: Reading) -> Shape:
            paging = paging_of(request, cursor, limit, reading.state)
            known = reading.graph.paths(reading.scope, repository)
            page, following = paging.cut(sorted(path for path in known if path.startswith(prefix)))
            rows = [{"path": path, "language": known[path][1], "lines": known[path][2]} for path in page]
            return {"repository": repository, "files": rows, "next_cursor": following}

        return await by_index(composition, request, scope, [repository], work)

    @routes.get("/files/lines", summary="Lines of a file", responses=replies(bodies.Lines, 404, cached=True))
    async def lines(
        request: Request,
        scope: Granted,
        path: FilePath,
        start_line: Annotated[int, Query(ge=1, le=10_000_000)] = 1,
        end_line: Annotated[
            int, Query(ge=1, le=10_000_000, description=f"At most {MAX_LINES:,} lines are read.")
        ] = 200,
        repository: Repositories = None,
    ) -> Response:
        """As indexed, secrets masked; `stale` says whether the working file has changed since. A path that several repositories hold needs `repository`."""

        def work(reading: Reading) -> Shape:
            holder = holder_of(reading.graph, reading.scope, path)
            span = read_span(
                reading.graph, reading.scope, holder, path, start_line, end_line, max_lines=MAX_LINES, check_stale=True
            )
            return span_shape(span)

        return await by_content(composition, request, scope, repository, work)

    @routes.get(
        "/files/outline",
        name="outline",
        summary="Outline of a file",
        responses=replies(bodies.Outline, 404, cached=True),
    )
    async def file_outline(
        request: Request, scope: Granted, path: FilePath, repository: Repositories = None
    ) -> Response:
        """What a file defines, in order."""

        def work(reading: Reading) -> Shape:
            holder = holder_of(reading.graph, reading.scope, path)
            return outline_shape(holder, path, outline(reading.graph, reading.scope, holder, path))

        return await by_index(composition, request, scope, repository, work)

    @routes.get(
        "/files/occurrence",
        name="occurrence",
        summary="What a name at a line means",
        responses=replies(bodies.Occurrence, 404, cached=True),
    )
    async def occurrence(
        request: Request,
        scope: Granted,
        path: FilePath,
        line: Annotated[int, Query(ge=1, le=10_000_000)],
        name: Annotated[str, Query(max_length=1_000, description="The word as it stands there.", examples=["price"])],
        repository: Repositories = None,
    ) -> Response:
        """The definition there, or what the use of the name was resolved to. Where the line does not have it, the nearest one of the file that has: an editor's text may have moved on."""

        def work(reading: Reading) -> Shape:
            found = occurrence_at(reading.graph, reading.scope, path, line, one_line(name, "name"))
            return occurrence_shape(path, line, name, found)

        return await by_index(composition, request, scope, repository, work)

    return routes
