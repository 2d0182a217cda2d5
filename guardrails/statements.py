"""What prose says about code: sentences with their evidence numbers, the names in backticks, and stated relations.

Reads the answer of a model; judges nothing (see `guardrails.evidence`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from configs.release import StatedPattern
from knowledge.evidence import StatedRelation
from knowledge.schema import RelationKind

_NUMBERS = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_SENTENCE_END = re.compile(r"(?<=[.!?:])(?:\s*\[\d[\d,\s]*\])*(?:\s+|$)|(?:\r?\n)+")
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_TICKED = re.compile(r"`([^`\n]{1,120})`")
_NAME = re.compile(r"^[A-Za-z_~$@][\w.:#$~]*(?:\(\))?$")
_TICKED_NAME = r"`(?P<{group}>[^`\n]+?)(?:\(\))?`"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of an answer with the white space after it. `numbers` are of the evidence that it points at."""

    text: str
    numbers: tuple[int, ...]
    names: tuple[str, ...]


def sentences_of(answer: str) -> list[Sentence]:
    """Return the sentences of an answer in order; together their texts are the answer. A code block is one sentence."""
    pieces: list[str] = []
    at = 0
    for fence in _FENCE.finditer(answer):
        pieces += _split(answer[at : fence.start()])
        pieces.append(fence[0])
        at = fence.end()
    pieces += _split(answer[at:])
    return [
        Sentence(
            text=piece,
            numbers=tuple(int(n) for group in _NUMBERS.findall(piece) for n in group.split(",")),
            names=tuple(dict.fromkeys(name for name in _TICKED.findall(piece) if _NAME.match(name))),
        )
        for piece in pieces
    ]


def is_assertion(sentence: Sentence) -> bool:
    """Return whether the sentence says something about the code that could be wrong: not white space, a heading or a lead-in."""
    text = sentence.text.strip()
    if not text or text.startswith("#"):
        return False
    return bool(sentence.numbers or sentence.names) or not text.endswith(":")


def stated_relations(
    sentence: Sentence, patterns: Iterable[StatedPattern], resolve: Callable[[str], str | None]
) -> list[StatedRelation]:
    """Return the relations that the sentence states between known symbols.

    Args:
        resolve: gives the id of the one symbol that a name means, None when it is unknown or means several.
    """
    found = []
    for pattern in patterns:
        expression = pattern.pattern.replace("{a}", _TICKED_NAME.format(group="a"))
        expression = expression.replace("{b}", _TICKED_NAME.format(group="b"))
        for match in re.finditer(expression, sentence.text, re.IGNORECASE):
            source, target = resolve(match["a"]), resolve(match["b"])
            if source is not None and target is not None:
                found.append(StatedRelation(kind=RelationKind(pattern.kind).value, source_id=source, target_id=target))
    return found


def _split(text: str) -> Sequence[str]:
    pieces, at = [], 0
    for end in _SENTENCE_END.finditer(text):
        if end.end() > at:
            pieces.append(text[at : end.end()])
            at = end.end()
    if at < len(text):
        pieces.append(text[at:])
    return pieces
