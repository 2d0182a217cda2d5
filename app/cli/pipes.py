"""The streams of a command whose reader may go away: `clew ... | head`.

Whoever reads what a command prints may have enough of it. That is no fault of the command nor of a file, so it is an
exception of its own and no `OSError`: no command takes it for one, and neither does click, which would exit with 1.
What only accompanies a command (stderr) goes nowhere then, and the command goes on.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

_CLOSED = frozenset({errno.EPIPE, errno.ESHUTDOWN, *([errno.EINVAL] if os.name == "nt" else [])})
"""How a write to a pipe without a reader fails; Windows calls it an invalid argument."""


class ReaderGone(BaseException):
    """Nobody reads the output any more. Like an interrupt, it passes whatever catches mere exceptions."""


@contextmanager
def watched_streams() -> Iterator[None]:
    """Raise ReaderGone where stdout has no reader any more, and drop what stderr has none for; streams without a file stay as they are."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _upon(before[0], _Output), _upon(before[1], _Commentary)
    try:
        yield
        sys.stdout.flush()
    except ReaderGone:
        _silence(sys.stdout)
        raise
    finally:
        with suppress(ReaderGone):
            sys.stderr.flush()
        sys.stdout, sys.stderr = before


def is_reader_gone(error: BaseException) -> bool:
    """Tell whether a write failed because nobody reads any more: for what writes past these streams."""
    return isinstance(error, OSError) and error.errno in _CLOSED


def leaves_of(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """Yield the errors of a group that are no groups themselves."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves_of(error)
        else:
            yield error


class _Output(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as exc:
            if not is_reader_gone(exc):
                raise
            raise ReaderGone from None


class _Commentary(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as exc:
            if not is_reader_gone(exc):
                raise
            return memoryview(data).nbytes


def _upon(stream: TextIO, kind: type[io.FileIO]) -> TextIO:
    """Return a stream of the same file, encoding and habits that writes through `kind`."""
    buffer = getattr(stream, "buffer", None)
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(getattr(buffer, "raw", buffer), io.FileIO):
        return stream  # a terminal of Windows, or what a test or a notebook puts in its place
    stream.flush()
    file = kind(stream.fileno(), "w", closefd=False)
    is_unbuffered = isinstance(buffer, io.FileIO)  # PYTHONUNBUFFERED
    return io.TextIOWrapper(
        file if is_unbuffered else io.BufferedWriter(file),  # as the interpreter does it
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere: the interpreter would complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
