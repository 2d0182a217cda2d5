"""Cuts one file into chunks and counts their terms, in the worker that parsed it. Content only: no path, no repository.

A chunk is the text that one definition owns: its lines without those of the definitions inside it, and with the
comment right above it. So a class chunk holds header, docstring and attributes, its methods are chunks of their own,
and what no definition owns is the module's. Each line is tokenized once; long stretches are cut into windows.

Fields are counted into one pseudo-frequency (simple BM25F: Robertson, Zaragoza and Taylor 2004): 1 for an occurrence in
the body, plus a bonus in the docstring, the signature and the name.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import xxhash

from indexers.documents.formats import FORMATS
from indexers.facts import Definition, FileFacts, Flag
from knowledge.terms import TERMS_VERSION, FileTerms, encode_terms, number_type
from knowledge.text import WORD, terms_of_word, word_counts

WINDOW_LINES = 200
WINDOW_BYTES = 60_000
"""A window ends before the line that would take it beyond either; one longer line is cut."""
NAME_BONUS = 4.0
OUTER_NAME_BONUS = 1.5
SIGNATURE_BONUS = 0.5
DOCSTRING_BONUS = 0.5
CHUNK_KINDS = frozenset({"class", "interface", "function", "method", "package", "section"})
MAX_FREQUENCY = 60_000.0
"""Keeps frequencies inside float16; BM25 is flat long before."""

_COMMENT_STARTS = {"python": (b"#",), **dict.fromkeys(FORMATS, ())}
_OTHER_COMMENT_STARTS = (b"//", b"/*", b"*")

Stretch = tuple[int, int]
"""First and last line, 1-based."""


def terms_of(facts: FileFacts, text: bytes, names: Sequence[str]) -> bytes:
    """Return the encoded `FileTerms` of a file.

    Args:
        text: the redacted bytes that the facts were extracted from.
        names: the local names of `facts.definitions` (`indexers.naming.local_names`).
    """
    lines = text.split(b"\n")
    counter = _TermCounter()
    for index, stretches in owned_stretches(facts, lines).items():
        definition = facts.definitions[index] if index >= 0 else None
        windows = _windows(lines, stretches)
        for number, (start, end, owned) in enumerate(windows):
            counter.open_chunk(owned)
            if definition is not None:
                counter.add(definition.name, NAME_BONUS)
                counter.add(_outer_name(names[index], definition.name), OUTER_NAME_BONUS)
                counter.add(definition.signature, SIGNATURE_BONUS)
                if len(windows) == 1:
                    start, end = definition.start_line, definition.end_line
            if number == 0:
                counter.add(definition.docstring if definition else facts.docstring, DOCSTRING_BONUS)
            name = names[index] if definition else ""
            counter.close_chunk(index, start, end, xxhash.xxh3_64_intdigest(name.encode() + b"\0" + owned))
    return counter.encoded()


def owned_stretches(facts: FileFacts, lines: Sequence[bytes]) -> dict[int, list[Stretch]]:
    """Return which lines each definition owns, innermost first to claim; key -1 holds what no definition owns.

    Declarations without a body (prototypes) own nothing: their lines stay with what surrounds them. A definition that
    shares its only line with another is given that line as well.
    """
    owned: dict[int, list[Stretch]] = {}
    starts = _starts_with_comments(facts, lines)
    order = sorted(starts, key=lambda index: (starts[index], -facts.definitions[index].end_line))
    stack: list[tuple[int, int]] = [(-1, len(lines))]
    position = 1

    def claim(owner: int, end: int) -> None:
        nonlocal position
        if position <= end:
            owned.setdefault(owner, []).append((position, end))
            position = end + 1

    for index in order:
        while len(stack) > 1 and stack[-1][1] < starts[index]:
            claim(*stack.pop())
        claim(stack[-1][0], starts[index] - 1)
        stack.append((index, min(facts.definitions[index].end_line, stack[-1][1])))
    while stack:
        claim(*stack.pop())
    for index in order:
        if index not in owned:
            line = min(facts.definitions[index].start_line, len(lines))
            owned[index] = [(line, line)]
    return owned


def _starts_with_comments(facts: FileFacts, lines: Sequence[bytes]) -> dict[int, int]:
    marks = _COMMENT_STARTS.get(facts.language, _OTHER_COMMENT_STARTS)
    starts: dict[int, int] = {}
    for index, definition in enumerate(facts.definitions):
        if not _is_chunk(definition):
            continue
        start = definition.start_line
        while marks and start > 1 and lines[start - 2].lstrip().startswith(marks):
            start -= 1
        starts[index] = start
    return starts


def _is_chunk(definition: Definition) -> bool:
    return definition.kind in CHUNK_KINDS and not definition.flags & Flag.DECLARATION


def _outer_name(local_name: str, name: str) -> str:
    plain = local_name.partition("~")[0]
    return plain.removesuffix(name) if plain != name else ""


def _windows(lines: Sequence[bytes], stretches: Sequence[Stretch]) -> list[tuple[int, int, bytes]]:
    """Return (first line, last line, owned text) of each window, blank ones left out."""
    if sum(end - start + 1 for start, end in stretches) <= WINDOW_LINES:  # nearly every chunk: no line is looked at
        text = b"\n".join([b"\n".join(lines[start - 1 : end]) for start, end in stretches])
        if len(text) < WINDOW_BYTES:
            return [(stretches[0][0], stretches[-1][1], text)] if text and not text.isspace() else []
    windows: list[tuple[int, int, bytes]] = []
    held: list[bytes] = []
    first = last = byte_count = 0

    def close() -> None:
        text = b"\n".join(held)
        if text.strip():
            windows.append((first, last, text))
        held.clear()

    for start, end in stretches:
        for number in range(start, end + 1):
            line = lines[number - 1][:WINDOW_BYTES]
            if held and (len(held) >= WINDOW_LINES or byte_count + len(line) > WINDOW_BYTES):
                close()
            if not held:
                first, byte_count = number, 0
            held.append(line)
            last, byte_count = number, byte_count + len(line) + 1
    close()
    return windows


class _TermCounter:
    """Numbers the terms of one file and counts them chunk by chunk."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._of_word: dict[bytes, tuple[int, ...]] = {}
        self._counts: dict[int, float] = {}
        self._rows: list[tuple[int, int, int, int, float, int]] = []
        self._terms = array("i")
        self._weights = array("f")

    def open_chunk(self, text: bytes) -> None:
        counts = self._counts = {}
        of_word = self._of_word
        for word, count in word_counts(text).items():
            numbers = of_word.get(word)
            if numbers is None:
                numbers = of_word[word] = self._number(word)
            for number in numbers:
                counts[number] = counts.get(number, 0.0) + count

    def add(self, text: str, bonus: float) -> None:
        """Add a bonus for every word of a field; the fields are short, and their words already counted in the body."""
        counts, of_word = self._counts, self._of_word
        for word in WORD.findall(text.encode("utf-8", "replace")) if text else ():
            numbers = of_word.get(word)
            if numbers is None:
                numbers = of_word[word] = self._number(word)
            for number in numbers:
                counts[number] = counts.get(number, 0.0) + bonus

    def _number(self, word: bytes) -> tuple[int, ...]:
        numbers = self._numbers
        return tuple([numbers.setdefault(term, len(numbers)) for term in terms_of_word(word)])

    def close_chunk(self, definition: int, start: int, end: int, digest: int) -> None:
        self._terms.extend(self._counts.keys())
        self._weights.extend(self._counts.values())
        self._rows.append((definition, start, end, digest, sum(self._counts.values()), len(self._counts)))

    def encoded(self) -> bytes:
        columns = list(zip(*self._rows, strict=True)) or [()] * 6
        terms = np.frombuffer(self._terms, dtype=np.int32)
        weights = np.frombuffer(self._weights, dtype=np.float32)
        return encode_terms(
            FileTerms(
                TERMS_VERSION,
                b"\n".join(self._numbers),
                np.array(columns[0], dtype=np.int32).tobytes(),
                np.array(columns[1], dtype=np.int32).tobytes(),
                np.array(columns[2], dtype=np.int32).tobytes(),
                np.array(columns[3], dtype=np.uint64).tobytes(),
                np.array(columns[4], dtype=np.float32).tobytes(),
                np.array(columns[5], dtype=np.int32).tobytes(),
                terms.astype(number_type(len(self._numbers))).tobytes(),
                np.minimum(weights, MAX_FREQUENCY).astype(np.float16).tobytes(),
            )
        )
