"""Conversations, answers, and what is thought of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.rest.api.bodies.reply import Reply


class ThreadRow(Reply):
    id: str
    title: str
    created_at: float = Field(description="Seconds since 1970.")
    updated_at: float
    turns: int
    repositories: list[str]


class ThreadPage(Reply):
    threads: list[ThreadRow]
    next_cursor: str | None


class TurnRow(Reply):
    number: int
    asked_at: float
    question: str
    answer: str
    verdict: str
    level: str
    release: str
    run_id: str
    places: list[str]


class WholeThread(Reply):
    id: str
    title: str
    created_at: float
    updated_at: float
    turns: list[TurnRow]
    repositories: list[str]


class Renamed(Reply):
    id: str
    title: str


class SharedAs(Reply):
    id: str
    shared: str = Field(description="Under what others read it: `/threads/shared/NAME`.")


class Judgement(Reply):
    run_id: str
    accepted: bool


class KeptEvent(Reply):
    stream: str
    number: int


class Kept(Reply):
    """Where in the Ledger it is."""

    run_id: str
    kept: list[KeptEvent]


class Answered(BaseModel):
    """The shape of `clew ask --json`, with the verdict."""

    model_config = ConfigDict(extra="allow")

    answer: str
    level: str
    verdict: str
    citations: list[dict[str, Any]]
    claims: list[dict[str, Any]]
    unknowns: list[str]
    run_id: str
    thread_id: str
    release: str
