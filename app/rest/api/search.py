"""Where is it: ranked places for words, names, paths and quoted strings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.asking import checked_question
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, paging_of
from app.rest.api.reading import Reading, Repositories, by_content, index_state
from app.rest.authentication import Granted
from app.shapes import Shape
from app.shapes.search import search_shape
from tools.search import Kind

LONGEST_RANKING = 1_000


def router(composition: Composition) -> APIRouter:
    """Return the route `/search`."""
    routes = APIRouter(tags=["search"])

    @routes.get("/search", name="places", summary="Search", responses=replies(bodies.SearchPage, 404, 410, cached=True))
    async def search(
        request: Request,
        scope: Granted,
        q: Annotated[str, Query(max_length=100_000, description="What is looked for.", examples=["retry policy"])],
        kind: Annotated[Kind, Query(description="What to find.")] = "symbol",
        repository: Repositories = None,
        limit: Annotated[int, Query(ge=1, le=100, description="Rows of a page at most.")] = 10,
        cursor: Cursor = None,
    ) -> Response:
        """Ranked functions, symbols or files of code, or sections of documents, best first."""
        longest = composition.settings.run.max_question_characters

        def work(reading: Reading) -> Shape:
            query = checked_question(q, longest)
            paging = paging_of(request, cursor, limit, index_state(reading.graph, reading.scope))
            wanted = min(paging.offset + limit + 1, LONGEST_RANKING)
            retriever, reranked = composition.search()
            if kind == "doc":
                results = retriever.search_docs(reading.scope, query, top_k=wanted)
            else:
                results = retriever.search_code(reading.scope, query, kind=kind, top_k=wanted)
            page, following = paging.cut(results)
            note = reranked[0].note if reranked else ""
            return {**search_shape(q, page), "note": note, "next_cursor": following}

        return await by_content(composition, request, scope, repository, work)

    return routes
