"""For administrators: who may ask, with which keys, what each is granted, and how the budgets stand. `/me` says to anybody who they are.

A new key is in the reply and nowhere else, so such a reply is not to be kept by anybody on the way.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from agents.context import Context
from app.rest.api.bodies import administration as bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.authentication import Granted
from app.rest.repeats import NEVER
from app.rest.replies import PlainJSON
from app.shapes.access import account_shape, decision_shape, key_shape, limit_shape, principal_shape
from configs.errors import InputError
from knowledge.principals import RIGHTS, Principal
from knowledge.scope import EVERYTHING
from ops.policy.callers import caller

PrincipalId: TypeAlias = Annotated[str, Path(min_length=1, max_length=300, examples=["ann"])]
KeyId: TypeAlias = Annotated[str, Path(pattern="^[a-z0-9]{12}$", description="The middle part of the key.")]
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
NEVER_KEPT = {"Cache-Control": NEVER}


def router(composition: Composition) -> APIRouter:
    """Return the routes `/me` and, under `/admin`, `/principals`, `/keys` and `/budgets`."""
    routes = APIRouter(tags=["administration"])

    @routes.get("/me", name="me", summary="Who asks", responses=replies(bodies.Me))
    async def me(request: Request) -> Response:
        """What the key or token of the request may be used for; the web page shows its pages accordingly."""
        one = caller(strict=request.app.state.strict)
        return _plain(
            {
                "known": request.app.state.strict,
                "id": one.principal.id,
                "name": one.principal.name,
                "teams": list(one.principal.teams),
                "roles": list(one.principal.roles),
                "rights": [right for right in RIGHTS if right in one.rights],
                "admin": "admin" in one.rights and one.grants.admin,
                "connect": "connect" in one.rights and one.grants.connect,
            }
        )

    @routes.get("/admin/principals", summary="People and services", responses=replies(bodies.PrincipalList))
    async def principals(_scope: Granted) -> Response:
        """All that are kept here, by id. People of an identity provider are kept only if something was said of them here."""
        found = await asyncio.to_thread(composition.principals.principals)
        return _plain({"principals": [principal_shape(one) for one in found]})

    @routes.put(
        "/admin/principals/{principal}",
        name="set_principal",
        summary="Say who somebody is",
        responses=replies(bodies.PrincipalRow),
    )
    async def put(principal: PrincipalId, body: bodies.PrincipalOrder, _scope: Granted) -> Response:
        """Name, teams and roles, which policies speak of; one that is disabled may nothing from the next request on."""

        def work() -> Response:
            doing = composition.administering()
            after = doing.set_principal(principal, name=body.name, teams=body.teams, roles=body.roles)
            if body.disabled is not None and body.disabled != after.disabled:
                after = doing.switch(principal, disabled=body.disabled)
            return _plain(principal_shape(after))

        return await asyncio.to_thread(work)

    @routes.get("/admin/principals/{principal}/grants", summary="What somebody may", responses=replies(bodies.Grants))
    async def grants(principal: PrincipalId, _scope: Granted) -> Response:
        """For each indexed repository what the policies decide, and which of them did. Somebody who is not kept is judged by the name alone."""

        def work() -> Response:
            one = composition.principals.principal(principal) or Principal(principal, principal)
            known = composition.graph.repositories(EVERYTHING) if composition.has_index else []
            access = composition.access
            branches = composition.branches()
            rows = [(info.name, access.explain(one, info.name, branches)) for info in known]
            body = {
                "principal": principal,
                "admin": access.rules.decide_system(one).allowed,
                "repositories": [
                    {"repository": name, "rights": {right: decision_shape(decided[right]) for right in decided}}
                    for name, decided in rows
                ],
            }
            return _plain(body)

        return await asyncio.to_thread(work)

    @routes.get("/admin/keys", summary="API keys", responses=replies(bodies.KeyList))
    async def keys(_scope: Granted) -> Response:
        """The newest first, those that have ended too: whose they are, what they may be used for, when they were used. The keys themselves nobody has."""
        now = time.time()
        found = await asyncio.to_thread(composition.principals.all_keys)
        return _plain({"keys": [key_shape(one, now) for one in found]})

    @routes.post(
        "/admin/keys",
        name="create_key",
        summary="Make a key",
        status_code=201,
        responses=replies(bodies.NewKey, 422, status=201, said="It is shown this once."),
    )
    async def create(body: bodies.KeyOrder, _scope: Granted) -> Response:
        """For a principal that is there, or is made with it."""

        def work() -> Response:
            secret, key = composition.administering().create_key(
                body.principal,
                label=body.label,
                rights=body.rights,
                lifetime_s=body.lifetime_s,
                kind=body.kind,
                teams=body.teams,
                roles=body.roles,
            )
            return _plain({"key": secret, **key_shape(key, key.created_at)}, status=201)

        return await asyncio.to_thread(work)

    @routes.post(
        "/admin/keys/{key}/rotate",
        name="rotate_key",
        summary="Exchange a key",
        status_code=201,
        responses=replies(bodies.NewKey, 422, status=201, said="The new one is shown this once."),
    )
    async def rotate(key: KeyId, body: bodies.KeyRotation, _scope: Granted) -> Response:
        """A new key stands in for a live one, which ends at once or after a time of grace."""

        def work() -> Response:
            secret, made = composition.administering().rotate_key(key, grace_s=body.grace_s)
            return _plain({"key": secret, **key_shape(made, made.created_at)}, status=201)

        return await asyncio.to_thread(work)

    @routes.delete("/admin/keys/{key}", name="revoke_key", summary="Revoke a key", responses=replies(bodies.KeyRow))
    async def revoke(key: KeyId, _scope: Granted) -> Response:
        """It is refused from the next request on, by every process."""
        ended = await asyncio.to_thread(lambda: composition.administering().revoke_key(key))
        return _plain(key_shape(ended, time.time()))

    @routes.get("/admin/budgets", summary="Budgets of a month", responses=replies(bodies.BudgetMonth))
    async def budgets(
        _scope: Granted, month: Annotated[str, Query(max_length=7, examples=["2026-11"], description="UTC.")] = ""
    ) -> Response:
        """What models cost by person, team and project, what is reserved, and the limits that `budget.limits` sets."""
        if month and not _MONTH.fullmatch(month):
            raise InputError(f"{month!r} is no month", next_step="write it as 2026-11")

        def work() -> Response:
            budgets = composition.budgets
            shown, rows = budgets.standings(composition.payer_for(Context()), month)
            body = {
                "month": shown,
                "months": budgets.months(),
                "request": limit_shape(budgets.terms.request),
                "accounts": [account_shape(standing, limit) for standing, limit in rows],
            }
            return _plain(body)

        return await asyncio.to_thread(work)

    return routes


def _plain(body: Mapping[str, object], status: int = 200) -> Response:
    return PlainJSON(body, status_code=status, headers=NEVER_KEPT)
