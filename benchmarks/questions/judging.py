"""Whether triage and answers are right, by the labels alone: never by what Clew's own graph says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from agents.state import Plan
from benchmarks.questions.labels import Place, Question

SPARE_SHARE = 0.25
"""Of an answer's claims, how many may lie outside the complete truth: others in the same places, told once more."""
_MOST_SPARE_LINES = 40


def intent_of(plan: Plan, question: Question) -> str:
    """Return the intent that the whole question comes down to: of a compound one that of the last step."""
    return plan["steps"][-1 if question.parts else 0]["intent"]


def is_planned(plan: Plan, question: Question) -> bool:
    """Return whether a compound question became its steps, in the order of work."""
    return [step["intent"] for step in plan["steps"]] == list(question.parts)


def macro_f1(pairs: Iterable[tuple[str, str]]) -> tuple[float, dict[str, float]]:
    """Return the mean F1 over intents, and each, of (wanted, said) pairs."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for wanted, said in pairs:
        if wanted == said:
            right[wanted] += 1
        else:
            wrong.update((wanted, said))
    each = {intent: 2 * right[intent] / (2 * right[intent] + wrong[intent]) for intent in sorted({*right, *wrong})}
    return sum(each.values()) / len(each), each


def is_right(question: Question, answer: dict[str, Any]) -> bool:
    """Return whether an answer cites the expected places, and, where they are all there are, hardly any others."""
    claims: Sequence[dict[str, Any]] = answer["claims"]
    met = [place for place in question.expected if any(_meets(claim, place, question) for claim in claims)]
    needed = {"all": len(question.expected), "any": 1, "five": min(5, len(question.expected))}[question.need]
    if len(met) < needed:
        return False
    if not question.complete:
        return True
    code = [claim for claim in claims if claim["citations"] and not _in_tests(claim)]
    spare = [claim for claim in code if not any(_meets(claim, place, question) for place in question.expected)]
    return len(spare) <= SPARE_SHARE * len(code)


def _meets(claim: dict[str, Any], place: Place, question: Question) -> bool:
    """Return whether a claim cites a place; of a callee, which is cited where it is called, the claim must also say the name."""
    for citation in claim["citations"]:
        if citation["path"] != place.path:
            continue
        start, end = citation["start_line"], citation["end_line"]
        near = [line for line in place.lines if start <= line <= end]
        is_wide = bool(near) and end - start > _MOST_SPARE_LINES and question.need != "any"
        if place.lines and (not near or is_wide):
            continue
        if question.intent == "callees" and place.name and place.name not in claim["text"]:
            continue
        return True
    return False


def _in_tests(claim: dict[str, Any]) -> bool:
    return all(
        "test" in citation["path"].lower() or citation["path"].startswith("t/") for citation in claim["citations"]
    )
