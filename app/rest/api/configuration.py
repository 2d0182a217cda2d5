"""For administrators: the file of settings, checked before it is written, with what was written before."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from fastapi import APIRouter, Response

from app.configuration import Change, digest_of
from app.rest.api.bodies import administration as bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.authentication import Granted
from app.rest.replies import PlainJSON
from configs.errors import InputError


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/admin/configuration`."""
    routes = APIRouter(tags=["administration"])

    @routes.get("/admin/configuration", summary="Settings", responses=replies(bodies.Configured))
    async def configuration(_scope: Granted) -> Response:
        """The file that rules, and every setting as it is in force, wherever it came from; secrets are not shown."""

        def work() -> Response:
            one = composition.configuration()
            text = one.text()
            return _plain(
                {
                    "file": one.place,
                    "text": text,
                    "digest": digest_of(text),
                    "writable": one.writable,
                    "settings": one.in_force(),
                }
            )

        return await asyncio.to_thread(work)

    @routes.post(
        "/admin/configuration/check",
        name="check_configuration",
        summary="Check settings",
        responses=replies(bodies.Changes, 422),
    )
    async def check(body: bodies.ConfigurationText, _scope: Granted) -> Response:
        """Whether the server would start with this text, and what it would change. Nothing is written."""
        try:
            return _changes(await asyncio.to_thread(lambda: composition.configuration().check(body.text)))
        except InputError as error:  # that it would not do is what was asked
            return _changes([], {"message": error.message, "next_step": error.next_step})

    @routes.put(
        "/admin/configuration",
        name="write_configuration",
        summary="Write settings",
        responses=replies(bodies.Changes),
    )
    async def write(body: bodies.ConfigurationOrder, _scope: Granted) -> Response:
        """Where `serve.configurable` allows it. A text that would not do is refused; it takes effect when the server starts again."""
        work = composition.configuration
        return _changes(await asyncio.to_thread(lambda: work().write(body.text, body.digest)))

    @routes.get(
        "/admin/configuration/history",
        name="configuration_history",
        summary="Earlier settings",
        responses=replies(bodies.Written),
    )
    async def history(_scope: Granted) -> Response:
        """What was written over REST, the latest first, from the Ledger."""
        return _plain({"versions": await asyncio.to_thread(lambda: composition.configuration().history())})

    return routes


def _changes(found: list[Change], refused: dict[str, str] | None = None) -> Response:
    return _plain({"changes": [asdict(one) for one in found], "restart": bool(found), "refused": refused})


def _plain(body: dict[str, object]) -> Response:
    return PlainJSON(body, headers={"Cache-Control": "no-store"})
