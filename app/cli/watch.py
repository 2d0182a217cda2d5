"""`clew watch [PATH]`: keeps one repository's index up to date while its files change."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from app.cli.composition import opened
from app.errors import FOUND, error_body
from app.following import Follower
from app.rendering.repositories import short_revision
from app.rendering.screen import Screen, counted, json_line
from app.watching import Batch, batches
from configs.errors import ClewError, NothingToIndex, RepositoryNotFound, StoreBusy
from guardrails.visible import shown

if TYPE_CHECKING:
    from indexers.pipeline import IndexReport


ASK_AGAIN_S = 1.0
"""How long to leave a busy store alone."""


def run(path: str, name: str | None, jobs: int | None, as_json: bool, store: str | None) -> int:
    """Return 0 when stopped by Ctrl-C; the first index may fail as `clew index` does."""
    stop = Event()
    with opened(store, {"index": {"jobs": jobs}}) as wiring:
        root = Path(path).expanduser()
        show = _Json() if as_json else _Lines()
        try:
            with (
                closing(Follower(wiring, root, name, show.note)) as follower,
                closing(batches(root.resolve(), wiring.settings.home, stop)) as changed,
            ):
                for report in updates(follower, changed, show, stop):
                    show.update(report)
        except KeyboardInterrupt:
            stop.set()
            show.note("stopped; the index is as the last line says")
    return FOUND


def updates(follower: Follower, changed: Iterator[Batch], show: _Lines | _Json, stop: Event) -> Iterator[IndexReport]:
    """Yield a report for every update that wrote something, the first one whatever it did.

    Raises ClewError when the first index fails. Later failures are shown: a busy store is asked again, else the next
    change is waited for.
    """
    is_first = True
    for batch in changed:
        try:
            report = _taken(follower, batch, show, stop)
        except (NothingToIndex, RepositoryNotFound) as error:
            if is_first:
                raise
            show.error(error)
            continue
        is_first = False
        if report is not None:
            yield report


def _taken(follower: Follower, batch: Batch, show: _Lines | _Json, stop: Event) -> IndexReport | None:
    """Take a batch up as soon as the store is free for it; None when stopped before."""
    while not stop.is_set():
        try:
            return follower.take(batch)
        except StoreBusy as error:
            show.error(error)
            batch = None  # what was in memory is gone
            stop.wait(ASK_AGAIN_S)
    return None


class _Lines:
    """One line an update, for people."""

    def __init__(self) -> None:
        self._screen = Screen()

    def update(self, report: IndexReport) -> None:
        info = report.repository
        written = info.file_count if report.rewritten is None else report.rewritten
        self._screen.line(
            (time.strftime("%H:%M:%S"), "dim"),
            f"  {info.name} at {short_revision(info.revision)}: {counted(written, 'file')} written, ",
            f"{counted(info.symbol_count, 'symbol')}, {counted(info.relation_count, 'relation')}, ",
            f"{report.wall_s * 1_000:,.0f} ms",
        )
        self._screen.flush()

    def note(self, text: str) -> None:
        print(shown(text), file=sys.stderr, flush=True)

    def error(self, error: ClewError) -> None:
        self.note(f"error: {error}")
        self.note(f"next: {error.next_step}")


class _Json:
    """One JSON object a line, for programs."""

    def update(self, report: IndexReport) -> None:
        info = report.repository
        self._write(
            {
                "repository": info.name,
                "generation": info.generation,
                "revision": info.revision,
                "files": info.file_count if report.rewritten is None else report.rewritten,
                "symbols": info.symbol_count,
                "relations": info.relation_count,
                "ms": round(report.wall_s * 1_000, 1),
            }
        )

    def note(self, text: str) -> None:
        print(shown(text), file=sys.stderr, flush=True)

    def error(self, error: ClewError) -> None:
        self._write(error_body(error))

    def _write(self, body: dict[str, object]) -> None:
        sys.stdout.write(json_line(body))
        sys.stdout.flush()
