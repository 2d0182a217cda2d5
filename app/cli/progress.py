"""Progress of a long run on stderr: one line that repaints itself on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from app.cli.screen import is_terminal
from guardrails.visible import shown

REPAINT_S = 0.1
PLAIN_INTERVAL_S = 3.0
UNITS = {"extract": " files", "download": " kB"}
"""What a stage counts, where it is not plain."""

_TELLING_S = 0.2
_TELLING_SHARE = 0.02
"""A rate is told once this much was measured: the first files wait for the processes that read them."""

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
    """A `knowledge.ports.Progress`: call it with (stage, done, total)."""

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
        self._stage = ""
        self._stage_began = self._last_shown = clock()
        self._done_before = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        changed = stage != self._stage
        if changed:
            self._stage, self._stage_began, self._done_before = stage, now, done
        interval = REPAINT_S if self._line else PLAIN_INTERVAL_S
        if now - self._last_shown < interval and not (changed and self._line):
            return
        self._last_shown = now
        text = _described(stage, done, total, now - self._stage_began, self._done_before)
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


def _described(stage: str, done: int, total: int, elapsed_s: float, done_before: int = 0) -> str:
    """Return `extract 120/400 files, 240 files/s, 2 s left`; the parts that are not known yet are left out.

    done_before: what was done when the stage began (it came from a cache), which says nothing of the rate.
    """
    unit = UNITS.get(stage, "")
    if not done and not total:
        return stage
    text = f"{stage} {done:,}/{total:,}{unit}" if total else f"{stage} {done:,}{unit}"
    measured = done - done_before
    if measured > (total - done_before) * _TELLING_SHARE and elapsed_s > _TELLING_S:
        rate = measured / elapsed_s
        text += f", {rate:,.0f}{unit}/s"
        text += f", {(total - done) / rate:.0f} s left" if total else ""
    return text
