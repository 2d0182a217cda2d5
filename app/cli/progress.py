"""Progress of a long run on stderr: one line that repaints itself on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from app.rendering.screen import is_terminal
from guardrails.visible import shown
from ops.jobs.rates import Rate, StageClock

REPAINT_S = 0.1
PLAIN_INTERVAL_S = 3.0
UNITS = {"extract": " files", "download": " kB"}
"""What a stage counts, where it is not plain."""

ERASE = "\r\x1b[2K"


class StatusLine:
    """One line of a terminal, painted over and over."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._painted = False

    def show(self, text: str) -> None:
        """Paint `text` in place of what stood there; an empty one leaves it."""
        if text:
            width = shutil.get_terminal_size().columns
            self._stream.write(ERASE + shown(text)[: width - 1])
            self._stream.flush()
            self._painted = True

    def close(self) -> None:
        """Take the line away."""
        if self._painted:
            self._stream.write(ERASE)
            self._stream.flush()
            self._painted = False


class ProgressLine:
    """A `knowledge.ports.graph.Progress`: call it with (stage, done, total)."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        terminal: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._line = StatusLine(self._stream) if _or_default(terminal, is_terminal(self._stream)) else None
        self._clock = clock
        self._stages = StageClock(clock)
        self._last_shown = clock()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        changed = stage != self._stages.stage
        rate = self._stages.step(stage, done, total)
        interval = REPAINT_S if self._line else PLAIN_INTERVAL_S
        if now - self._last_shown < interval and not (changed and self._line):
            return
        self._last_shown = now
        text = _described(stage, done, total, rate)
        if self._line:
            self._line.show(text)
        else:
            self._write(text)

    def note(self, text: str) -> None:
        """Show a line that stays."""
        self.close()
        self._write(text)

    def close(self) -> None:
        """Take the repainted line away."""
        if self._line:
            self._line.close()

    def _write(self, text: str) -> None:
        self._stream.write(shown(text) + "\n")
        self._stream.flush()


def _or_default(value: bool | None, default: bool) -> bool:
    return default if value is None else value


def _described(stage: str, done: int, total: int, rate: Rate | None) -> str:
    """Return `extract 120/400 files, 240 files/s, 2 s left`; the parts that are not known yet are left out."""
    unit = UNITS.get(stage, "")
    if not done and not total:
        return stage
    text = f"{stage} {done:,}/{total:,}{unit}" if total else f"{stage} {done:,}{unit}"
    if rate is not None:
        text += f", {rate.per_s:,.0f}{unit}/s"
        text += f", {rate.remaining_s:.0f} s left" if rate.remaining_s is not None else ""
    return text
