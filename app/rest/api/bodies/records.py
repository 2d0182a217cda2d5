"""What the Ledger says, and how the service stands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.rest.api.bodies.reply import Reply


class Percentiles(Reply):
    """Milliseconds, off by 2 % at most; null where nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None


class Satisfaction(Reply):
    up: int
    down: int
    share: float | None = Field(description="Of thumbs that are up.")
    ratings: int
    rating: float | None
    corrections: int
    signals: int = Field(description="Copied, opened, dwell, rephrased.")


class ClaimCounts(Reply):
    verified: int
    refuted: int


class UsageRow(Reply):
    key: str
    asked: int
    answered: int
    unanswered: int
    levels: dict[str, int]
    claims: ClaimCounts
    findings: int
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_ms: Percentiles
    first_evidence_ms: Percentiles
    satisfaction: Satisfaction


class Usage(Reply):
    by: str
    since: str | None
    until: str | None
    rows: list[UsageRow]
    total: UsageRow


class Coverage(Reply):
    files: int
    lines: int
    languages: dict[str, int] = Field(description="Language -> lines.")
    not_covered: dict[str, int] = Field(description="Reason -> files.")
    issues: list[dict[str, Any]]


class Freshness(Reply):
    state: Literal["fresh", "stale", "missing"]
    changed: list[str]
    added: list[str]
    deleted: list[str]


class RepositoryStatus(Reply):
    name: str
    root: str
    revision: str
    generation: int
    indexed_at: str
    coverage: Coverage
    staleness: Freshness
    symbols: int
    relations: int
    tiers: dict[str, int]
    strategies: dict[str, int]
    compiler: dict[str, Any] | None
    unresolved: int
    vectors: dict[str, Any]
    privacy: Literal["local", "remote"]
    notes: list[str]


class Status(Reply):
    """As `clew status --json`. `store`, `bytes` and the hosts of `models` are told to administrators only."""

    store: str | None
    graph: str
    bytes: dict[str, int]
    languages: list[str]
    repositories: list[RepositoryStatus]
    models: dict[str, Any] = Field(description="`hosts`, `ladders` (who would write), `strained`.")


class LedgerEvent(Reply):
    """`words`: what the person's key opens; null once it is gone."""

    stream: str
    number: int
    kind: str
    at: float
    subject: str
    user: str
    fields: dict[str, Any]
    words: dict[str, str] | None
    digest: str


class EventPage(Reply):
    events: list[LedgerEvent]
    next_cursor: str | None


class BrokenEvent(Reply):
    number: int
    kind: str
    message: str


class VerifiedStream(Reply):
    stream: str
    events: int
    first: int
    last: int
    pruned: int
    broken: BrokenEvent | None


class Verification(Reply):
    sound: bool
    events: int
    streams: list[VerifiedStream]
    anchors: list[str]
    untrusted_anchors: list[str]
