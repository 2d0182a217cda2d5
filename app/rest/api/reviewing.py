"""The review of a change, of the server's copy of a repository or posted as a diff: what it puts at risk, which tests to run, whom to ask."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import Reading, by_content
from app.rest.authentication import Granted
from app.reviewing import reviewed, reviewed_diff
from app.shapes import Shape
from app.shapes.reviewing import review_shape
from knowledge.changes import MAX_DIFF_BYTES


class PostedDiff(BaseModel):
    """A change as `git diff` writes it, and the indexed repository that it is of."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"repository": "shop", "diff": "diff --git a/shop/models.py b/shop/models.py\n"}]
        },
    )

    repository: str = Field(min_length=1, max_length=200)
    diff: str = Field(
        max_length=MAX_DIFF_BYTES,
        description="`git diff --full-index --unified=1000000 HEAD` tells whole files, which a server without that commit can compare; a shorter one serves where it has it.",
    )
    base: str = Field(
        default="",
        max_length=64,
        description="The commit that the diff starts from; empty, or not known to the server: HEAD of its own copy.",
    )
    depth: int = Field(default=3, ge=1, le=20, description="Links to follow.")
    limit: int = Field(default=200, ge=1, le=1_000, description="Rows a symbol at most.")


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

    @routes.post("/review", summary="Review a diff", responses=replies(bodies.Reviewed, 404))
    async def review_diff(request: Request, scope: Granted, posted: PostedDiff) -> Response:
        """Reviews a change that the server has not: the text is parsed, compared by syntax and forgotten; no model reads it."""

        def work(reading: Reading) -> Shape:
            reading.read_index()
            return review_shape(
                *reviewed_diff(reading.graph, reading.scope, posted.diff, posted.base, posted.depth, posted.limit)
            )

        return await by_content(composition, request, scope, [posted.repository], work)

    return routes
