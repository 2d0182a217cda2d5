"""What every body is made of, and what an error holds."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VerdictWord = Literal["found", "none", "unknown", "ambiguous"]
TierWord = Literal["exact", "inferred", "ambiguous", "external"]


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldFault(Reply):
    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable: docs/errors.md lists them all."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:clew:problem:unknown_repository"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What failed, with the value.", examples=["no repository 'shp' is indexed"])
    code: str = Field(examples=["unknown_repository"])
    next_step: str = Field(description="What to do about it.", examples=["did you mean 'shop'?"])
    retryable: bool = Field(description="Whether the same request may succeed later.")
    request_id: str = Field(description="As in `X-Request-Id` and in the server's log.")
    errors: list[FieldFault] | None = Field(default=None, description="Which parts of the request are wrong.")
