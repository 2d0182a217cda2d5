"""Follows one working tree: takes each batch of changes up by the cheapest way that is sure.

Edits that only their own file sees are written from memory (`indexers.live`), the store locked while they are written.
Everything else is an index run, which resolves the languages that it must and leaves them in memory. When the tree rests, memory is
warmed if it is cold, and after edits from memory an index run looks at
the whole tree once more: it finds nothing to write but, in git, the revision that the tree is at by now. So it does when another
commit is checked out, whose message says what was changed and why; git's folder need not lie in the tree for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.watching import Batch
from configs.errors import StoreBusy, StoreError
from indexers.families import Families
from indexers.git_layout import head_of

if TYPE_CHECKING:
    from app.indexing import Say
    from app.wiring import Wiring
    from indexers.live import LiveIndex
    from indexers.pipeline import IndexReport

REST_S = 2.0
"""How long after the last edit from memory the whole tree is looked at."""


class Follower:
    """Not for several threads. Close it when done."""

    def __init__(
        self, wiring: Wiring, root: Path, name: str | None, say: Say, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._wiring = wiring
        self._root = root
        self._name = name
        self._say = say
        self._clock = clock
        self._live: LiveIndex | None = None
        self._families = Families()
        self._generation = -1
        self._cold_generation = -1
        """The generation that memory could not be warmed for: the tree had moved on, events will tell."""
        self._edited_at: float | None = None
        self._head = ""
        """Which commit the last index run found checked out."""

    def take(self, batch: Batch) -> IndexReport | None:
        """Bring the store up to date after a batch, or use the time that the tree rests (an empty one).

        Returns the report of a run that wrote something, and that of the first run. Raises ClewError as an index run does.
        """
        report = self._rested() if batch == frozenset() else self._edited(batch)
        if report is None or report.repository.generation == self._generation:
            return None
        self._generation = report.repository.generation
        return report

    def close(self) -> None:
        if self._live is not None:
            self._wiring.indexing.close_live()
            self._live = None

    def _edited(self, batch: Batch) -> IndexReport | None:
        live = self._live
        if batch is None or live is None or not live.is_warm:
            return self._run()
        prepared = live.prepare(batch)
        if prepared is None:
            return self._run()
        if not prepared.rows:
            return None
        try:
            report = self._wiring.indexing.write_live(live, prepared, say=self._say)
        except StoreBusy:
            raise
        except (StoreError, FileNotFoundError):  # what is stored is not what was in memory: begin anew
            return self._run()
        self._edited_at = self._clock()
        return report

    def _run(self) -> IndexReport:
        self._head = head_of(self._root)
        report = self._wiring.indexing.index(
            str(self._root), self._name, progress=_unheard, say=self._say, families=self._families
        )
        self._name = report.repository.name
        self._edited_at = None
        if self._live is None:
            self._live = self._wiring.indexing.open_live(self._root, self._name, self._families)
        self._live.adopt(report)
        return report

    def _rested(self) -> IndexReport | None:
        if self._edited_at is not None:
            return self._run() if self._clock() - self._edited_at >= REST_S else None
        if head_of(self._root) != self._head:
            return self._run()
        live = self._live
        if live is not None:
            live.tidy()
        if live is not None and not live.is_warm and self._cold_generation != self._generation:
            warmed = self._wiring.indexing.warm_live(live)
            self._cold_generation = -1 if warmed else self._generation
        return None


def _unheard(_stage: str, _done: int, _total: int) -> None:
    """A line an update is progress enough."""
