"""How the text of a section answers a question: its words read one by one, by field and by place.

The index knows which sections share terms with a question. Here the sections that it brings up are read as prose: words
by their Porter stem, near ones by a common beginning, synonyms at half weight; how near to each other the question's words
stand; what the heading, the headings around it and the first lines say. Every value is a share of the question's mass, its
words weighed by how rare they are, unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log1p

from knowledge.text import STOP_WORDS, parts_of
from tools.wording import ALIKE_WEIGHT, WEAK_WEIGHT, alike, is_weak, stem

FEATURES = ("passage", "heading", "outer", "answered", "opening", "close", "nearly", "length")
MOST_TERMS = 40
MOST_MATCHES = 600
"""Words of a section that are looked at, the first ones."""
CLOSE = 150
"""Characters within which the question's words are said together."""
OPENING = 400
TYPICAL_WORDS = 130.0
NEAR_WEIGHT = 0.8
SHORTEST_BEGINNING = 4
MOST_ENDING = 3
"""Two stems are near when they begin alike, with at least so many letters, and so many of the longer one may differ."""
K1 = 1.2
B = 0.6

_WORD = re.compile(r"\w+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
Rarities = Callable[[Collection[str]], Mapping[str, float]]
Match = tuple[int, int, float]
"""Character, number of the question's term, weight."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A section: its heading, the headings around it with the page's name, and the text that is its own."""

    heading: str
    outer: str
    text: str


class Wanted:
    """A question, ready to be held against passages. rarities: how rare words are in what is searched, unstemmed ones."""

    def __init__(self, query: str, rarities: Rarities) -> None:
        said = list(_words(query))[:MOST_TERMS]
        rarity = rarities(dict.fromkeys(said))
        order = [stem(word) for word in said]
        mass: dict[str, float] = {}
        for word, term in zip(said, order, strict=True):
            weight = rarity.get(word, 0.0) * (WEAK_WEIGHT if is_weak(term) else 1.0)
            mass[term] = max(mass.get(term, 0.0), weight)
        self._terms = list(mass)
        self._mass = list(mass.values())
        self._total = sum(self._mass) or 1.0
        number = {term: at for at, term in enumerate(self._terms)}
        self._meant: dict[str, dict[int, float]] = {}
        for term, at in number.items():
            for other in alike(term):
                self._meant.setdefault(other, {})[at] = ALIKE_WEIGHT
        for term, at in number.items():
            self._meant.setdefault(term, {})[at] = 1.0
        for one, other in pairwise(said):  # `error bars` may be written `errorbars`
            if one.isalpha() and other.isalpha():
                self._meant.setdefault(stem(one + other), {number[stem(one)]: 1.0, number[stem(other)]: 1.0})
        self._pattern = _pattern(self._terms, self._meant)
        self._known: dict[str, tuple[dict[int, float], dict[int, float]]] = {}

    def features(self, passage: Passage) -> dict[str, float]:
        """Return a value for each of `FEATURES`; length is the logarithm of the number of words."""
        if self._pattern is None:
            return {}
        matches, nearly = self._matches(passage.text)
        heading, near_heading = self._best(passage.heading)
        outer, _ = self._best(passage.outer)
        words = passage.text.count(" ") + passage.text.count("\n") + 1
        saturation = K1 * (1 - B + B * words / TYPICAL_WORDS)
        counts = [0.0] * len(self._terms)
        here = dict(heading)
        opening = dict[int, float]()
        for place, at, weight in matches:
            counts[at] += weight
            here[at] = max(here.get(at, 0.0), weight)
            if place < len(passage.heading) + OPENING:
                opening[at] = max(opening.get(at, 0.0), weight)
        for at, weight in (*here.items(), *near_heading.items()):
            nearly[at] = max(nearly.get(at, 0.0), weight)
        impact = sum(mass * count / (count + saturation) for mass, count in zip(self._mass, counts, strict=True))
        return {
            "passage": impact / self._total,
            "heading": self._share(heading),
            "outer": self._share(outer),
            "answered": self._share(here),
            "opening": self._share(opening),
            "close": self._closest(matches) / self._total,
            "nearly": self._share(nearly),
            "length": log1p(words),
        }

    def _share(self, found: Mapping[int, float]) -> float:
        return sum(self._mass[at] * weight for at, weight in found.items()) / self._total

    def _meaning(self, word: str) -> tuple[dict[int, float], dict[int, float]]:
        """Return which terms a word stands for, and which it nearly does, with weights."""
        known = self._known.get(word)
        if known is None:
            stemmed = stem(word)
            exact = self._meant.get(stemmed, {})
            near = {at: NEAR_WEIGHT for at, term in enumerate(self._terms) if at not in exact and _near(term, stemmed)}
            known = self._known[word] = exact, near
        return known

    def _matches(self, text: str) -> tuple[list[Match], dict[int, float]]:
        assert self._pattern is not None
        matches: list[Match] = []
        nearly: dict[int, float] = {}
        for number, match in enumerate(self._pattern.finditer(text)):
            if number >= MOST_MATCHES:
                break
            exact, near = self._meaning(match[0].lower())
            matches.extend((match.start(), at, weight) for at, weight in exact.items())
            nearly.update(near)
        return matches, nearly

    def _best(self, text: str) -> tuple[dict[int, float], dict[int, float]]:
        matches, nearly = self._matches(text)
        best: dict[int, float] = {}
        for _, at, weight in matches:
            best[at] = max(best.get(at, 0.0), weight)
        return best, nearly

    def _closest(self, matches: list[Match]) -> float:
        """Return the largest mass of terms that stand within `CLOSE` characters."""
        best = 0.0
        for number, (start, _, _) in enumerate(matches):
            held: dict[int, float] = {}
            for place, at, weight in matches[number:]:
                if place - start > CLOSE:
                    break
                held[at] = max(held.get(at, 0.0), weight)
            best = max(best, sum(self._mass[at] * weight for at, weight in held.items()))
            if best >= self._total:
                break
        return best


def _words(text: str) -> Iterable[str]:
    """Yield the lower-case parts of the words that say something, wide scripts as pairs of characters."""
    for word in _WORD.findall(text):
        if word.lower().encode() in STOP_WORDS:
            continue
        for part in parts_of(word):
            if _WIDE.search(part) and len(part) > 2:
                yield from (part[at : at + 2] for at in range(len(part) - 1))
            elif part.encode() not in STOP_WORDS:
                yield part


def _near(term: str, other: str) -> bool:
    longest = max(len(term), len(other))
    needed = max(SHORTEST_BEGINNING, longest - MOST_ENDING)
    return min(len(term), len(other)) >= needed and term[:needed] == other[:needed]


def _pattern(terms: Collection[str], meant: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds every word that may stand for a term: by its beginning, at the start of a word or of a part."""
    beginnings = {_beginning(one, len(one) - MOST_ENDING if one in terms else len(one)) for one in {*terms, *meant}}
    if not beginnings:
        return None
    wide = sorted(one for one in beginnings if _WIDE.search(one))
    digits = sorted(one for one in beginnings if one.isdigit())
    letters = sorted((one for one in beginnings if one not in {*wide, *digits}), key=lambda one: (-len(one), one))
    choices = [re.escape(one) for one in wide]
    choices += [rf"(?<![0-9]){one}(?![0-9])" for one in digits]
    if letters:
        start = r"(?:(?<![^\W\d_])|(?<=[a-z])(?=[A-Z]))"
        choices.append(rf"{start}(?i:{'|'.join(map(re.escape, letters))})(?:[a-z\x80-\U0010ffff]+|[A-Z]+(?![a-z]))?")
    return re.compile("|".join(choices))


def _beginning(stemmed: str, length: int) -> str:
    """Return how the words of a stem begin: its end may be written otherwise (`retri`: retry)."""
    if not stemmed.isascii() or not stemmed.isalpha():
        return stemmed
    whole = stemmed[:-1] if len(stemmed) > 3 and stemmed.endswith("i") else stemmed
    return whole[: max(SHORTEST_BEGINNING, length)]
