"""What the doors show of the Ledger: its latest events, and what a verification came to, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from knowledge.ledger import Entry
from ops.ledger.ledger import Ledger, Opened
from ops.ledger.verifying import Report


def latest(
    ledger: Ledger,
    stream: str,
    limit: int,
    *,
    kind: str = "",
    run: str = "",
    user: str = "",
    policy: str = "",
    below: int | None = None,
) -> list[Opened]:
    """Return events of a stream, the last one first, with the words that there is still a key for.

    Args:
        run: the beginning of a run's id. user: whose events. policy: what kind of policy was changed. below: only events before this number.
    """
    key = ledger.keys.find(user) if user else None
    if user and key is None:
        return []
    found = _matching(ledger, stream, kind, run, policy, key.id if key else None, below)
    return list(ledger.opened(islice(found, limit)))


def _matching(
    ledger: Ledger, stream: str, kind: str, run: str, policy: str, subject: str | None, below: int | None
) -> Iterator[Entry]:
    begun = f'"run":"{run}'.encode() if run else b""
    of_policy = f'"policy":"{policy}"'.encode() if policy else b""
    for entry in ledger.latest(stream):
        if below is not None and entry.number >= below:
            continue
        if subject is not None and entry.subject != subject:
            continue
        if kind and entry.kind != kind:
            continue
        if begun in entry.body and of_policy in entry.body:
            yield entry


def verified(report: Report) -> dict[str, Any]:
    """Return the documented shape of `clew audit verify --json`, but for the time it took."""
    return {
        "sound": not report.broken and not report.ignored,
        "events": report.events,
        "streams": [
            {
                "stream": one.stream, "events": one.events, "first": one.first, "last": one.last, "pruned": one.pruned,
                "broken": None if one.broken is None else {
                    "number": one.broken.number, "kind": one.broken.kind, "message": one.broken.message,
                },
            }
            for one in report.streams
        ],
        "anchors": list(report.anchored),
        "untrusted_anchors": list(report.ignored),
    }  # fmt: skip
