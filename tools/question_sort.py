"""What sort of question is asked: how long it is, and whether it reports a fault or describes code.

"Fix hang when a worker is lost" and "Return the tasks of a chain" ask for functions by different signs: a report names what
goes wrong and what is near it, a description what one function does. A logistic over what can be seen of the words alone says
which of the two it is, its weights `question.<feature>` from the Release; without them every question is a report.
`clew eval train-ranker` learns them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

USUAL_WORDS = 20
MOST_WORDY = 2.0
GRAIN = "question"
FEATURES = ("constant", "wordy", "lines", "prefix", "ticket", "mends", "orders", "gives", "third_person", "article")

_PREFIX = re.compile(r"[\w./,*()\[\]{}& -]{1,40}:\s")
_TICKET = re.compile(r"#\d+|\b[A-Z]{2,}-\d+\b")
_MENDS = re.compile(
    r"\b(?:fix(?:es|ed|ing)?|bugs?|crash\w*|leak\w*|regress\w*|race|deadlock\w*|panic\w*|incorrect\w*|wrong\w*|broken|break\w*"
    r"|fail\w*|hangs?|overflow\w*|errors?|issue|problem|invalid|missing|unexpected\w*)\b",
    re.IGNORECASE,
)
_ORDER_WORDS = (
    "fix fixes fixed add adds added remove removes removed update use make allow ensure avoid prevent handle improve revert refactor "
    "move rename support correct do don't change replace drop disable enable bump skip ignore restore resolve stop keep better be "
    "only always try set"
)
_ORDERS = frozenset(_ORDER_WORDS.split())
"""First words of those who change code; a description may begin with one too."""
_GIVE_WORDS = (
    "return returns get gets called whether check checks create creates compute computes convert converts determine "
    "determines"
)
_GIVES = frozenset(_GIVE_WORDS.split())
_ARTICLES = frozenset({"the", "a", "an", "this"})


@dataclass(frozen=True, slots=True)
class QuestionSort:
    """wordy: 0 for `USUAL_WORDS`, 1 for e times as many, -1 for e times fewer; within `MOST_WORDY` of 0.
    described: how likely it is that the question describes code, 0 to 1."""

    wordy: float = 0.0
    described: float = 0.0


REPORT = QuestionSort()
"""A report of the usual length."""


def sort_of(query: str, weights: Mapping[str, float]) -> QuestionSort:
    """Return what sort of question `query` is by the weights of a release."""
    return QuestionSort(wordiness(query), described(query, weights))


def described(query: str, weights: Mapping[str, float]) -> float:
    """Return how likely it is that a question describes code rather than reports a fault; 0 where no weight tells."""
    known = {name: weights[name] for name in (f"{GRAIN}.{feature}" for feature in FEATURES) if name in weights}
    if not known:
        return 0.0
    seen = seen_in(query)
    return 1 / (1 + exp(-sum(weight * seen[name.partition(".")[2]] for name, weight in known.items())))


def seen_in(query: str) -> dict[str, float]:
    """Return `FEATURES` of a question. Where it ends, and with what, says nothing: people leave the stop out."""
    text = query.strip()
    subject, _, rest = text.partition("\n")
    first = subject.split(maxsplit=1)[0].strip(".,:;`*").lower() if subject else ""
    return {
        "constant": 1.0,
        "wordy": wordiness(text),
        "lines": float(bool(rest)),
        "prefix": float(_PREFIX.match(subject) is not None),
        "ticket": float(_TICKET.search(text) is not None),
        "mends": float(_MENDS.search(subject) is not None),
        "orders": float(first in _ORDERS),
        "gives": float(first in _GIVES),
        "third_person": float(
            len(first) > 3 and first.endswith("s") and not first.endswith("ss") and first not in _ORDERS
        ),
        "article": float(first in _ARTICLES),
    }


def wordiness(query: str) -> float:
    """Return how long a question is, as `QuestionSort` counts it."""
    return min(max(log(max(len(query.split()), 1) / USUAL_WORDS), -MOST_WORDY), MOST_WORDY)
