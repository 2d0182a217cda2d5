"""Reads what a person types: with editing and a history on a terminal, pasted lines as one text; plain lines elsewhere.

The history holds what was typed with secrets masked, in a file that its owner alone may read.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from pathlib import Path
from types import ModuleType

from graph.conversations import without_secrets

HISTORY_LINES = 1_000
FENCE = '"""'
PASTE_PAUSE_S = 0.05
"""A line that follows another this soon was pasted, not typed."""


class LineReader:
    """history: where the history is kept; a file that cannot be written costs the history only."""

    def __init__(self, history: Path, *, terminal: bool) -> None:
        self._history = history
        self._terminal = terminal
        self._readline = _readline() if terminal else None

    def __enter__(self) -> LineReader:
        if self._readline is not None:
            self._readline.set_auto_history(False)
            self._readline.set_history_length(HISTORY_LINES)
            with contextlib.suppress(OSError):
                self._readline.read_history_file(self._history)
        return self

    def __exit__(self, *_: object) -> None:
        if self._readline is not None:
            self._readline.clear_history()

    def read(self, prompt: str) -> str | None:
        """Return the next text; None at the end of input. Ctrl-C on an empty prompt is a new prompt."""
        try:
            text = self._line(prompt)
            if text.strip().startswith(FENCE):
                text = self._fenced(text.strip()[len(FENCE) :])
            elif self._terminal:
                text = self._with_pasted(text)
        except EOFError:
            return None
        except KeyboardInterrupt:
            if not self._terminal:
                raise
            print()
            return ""
        self._remember(text)
        return text

    def _line(self, prompt: str) -> str:
        if self._terminal:
            return input(prompt)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    def _fenced(self, first: str) -> str:
        """Return the lines up to the closing fence, or to the end of input."""
        if first.rstrip().endswith(FENCE) and first.strip() != "":
            return first.rstrip()[: -len(FENCE)]
        lines = [first] if first else []
        while True:
            try:
                line = self._line("... ")
            except EOFError:
                return "\n".join(lines)
            if line.rstrip().endswith(FENCE):
                return "\n".join([*lines, line.rstrip()[: -len(FENCE)]])
            lines.append(line)

    def _with_pasted(self, text: str) -> str:
        """Return the text with the lines that came in one go with it, as terminals without bracketed paste send them."""
        lines = [text]
        while text.strip() and _waiting():
            try:
                lines.append(self._line(""))
            except EOFError:
                break
        return "\n".join(lines)

    def _remember(self, text: str) -> None:
        if self._readline is None or not text.strip() or "\n" in text:
            return
        self._readline.add_history(without_secrets(text))
        try:
            self._history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._history, os.O_CREAT | os.O_WRONLY, 0o600))
            self._history.chmod(0o600)
            self._readline.write_history_file(self._history)
            self._history.chmod(0o600)
        except OSError:
            return


def _readline() -> ModuleType | None:
    """Return the editing of lines where the platform has it."""
    try:
        import readline  # not on every platform
    except ImportError:
        return None
    return readline


def _waiting() -> bool:
    """Whether more was sent already. Where a console cannot be asked, it is not."""
    try:
        return bool(select.select([sys.stdin], [], [], PASTE_PAUSE_S)[0])
    except (OSError, ValueError):
        return False
