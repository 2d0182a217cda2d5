"""Who shall write: the predicted success of each choice, from what a run knows before anything is written.

Pure functions of the plan, the evidence and the release, whose `router` holds the weights: a logistic for each choice, learned by `clew eval
train-router` (`app/router_training.py`). What forbids a choice (privacy, window, health, budget) is decided before, by those who know.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.state import Evidence, Plan
from agents.writing.packing import evidence_text
from configs.release import Router
from knowledge.outcomes import Past
from models.extractive import asked_words, words_of
from models.tokens import tokens_of

_PAST_WEIGHT = 10.0
"""So many outcomes must speak before they count for half."""
_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run knows of a question before it writes. strength: the share of its words that the evidence holds, 0..1."""

    intent: str
    steps: int
    words: int
    names: int
    facts: int
    files: int
    strength: float
    evidence_tokens: int


def seen_before_writing(plan: Plan, facts: Sequence[Evidence]) -> Seen:
    """Return what is known once the evidence is there; the intent is that of the step that asks for most."""
    asked = asked_words(plan["question"])
    texts = [evidence_text(fact) for fact in facts]
    held = set().union(*(words_of(text) for text in texts)) if texts else set()
    steps = plan["steps"]
    return Seen(
        intent=steps[0]["intent"] if steps else "explain",
        steps=max(len(steps), 1),
        words=len(plan["question"].split()),
        names=sum(len(step["names"]) for step in steps),
        facts=len(facts),
        files=len({(fact["citation"]["repository"], fact["citation"]["path"]) for fact in facts}),
        strength=len(asked & held) / len(asked) if asked else 1.0,
        evidence_tokens=sum(map(tokens_of, texts)),
    )


def features_of(seen: Seen) -> dict[str, float]:
    """Return what the weights are for; `bias` is 1 always."""
    return {
        "bias": 1.0,
        f"intent.{seen.intent}": 1.0,
        "strength": seen.strength,
        "steps": float(seen.steps - 1),
        "words": math.log1p(seen.words),
        "names": float(min(seen.names, 3)),
        "facts": math.log1p(seen.facts),
        "files": math.log1p(seen.files),
        "tokens": math.log1p(seen.evidence_tokens),
    }


def predicted(router: Router, choice: str, seen: Seen, past: Past | None = None) -> float:
    """Return how likely the choice answers rightly, 0..1, moved by how it fared here."""
    weights = router.weights.get(choice, {})
    value = sum(weights.get(name, 0.0) * number for name, number in features_of(seen).items())
    return 1 / (1 + math.exp(-(value + offset(past or Past()))))


def offset(past: Past) -> float:
    """Return by how much the log-odds here are above the predicted ones; near zero while little is known."""
    if not past.tried:
        return 0.0
    mean = min(max(past.expected / past.tried, _SHARE), 1 - _SHARE)
    right, wrong = past.passed + _PAST_WEIGHT * mean, past.tried - past.passed + _PAST_WEIGHT * (1 - mean)
    return math.log(right / wrong) - math.log(mean / (1 - mean))


def chosen(router: Router, choices: Iterable[str], seen: Seen, past: Mapping[str, Past] | None = None) -> str:
    """Return the choice whose predicted success is worth most after its cost; the cheaper one on a tie.

    A unit of cost has to bring `router.cost_weight` of probability.
    """
    known = past or {}

    def worth(choice: str) -> tuple[float, float]:
        cost = router.costs.get(choice, 0.0)
        return predicted(router, choice, seen, known.get(choice)) - router.cost_weight * cost, -cost

    return max(choices, key=worth)
