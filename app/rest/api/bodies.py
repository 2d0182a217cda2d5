"""What replies hold, as the description of the interface shows it. Replies themselves are the shapes of `app/shapes.py`, unvalidated.

A test compares: what these models do not know, and what they miss, is found by a run over every route.
"""

from __future__ import annotations

from typing import Any, Literal

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


class SymbolRow(Reply):
    id: str = Field(examples=["shop:shop/models.py#price"])
    kind: str = Field(examples=["function"])
    qualified_name: str = Field(examples=["shop.models.price"])
    repository: str = Field(examples=["shop"])
    path: str = Field(examples=["shop/models.py"])
    line: int = Field(examples=[8])


class WholeSymbol(SymbolRow):
    name: str
    column: int
    start_line: int
    end_line: int
    language: str
    signature: str
    docstring: str
    is_test: bool
    parent_id: str | None


class SitePlace(Reply):
    path: str
    line: int
    column: int


class ReachedRow(Reply):
    symbol: SymbolRow
    site: SitePlace | None
    tier: TierWord = Field(description="How sure it is.")
    depth: int
    relation: str = Field(examples=["CALLS"])
    dispatched: bool = Field(description="Through a method that another overrides.")


class UncoveredPlace(Reply):
    path: str
    line: int
    reason: str


class Lines(Reply):
    repository: str
    path: str
    start_line: int
    end_line: int
    text: str = Field(description="As indexed; secrets are masked.")
    revision: str
    stale: bool = Field(description="The working file has changed since.")


class MeaningRow(Reply):
    symbol: WholeSymbol | None
    external: str | None = Field(description="A name outside the project, where there is no `symbol`.")
    relation: str | None = Field(description="How it is used there; null: it is the definition.", examples=["CALLS"])
    tier: TierWord = Field(description="How sure it is.")
    site: SitePlace


class Occurrence(Reply):
    """What a name at a line means: nothing, one thing, or each of several candidates."""

    repository: str
    path: str
    line: int
    name: str
    enclosing: SymbolRow | None = Field(description="The innermost definition round the line.")
    meanings: list[MeaningRow]


class Structural(Reply):
    """Rows with their verdict. `none`: everything was looked at; `unknown`: the places in `uncovered` could not be."""

    symbol: SymbolRow | None
    verdict: VerdictWord
    results: list[ReachedRow]
    candidates: list[SymbolRow] = Field(description="What else the name may mean, or names near it.")
    uncovered: list[UncoveredPlace]
    truncated: bool = Field(description="There are more rows than the search took.")


class StructuralPage(Structural):
    next_cursor: str | None


class SymbolFound(Structural):
    definition: WholeSymbol | None
    source: Lines | None = Field(description="Its first lines, at most 200.")


class SymbolPage(Reply):
    symbols: list[WholeSymbol]
    next_cursor: str | None


class NodeRow(SymbolRow):
    depth: int
    is_test: bool


class EdgeRow(Reply):
    kind: str
    tier: TierWord
    strategy: str
    confidence: float
    source: str = Field(description="Id of a node.")
    target: str | None
    external: str | None = Field(description="Name of a target outside the project.")
    site: SitePlace


class Neighbours(Reply):
    symbol: SymbolRow | None
    verdict: VerdictWord
    candidates: list[SymbolRow]
    nodes: list[NodeRow]
    edges: list[EdgeRow]
    truncated: bool


class ImpactRow(ReachedRow):
    effect: Literal["will", "may", "test"]
    via: str | None = Field(description="Id of the symbol through which it is reached, one link nearer.")


class Impact(Reply):
    symbol: SymbolRow | None
    verdict: VerdictWord
    results: list[ImpactRow]
    candidates: list[SymbolRow]
    uncovered: list[UncoveredPlace]
    truncated: bool
    tests: list[ReachedRow] = Field(description="The tests to run.")
    entry_points: list[SymbolRow]


class RiskReason(Reply):
    points: int = Field(description="1 (worth a look) to 3 (breaks something for certain).")
    text: str


class Author(Reply):
    name: str
    commits: int


class ChangedSymbolRow(Reply):
    local_name: str
    kind: str
    effect: str = Field(examples=["signature"])
    line: int
    signature_before: str
    signature_after: str
    id: str | None = Field(description="Null where the index does not know it.")


class ChangedFileRow(Reply):
    path: str
    old_path: str | None
    status: str = Field(examples=["modified"])
    added_lines: int
    removed_lines: int
    owners: list[str]
    authors: list[Author]
    commits: int
    fixes: int
    symbols: list[ChangedSymbolRow]


class Reviewed(Reply):
    repository: str
    base: str
    target: str
    risk: str = Field(examples=["medium"])
    reasons: list[RiskReason]
    files: list[ChangedFileRow]
    will_break: list[ReachedRow]
    may_break: list[ReachedRow]
    tests: list[ReachedRow] = Field(description="The tests to run, nearest first.")
    untested: list[SymbolRow]
    entry_points: list[SymbolRow]
    unresolved: list[UncoveredPlace]
    uncovered: list[UncoveredPlace]
    stale: list[str] = Field(description="Changed files that the index holds neither as they were nor as they are.")
    notes: list[str]
    truncated: bool


class External(Reply):
    external: str


class RelationRow(Reply):
    kind: str
    tier: TierWord
    strategy: str
    confidence: float
    source: SymbolRow
    target: SymbolRow | External
    site: SitePlace


class CallPath(Reply):
    source: SymbolRow | None
    target: SymbolRow | None
    verdict: VerdictWord
    relations: list[RelationRow]
    candidates: list[SymbolRow]
    uncovered: list[UncoveredPlace]


class SearchRow(Reply):
    repository: str
    path: str
    start_line: int
    end_line: int
    symbol: str | None
    kind: str
    score: float
    why: str


class SearchPage(Reply):
    query: str
    results: list[SearchRow]
    note: str = Field(description="Why an order that a model should have made is not there.")
    next_cursor: str | None


class Repository(Reply):
    name: str
    root: str
    revision: str
    generation: int
    indexed_at: str
    files: int
    lines: int
    symbols: int
    relations: int


class UncoveredFiles(Reply):
    """How many files were not read, by reason, and the first of them."""

    counts: dict[str, int]
    first: list[UncoveredPlace]


class Moved(Reply):
    """What changed in the folder since it was indexed: how many paths, and the first of each."""

    state: Literal["fresh", "stale", "missing"]
    changed: int
    added: int
    deleted: int
    first: list[str]


class Health(Reply):
    name: str
    languages: dict[str, int] = Field(description="Lines by language.")
    files: int
    not_covered: UncoveredFiles
    tiers: dict[str, int] = Field(description="Relations by how sure they are.")
    unresolved: int = Field(description="Call sites that could not be resolved.")
    staleness: Moved
    notes: list[str]


class RepositoryPage(Reply):
    repositories: list[Repository]
    next_cursor: str | None


class FileRow(Reply):
    path: str
    language: str
    lines: int


class FilePage(Reply):
    repository: str
    files: list[FileRow]
    next_cursor: str | None


class Outline(Reply):
    repository: str
    path: str
    symbols: list[SymbolRow]


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
