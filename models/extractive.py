"""The writer that needs no model: it chooses the lines of a text that answer best, word for word.

Pure functions over text. A line is worth the distinct query words it holds, rarer words more (inverse line frequency).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from knowledge.text import WORD, query_terms, terms_of_word

_BLANK = re.compile(r"\n\s*\n")
_LICENCE = re.compile(r"\blicen[cs]ed?\b|\bcopyright\b|\ball rights reserved\b|SPDX-", re.IGNORECASE)
_TAG = re.compile(
    r"(?:^|\s)(?:@(?:param|arg|argument|returns?|type|typedef|template|throws|private|internal)\b|:(?:param|type|rtype|returns?)\b)"
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,300}\)")
_LINK = re.compile(
    r"\[([^\]\n]{1,300})\](?:\([^)\n]{0,300}\)|\[[^\]\n]{0,300}\])|`([^`<\n]{1,300})<[^>\n]{1,300}>`_{1,2}"
)
_URL = re.compile(r"\w+://\S+")
_MARKUP_LINE = re.compile(r"^[ \t]*(?:#+ .*|\.\. .*|:[\w-]+:.*|[=~^*+#\"'`.-]{3,}|[|:-][|: \t-]*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"^.+\n([=~^*+#\"'`-])\1{2,}$", re.MULTILINE)
_FENCED = re.compile(r"^[ \t>]*(`{3,}|~{3,}).*?(?:^[ \t>]*\1|\Z)", re.MULTILINE | re.DOTALL)
_CODE_LINE = re.compile(
    r"[;{}\\]\s*$|^\s*(?:>>>|\.\.\. |\$ |#include|//|/\*|def \w|class \w+[:(]|import \w+$|from \w\S* import)|\)\s*:?\s*$"
)
_CODE_DIRECTIVE = re.compile(r"\s*\.\. (?:code|code-block|sourcecode|literalinclude)::")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 4


def words_of(text: str) -> set[bytes]:
    """Return the terms of all words in `text`, as the index sees them."""
    return {term for word in WORD.findall(text.encode("utf-8", "replace")) for term in terms_of_word(word)}


def asked_words(question: str) -> set[bytes]:
    """Return the terms of a question, stop words left out."""
    return set(query_terms(question))


def best_window(lines: Sequence[str], query: Iterable[bytes], size: int) -> tuple[int, int]:
    """Return the half-open range of at most `size` lines that holds most of the query words; the first lines on a tie.

    Args:
        query: terms as `asked_words` gives them.
    """
    wanted = set(query)
    if len(lines) <= size:
        return 0, len(lines)
    held = [wanted.intersection(words_of(line)) for line in lines]
    seen: dict[bytes, int] = {}
    for words in held:
        for word in words:
            seen[word] = seen.get(word, 0) + 1
    worth = {word: math.log(1 + len(lines) / count) for word, count in seen.items()}
    best, best_start = -1.0, 0
    inside: dict[bytes, int] = {}
    score = 0.0
    for end, words in enumerate(held):
        for word in words:
            inside[word] = inside.get(word, 0) + 1
            score += worth[word] if inside[word] == 1 else 0.0
        start = end - size + 1
        if start > 0:
            for word in held[start - 1]:
                inside[word] -= 1
                score -= worth[word] if inside[word] == 0 else 0.0
        if start >= 0 and score > best + 1e-9:
            best, best_start = score, start
    return best_start, best_start + size


def best_paragraph(lines: Sequence[str], query: Iterable[bytes], max_lines: int) -> tuple[int, int]:
    """Return the half-open range of the paragraph (lines between blank ones) that answers best, cut to `max_lines`.

    A heading alone, and a paragraph that ends in a colon, is joined to the one below it.
    """
    wanted = set(query)
    spans = _paragraphs(lines)
    if not spans:
        return 0, min(len(lines), max_lines)
    best = max(range(len(spans)), key=lambda place: (_overlap(lines, spans[place], wanted), -place))
    start, end = spans[best]
    heads = end - start <= 2 and _is_heading(lines[start:end])
    if best + 1 < len(spans) and (heads or lines[end - 1].rstrip().endswith(":")):
        end = spans[best + 1][1]
    if end - start > max_lines:
        first, past = best_window(lines[start:end], wanted, max_lines)
        return start + first, start + past
    return start, end


def first_paragraph(text: str, max_chars: int = 300) -> str:
    """Return what a docstring opens with, on one line, cut at a word with an ellipsis.

    Licence notices say nothing about the code, and tags (`@param`, `:type x:`) nothing that its signature does not say:
    both are left out, so that nothing may be left.
    """
    paragraphs = (" ".join(part.split()) for part in _BLANK.split(text.strip()))
    said = next((part for part in paragraphs if part and not _LICENCE.search(part)), "")
    said = _TAG.split(said, maxsplit=1)[0].strip()
    return said if len(said) <= max_chars else said[:max_chars].rpartition(" ")[0] + " …"


def says_something(text: str) -> bool:
    """Return whether a stretch of a document states anything: more than headings, links, directives, images, badges and code."""
    lines = [line for line in _FENCED.sub("", text).split("\n") if line.strip()]
    if 2 * sum(_CODE_LINE.search(line) is not None for line in lines) > len(lines):
        return False
    prose = _UNDERLINED.sub(" ", _IMAGE.sub(" ", "\n".join(lines)))
    linked = sum(len(_LETTERS.findall(label)) for label in _labels(prose))
    bare = _LINK.sub(" ", _MARKUP_LINE.sub(" ", prose))
    words = len(_LETTERS.findall(_URL.sub(" ", bare)))
    return words >= _FEWEST_WORDS and words >= linked


def _labels(text: str) -> list[str]:
    return ["".join(found) for found in _LINK.findall(text)]


def _paragraphs(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the half-open ranges between blank lines; a fenced code block stays whole."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    fenced = False
    for number, line in enumerate([*lines, ""]):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        ends = (not line.strip() and not fenced) or number == len(lines)
        if ends and start is not None:
            spans.append((start, number))
            start = None
        elif not ends and start is None:
            start = number
    return spans


def _overlap(lines: Sequence[str], span: tuple[int, int], wanted: set[bytes]) -> float:
    """Return what a paragraph is worth; code between prose half as much, for it shows what the prose says."""
    text = "\n".join(lines[span[0] : span[1]])
    words = words_of(text)
    worth = len(wanted.intersection(words)) + min(len(words), 40) / 400
    if _is_code(lines, span):
        return worth / 2
    return worth if says_something(text) else worth / 4


def _is_code(lines: Sequence[str], span: tuple[int, int]) -> bool:
    """Return whether a paragraph is a fenced block, or one that hangs under a line ending in `::`, as RST writes it."""
    if lines[span[0]].lstrip().startswith("```"):
        return True
    indent = min(len(line) - len(line.lstrip()) for line in lines[span[0] : span[1]])
    for line in reversed(lines[: span[0]]):
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            return line.rstrip().endswith("::") or _CODE_DIRECTIVE.match(line) is not None
    return False


def _is_heading(lines: Sequence[str]) -> bool:
    return lines[0].startswith("#") or (len(lines) == 2 and not lines[1].strip("=-~^\"'*+#. "))
