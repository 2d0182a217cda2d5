"""How what is indexed is, and who would write about it: what `clew status` knows, within what the caller is granted.

Where the store is, what it takes and which hosts there are is for who looks after the server.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import Reading, Repositories, by_content
from app.rest.authentication import Granted
from app.shapes import Shape
from ops.policy.callers import caller


def router(composition: Composition) -> APIRouter:
    """Return the route `/status`."""
    routes = APIRouter(tags=["repositories"])

    @routes.get("/status", name="status", summary="How it is", responses=replies(bodies.Status, 404, cached=True))
    async def status(request: Request, scope: Granted, repository: Repositories = None) -> Response:
        """Coverage, freshness, sureness of relations, vectors, and who would write. Compares the working files: a walk of each folder."""
        one = caller(strict=request.app.state.strict)
        whole = "admin" in one.rights and one.grants.admin

        def work(reading: Reading) -> Shape:
            return composition.overview(reading.scope, whole=whole)

        return await by_content(composition, request, scope, repository, work)

    return routes
