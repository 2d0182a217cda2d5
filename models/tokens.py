"""How many tokens a text will be, per family of models, without their tokenizers.

A linear rule over what tokenizers split at, fitted to six of them (`benchmarks/RESULTS.md`, "Tokens") on 10,000 stretches of eight
languages and of prose, with a margin so that whole prompts are hardly ever underestimated. A model whose family is not
known is taken for the one with the small vocabulary, which makes the most tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DIGIT = re.compile(r"[0-9]")
_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_INDENT = re.compile(r"(?<=\n)[ \t]+|[ \t]{2,}")
_WIDE = re.compile(r"[^\x00-\x7f]")
MARGIN = 1.18
"""Prompts of ten stretches each, 9,600 drawn: the raw estimate is below the truth by more than this in one of a hundred."""


@dataclass(frozen=True, slots=True)
class Family:
    """Tokens for each word, digit, mark, line end, indentation and character beyond ASCII."""

    word: float
    digit: float
    mark: float
    line: float
    indent: float
    wide: float


LARGE_VOCABULARY = Family(word=1.2, digit=0.95, mark=0.2, line=0.7, indent=1.45, wide=1.5)
SMALL_VOCABULARY = Family(word=1.45, digit=1.4, mark=0.33, line=1.4, indent=1.55, wide=1.5)
CLAUDE = Family(word=1.36, digit=0.85, mark=0.28, line=1.2, indent=0.8, wide=1.5)

_FAMILIES = (
    (re.compile(r"claude"), CLAUDE),
    (re.compile(r"llama-?2|codellama|mixtral|mistral:7b|phi-?3|tinyllama|vicuna|starcoder"), SMALL_VOCABULARY),
    (
        re.compile(r"gpt|\bo[134]\b|qwen|llama-?3|deepseek|gemma|devstral|phi-?4|mistral-(?:nemo|small|large)|granite"),
        LARGE_VOCABULARY,
    ),
)


def family_of(model: str) -> Family:
    """Return the family that a model's name tells, the one that makes the most tokens for an unknown name."""
    last = model.rpartition("/")[2].lower()
    return next((family for pattern, family in _FAMILIES if pattern.search(last)), SMALL_VOCABULARY)


def tokens_of(text: str, model: str = "") -> int:
    """Return an estimate of the tokens of a text for a model, on the high side."""
    family = family_of(model)
    counted = (
        family.word * len(_WORD.findall(text))
        + family.digit * len(_DIGIT.findall(text))
        + family.mark * len(_MARK.findall(text))
        + family.line * text.count("\n")
        + family.indent * len(_INDENT.findall(text))
        + family.wide * len(_WIDE.findall(text))
    )
    return int(counted * MARGIN) + 1
