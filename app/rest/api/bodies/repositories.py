"""Repositories, their files, what is found in them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.rest.api.bodies.reply import Reply
from app.rest.api.bodies.symbols import SymbolRow, UncoveredPlace


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
