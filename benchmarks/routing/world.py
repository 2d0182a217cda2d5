"""The simulated world: how likely a writer answers a question rightly, and what it costs. Skills come from `skills.json`.

The chance is a logistic of the intent, of how much of the question the evidence holds, and of how much is asked at once; and of
what no router can see: the hardness that all writers share, a bent for each repository, and each writer's own luck.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

SKILLS = Path(__file__).parent / "skills.json"


@dataclass(frozen=True, slots=True)
class Question:
    """What a run has seen of a question before it writes. strength: the share of its words that the evidence holds."""

    id: str
    repository: str
    intent: str
    steps: int
    words: int
    names: int
    facts: int
    files: int
    strength: float
    evidence_tokens: int


class World:
    """Writers with fixed skills. The same question has the same outcome every time."""

    def __init__(self, skills: Path = SKILLS) -> None:
        self._skills: dict[str, Any] = json.loads(skills.read_text(encoding="utf-8"))
        self.writers: tuple[str, ...] = tuple(self._skills["writers"])

    def knows(self, intent: str) -> bool:
        """Tell whether the skills, which were frozen, say anything about an intent."""
        return all(intent in skill["base"] for skill in self._skills["writers"].values())

    def chance(self, writer: str, question: Question) -> float:
        """Return how likely the writer is right, 0..1."""
        skill = self._skills["writers"][writer]
        long = question.evidence_tokens > self._skills["long_context_tokens"]
        value = (
            skill["base"][question.intent]
            + skill["evidence"] * (question.strength - 0.5)
            - skill["complexity"] * complexity(question)
            - skill["hardness"] * self._normal("hardness", question.id)
            + (skill["long_context"] if long else 0.0)
            + self._skills["repository_spread"] * self._normal("repository", question.repository, writer)
            + self._skills["own_spread"] * self._normal("own", question.id, writer)
        )
        return 1 / (1 + math.exp(-value))

    def is_right(self, writer: str, question: Question) -> bool:
        return self._uniform("right", question.id, writer) < self.chance(writer, question)

    def cost_usd(self, writer: str, question: Question) -> float:
        skill = self._skills["writers"][writer]
        read, written = question.evidence_tokens + 500, self._skills["answer_tokens"]
        return float(read * skill["usd_per_million_input"] + written * skill["usd_per_million_output"]) / 1e6

    def _uniform(self, *about: str) -> float:
        text = ":".join((str(self._skills["seed"]), *about))
        return (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) + 0.5) / 2**64

    def _normal(self, *about: str) -> float:
        return NormalDist().inv_cdf(self._uniform(*about))


def complexity(question: Question) -> float:
    """Return how much is asked at once, 0..3: parts beyond the first, words beyond a short sentence, files beyond a few."""
    asked = (question.steps - 1) + max(question.words - 12, 0) / 12 + max(question.files - 4, 0) / 8
    return min(asked, 3.0)
