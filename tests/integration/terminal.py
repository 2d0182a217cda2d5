"""A program in a pseudo-terminal, as a person has it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

DEADLINE_S = 60.0


class Terminal:
    """Types into a program, and waits for what it shows."""

    def __init__(self, command: Sequence[str], folder: Path, env: dict[str, str]) -> None:
        master, slave = pty.openpty()
        self._master, self._seen = master, ""
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={"TERM": "xterm", "COLUMNS": "120", **env},
            start_new_session=True,
            preexec_fn=_at_terminal,
        )
        os.close(slave)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, pattern: str) -> str:
        """Return what was shown up to the pattern, which is then behind us."""
        deadline = time.monotonic() + DEADLINE_S
        while (found := re.search(pattern, self._seen)) is None:
            assert time.monotonic() < deadline, f"{pattern!r} is not in {self._seen[-2_000:]!r}"
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self._seen += os.read(self._master, 65_536).decode("utf-8", "replace")
                except OSError as error:
                    raise AssertionError(f"closed before {pattern!r}: {self._seen[-2_000:]!r}") from error
        shown, self._seen = self._seen[: found.end()], self._seen[found.end() :]
        return shown

    def rest(self) -> str:
        """Return what else is shown until the program ends."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self._seen += os.read(self._master, 65_536).decode("utf-8", "replace")
                except OSError:  # nobody holds the other end any more
                    break
        shown, self._seen = self._seen, ""
        return shown

    def close(self) -> int:
        try:
            return self.process.wait(timeout=DEADLINE_S)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._master)


def _at_terminal() -> None:
    """Make the pseudo-terminal the one whose Ctrl-C reaches this process, whatever the parent ignores."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
