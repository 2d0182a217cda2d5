"""Claims, citations and findings: the records an answer is made of. Judged in `guardrails/`, never here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ANCHOR_LIMIT = 60
_NOT_IN_ANCHORS = re.compile(r"[^\w.\-]+")


class Verdict(StrEnum):
    """What a structural tool may say. `none` means: looked everywhere, nothing there; `unknown`: could not look everywhere."""

    FOUND = "found"
    NONE = "none"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


class Level(StrEnum):
    """How an answer was made: by typed tools alone, of lines quoted from retrieved text, or written by an LLM.

    The rungs of the ladder below the chosen LLM: `fallback_model`, another one that stands in for it; `cached`, an earlier answer to a
    question alike; then the first two; and `handoff`: nothing answers, and a ticket for a person says what was tried.
    """

    STRUCTURAL = "structural"
    EXTRACTIVE = "extractive"
    MODEL = "model"
    FALLBACK = "fallback_model"
    CACHED = "cached"
    HANDOFF = "handoff"


WRITTEN = frozenset({Level.MODEL.value, Level.FALLBACK.value})
"""Levels whose words an LLM made for this very question."""


class ClaimStatus(StrEnum):
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    REFUTED = "refuted"
    UNKNOWN = "unknown"
    """The index could not look: a call site that it could not resolve, an absence that no line can show."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Lines that prove a claim. `symbol` is a qualified name or None; `revision` a commit or `worktree:<hash>`."""

    repository: str
    path: str
    start_line: int
    end_line: int
    symbol: str | None
    revision: str


def place_of(path: str, symbol: str | None, start_line: int, end_line: int) -> str:
    """Return a citation as people write it: `path:line`, `path:start-end`, and `path#heading:line` for a document's section."""
    lines = f"{start_line}" if end_line == start_line else f"{start_line}-{end_line}"
    is_section = symbol is not None and symbol.startswith(f"{path}#")
    anchor = anchor_of(symbol[len(path) + 1 :]) if symbol is not None and is_section else ""
    return f"{path}#{anchor}:{lines}" if anchor else f"{path}:{lines}"


def anchor_of(title: str) -> str:
    """Return what a heading is called in a citation: a signature without its parameters, words joined by dashes."""
    return _NOT_IN_ANCHORS.sub("-", title.partition("(")[0] or title).strip("-.")[:ANCHOR_LIMIT].lower()


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """A relation that a claim asserts, by symbol ids, so that the checker can look it up in the right direction."""

    kind: str
    source_id: str
    target_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer with its proof. `tier` is the evidence tier of the relation it states, if it states one."""

    text: str
    citations: tuple[Citation, ...]
    identifiers: tuple[str, ...] = ()
    relations: tuple[StatedRelation, ...] = ()
    tier: str | None = None
    status: ClaimStatus = ClaimStatus.UNVERIFIED


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of one document: 1-based, inclusive. `text` is redacted; `stale` when the working file changed since."""

    repository: str
    path: str
    start_line: int
    end_line: int
    text: str
    revision: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say. severity: info, warning, error; confidence 0..1; action: none, annotate, repair, stop."""

    gate: str
    kind: str
    severity: str
    message: str
    confidence: float = 1.0
    action: str = "none"
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A place an answer could not look into. line 0: the whole file."""

    path: str
    line: int
    reason: str
