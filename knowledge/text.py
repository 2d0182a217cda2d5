"""Terms of code and prose: one tokenizer for indexing and for questions, so that both sides always agree.

A *word* is a maximal run of letters, digits and underscores. It yields the stems of its parts (`HTTPServer` gives
`http`, `server`; `retry_delays2` gives `retry`, `delay`, `2`) and, when it has several parts, the whole word lower-cased
as its last term, so that an exact identifier outranks its pieces. Terms are UTF-8 bytes without white space.

The stemmer is ours and light: plural -s, -ing, -ed and a final -e go, nothing else, because code vocabulary is mostly
nouns and a strong stemmer merges names that differ on purpose. Stop words are dropped from questions only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
MAX_WORD_BYTES = 64
"""Longer words are hashes, keys and encoded payloads: they would only swell the vocabulary."""
MEMO_LIMIT = 400_000
MAX_QUERY_TERMS = 400

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z\x80-\U0010ffff]+|[A-Z]+|[0-9]+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_VOWEL = re.compile("[aeiouy]")
_QUOTED = re.compile(r'"([^"\n]{4,200})"|`([^`\n]{4,200})`')
_TICKED = re.compile(r"`([A-Za-z_$][\w$]*(?:(?:\.|::|#|->)[\w$]+)*)(?:\(\))?`")
_NAME = re.compile(r"(?<![\w.])([A-Za-z_][\w]*(?:(?:\.|::|#|->)[A-Za-z_]\w*)*)(\()?")
_CODE_LIKE = re.compile(r"\w_\w|^_|[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2}|::|#|->|\w\w\.\w\w")
_SUFFIXES = "py|pyi|js|jsx|mjs|cjs|ts|tsx|go|java|rs|c|h|cc|cpp|cxx|hpp|hh|md|rst|txt|toml|ya?ml|json|cfg|ini|xml|html|sh|sql|proto"
# The look-behind keeps long runs linear: a match starts at the first character of a run only.
_PATH = re.compile(rf"(?<![\w.@/-])(?:[\w.@-]+(?:/[\w.@-]+)+|[\w-]+(?:\.[\w-]+)*\.(?:{_SUFFIXES})\b(?!\(|\.\w))")
_STEM_MEMO: dict[str, str] = {}
_TERM_MEMO: dict[bytes, tuple[bytes, ...]] = {}

STOP_WORDS = frozenset(
    b"""a about after all also am an and any are as at be because been before being between both but by can could did
    do does doing done each every for from get gets given had has have he her here how i if in into is it its just let
    like make makes me more most my no not now of off on once only or other our out over own please same she should so
    some such tell than that the their them then there these they this those through to too under until up us use used
    uses using very want was way we were what when where which while who why will with within would you your""".split()
)


def stem(word: str) -> str:
    """Return the stem of a lower-case word: `retries`, `retried` and `retrying` all give `retry`."""
    known = _STEM_MEMO.get(word)
    if known is None:
        if len(_STEM_MEMO) >= MEMO_LIMIT:
            _STEM_MEMO.clear()
        known = _STEM_MEMO[word] = _stem(word)
    return known


def _stem(word: str) -> str:
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("sses", "shes", "ches", "xes")) else word[:-1]
    for suffix in ("ing", "ed"):
        root = word[: -len(suffix)]
        if word.endswith(suffix) and len(root) >= 3 and _VOWEL.search(root):
            doubled = root[-1] == root[-2] and root[-1] not in "lsz"
            word = root[:-1] if doubled else root
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def parts_of(word: str) -> list[str]:
    """Return the lower-case parts of an identifier, unstemmed: `parseHTTP2Request` gives parse, http, 2, request."""
    return [part.lower() for part in _PART.findall(word)]


def terms_of_word(word: bytes) -> tuple[bytes, ...]:
    """Return the terms of one word, the most specific one last; none for an over-long word."""
    known = _TERM_MEMO.get(word)
    if known is None:
        if len(_TERM_MEMO) >= MEMO_LIMIT:
            _TERM_MEMO.clear()
        known = _TERM_MEMO[word] = tuple(term.encode() for term in _terms(word))
    return known


def _terms(word: bytes) -> Iterable[str]:
    if len(word) > MAX_WORD_BYTES:
        return ()
    text = word.decode("utf-8", "replace")
    parts: list[str] = []
    for part in parts_of(text):
        if _WIDE.search(part) and len(part) > 2:  # no spaces between words: character pairs
            parts.extend(part[at : at + 2] for at in range(len(part) - 1))
        else:
            parts.append(stem(part))
    if len(parts) < 2:
        return parts
    whole = text.strip("_").lower()
    kept = [part for part in parts if len(part) > 1 or part.isdigit()]
    return [*kept, whole]


def whole_term(name: str) -> bytes:
    """Return the most specific term of a name, empty when it has none; two names share it when they are the same word."""
    terms = terms_of_word(name.encode())
    return terms[-1] if terms else b""


def word_counts(text: bytes) -> Counter[bytes]:
    """Return how often each word occurs, words as written."""
    return Counter(WORD.findall(text))


def query_terms(query: str) -> dict[bytes, float]:
    """Return the terms of a question with their counts, in order of appearance, at most `MAX_QUERY_TERMS`.

    Stop words are left out unless nothing else is said.
    """
    words = word_counts(query.encode("utf-8", "replace"))
    for kept in ({w: n for w, n in words.items() if w.lower() not in STOP_WORDS}, words):
        terms: dict[bytes, float] = {}
        for word, count in kept.items():
            for term in terms_of_word(word):
                terms[term] = terms.get(term, 0.0) + count
            if len(terms) >= MAX_QUERY_TERMS:
                break
        if terms:
            return dict(list(terms.items())[:MAX_QUERY_TERMS])
    return {}


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a question names on purpose: identifiers (`Task.retry`), paths (`app/task.py`), quoted strings of several words."""

    identifiers: tuple[str, ...]
    paths: tuple[str, ...]
    phrases: tuple[str, ...]


def mentions(query: str, *, limit: int = 12) -> Mentions:
    """Return what `query` names, in order of appearance, at most `limit` of each sort.

    A word counts as an identifier when it stands in backticks or looks like code: an underscore, an inner capital,
    a member access or a call. Plain words are left to BM25.
    """
    phrases = [text for pair in _QUOTED.findall(query) if " " in (text := (pair[0] or pair[1]).strip())]
    paths = _PATH.findall(query)
    without_paths = _PATH.sub(" ", query)
    names = [match.group(1) for match in _TICKED.finditer(without_paths)]
    for match in _NAME.finditer(without_paths):
        name = match.group(1)
        if match.group(2) or _CODE_LIKE.search(name):
            names.append(name)
    return Mentions(*(tuple(list(dict.fromkeys(found))[:limit]) for found in (names, paths, phrases)))
