"""Texts as the words that begin in them, by number: read once, then every question finds its words there without reading.

A word begins with a run of letters, after a small letter that a capital follows, or with a run of digits (`readCsv2`: `readCsv`,
`Csv`, `2`). It reaches to the end of its run, so that whoever looks for a beginning can tell what follows. Letters and signs
beyond ASCII are one class, as in `passages`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

MOST_WORDS = 100_000
"""A vocabulary that holds more is to be replaced by a new one: about 35 MB."""
LONGEST_KEY = 4

_RUN = re.compile(r"[A-Za-z\x80-\U0010ffff]+|[0-9]+")
_BEGINNING = re.compile(r"(?:(?<![^\W\d_])|(?<=[a-z])(?=[A-Z]))(?=[^\W\d_])")

Numbers = npt.NDArray[np.uint32]


class Vocabulary:
    """Numbers words as they come. Safe to use from several threads."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}
        self._runs: dict[str, tuple[tuple[int, int], ...]] = {}
        self._starting: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.words)

    def read(self, text: str) -> tuple[list[int], list[int]]:
        """Return the numbers of the words in `text`, and the characters at which they begin, ascending."""
        numbers: list[int] = []
        starts: list[int] = []
        runs = self._runs
        for match in _RUN.finditer(text):
            run = match[0]
            begun = match.start()
            for offset, number in runs.get(run) or self._add(run):
                numbers.append(number)
                starts.append(begun + offset)
        return numbers, starts

    def beginning_with(self, beginning: str) -> Iterable[int]:
        """Return the words that begin so, in lower case; the one number that is written so where it is of digits."""
        if beginning.isdigit():
            number = self._numbers.get(beginning)
            return () if number is None else (number,)
        alike = self._starting.get(beginning[:LONGEST_KEY], ())
        if len(beginning) <= LONGEST_KEY:
            return tuple(alike)
        return [number for number in tuple(alike) if self.words[number].lower().startswith(beginning)]

    def _add(self, run: str) -> tuple[tuple[int, int], ...]:
        with self._lock:
            if run.isascii() and (run.islower() or run.isdigit()):
                found: tuple[tuple[int, int], ...] = ((0, self._number(run)),)
            else:
                found = tuple((at.start(), self._number(run[at.start() :])) for at in _BEGINNING.finditer(run))
            self._runs[run] = found
            return found

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            self.words.append(word)
            lower = word.lower()
            for length in range(1, min(LONGEST_KEY, len(lower)) + 1):
                self._starting.setdefault(lower[:length], []).append(number)
        return number
