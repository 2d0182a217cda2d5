"""For who looks after the server: how much was asked, what it cost, how it was liked, and the events themselves (docs/audit.md)."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.paging import Cursor, Limit, paging_of
from app.rest.api.reading import tagged
from app.rest.authentication import Granted
from configs.errors import InputError
from ops.ledger.events import STREAMS
from ops.ledger.reports import latest, verified
from ops.ledger.usage import By, checked_days

Day = Annotated[str | None, Query(max_length=10, examples=["2026-11-30"], description="UTC; both bounds are included.")]


def router(composition: Composition) -> APIRouter:
    """Return the routes `/admin/usage`, `/admin/audit` and `/admin/audit/verification`."""
    routes = APIRouter(tags=["operation"])

    @routes.get(
        "/admin/usage", summary="Usage, cost, latency, satisfaction", responses=replies(bodies.Usage, cached=True)
    )
    async def usage(
        request: Request,
        _scope: Granted,
        by: By = "day",
        since: Day = None,
        until: Day = None,
        user: Annotated[str | None, Query(max_length=200, description="Only what this person asked.")] = None,
    ) -> Response:
        """Sums of the Ledger by one dimension, up to date: questions, answers, tokens, dollars, percentiles, judgements."""
        try:
            first, last = checked_days(since, until)
        except ValueError as exc:
            raise InputError(str(exc), next_step="write a day as 2026-11-30") from exc

        def work() -> Response:
            with closing(composition.open_usage()) as opened:
                return tagged(request, opened.view.report(by, since=first, until=last, user=user).to_json())

        return await asyncio.to_thread(work)

    @routes.get("/admin/audit", summary="Events of the Ledger", responses=replies(bodies.EventPage, 410, cached=True))
    async def audit(
        request: Request,
        _scope: Granted,
        stream: Literal["administration", "answers", "feedback"] = "answers",
        kind: Annotated[str, Query(max_length=40, description="Only events of this kind.")] = "",
        run: Annotated[str, Query(max_length=64, description="Only of the run whose id begins so.")] = "",
        user: Annotated[str, Query(max_length=200, description="Only of this person.")] = "",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response:
        """Events of one stream, the latest first, with the words that there is still a key for."""
        assert stream in STREAMS

        def work() -> Response:
            paging = paging_of(request, cursor, limit)
            below = paging.start if isinstance(paging.start, int) else None
            with closing(composition.open_ledger()) as ledger:
                rows = latest(ledger, stream, limit + 1, kind=kind, run=run, user=user, below=below)
            following = paging.cursor(rows[limit - 1].entry.number) if len(rows) > limit else None
            return tagged(request, {"events": [row.to_json() for row in rows[:limit]], "next_cursor": following})

        return await asyncio.to_thread(work)

    @routes.get("/admin/audit/verification", summary="Whether the Ledger holds", responses=replies(bodies.Verification))
    async def verification(_scope: Granted) -> Response:
        """Every digest anew, against the anchor of the store; it reads all events, and takes a second for each 100,000 or so."""

        def work() -> bodies.Verification:
            with closing(composition.open_ledger()) as ledger:
                return bodies.Verification(**verified(composition.verify_ledger(ledger)))

        return tagged_plain(await asyncio.to_thread(work))

    return routes


def tagged_plain(body: bodies.Verification) -> Response:
    """Return a reply that nobody keeps: the next look may find otherwise."""
    return Response(body.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
