"""How a route reads: off the event loop, under the request's scope, with an entity tag that spares both sides work.

What rests on the index alone is tagged by the generations of the granted repositories, so that a client that has it already is told so
before anything is looked up. Everything else is tagged by what was said.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any, TypeAlias

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.rest.api.composition import Composition
from app.rest.replies import plain_json
from app.shapes import Shape
from configs.errors import InputError
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope

NOT_MODIFIED = 304
CACHING = "private, no-cache"
"""A client may keep it, and asks each time whether it is still so."""

Repositories: TypeAlias = Annotated[
    list[str] | None,
    Query(
        alias="repository", max_length=100, description="Look into these only (may be repeated); else into all granted."
    ),
]


class Reading:
    """Answers one request. state: the tag of the index as the request sees it."""

    def __init__(self, composition: Composition, request: Request, scope: Scope) -> None:
        self._composition = composition
        self._request = request
        self.scope = scope
        self.state = ""

    @property
    def graph(self) -> CodeGraph:
        return self._composition.graph

    def narrow(self, repositories: list[str] | None) -> None:
        """Look into these only. Raises UnknownRepository for the first one that is not there."""
        self.scope = self._composition.granted(repositories or None, self.scope)

    def read_index(self) -> None:
        """Raises InputError while nothing is indexed, and StoreError."""
        self.state = index_state(self.graph, self.scope)


Work: TypeAlias = Callable[[Reading], Shape]


async def by_index(
    composition: Composition, request: Request, scope: Scope, repositories: list[str] | None, work: Work
) -> Response:
    """Answer what rests on the index alone."""

    def run() -> Response:
        reading = Reading(composition, request, scope)
        reading.narrow(repositories)
        reading.read_index()
        tag = f'"{reading.state}"'
        if _has(request, tag):
            return Response(status_code=NOT_MODIFIED, headers=_headers(tag))
        return Response(plain_json(work(reading)), media_type="application/json", headers=_headers(tag))

    return await asyncio.to_thread(run)


async def by_content(
    composition: Composition, request: Request, scope: Scope, repositories: list[str] | None, work: Work
) -> Response:
    """Answer what rests on other things too: the working tree, vectors, conversations."""

    def run() -> Response:
        reading = Reading(composition, request, scope)
        reading.narrow(repositories)
        return tagged(request, work(reading))

    return await asyncio.to_thread(run)


def tagged(request: Request, shape: Any) -> Response:
    """Return the reply, tagged by what it says."""
    body = plain_json(shape)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    if _has(request, tag):
        return Response(status_code=NOT_MODIFIED, headers=_headers(tag))
    return Response(body, media_type="application/json", headers=_headers(tag))


def index_state(graph: CodeGraph, scope: Scope) -> str:
    """Return what changes whenever an answer from the granted part of the index may."""
    generations = [[info.name, info.generation, info.indexed_at] for info in graph.repositories(scope)]
    return hashlib.sha256(json.dumps([_own_version(), generations]).encode()).hexdigest()[:24]


@cache
def _own_version() -> str:
    """Return this Clew's version: looking it up reads the package's metadata, a millisecond and a half of CPU."""
    return version("clew")


def _has(request: Request, tag: str) -> bool:
    """Tell whether the client has the reply of this tag already (RFC 9110: weak comparison)."""
    given = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in given.split(","))


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": CACHING, "Vary": "Authorization"}


def one_line(name: str, what: str) -> str:
    """Return a name as it may be looked up. Raises InputError for an empty one."""
    if not name.strip():
        raise InputError(f"the {what} is empty", next_step="name what you look for")
    return name
