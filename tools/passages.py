"""How the text of a section answers a question: its words read one by one, by field and by place.

The index knows which sections share terms with a question. Here the sections that it brings up are read as prose: words
by their Porter stem, near ones by a common beginning, synonyms at half weight; how near to each other the question's words
stand; what the heading, the headings around it and the first lines say. Every value is a share of the question's mass, its
words weighed by how rare they are, unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import log1p

import numpy as np
import numpy.typing as npt

from knowledge.text import STOP_WORDS, parts_of
from tools.vocabulary import Vocabulary
from tools.wording import ALIKE_WEIGHT, WEAK_WEIGHT, alike, is_weak, stem

FEATURES = ("passage", "heading", "outer", "answered", "opening", "close", "nearly", "length")
MOST_TERMS = 40
MOST_MATCHES = 600
"""Words of a section that are looked at, the first ones."""
CLOSE = 150
"""Characters within which the question's words are said together."""
ALL_BUT_ROUNDING = 1 - 1e-12
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
Weights = tuple[tuple[int, float], ...]
"""Terms by number, each with its weight."""
Sound = tuple[int, Weights, Weights]
"""Length of a word, what it stands for, what it nearly does."""
Sight = tuple[int, Sound]
"""Character at which a word begins, and the word."""


class Passage:
    """A section: its heading, the headings around it with the page's name, and the text that is its own.

    vocabulary: numbers its words; passages that share one are held against a question faster.
    """

    __slots__ = ("heading", "numbers", "outer", "parts", "reach", "starts", "text", "vocabulary", "words")

    def __init__(self, heading: str, outer: str, text: str, vocabulary: Vocabulary | None = None) -> None:
        self.heading, self.outer, self.text = heading, outer, text
        self.words = text.count(" ") + text.count("\n") + 1
        self.vocabulary = Vocabulary() if vocabulary is None else vocabulary
        read = [self.vocabulary.read(part) for part in (heading, outer, text)]
        self.numbers = np.array([number for numbers, _ in read for number in numbers], np.uint32)
        self.reach = max((number for numbers, _ in read for number in numbers), default=-1) + 1
        """How many words of the vocabulary it takes to know all of these."""
        self.starts = np.array([start for _, starts in read for start in starts], np.uint32)
        self.parts = len(read[0][0]), len(read[0][0]) + len(read[1][0])
        """Where the words of `outer` and of `text` begin."""


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
        beginnings = {_beginning(one, len(one) - MOST_ENDING if one in mass else len(one)) for one in self._meant}
        self._beginnings = sorted(beginnings)
        self._pattern = _pattern(beginnings)
        self._reads = any(_WIDE.search(one) for one in beginnings)
        """Wide scripts have no spaces between words: such a question is sought letter by letter."""
        self._known: dict[str, tuple[Weights, Weights]] = {}
        self._heard: dict[int, _Heard] = {}

    def features(self, passage: Passage) -> dict[str, float]:
        """Return a value for each of `FEATURES`; length is the logarithm of the number of words."""
        if self._pattern is None:
            return {}
        in_heading, in_outer, in_text = self._found(passage)
        matches, nearly = self._matches(in_text)
        heading, near_heading = self._best(in_heading)
        outer, _ = self._best(in_outer)
        saturation = K1 * (1 - B + B * passage.words / TYPICAL_WORDS)
        counts = [0.0] * len(self._terms)
        here = dict(heading)
        opening = dict[int, float]()
        opened = len(passage.heading) + OPENING
        for place, at, weight in matches:
            counts[at] += weight
            if weight > here.get(at, 0.0):
                here[at] = weight
            if place < opened and weight > opening.get(at, 0.0):
                opening[at] = weight
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
            "length": log1p(passage.words),
        }

    def _share(self, found: Mapping[int, float]) -> float:
        return sum(self._mass[at] * weight for at, weight in found.items()) / self._total

    def _meaning(self, word: str) -> tuple[Weights, Weights]:
        """Return which terms a word stands for, and which it nearly does, with weights."""
        known = self._known.get(word)
        if known is None:
            stemmed = stem(word)
            exact = self._meant.get(stemmed, {})
            near = {at: NEAR_WEIGHT for at, term in enumerate(self._terms) if at not in exact and _near(term, stemmed)}
            known = self._known[word] = tuple(exact.items()), tuple(near.items())
        return known

    def _found(self, passage: Passage) -> tuple[Sequence[Sight], Sequence[Sight], Sequence[Sight]]:
        """Return what the pattern finds in the heading, the headings around it and the text."""
        if self._reads:
            return self._read(passage.heading), self._read(passage.outer), self._read(passage.text)
        heard = self._heard.get(id(passage.vocabulary))
        if heard is None or len(heard.is_meant) < passage.reach:
            heard = self._heard[id(passage.vocabulary)] = self._hear(passage.vocabulary)
        places = np.flatnonzero(heard.is_meant[passage.numbers])
        numbers = passage.numbers[places].tolist()
        sights = list(zip(passage.starts[places].tolist(), map(heard.sights.__getitem__, numbers), strict=True))
        outer, text = np.searchsorted(places, passage.parts).tolist()
        return _apart(sights[:outer]), _apart(sights[outer:text]), _apart(sights[text:])

    def _hear(self, vocabulary: Vocabulary) -> _Heard:
        """Find the words of a vocabulary that may stand for a term."""
        assert self._pattern is not None
        is_meant = np.zeros(len(vocabulary), np.bool_)
        sights: dict[int, Sound] = {}
        for number in {number for one in self._beginnings for number in vocabulary.beginning_with(one)}:
            match = self._pattern.match(vocabulary.words[number])
            if match is not None and number < len(is_meant):
                is_meant[number] = True
                sights[number] = match.end(), *self._meaning(match[0].lower())
        return _Heard(vocabulary, is_meant, sights)

    def _read(self, text: str) -> list[Sight]:
        assert self._pattern is not None
        found = islice(self._pattern.finditer(text), MOST_MATCHES)
        return [(match.start(), (match.end() - match.start(), *self._meaning(match[0].lower()))) for match in found]

    def _matches(self, sights: Sequence[Sight]) -> tuple[list[Match], dict[int, float]]:
        matches: list[Match] = []
        nearly: dict[int, float] = {}
        for start, (_, exact, near) in sights:
            for at, weight in exact:
                matches.append((start, at, weight))
            nearly.update(near)
        return matches, nearly

    def _best(self, sights: Sequence[Sight]) -> tuple[dict[int, float], dict[int, float]]:
        if not sights:
            return {}, {}
        matches, nearly = self._matches(sights)
        best: dict[int, float] = {}
        for _, at, weight in matches:
            best[at] = max(best.get(at, 0.0), weight)
        return best, nearly

    def _closest(self, matches: list[Match]) -> float:
        """Return the largest mass of terms that stand within `CLOSE` characters."""
        all_said: dict[int, float] = {}
        for _, at, weight in matches:
            all_said[at] = max(all_said.get(at, 0.0), weight)
        most = ALL_BUT_ROUNDING * sum(self._mass[at] * weight for at, weight in all_said.items())
        best = 0.0
        for number, (start, _, _) in enumerate(matches):
            held: dict[int, float] = {}
            said = 0.0
            for place, at, weight in islice(matches, number, None):
                if place - start > CLOSE:
                    break
                more = weight - held.get(at, 0.0)
                if more > 0:
                    held[at] = weight
                    said += self._mass[at] * more
            best = max(best, said)
            if best >= most:
                break
        return best


@dataclass(frozen=True, slots=True)
class _Heard:
    """Which words of a vocabulary a question means, by number."""

    vocabulary: Vocabulary
    is_meant: npt.NDArray[np.bool_]
    sights: dict[int, Sound]


def _apart(sights: Sequence[Sight]) -> list[Sight]:
    """Return the first of those that overlap (`errorBars` and the `Bars` in it), as many as are looked at."""
    kept: list[Sight] = []
    end = 0
    for sight in sights:
        if sight[0] >= end:
            end = sight[0] + sight[1][0]
            kept.append(sight)
            if len(kept) == MOST_MATCHES:
                break
    return kept


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


def _pattern(beginnings: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds every word that may stand for a term: by its beginning, at the start of a word or of a part."""
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
