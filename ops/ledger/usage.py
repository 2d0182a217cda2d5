"""Usage as a view of the Ledger: events are folded into sums by day, and summed again by what somebody asks for.

A view is brought up to date before it is read, by the events that are new. It can be thrown away and made again from the first
event; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from knowledge.ledger import Entry
from knowledge.usage import Cell, Run, Tally, UsageStore, bucket_of, percentile
from ops.ledger.events import ADMINISTRATION, STREAMS
from ops.ledger.ledger import PAGE, Ledger, fields_of

By: TypeAlias = Literal["day", "user", "team", "project", "model", "release", "door"]
ERASED = "(erased)"
NOBODY = "(nobody)"
_FOLDED = tuple(stream for stream in STREAMS if stream != ADMINISTRATION)
_SIGNALS = frozenset({"copied", "opened", "dwell", "rephrased"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report: what it is of, and its sums."""

    key: str
    tally: Tally

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of a row of `clew usage --json`."""
        one = self.tally
        voted = one.up + one.down
        return {
            "key": self.key,
            "asked": one.asked,
            "answered": one.answered,
            "unanswered": one.unanswered,
            "levels": dict(sorted(one.levels.items())),
            "claims": {"verified": one.verified, "refuted": one.refuted},
            "findings": one.findings,
            "model_calls": one.calls,
            "input_tokens": one.input_tokens,
            "output_tokens": one.output_tokens,
            "cost_usd": one.micro_usd / 1e6,
            "latency_ms": _percentiles(one.latencies),
            "first_evidence_ms": _percentiles(one.evidence),
            "satisfaction": {
                "up": one.up,
                "down": one.down,
                "share": one.up / voted if voted else None,
                "ratings": one.ratings,
                "rating": one.rating_sum / one.ratings if one.ratings else None,
                "corrections": one.corrections,
                "signals": one.signals,
            },
        }


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Sums by one dimension, the largest first (days in their order), and all together."""

    by: By
    since: str
    until: str
    rows: tuple[Row, ...]
    total: Row

    def to_json(self) -> dict[str, Any]:
        return {
            "by": self.by, "since": self.since or None, "until": self.until or None,
            "rows": [row.to_json() for row in self.rows], "total": self.total.to_json(),
        }  # fmt: skip


class UsageView:
    """Blocking. ledger: what is folded; store: where the sums are."""

    def __init__(self, ledger: Ledger, store: UsageStore) -> None:
        self._ledger = ledger
        self._store = store

    def refresh(self, progress: Callable[[int], None] = lambda _done: None) -> int:
        """Fold the events that are new and return how many there were; another process may have folded them meanwhile."""
        folded = 0
        for stream in _FOLDED:
            while True:
                before = self._store.cursors()
                page = self._ledger.store.read(stream, after=before.get(stream, 0), limit=PAGE)
                if not page:
                    break
                folding = _Folding(self._store)
                for entry in page:
                    folding.fold(entry)
                after = {**before, stream: page[-1].number}
                if self._store.add(before, after, folding.tallies, list(folding.runs.values())):
                    folded += len(page)
                    progress(folded)
        return folded

    def rebuild(self, progress: Callable[[int], None] = lambda _done: None) -> int:
        """Throw the sums away and fold every event that the Ledger holds."""
        self._store.clear()
        return self.refresh(progress)

    def report(
        self, by: By, *, since: str = "", until: str = "", user: str | None = None, where: dict[str, str] | None = None
    ) -> UsageReport:
        """Return the sums by one dimension, up to date.

        Args:
            since, until: days, both included. user: of this person only. where: other dimensions, each with its one value.
        """
        self.refresh()
        cells = self._store.tallies(since, until)
        if user is not None:
            key = self._ledger.keys.find(user)
            cells = {cell: tally for cell, tally in cells.items() if key is not None and cell.subject == key.id}
        for name, value in (where or {}).items():
            cells = {cell: tally for cell, tally in cells.items() if getattr(cell, name) == value}
        names = self._names({cell.subject for cell in cells}) if by == "user" else {}
        sums: dict[str, Tally] = {}
        total = Tally()
        for cell, tally in cells.items():
            key_text = names[cell.subject] if by == "user" else getattr(cell, by)
            sums.setdefault(key_text, Tally()).add(tally)
            total.add(tally)
        order = (lambda row: (row.key,)) if by == "day" else (lambda row: (-row.tally.asked, row.key))
        rows = sorted((Row(name, tally) for name, tally in sums.items()), key=order)
        return UsageReport(by, since, until, tuple(rows), Row("", total))

    def run(self, begin: str) -> Run | None:
        """Return the run of this id, or the only one whose id begins so."""
        self.refresh()
        found = self._store.runs_beginning(begin, 2) if begin else []
        return next((run for run in found if run.id == begin), found[0] if len(found) == 1 else None)

    def _names(self, subjects: set[str]) -> dict[str, str]:
        known = self._ledger.keys.by_id(sorted(subjects - {""}))
        names = {subject: known[subject].name if subject in known else ERASED for subject in subjects - {""}}
        return {**names, "": NOBODY}


class _Folding:
    """Sums of one page of events, and the runs that they speak of."""

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self.tallies: dict[Cell, Tally] = {}
        self.runs: dict[str, Run] = {}

    def fold(self, entry: Entry) -> None:
        said = fields_of(entry)
        run = self._run(str(said.get("run", "")), entry, said)
        match entry.kind:
            case "asked":
                self._of(run.cell).asked += 1
            case "answered":
                tally = self._of(run.with_model(said["model"]))
                tally.answered += 1
                tally.verified += said["claims"].get("verified", 0)
                tally.refuted += said["claims"].get("refuted", 0)
                _count(tally.levels, said["level"])
                _count(tally.latencies, bucket_of(said["latency_ms"]))
                if said["first_evidence_ms"] is not None:
                    _count(tally.evidence, bucket_of(said["first_evidence_ms"]))
                self.runs[run.id] = replace(run, ended="answered", cell=run.with_model(said["model"]))
            case "unanswered":
                self._of(run.cell).unanswered += 1
                self.runs[run.id] = replace(run, ended=said["reason"])
            case "model":
                tally = self._of(run.with_model(said["model"]))
                tally.calls += 1
                tally.input_tokens += said["input_tokens"]
                tally.output_tokens += said["output_tokens"]
                tally.micro_usd += said["micro_usd"]
            case "finding":
                self._of(run.cell).findings += 1
            case "feedback":
                _judge(self._of(replace(run.cell, day=day_of(entry.at_us))), said)

    def _of(self, cell: Cell) -> Tally:
        return self.tallies.setdefault(cell, Tally())

    def _run(self, run_id: str, entry: Entry, said: dict[str, Any]) -> Run:
        """Return the run of an event: known, or made of what the event says of it."""
        cell = Cell(
            day_of(entry.at_us), entry.subject, said.get("team", ""), said.get("project", ""), "",
            said.get("release", ""), said.get("door", ""),
        )  # fmt: skip
        if not run_id:  # a call of a model outside of any run, such as for a search
            return Run("", cell)
        if run_id not in self.runs:
            self.runs[run_id] = self._store.runs([run_id]).get(run_id) or Run(run_id, cell)
        run = self.runs[run_id]
        if (
            entry.kind == "answered" and said["release"] != run.cell.release
        ):  # the id of the release that was asked for by name
            run = self.runs[run_id] = replace(run, cell=replace(run.cell, release=said["release"]))
        return run


def day_of(at_us: int) -> str:
    """Return the UTC day of a time."""
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d")


def _judge(tally: Tally, said: dict[str, Any]) -> None:
    signal, value = said["signal"], said["value"]
    if signal == "thumb":
        tally.up += value > 0
        tally.down += value < 0
    elif signal == "rating":
        tally.ratings += 1
        tally.rating_sum += int(value)
    elif signal == "correction":
        tally.corrections += 1
    elif signal in _SIGNALS:
        tally.signals += 1


def _count(counts: dict[Any, int], key: Any) -> None:
    counts[key] = counts.get(key, 0) + 1


def _percentiles(buckets: dict[int, int]) -> dict[str, float | None]:
    return {name: percentile(buckets, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def checked_days(since: str | None, until: str | None) -> tuple[str, str]:
    """Return the bounds of a report. Raises ValueError for what is no day."""
    days: Sequence[str] = [text or "" for text in (since, until)]
    for day in filter(None, days):
        datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    return days[0], days[1]
