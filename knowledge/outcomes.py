"""How answers of models fared: what was seen before, who wrote, what was predicted, whether the check let it through.

Numbers and the kind of the question only: no words of it, no code, no names of repositories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

KEPT = 5_000
"""Outcomes that are kept, the newest."""
RECENT = 200
"""Outcomes of a choice that say how it fares here, the newest: models and prompts change."""


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """choice: the class of the model. predicted: how likely it was to be right. seen: see `agents.writing.router.Seen`."""

    choice: str
    model: str
    right: bool
    predicted: float
    seen: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Past:
    """How a choice fared here: times it wrote, times its answer passed the check, and the sum of what was predicted."""

    tried: int = 0
    passed: int = 0
    expected: float = 0.0


class OutcomeStore(Protocol):
    def add(self, record: OutcomeRecord) -> None: ...

    def all(self) -> list[OutcomeRecord]:
        """Return what is kept, the oldest first."""
        ...

    def past(self) -> dict[str, Past]:
        """Return how each choice fared, over the last `RECENT` of its outcomes."""
        ...

    def close(self) -> None: ...
