"""Symbols: found by name or by how their names begin, shown, and what calls them, what they call, what is near them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, Limit, paging_of
from app.rest.api.reading import Reading, Repositories, by_index, one_line
from app.rest.authentication import Granted
from app.shapes import Shape
from app.shapes.structure import neighbourhood_shape, structural_shape
from app.shapes.symbols import full_symbol_shape, span_shape
from configs.errors import InputError
from knowledge.schema import RelationKind, Symbol, SymbolKind
from tools import structure
from tools.meaning import CODE_KINDS
from tools.neighbourhood import DRAWN, MAX_DEPTH, neighbourhood
from tools.reading import read_span

Name: TypeAlias = Annotated[
    str,
    Path(
        max_length=1_000,
        description="An id (`shop:shop/models.py#price`, with `#` written as `%23`), or a name: `price`, `models.price`.",
        examples=["price"],
    ),
]
Depth: TypeAlias = Annotated[int, Query(ge=1, le=20, description="Links to follow.")]
SHOWN_LINES = 200
LONGEST_LIST = 10_000
"""Rows that can be paged through; beyond, a narrower question is better."""


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/symbols`."""
    routes = APIRouter(tags=["symbols"])

    @routes.get("/symbols", summary="Find symbols", responses=replies(bodies.SymbolPage, 404, 410, cached=True))
    async def find(
        request: Request,
        scope: Granted,
        name: Annotated[
            str | None, Query(max_length=1_000, description="A name in any form.", examples=["price"])
        ] = None,
        prefix: Annotated[
            str | None, Query(max_length=200, description="How the last part of the name begins.")
        ] = None,
        kind: Annotated[list[SymbolKind] | None, Query(max_length=20, description="Of these kinds only.")] = None,
        repository: Repositories = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """By `name`: what it may mean, best first. By `prefix`: symbols whose name begins so, in the order of names, whatever the case; headings of documents only where `kind` says so."""
        if (name is None) == (prefix is None):
            raise InputError("give either `name` or `prefix`", next_step="see docs/api.md")

        def work(reading: Reading) -> Shape:
            paging = paging_of(request, cursor, limit, reading.state)
            wanted = paging.offset + limit + 1
            rows: list[Symbol]
            if name is not None:
                answer = structure.find_symbol(
                    reading.graph, reading.scope, one_line(name, "name"), kinds=kind or (), limit=wanted
                )
                rows = [row.symbol for row in answer.results]
            else:
                rows = reading.graph.find_by_prefix(
                    reading.scope, one_line(prefix or "", "prefix"), kinds=kind or CODE_KINDS, limit=wanted
                )
            page, following = paging.cut(rows)
            return {"symbols": [full_symbol_shape(one) for one in page], "next_cursor": following}

        return await by_index(composition, request, scope, repository, work)

    @routes.get(
        "/symbols/{symbol:path}/tests",
        name="tests",
        summary="Which tests reach it",
        responses=replies(bodies.Structural, 404, cached=True),
    )
    async def tests(
        request: Request,
        scope: Granted,
        symbol: Name,
        depth: Annotated[int, Query(ge=1, le=20, description="Links to follow.")] = 4,
        repository: Repositories = None,
        limit: Annotated[int, Query(ge=1, le=1_000, description="Rows at most.")] = 200,
    ) -> Response:
        """Test functions that reach it or its members by calls and references, nearest first."""

        def work(reading: Reading) -> Shape:
            name = one_line(symbol, "name")
            return structural_shape(
                structure.tests_of(reading.graph, reading.scope, name, max_depth=depth, limit=limit)
            )

        return await by_index(composition, request, scope, repository, work)

    def linked(command: Literal["callers", "callees"]) -> Any:
        async def answer(
            request: Request,
            scope: Granted,
            symbol: Name,
            depth: Depth = 1,
            dispatch: Annotated[bool, Query(description="Also through methods that override each other.")] = False,
            repository: Repositories = None,
            limit: Limit = 100,
            cursor: Cursor = None,
        ) -> Response:
            def work(reading: Reading) -> Shape:
                paging = paging_of(request, cursor, limit, reading.state)
                wanted = min(paging.offset + limit + 1, LONGEST_LIST)
                walk = structure.callers if command == "callers" else structure.callees
                name = one_line(symbol, "name")
                found = walk(reading.graph, reading.scope, name, max_depth=depth, limit=wanted, dispatch=dispatch)
                shape = structural_shape(found)
                shape["results"], following = paging.cut(shape["results"])
                return {**shape, "next_cursor": following}

            return await by_index(composition, request, scope, repository, work)

        return answer

    for command, summary, said in (
        ("callers", "Who calls it", "Every call site, nearest first, with its line and how sure it is."),
        ("callees", "What it calls", "In the project; what is called outside counts as external."),
    ):
        routes.add_api_route(
            f"/symbols/{{symbol:path}}/{command}",
            linked(command),  # type: ignore[arg-type]
            methods=["GET"],
            name=command,
            summary=summary,
            description=said,
            responses=replies(bodies.StructuralPage, 404, 410, cached=True),
        )

    @routes.get(
        "/symbols/{symbol:path}/neighbourhood",
        name="neighbourhood",
        summary="What is near it, as a graph",
        responses=replies(bodies.Neighbours, 404, cached=True),
    )
    async def near(
        request: Request,
        scope: Granted,
        symbol: Name,
        depth: Annotated[int, Query(ge=1, le=MAX_DEPTH, description="Ties to follow.")] = 1,
        relation: Annotated[
            list[RelationKind] | None, Query(max_length=20, description="Ties of these kinds only.")
        ] = None,
        repository: Repositories = None,
        limit: Annotated[int, Query(ge=1, le=1_000, description="Nodes at most.")] = 100,
    ) -> Response:
        """Nodes and edges to draw, both ways, breadth first."""
        look = partial(neighbourhood, kinds=relation or DRAWN, depth=depth, limit=limit)

        def work(reading: Reading) -> Shape:
            return neighbourhood_shape(look(reading.graph, reading.scope, one_line(symbol, "name")))

        return await by_index(composition, request, scope, repository, work)

    @routes.get(
        "/symbols/{symbol:path}", summary="Show a symbol", responses=replies(bodies.SymbolFound, 404, cached=True)
    )
    async def show(request: Request, scope: Granted, symbol: Name, repository: Repositories = None) -> Response:
        """Where it is defined, with signature, docstring and its first lines; what else the name may mean."""

        def work(reading: Reading) -> Shape:
            answer = structure.find_symbol(reading.graph, reading.scope, one_line(symbol, "name"))
            shape, one = structural_shape(answer), answer.symbol
            definition = source = None
            if one is not None:
                definition = full_symbol_shape(one)
                last = max(one.start_line, min(one.end_line, one.start_line + SHOWN_LINES - 1))
                span = read_span(reading.graph, reading.scope, one.repository, one.path, one.start_line, last)
                source = span_shape(span)
            return {**shape, "definition": definition, "source": source}

        return await by_index(composition, request, scope, repository, work)

    return routes
