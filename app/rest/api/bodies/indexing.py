"""Index runs, and the repositories elsewhere that they follow."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.rest.api.bodies.reply import Reply


class StageProgress(Reply):
    """Of the stage that runs. total 0, rate and remaining time null: not known (yet)."""

    stage: str
    done: int
    total: int
    rate_per_s: float | None
    remaining_s: float | None
    note: str


class JobRow(Reply):
    id: str
    state: Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]
    root: str
    repository: str | None
    force: bool
    documents_only: bool
    cloned: bool = Field(description="The clone is brought up to date first.")
    created_at: float = Field(description="Seconds since 1970.")
    started_at: float | None
    ended_at: float | None
    progress: StageProgress
    report: dict[str, Any] | None = Field(description="The shape of `clew index --json`, once it has finished.")
    error: dict[str, Any] | None = Field(
        description="`{code, message, next_step}`, where it failed, or will be tried again."
    )
    repeats: str | None = Field(description="The job that this one does again.")
    attempt: int = Field(description="From 1; what may pass is tried again.")
    retry_at: float | None = Field(description="When the next attempt begins.")


class JobPage(Reply):
    jobs: list[JobRow]
    next_cursor: str | None


class SourceRow(Reply):
    repository: str = Field(examples=["shop"])
    url: str = Field(examples=["https://git.example.org/team/shop.git"])
    branch: str | None
    follows_default: bool = Field(description="It follows the branch that its host calls its own.")
    credential: str | None
    depth: int = Field(description="Commits that are fetched; 0: the whole history.")
    blobless: bool
    created_at: float = Field(description="Seconds since 1970.")
    fetched_at: float | None
    commit: str | None
    present: bool = Field(description="False once its branch was deleted.")


class SourcePage(Reply):
    sources: list[SourceRow]


class Connected(SourceRow):
    job: JobRow


class CredentialRow(Reply):
    name: str
    kind: Literal["token", "ssh"]
    host: str
    username: str
    created_at: float
    rotated_at: float | None


class CredentialPage(Reply):
    credentials: list[CredentialRow]


class WebhookRow(Reply):
    id: str
    repository: str
    provider: Literal["github", "gitlab", "bitbucket", "gitea"]
    path: str = Field(description="Where its host sends to, behind the address of the server.")
    created_at: float
    heard_at: float | None
    previous_until: float | None = Field(description="Until when the secret before this one is good.")


class WebhookPage(Reply):
    webhooks: list[WebhookRow]


class NewWebhookRow(WebhookRow):
    secret: str = Field(description="Shown once.")


class ScheduleRow(Reply):
    repository: str
    expression: str = Field(examples=["every 1h"])
    next_at: float
    last_at: float | None


class SchedulePage(Reply):
    schedules: list[ScheduleRow]


class HeardRow(Reply):
    outcome: Literal["refresh", "deleted", "duplicate", "ignored"]
