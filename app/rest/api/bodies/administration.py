"""What the routes under `/admin` take and give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.rest.api.bodies.reply import Reply
from knowledge.principals import Kind, Right

Span = float | None
DAY_S = 86_400.0


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Me(Reply):
    """Who asks: `known` is false on a server that serves the person at its machine, who may do everything."""

    known: bool
    id: str
    name: str
    teams: list[str]
    roles: list[str]
    rights: list[Right]
    admin: bool = Field(description="May look after the server: see `/admin`.")
    connect: bool = Field(description="May have repositories cloned: see `/sources`.")


class PrincipalRow(Reply):
    id: str = Field(examples=["ann"])
    name: str
    kind: Kind
    teams: list[str]
    roles: list[str]
    disabled: bool


class PrincipalList(Reply):
    principals: list[PrincipalRow]


class PrincipalOrder(Order):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    teams: list[str] | None = Field(default=None, max_length=100)
    roles: list[str] | None = Field(default=None, max_length=100, examples=[["reader"]])
    disabled: bool | None = None


class Decided(Reply):
    allowed: bool
    policies: list[str] = Field(description="Those that decided.")
    errors: list[str]


class RepositoryGrants(Reply):
    repository: str
    rights: dict[Right, Decided]


class Grants(Reply):
    principal: str
    repositories: list[RepositoryGrants]
    admin: bool


class KeyRow(Reply):
    """Times are seconds since 1970, null for never."""

    id: str
    principal: str
    label: str
    rights: list[Right]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    used_at: float | None
    state: Literal["live", "expired", "revoked"]


class KeyList(Reply):
    keys: list[KeyRow]


class NewKey(KeyRow):
    key: str = Field(description="The key itself. It is not shown again.")


class KeyOrder(Order):
    principal: str = Field(min_length=1, max_length=100, examples=["ann"])
    label: str = Field(default="", max_length=200)
    rights: list[Right] = Field(default=["ask", "read"], min_length=1, max_length=4)
    lifetime_s: float | None = Field(
        default=90 * DAY_S, gt=0, le=10_000 * DAY_S, allow_inf_nan=False, description="null: it does not expire."
    )
    kind: Kind = "user"
    teams: list[str] = Field(default=[], max_length=100)
    roles: list[str] = Field(default=[], max_length=100, examples=[["reader"]])


class KeyRotation(Order):
    grace_s: float = Field(
        default=0, ge=0, le=30 * DAY_S, allow_inf_nan=False, description="How long the old key still does."
    )


class Limits(Reply):
    tokens: int | None
    usd: float | None


class Amounts(Reply):
    tokens: int
    usd: float


class AccountRow(Reply):
    scope: Literal["user", "team", "project", "month"]
    name: str
    calls: int
    limit: Limits
    used: Amounts
    reserved: Amounts


class BudgetMonth(Reply):
    month: str = Field(examples=["2026-11"])
    months: list[str] = Field(description="Months in which something was used.")
    request: Limits = Field(description="What one question may cost at most.")
    accounts: list[AccountRow]


class SettingRow(Reply):
    name: str = Field(examples=["serve.port"])
    value: Any = Field(description="Of a secret only whether there is one.")
    default: Any
    meaning: str


class SettingChange(Reply):
    name: str
    before: Any
    after: Any


class Configured(Reply):
    file: str
    text: str
    digest: str
    writable: bool = Field(description="Whether `serve.configurable` lets it be written over REST.")
    settings: list[SettingRow] = Field(description="In force in this process.")


class ConfigurationText(Order):
    text: str = Field(max_length=50_000, examples=["model:\n  writer: extractive\n"])


class ConfigurationOrder(ConfigurationText):
    digest: str = Field(pattern="^[0-9a-f]{64}$", description="Of the file as it was read.")


class WouldNotDo(Reply):
    message: str
    next_step: str


class Changes(Reply):
    changes: list[SettingChange]
    refused: WouldNotDo | None = Field(description="Why the server would not start with it.")
    restart: bool = Field(description="Whether the server must start again for them to take effect.")


class WrittenRow(Reply):
    at: float
    by: str
    digest: str
    text: str | None


class Written(Reply):
    versions: list[WrittenRow]
