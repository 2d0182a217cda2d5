"""Clauses that neither a rule nor the classifier was sure of: a model says what they ask, or the person does, or the answer tells how they were read.

In this order, each only where it may: a model when the best intent is unlikely, a host is there and the code may go to it; the person when
two intents are nearly as likely, would be answered differently, and somebody is there; else the likelier one is answered, with a line
that says so. All bounds are data of the release (`triage: doubts:`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from typing_extensions import TypedDict

from agents.calls.short_calls import ShortCall, short_answer
from agents.questions.clarifying import Asking, Choice, picked
from agents.records import finding_row
from agents.state import Doubt, FindingRow, Plan, Usage
from configs.release import Release
from configs.triage import Doubts
from guardrails.marking import Marks
from knowledge.evidence import Finding
from models.provider import Reads
from models.tokens import tokens_of

MODEL, PERSON = "model", "person"
"""Who settled a doubt: see `agents.state.Step.decided_by`."""
_TRULY_TWO = 0.5
"""The probability that two intents need together: below it the words fit neither."""
_UNNAMED = "what the question is about"


class Said(TypedDict):
    """What a model said of a clause. intent: empty when it said nothing that can be used; usage: None when it was not called."""

    intent: str
    usage: Usage | None
    findings: list[FindingRow]


def unlikely(plan: Plan, doubts: Doubts) -> Doubt | None:
    """Return the clause whose best intent is least likely, None where all are likely enough."""
    least = min(plan.get("doubts", []), key=_best, default=None)
    return least if least is not None and _best(least) < doubts.ask_below else None


def close(plan: Plan, doubts: Doubts) -> list[Doubt]:
    """Return the clauses that may mean two things, nearly as likely, and hardly a third one."""
    return [
        doubt
        for doubt in plan.get("doubts", [])
        if min(doubt["share"], doubt["rival_share"]) > doubts.close * _best(doubt)
        and doubt["share"] + doubt["rival_share"] > _TRULY_TWO
    ]


async def intent_by_model(by: ShortCall, clause: str) -> Said:
    """Let a model say what a clause asks, as one of the intents of the release; it has one try."""
    marks = Marks.fresh()
    meant = [(intent, meaning_of(intent, (), by.release.triage.doubts)) for intent in by.release.routes]
    prompt = by.release.render("triage", mark=marks.code, question=marks.wrap("question", clause), intents=meant)
    nothing_yet = Usage(input_tokens=0, output_tokens=0)
    most = by.release.triage.doubts.answer_tokens
    if (limit := by.context.ask_before_tokens) and tokens_of(prompt) + most > limit:
        return Said(intent="", usage=None, findings=[])  # the classifier has a guess: nobody is asked for approval
    answer = await short_answer(by, prompt, most, schema_of(by.release), nothing_yet, Reads("triage"))
    intent, findings = "", list(answer.findings)
    if answer.text is not None:
        intent = intent_in(answer.text, by.release)
        if not intent:
            findings.append(_finding("unreadable_intent", f"{answer.model} named no intent"))
    elif answer.model:
        findings.append(_finding("intent_not_asked", f"the intent was not asked for: {answer.why.rstrip('.')}"))
    return Said(intent=intent, usage=answer.usage, findings=findings)


def schema_of(release: Release) -> dict[str, Any]:
    """Return what the model's answer must look like: one of the intents."""
    intent = {"type": "string", "enum": sorted(release.routes)}
    return {"type": "object", "properties": {"intent": intent}, "required": ["intent"]}


def intent_in(answer: str, release: Release) -> str:
    """Return the intent that an answer names, empty unless it is one that the release can answer."""
    try:
        intent = json.loads(answer)["intent"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return intent if isinstance(intent, str) and intent in release.routes else ""


def names_in(plan: Plan, clause: str) -> list[str]:
    """Return the names that the plan reads in a clause, as a person would write them."""
    steps = [step for step in plan["steps"] if step["query"].startswith(clause)]
    return [name.rpartition("#")[2] or name for step in steps[:1] for name in step["names"]]


def differ(plan: Plan, other: Plan, release: Release) -> bool:
    """Return whether two readings of a question would be answered differently: by other operations, names or analysts."""
    return _answered(plan, release) != _answered(other, release)


def intent_question(doubt: Doubt, meanings: Sequence[str]) -> Asking:
    """Return the one question that lets a person choose between the two intents of a clause."""
    intents = (doubt["intent"], doubt["rival"])
    choices = [Choice(label=label, place="", value=intent) for label, intent in zip(meanings, intents, strict=True)]
    asked = f"“{doubt['clause']}” may ask two things. Which one?"
    return Asking(kind="clarification", question=asked, about="", choices=choices)


def chosen_intent(asking: Asking, reply: Any) -> str:
    """Return the intent that a reply chose, empty for words that choose nothing."""
    choice = picked(asking, reply)
    return "" if choice is None else choice["value"]


def told(meanings: Sequence[str]) -> str:
    """Return the line that says how a clause was read, and how to get the other reading."""
    return f"Read as: {meanings[0]}. It may also ask {meanings[1]}: say so in these words to get that instead."


def meaning_of(intent: str, names: Sequence[str], doubts: Doubts) -> str:
    """Return what an intent asks, in words, about these names."""
    about = " and ".join(f"`{name}`" for name in names) or _UNNAMED
    return doubts.meant.get(intent, intent).replace("{about}", about)


def _best(doubt: Doubt) -> float:
    return max(doubt["share"], doubt["rival_share"])


def _answered(plan: Plan, release: Release) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (step["operation"], tuple(step["names"]), release.routes[step["intent"]].analysts) for step in plan["steps"]
    ]


def _finding(kind: str, message: str) -> FindingRow:
    return finding_row(Finding(gate="planner", kind=kind, severity="info", message=message, action="annotate"))
