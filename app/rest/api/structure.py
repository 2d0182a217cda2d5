"""What a change breaks, and how one symbol leads to another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import Reading, Repositories, by_index, one_line
from app.rest.authentication import Granted
from app.shapes import Shape
from app.shapes.structure import impact_shape, path_shape
from tools.structure import full_impact
from tools.ways import path_between

LONGEST_NAME = 1_000


def router(composition: Composition) -> APIRouter:
    """Return the routes `/impact` and `/path`."""
    routes = APIRouter(tags=["structure"])

    @routes.get("/impact", summary="What a change breaks", responses=replies(bodies.Impact, 404, cached=True))
    async def impact(
        request: Request,
        scope: Granted,
        symbol: Annotated[str, Query(max_length=LONGEST_NAME, description="An id or a name.", examples=["price"])],
        depth: Annotated[int, Query(ge=1, le=20, description="Links to follow.")] = 3,
        repository: Repositories = None,
        limit: Annotated[int, Query(ge=1, le=1_000, description="Rows at most.")] = 200,
    ) -> Response:
        """What will break and what may, which tests to run, and which entry points reach it."""

        def work(reading: Reading) -> Shape:
            name = one_line(symbol, "name")
            return impact_shape(full_impact(reading.graph, reading.scope, name, max_depth=depth, limit=limit))

        return await by_index(composition, request, scope, repository, work)

    @routes.get("/path", summary="A path of calls", responses=replies(bodies.CallPath, 404, cached=True))
    async def path(
        request: Request,
        scope: Granted,
        source: Annotated[str, Query(max_length=LONGEST_NAME, description="Where it begins.", examples=["checkout"])],
        target: Annotated[str, Query(max_length=LONGEST_NAME, description="Where it ends.", examples=["price"])],
        depth: Annotated[int, Query(ge=1, le=20, description="Links at most.")] = 12,
        repository: Repositories = None,
    ) -> Response:
        """A shortest chain of calls from one symbol to another, each link with its line."""

        def work(reading: Reading) -> Shape:
            ends = one_line(source, "source"), one_line(target, "target")
            return path_shape(path_between(reading.graph, reading.scope, *ends, max_depth=depth))

        return await by_index(composition, request, scope, repository, work)

    return routes
