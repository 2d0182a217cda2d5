"""Conversations: listed, read, called otherwise, ended, exported."""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.known_callers import OwnConversations
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, Limit, paging_of
from app.rest.api.reading import tagged
from app.rest.authentication import scope_of
from app.shapes.threads import thread_shape, whole_thread_shape
from configs.errors import InputError
from graph.conversations import Conversations, as_markdown

ThreadId: TypeAlias = Annotated[str, Path(min_length=1, max_length=200, description="As answers and the list name it.")]

SharedName: TypeAlias = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As sharing it returned.")]


class Title(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200, examples=["How orders are priced"])


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/threads`."""
    routes = APIRouter(tags=["threads"], dependencies=[Depends(scope_of)])

    @routes.get(
        "/threads", name="list", summary="Conversations", responses=replies(bodies.ThreadPage, 410, cached=True)
    )
    async def threads(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """The one used last first. A conversation that goes on meanwhile comes to the front, and is not listed twice."""
        paging = paging_of(request, cursor, limit)
        conversations = await _conversations(composition)
        found = await conversations.find()
        if isinstance(paging.start, list) and len(paging.start) == 2:
            used, identity = float(paging.start[0]), str(paging.start[1])
            found = [one for one in found if (-one.updated_at, one.id) > (-used, identity)]
        page = found[:limit]
        following = paging.cursor([page[-1].updated_at, page[-1].id]) if len(found) > limit else None
        return tagged(request, {"threads": [thread_shape(one) for one in page], "next_cursor": following})

    @routes.get(
        "/threads/shared/{name}",
        name="shared",
        summary="A conversation that somebody shared",
        responses=replies(bodies.WholeThread, 404, cached=True),
    )
    async def shared(name: SharedName, request: Request) -> Response:
        """As it was when it was shared, for everybody who may see all that it cites."""
        return tagged(request, whole_thread_shape(*await (await _conversations(composition)).shared(name)))

    @routes.get(
        "/threads/{thread_id}",
        name="show",
        summary="One conversation",
        responses=replies(bodies.WholeThread, 404, cached=True),
    )
    async def thread(thread_id: ThreadId, request: Request) -> Response:
        """What was asked and answered in it."""
        return tagged(request, whole_thread_shape(*await (await _conversations(composition)).get(thread_id)))

    @routes.get(
        "/threads/{thread_id}/markdown",
        summary="One conversation as a document",
        responses={
            **replies(None, 404),
            200: {"description": "Markdown.", "content": {"text/markdown": {"schema": {"type": "string"}}}},
        },
    )
    async def markdown(thread_id: ThreadId) -> Response:
        """To be saved or passed on."""
        text = as_markdown(*await (await _conversations(composition)).get(thread_id))
        return Response(text.encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8")

    @routes.patch("/threads/{thread_id}", summary="Give another title", responses=replies(bodies.Renamed, 404, 422))
    async def rename(thread_id: ThreadId, body: Title) -> bodies.Renamed:
        """Instead of its first question."""
        title = body.title.strip()
        if not title:
            raise InputError("the title is empty", next_step="say how it shall be called")
        await (await _conversations(composition)).rename(thread_id, title)
        return bodies.Renamed(id=thread_id, title=title)

    @routes.put("/threads/{thread_id}/share", summary="Share a conversation", responses=replies(bodies.SharedAs, 404))
    async def share(thread_id: ThreadId) -> bodies.SharedAs:
        """A copy of what was said so far, which those may read who are granted every repository that it cites; shared anew it is brought up to date."""
        return bodies.SharedAs(id=thread_id, shared=await (await _conversations(composition)).share(thread_id))

    @routes.delete(
        "/threads/{thread_id}/share",
        summary="Share it no longer",
        status_code=204,
        responses=replies(None, 404, status=204, said="Nobody else can read it any more."),
    )
    async def unshare(thread_id: ThreadId) -> Response:
        """The copy is deleted; the conversation stays."""
        await (await _conversations(composition)).unshare(thread_id)
        return Response(status_code=204)

    @routes.delete(
        "/threads/{thread_id}",
        summary="Delete a conversation",
        status_code=204,
        responses=replies(None, 404, status=204, said="It is gone, with all that was said."),
    )
    async def delete(thread_id: ThreadId) -> Response:
        """With all that was asked and answered in it."""
        await (await _conversations(composition)).delete(thread_id)
        return Response(status_code=204)

    return routes


async def _conversations(composition: Composition) -> Conversations | OwnConversations:
    return await asyncio.to_thread(lambda: composition.threads)
