"""Repositories elsewhere over HTTP: connected, listed, removed, with their credentials, webhooks and schedules.

All of it needs the right `connect` (docs/access.md), which administrators have. A secret comes in once and is not given back; the secret
of a webhook goes out once, when it is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from app.known_callers import shown_job
from app.rest.api import bodies
from app.rest.api.composition import Composition
from app.rest.api.describing import replies
from app.rest.api.reading import tagged
from app.rest.problems import refusal_of
from app.rest.replies import PlainJSON
from app.shapes.sources import credential_shape, job_shape, schedule_shape, source_shape, webhook_shape
from configs.errors import JobRunning
from knowledge.sources import Provider
from ops.policy.callers import caller
from ops.sources.timetable import parse_timetable

Value = TypeVar("Value")
Name: TypeAlias = Annotated[str, Path(min_length=1, max_length=200)]
NO_STORE = {"Cache-Control": "no-store"}


def connecting(request: Request) -> None:
    """Raises PolicyError for who may not connect repositories."""
    caller(strict=request.app.state.strict).require("connect")


class Connection(BaseModel):
    """A repository to clone."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://git.example.org/team/shop.git", "schedule": "every 1h"}]},
    )

    url: str = Field(min_length=1, max_length=2_000, description="https:// or ssh://, without a credential in it.")
    name: str = Field(
        default="",
        max_length=100,
        pattern=r"^(\w[\w.\- ]{0,99})?$",
        description="In the index; empty: as it is called there.",
    )
    branch: str = Field(default="", max_length=200, description="Empty: the one that its host calls its own.")
    credential: str = Field(default="", max_length=64, description="Name of what opens it.")
    depth: int = Field(default=1, ge=0, le=1_000_000, description="Commits that are fetched; 0: the whole history.")
    blobless: bool = Field(default=False, description="Leave out the contents of past commits.")
    schedule: str = Field(
        default="", max_length=200, description="When it is brought up to date: cron (UTC), or `every 15m`."
    )


class NewCredential(BaseModel):
    """A secret for one host."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    kind: Literal["token", "ssh"] = Field(default="token", description="A token or password, or a private key.")
    host: str = Field(min_length=1, max_length=253, description="The one host that it is sent to.")
    username: str = Field(default="", max_length=100)
    secret: SecretStr = Field(min_length=1, max_length=20_000)


class NewSecret(BaseModel):
    """What stands in for the secret that there was."""

    model_config = ConfigDict(extra="forbid")

    secret: SecretStr = Field(min_length=1, max_length=20_000)


class NewWebhook(BaseModel):
    """Who tells of pushes to which repository."""

    model_config = ConfigDict(extra="forbid")

    repository: str = Field(min_length=1, max_length=100)
    provider: Provider


class WebhookRotation(BaseModel):
    """How long the secret before stays good."""

    model_config = ConfigDict(extra="forbid")

    grace_s: float = Field(default=0.0, ge=0, le=604_800, description="Seconds, a week at most.")


class NewSchedule(BaseModel):
    """When a repository is brought up to date."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"expression": "30 3 * * *"}]})

    expression: str = Field(
        min_length=1, max_length=200, description="Five fields of cron in UTC, `every 15m`, or `@daily`."
    )


def router(composition: Composition) -> APIRouter:
    """Return the routes under `/sources`, `/credentials`, `/webhooks` and `/schedules`, and those that change `/repositories`."""
    routes = APIRouter(tags=["connections"], dependencies=[Depends(connecting)])
    _add_sources(routes, composition)
    _add_credentials(routes, composition)
    _add_webhooks(routes, composition)
    _add_schedules(routes, composition)
    return routes


async def _away(work: Callable[[], Value]) -> Value:
    """Do what blocks off the loop."""
    return await asyncio.to_thread(work)


def _add_sources(routes: APIRouter, composition: Composition) -> None:
    @routes.post(
        "/repositories",
        name="connect",
        summary="Clone a repository",
        status_code=202,
        responses=replies(
            bodies.Connected, 404, 409, 422, status=202, said="It is registered, and a job clones and indexes it."
        ),
    )
    async def connect(body: Connection) -> Response:
        """Registers it and begins: `job` is that of its first run. Its address is judged before anything is kept."""
        parts = composition.connections

        def work() -> Any:
            if body.schedule:
                parse_timetable(body.schedule)
            return parts.sources.add(
                body.url,
                name=body.name,
                branch=body.branch,
                credential=body.credential,
                depth=body.depth,
                blobless=body.blobless,
            )

        source = await _away(work)
        if body.schedule:
            await _away(lambda: parts.schedules.set(source.repository, body.schedule))
        job = await composition.jobs.start(parts.sources.order(source))
        headers = {"Location": f"/api/v1/jobs/{job.id}"}
        return PlainJSON(
            {**source_shape(source), "job": job_shape(shown_job(caller(strict=False), job))},
            status_code=202,
            headers=headers,
        )

    @routes.delete(
        "/repositories/{name}",
        name="disconnect",
        summary="Remove a cloned repository",
        status_code=202,
        responses=replies(bodies.JobRow, 404, 409, status=202, said="A job removes it."),
    )
    async def disconnect(name: Name) -> Response:
        """Its index, its clone, its webhooks and its schedule go. Conversations that speak of it stay."""
        parts = composition.connections
        source = await _away(lambda: parts.sources.get(name))
        try:
            job = await composition.jobs.start(parts.sources.order(source, removing=True))
        except JobRunning as error:
            return refusal_of(error, job_id=error.job_id)
        return PlainJSON(
            job_shape(shown_job(caller(strict=False), job)),
            status_code=202,
            headers={"Location": f"/api/v1/jobs/{job.id}"},
        )

    @routes.get(
        "/sources", name="sources", summary="Cloned repositories", responses=replies(bodies.SourcePage, cached=True)
    )
    async def sources(request: Request) -> Response:
        """Where each comes from, what was fetched last, and when."""
        found = await _away(composition.connections.sources.all)
        return tagged(request, {"sources": [source_shape(one) for one in found]})


def _add_credentials(routes: APIRouter, composition: Composition) -> None:
    @routes.get(
        "/credentials", name="credentials", summary="Credentials", responses=replies(bodies.CredentialPage, cached=True)
    )
    async def credentials(request: Request) -> Response:
        """Names, hosts and times; never a secret."""
        found = await _away(composition.connections.credentials.all)
        return tagged(request, {"credentials": [credential_shape(one) for one in found]})

    @routes.post(
        "/credentials",
        name="add_credential",
        summary="Keep a credential",
        status_code=201,
        responses=replies(bodies.CredentialRow, 422, status=201, said="It is sealed."),
    )
    async def add(body: NewCredential) -> Response:
        """Sealed before it is written, and sent to its host only."""
        made = await _away(
            lambda: composition.connections.credentials.add(
                body.name, kind=body.kind, host=body.host, username=body.username, secret=body.secret.get_secret_value()
            )
        )
        return PlainJSON(credential_shape(made), status_code=201)

    @routes.post(
        "/credentials/{name}/rotate",
        name="rotate_credential",
        summary="Replace a credential's secret",
        responses=replies(bodies.CredentialRow, 404, 422),
    )
    async def rotate(name: Name, body: NewSecret) -> Response:
        """The one before is gone at once."""
        made = await _away(lambda: composition.connections.credentials.rotate(name, body.secret.get_secret_value()))
        return PlainJSON(credential_shape(made))

    @routes.delete(
        "/credentials/{name}",
        name="remove_credential",
        summary="Remove a credential",
        status_code=204,
        responses=_gone(),
    )
    async def remove(name: Name) -> Response:
        """Refused while a repository is cloned with it."""
        await _away(lambda: composition.connections.credentials.remove(name))
        return Response(status_code=204)


def _add_webhooks(routes: APIRouter, composition: Composition) -> None:
    @routes.get("/webhooks", name="webhooks", summary="Webhooks", responses=replies(bodies.WebhookPage, cached=True))
    async def webhooks(request: Request) -> Response:
        """Where hosts tell of pushes; never a secret."""
        hooks = composition.connections.webhooks
        found = await _away(lambda: [webhook_shape(one, hooks.repository_of(one)) for one in hooks.all()])
        return tagged(request, {"webhooks": found})

    @routes.post(
        "/webhooks",
        name="add_webhook",
        summary="Make a webhook",
        status_code=201,
        responses=replies(
            bodies.NewWebhookRow, 404, 422, status=201, said="Its address and its secret, which is shown once."
        ),
    )
    async def add(body: NewWebhook) -> Response:
        """Give `path`, behind this server's address, and `secret` to the git host."""
        parts = composition.connections

        def work() -> dict[str, Any]:
            secret, made = parts.webhooks.add(parts.sources.get(body.repository), body.provider)
            return {**webhook_shape(made, body.repository), "secret": secret}

        return PlainJSON(await _away(work), status_code=201, headers=NO_STORE)

    @routes.post(
        "/webhooks/{webhook}/rotate",
        name="rotate_webhook",
        summary="Replace a webhook's secret",
        responses=replies(bodies.NewWebhookRow, 404, 422),
    )
    async def rotate(webhook: Name, body: WebhookRotation) -> Response:
        """The one before stays good for `grace_s`."""
        hooks = composition.connections.webhooks

        def work() -> dict[str, Any]:
            secret, made = hooks.rotate(webhook, body.grace_s)
            return {**webhook_shape(made, hooks.repository_of(made)), "secret": secret}

        return PlainJSON(await _away(work), headers=NO_STORE)

    @routes.delete(
        "/webhooks/{webhook}", name="remove_webhook", summary="Remove a webhook", status_code=204, responses=_gone()
    )
    async def remove(webhook: Name) -> Response:
        """What comes to its address is refused from now on."""
        await _away(lambda: composition.connections.webhooks.remove(webhook))
        return Response(status_code=204)


def _add_schedules(routes: APIRouter, composition: Composition) -> None:
    @routes.get(
        "/schedules", name="schedules", summary="Schedules", responses=replies(bodies.SchedulePage, cached=True)
    )
    async def schedules(request: Request) -> Response:
        """When repositories are brought up to date, the next one first."""
        found = await _away(composition.connections.schedules.all)
        return tagged(request, {"schedules": [schedule_shape(one) for one in found]})

    @routes.put(
        "/schedules/{name}", name="set_schedule", summary="Set a schedule", responses=replies(bodies.ScheduleRow, 404)
    )
    async def set_one(name: Name, body: NewSchedule, request: Request) -> Response:
        """Of any indexed repository, cloned or not; in place of the one that there was."""
        parts, scope = composition.connections, caller(strict=request.app.state.strict).scope("index")

        def work() -> dict[str, Any]:
            parts.order(name, scope)
            return schedule_shape(parts.schedules.set(name, body.expression))

        return PlainJSON(await _away(work))

    @routes.delete(
        "/schedules/{name}", name="remove_schedule", summary="Remove a schedule", status_code=204, responses=_gone()
    )
    async def remove(name: Name) -> Response:
        """The repository is brought up to date by pushes and requests only."""
        await _away(lambda: composition.connections.schedules.remove(name))
        return Response(status_code=204)


def _gone() -> dict[int | str, dict[str, Any]]:
    return replies(None, 404, status=204, said="It is gone.")
