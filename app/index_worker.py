"""One job of the index in a process of its own, for `ops.jobs`: `python -m app.index_worker`.

It is told what to do by a line of JSON on stdin, and tells how it goes by lines of JSON on stdout: `{progress: [stage, done, total]}`,
`{note}`, and at last `{report}` or `{error}`. It ends when its stdin does: so it ends with the process that started it, however that ends,
and leaves the previous index as it was, as Ctrl-C does.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any, TextIO

from app.cli.composition import opened
from app.errors import FOUND, INTERRUPTED, UNAVAILABLE, error_body
from app.shapes.repositories import index_report_shape
from configs.errors import ClewError

TOLD_EVERY_S = 0.1
NICENESS = 5
"""Questions that are answered meanwhile go first."""


class Teller:
    """Writes lines; progress at most so often, but each stage at least once. A reader that is gone is told nothing more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage = ""
        self._told_at = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < TOLD_EVERY_S:
            return
        self._stage, self._told_at = stage, now
        self.tell({"progress": [stage, done, total]})

    def note(self, text: str) -> None:
        self.tell({"note": text})

    def tell(self, row: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(json.dumps(row) + "\n")
            self._stream.flush()


def main() -> int:
    """Return 0 after a run, 130 after one that was ended, 3 after one that failed."""
    teller = Teller(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints meanwhile must not look like ours
    try:
        asked = json.loads(sys.stdin.readline())
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        return _run(asked, teller)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ClewError as error:
        teller.tell(error_body(error))
        return UNAVAILABLE


def _run(asked: dict[str, Any], teller: Teller) -> int:
    source, force = asked["source"], asked["force"]
    with opened(asked["store"]) as wiring:
        if source is not None and asked["drop"]:
            gone = {"repository": asked["repository"], "dropped": True}
            if force:
                wiring.connections.remove(source, say=teller.note)
                teller.tell({"report": gone})
                return FOUND
            if wiring.connections.drop_if_gone(source, progress=teller.progress, say=teller.note):
                teller.tell({"report": gone})
                return FOUND
        how = {
            "force": force,
            "documents_only": asked["documents_only"],
            "progress": teller.progress,
            "say": teller.note,
        }
        if source is not None:
            report = wiring.connections.refresh(source, **how)
        else:
            report = wiring.indexing.index(asked["root"], asked["repository"], **how)
    teller.tell({"report": index_report_shape(report)})
    return FOUND


def _end_with_stdin() -> None:
    """Interrupt this process and those that it started, as Ctrl-C does in a terminal."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.read()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGINT)
    else:
        _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
