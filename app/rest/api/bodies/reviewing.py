"""What a change puts at risk."""

from __future__ import annotations

from pydantic import Field

from app.rest.api.bodies.reply import Reply
from app.rest.api.bodies.symbols import ReachedRow, SymbolRow, UncoveredPlace


class RiskReason(Reply):
    points: int = Field(description="1 (worth a look) to 3 (breaks something for certain).")
    text: str


class CitedLine(Reply):
    path: str
    line: int
    indexed: bool = Field(description="The line counts in the file as it was indexed, else as the change leaves it.")
    text: str


class FindingRow(Reply):
    kind: str = Field(
        description="`will_break`, `may_break`, `untested`, `unanswered`, `unindexed` or `often_mended`.",
        examples=["will_break"],
    )
    severity: str = Field(description="`error`, `warning` or `information`.", examples=["error"])
    path: str
    line: int
    indexed: bool = Field(description="As in a cited line.")
    text: str
    cites: list[CitedLine] = Field(description="The lines that it rests on.")


class Author(Reply):
    name: str
    commits: int


class MoveEnd(Reply):
    path: str
    local_name: str


class ChangedSymbolRow(Reply):
    local_name: str
    kind: str
    effect: str = Field(examples=["signature"])
    line: int
    signature_before: str
    signature_after: str
    moved_from: MoveEnd | None = Field(
        description="Of an added symbol: where it was, under which name, before it was moved or renamed."
    )
    moved_to: MoveEnd | None = Field(description="Of a removed symbol: where it is now.")
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
    findings: list[FindingRow] = Field(description="What to look at, each at its line, the most severe first.")
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
