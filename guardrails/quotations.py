"""Whether code in an answer is the repository's: line by line, common indentation aside, left-out lines allowed where they are marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from guardrails.record import Record
from knowledge.evidence import Citation, ClaimStatus

_LEFT_OUT = re.compile(r"^\s*(?:#|//|/\*|--|<!--)?\s*(?:\.{3}|…|\[\.{3}\])\s*(?:\*/|-->)?\s*$")
NOT_FROM_THE_REPOSITORY = "this code is not from the repository"


def judge_code(
    record: Record, code: str, citations: Sequence[Citation], *, is_quoted: bool, evidence: str = ""
) -> tuple[ClaimStatus, str]:
    """Return the status of a code block, and the fault when it claims to be what it is not.

    Args:
        citations: of the sentence that introduces it. is_quoted: that sentence says that it stands in the repository.
        evidence: text that the writer was given: a block that stands there is the repository's, wherever it is from.
    """
    rows = [row.rstrip() for row in code.split("\n")]
    if not any(row.strip() for row in rows):
        return ClaimStatus.VERIFIED, ""
    for citation in citations:
        lines = record.lines_of(citation.repository, citation.path) or []
        if holds(lines[citation.start_line - 1 : citation.end_line], rows):
            return ClaimStatus.VERIFIED, ""
    places = ", ".join(f"{one.path}:{one.start_line}" for one in citations)
    if citations:
        return ClaimStatus.REFUTED, f"the quoted lines do not stand at {places}"
    if holds(evidence.split("\n"), rows):
        return ClaimStatus.VERIFIED, ""
    if is_quoted:
        return ClaimStatus.REFUTED, "the code is given as the repository's and does not stand in the evidence"
    return ClaimStatus.UNVERIFIED, ""


def holds(lines: Sequence[str], rows: Sequence[str]) -> bool:
    """Tell whether the rows stand in the lines, in order and without gaps but for those that are marked as left out."""
    wanted = [_Row(row) for row in rows if row.strip()]
    there = [line.strip() for line in lines if line.strip()]
    at = 0
    part: list[str] = []
    for row in [*wanted, None]:
        if row is not None and not row.is_gap:
            part.append(row.text)
            continue
        if part:
            found = next((n for n in range(at, len(there) - len(part) + 1) if there[n : n + len(part)] == part), None)
            if found is None:
                return False
            at = found + len(part)
            part = []
    return any(not row.is_gap for row in wanted)


class _Row:
    """A line of a block, or the mark that lines are left out here."""

    __slots__ = ("is_gap", "text")

    def __init__(self, row: str) -> None:
        self.text = row.strip()
        self.is_gap = _LEFT_OUT.match(row) is not None
