"""Shows what is longer than the terminal in the person's pager, and everything else at once."""

from __future__ import annotations

import io
import math
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.rendering.screen import Screen, width_of

_LESS = ("less", "-FRX")
"""Keeps colours and the screen, and ends at once where all fits."""

_NONE = ("", "cat")


def pager_of(wish: str | None) -> tuple[str, ...] | None:
    """Return the command that `PAGER` means, `less` where it is not set; None: no pager is wanted, or none is there."""
    if wish is None:
        wish = _LESS[0]
    try:
        words = tuple(shlex.split(wish))
    except ValueError:
        return None
    if not words or wish.strip() in _NONE or shutil.which(words[0]) is None:
        return None
    return (words[0], _LESS[1], *words[1:]) if Path(words[0]).stem == _LESS[0] else words


@contextmanager
def paged(screen: Screen, pager: tuple[str, ...] | None) -> Iterator[Screen]:
    """Yield what to draw upon; in the end it is shown on `screen`, through `pager` when it is longer than the terminal."""
    if pager is None:
        yield screen
        return
    text = io.StringIO()
    yield screen.upon(text)
    if _fits(text.getvalue()) or not _shown_by(pager, text.getvalue()):
        screen.drawn(text.getvalue())


def _fits(text: str) -> bool:
    columns, lines = shutil.get_terminal_size()
    rows = (max(1, math.ceil(width_of(line) / columns)) for line in click.unstyle(text).split("\n"))
    return sum(rows) <= lines - 1


def _shown_by(pager: tuple[str, ...], text: str) -> bool:
    """Return whether the pager could be started. Ctrl-C is the pager's own while it runs, so it reads from a file that is whole."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode("utf-8", "backslashreplace"))
        file.seek(0)
        try:
            process = subprocess.Popen(pager, stdin=file)
        except OSError:
            return False
        _wait_through_interrupts(process)
    return True


def _wait_through_interrupts(process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue
        return
