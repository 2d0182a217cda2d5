"""The review of a change in a repository that lies beside the server: what it puts at risk, which tests to run, whom to ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import Reading, by_content
from app.rest.authentication import Granted
from app.reviewing import reviewed
from app.shapes import Shape, review_shape


def router(composition: Composition) -> APIRouter:
    """Return the route `/review`."""
    routes = APIRouter(tags=["structure"])

    @routes.get("/review", summary="Review a change", responses=replies(bodies.Reviewed, 404, cached=True))
    async def review(
        request: Request,
        scope: Granted,
        repository: Annotated[str, Query(max_length=200, examples=["shop"])],
        revisions: Annotated[
            str,
            Query(
                max_length=400,
                description="`A..B`, `A...B` (since they parted), `A` (from there to the working tree); empty: the working tree against HEAD, or the last commit where nothing is uncommitted.",
                examples=["main...HEAD"],
            ),
        ] = "",
        depth: Annotated[int, Query(ge=1, le=20, description="Links to follow.")] = 3,
        limit: Annotated[int, Query(ge=1, le=1_000, description="Rows a symbol at most.")] = 200,
    ) -> Response:
        """Asks git at the repository's root as the server sees it, read-only; the graph is that of the index."""

        def work(reading: Reading) -> Shape:
            reading.read_index()
            return review_shape(*reviewed(reading.graph, reading.scope, revisions, depth, limit))

        return await by_content(composition, request, scope, [repository], work)

    return routes
