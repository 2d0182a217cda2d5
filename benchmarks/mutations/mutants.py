"""Every operator on every part of every correct answer, with fixed seeds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from benchmarks.mutations.answers import Answer
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.world import World


@dataclass(frozen=True, slots=True)
class Mutant:
    """A false answer: part `at` of a correct one was corrupted."""

    operator: str
    answer: Answer
    at: int


def mutants(answers: Sequence[Answer], operators: Sequence[Operator], worlds: dict[str, World]) -> Iterator[Mutant]:
    """Yield one mutant for each operator and part to which it has something to do."""
    for answer in answers:
        for operator in operators:
            for at in range(len(answer.parts)):
                draw = random.Random(crc32(f"{answer.id} {operator.__name__} {at}".encode()))
                text = operator(answer, at, worlds[answer.repository], draw)
                if text is not None and text != answer.texts[at]:
                    yield Mutant(operator.__name__, answer.with_text(at, text), at)
