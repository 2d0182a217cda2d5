"""Ordinary English words (`lease`, `write`, `view`), which code bears as names too: whether one stands in a clause as a name or as the word it is.

Which words are ordinary a list tells (`english.txt`, SCOWL's base forms), read once.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("english.txt")
_ENDINGS = (
    ("s", ("",)), ("es", ("",)), ("ies", ("y",)), ("d", ("",)), ("ed", ("", "e")), ("ied", ("y",)), ("ing", ("", "e")),
    ("ly", ("",)), ("er", ("", "e")), ("ers", ("", "e")), ("est", ("", "e")), ("ness", ("",)),
)  # fmt: skip
"""Endings with what stands in their place in a base form."""
_DOUBLING = frozenset({"ed", "ing", "er", "ers"})
_SHORTEST = 3
_INDEFINITE = re.compile(r"\b(?:an?|one|each|every|some|any|another|no)\s+$", re.IGNORECASE)
"""What stands before one of many things, and before no name."""
_BEFORE_A_VERB = re.compile(
    r"\b(?:to|i|we|you|they|it|can|could|will|would|should|must|may|might|not|do|does|did)\s+$", re.IGNORECASE
)

_BEFORE_A_SUBJECT = re.compile(
    r"(?:^|\b(?:do|does|did|is|are|was|were|can|could|will|would|should|must|may|might|has|have|had|if|when|once|after|before|while|that|what"
    r"|who|which|how|why|where)\s+)(?:the\s+|our\s+)?$",
    re.IGNORECASE,
)
"""What stands before the subject of a clause: a verb follows it, where an object is followed by the rest of its phrase."""
_ENDS_A_PHRASE = re.compile(r"\s+([a-z]+)\W*$")
_SAY_NOTHING = frozenset({
    "again", "anymore", "anywhere", "elsewhere", "everywhere", "first", "here", "now", "please", "somewhere", "there", "today", "too", "well", "yet",
    "bit", "business", "code", "logic", "part", "parts", "stuff", "thing", "things",
})  # fmt: skip
"""Adverbs, and nouns that say no more of a name than that something of that name is meant."""

_ORDERED = re.compile(
    r"\b(?:explain|describe|summari[sz]e|define|document|what(?:'s|\s+is|\s+does))\s+$", re.IGNORECASE
)
_ALONE = re.compile(
    r"\s*(?:$|[,.?!;]|(?:to|for)\s+(?:me|us|an?|the|someone|somebody|new\w*|beginners?)\b|please\b|do\b|briefly\b"
    r"|in\s+(?:[\w-]+\s+)?(?:words?|details?|depth|short|brief|terms|sentences?|english)\b)",
    re.IGNORECASE,
)
"""What is explained or described, and nothing else belongs to it: `Explain price to me`."""


class Role(StrEnum):
    NAME = "name"
    EITHER = "either"
    """An ordinary word where a name might stand: one where a relation is asked for, and else a topic."""
    WORD = "word"


def role_of(clause: str, start: int, word: str, kind: str) -> Role:
    """Return what a plain word of a clause is there.

    Args:
        kind: expression of the nouns that say what a name is of (`function`, `package`).
    """
    if not word.islower() or not is_ordinary(word) or _has_kind(clause, start, word, kind):
        return Role.NAME
    before = clause[:start]
    if is_inflected(word) or _INDEFINITE.search(before) or _BEFORE_A_VERB.search(before):
        return Role.WORD
    if _says_of_which(clause, start, word):
        return Role.WORD
    if _ORDERED.search(before) and _ALONE.match(clause, start + len(word)):
        return Role.NAME
    return Role.EITHER


def _says_of_which(clause: str, start: int, word: str) -> bool:
    """Tell whether a word only says of which sort the noun behind it is that the clause ends with: `cover blueprint nesting`."""
    last = _ENDS_A_PHRASE.match(clause, start + len(word))
    if last is None or last[1] in _SAY_NOTHING or last[1].endswith("ly") or not is_ordinary(last[1]):
        return False
    return _BEFORE_A_SUBJECT.search(clause[:start]) is None


def is_one_of_many(clause: str, start: int, word: str, kind: str) -> bool:
    """Tell whether an ordinary word stands for any of its kind (`a lease`), even where a phrase takes it for a name."""
    is_plain = word.islower() and is_ordinary(word) and not _has_kind(clause, start, word, kind)
    return is_plain and _INDEFINITE.search(clause[:start]) is not None


def _has_kind(clause: str, start: int, word: str, kind: str) -> bool:
    before, after = clause[:start], clause[start + len(word) :]
    return bool(re.search(rf"\b{kind}\s+$", before, re.I) or re.match(rf"\s+{kind}\b", after, re.I))


def is_ordinary(word: str) -> bool:
    """Tell whether a word in small letters is English: a base form or one of its inflections."""
    return word in _base_forms() or is_inflected(word)


def is_inflected(word: str) -> bool:
    """Tell whether a word is an English one with an ending (`fails`, `written` is not told), and no base form itself."""
    return word not in _base_forms() and any(base in _base_forms() for base in _bases(word))


def _bases(word: str) -> list[str]:
    found: list[str] = []
    for ending, instead in _ENDINGS:
        if not word.endswith(ending):
            continue
        stem = word[: -len(ending)]
        found += [stem + one for one in instead]
        if ending in _DOUBLING and stem[-1:] == stem[-2:-1]:
            found.append(stem[:-1])
    return [base for base in found if len(base) >= _SHORTEST]


@cache
def _base_forms() -> frozenset[str]:
    lines = _LIST.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
