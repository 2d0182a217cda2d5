"""What a person reads about the claims of an answer: how many hold, and what was not verified, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.rendering.screen import Screen

_CLAIM_SHOWN = 160
_REASONS_SHOWN = 3


def show_open(screen: Screen, claims: Sequence[Mapping[str, Any]]) -> None:
    """Print the claims that are not verified; nothing when all are."""
    left = [claim for claim in claims if claim["status"] != "verified"]
    if left:
        screen.line()
        screen.line(("what the check did not verify", "title"))
    for claim in left:
        screen.line(f"- {claim['status']}: {first_line(claim['text'])}")
        if claim["reasons"]:
            screen.line((f"  {'; '.join(claim['reasons'][:_REASONS_SHOWN])}", "dim"))


def statuses(claims: Sequence[Mapping[str, Any]]) -> str:
    """Return `3 of 5 claims verified, 1 unverified, 1 refuted`."""
    counts = Counter(claim["status"] for claim in claims)
    others = [f"{counts[status]} {status}" for status in ("unverified", "unknown", "refuted") if counts[status]]
    return ", ".join([f"{counts['verified']} of {len(claims)} claims verified", *others])


def first_line(text: str) -> str:
    line = text.strip().split("\n")[0]
    return line if len(line) <= _CLAIM_SHOWN else f"{line[:_CLAIM_SHOWN]}…"
