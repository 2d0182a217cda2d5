"""A worker of `clew serve --workers N`: `python -m app.serve_worker`, started by `app.supervising`.

It imports all that answering takes, then is told by a line of JSON on stdin what to serve and at which inherited socket, and says on stdout when it is ready and, from its event loop,
that it lives. It drains and ends at SIGTERM, and when its stdin ends: so it ends with its supervisor, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading

import app.assistant  # noqa: F401 - so that a spare has it: the first question would wait for it
from app.cli.composition import opened
from app.errors import FOUND, exit_code
from app.serving import answer
from configs.errors import ClewError, StoreError

READY = "ready"
ALIVE = "alive"


def main() -> int:
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints meanwhile must not look like ours
    asked = json.loads(sys.stdin.readline())

    def tell(word: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            told.write(word + "\n")

    try:
        with opened(asked["store"], asked["overrides"]) as wiring, socket.socket(fileno=asked["socket"]) as listening:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
            gate = wiring.gate(wiring.settings.serve.host)
            with contextlib.suppress(
                StoreError
            ):  # nothing is indexed yet, or a server is away: it is composed when it is asked
                wiring.assistant()
            answer(wiring, gate, listening, lambda: tell(READY), lambda: tell(ALIVE))
    except ClewError as error:
        print(f"clew: {error}; {error.next_step}", file=sys.stderr)
        return exit_code(error)
    return FOUND


def _end_with_stdin() -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
