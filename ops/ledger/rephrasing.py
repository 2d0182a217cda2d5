"""Who asks the same again in other words was not helped: told of the earlier answer as the signal `rephrased`.

Two questions are the same in other words when they name the same identifiers and share most of their other words by their stems. The
very same text is none: a client that tries again, or a load test, says nothing of the answer. Kept in memory, by person and conversation.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.text import stem

WITHIN_S = 60.0
SHARED = 2 / 3
"""Of the words of both questions together, at least."""
KEPT = 4_096
LONGEST = 2_000
"""Characters of a question that are looked at."""
_TOKEN = re.compile(r"[\w.:/$-]*\w")
_PASSED_OVER = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "be",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "please",
        "the",
        "this",
        "to",
        "was",
        "we",
        "will",
        "you",
    ]
)
"""Fewer than a search leaves out: who, what and where tell what is asked."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answered question. at: when, by the clock of a process."""

    run: str
    release: str
    question: str
    at: float


class Rephrasings:
    """The last answered question of each conversation. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[tuple[str, ...], Earlier] = OrderedDict()

    def answered(self, conversation: tuple[str, ...], question: str, run: str, release: str) -> None:
        """Note an answer. conversation: who asked, where."""
        self._last[conversation] = Earlier(run, release, question[:LONGEST], self._clock())
        self._last.move_to_end(conversation)
        if len(self._last) > KEPT:
            self._last.popitem(last=False)

    def rephrased(self, conversation: tuple[str, ...], question: str) -> Earlier | None:
        """Return what this question asks again, once."""
        earlier = self._last.get(conversation)
        if earlier is None or self._clock() - earlier.at > WITHIN_S:
            return None
        if not is_rephrased(earlier.question, question[:LONGEST]):
            return None
        return self._last.pop(conversation)


def is_rephrased(earlier: str, later: str) -> bool:
    """Tell whether two questions ask the same in different words."""
    (names, words), (later_names, later_words) = _parts(earlier), _parts(later)
    if names != later_names or earlier.split() == later.split() or not words or not later_words:
        return False
    return len(words & later_words) >= SHARED * len(words | later_words)


def _parts(question: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the identifiers of a question, as they are written, and the stems of its other words."""
    tokens = _TOKEN.findall(question)
    names = frozenset(token for token in tokens if _is_name(token))
    words = (token.lower() for token in tokens if token not in names)
    return names, frozenset(stem(word) for word in words if word not in _PASSED_OVER)


def _is_name(token: str) -> bool:
    return not token.isalpha() or token[1:] != token[1:].lower()
