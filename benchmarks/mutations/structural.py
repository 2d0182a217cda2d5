"""Answers that Clew itself gives without a model, as correct answers to corrupt: their lines are statements with citations.

The lines that tools wrote are taken for true (what is measured is the check, not the tools), and those that state a relation at
one place become parts that the operators know.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from agents.events import Answer as Given
from agents.events import AnswerReady
from app.asking import Asked, Assistant
from app.wiring import Wiring
from benchmarks.mutations.answers import Answer, Fact, Part, mark

_LINE = re.compile(r"^- `([^`]+)` (calls|inherits from|overrides|imports) `([^`]+)` — `([^`\s]+):(\d+)`(.*)$")
_PLACE = re.compile(r"`([\w./-]+\.\w+):(\d+)(?:-(\d+))?`")
_KINDS = {"calls": "calls", "inherits from": "inherits", "overrides": "overrides", "imports": "imports"}
_QUESTIONS = {
    "calls": ("Who calls {b}?", "What does {a} call?"),
    "inherits": ("Which classes inherit from {b}?", "What does {a} inherit from?"),
    "overrides": ("What does {a} override?",),
    "defined": ("Where is {a} defined?",),
    "callers": ("Who calls {a}?",),
}


def structural_answers(wiring: Wiring, repository: str, facts: Iterable[Fact], most: int) -> list[Answer]:
    """Return Clew's own answers to questions about the facts of a repository."""
    assistant = wiring.assistant()
    answers: list[Answer] = []
    with asyncio.Runner() as runner:
        for number, question in enumerate(_questions(facts, most)):
            asked = Asked(question, (repository,), model="extractive", release="default")
            given = runner.run(_answered(assistant, asked))
            if given.verdict == "found":
                answers.append(_read(f"{repository}-structural-{number}", repository, question, given.answer))
    return answers


async def _answered(assistant: Assistant, asked: Asked) -> Given:
    async for event in assistant.stream(asked):
        if isinstance(event, AnswerReady):
            return event.answer
    raise AssertionError(f"no answer to {asked.question!r}")


def _questions(facts: Iterable[Fact], most: int) -> list[str]:
    found: dict[str, None] = {}
    for number, fact in enumerate(facts):
        if forms := _QUESTIONS.get(fact["kind"]):
            found.setdefault(forms[number % len(forms)].format(**fact))
    return list(found)[:most]


def _read(name: str, repository: str, question: str, text: str) -> Answer:
    lines = text.split("\n")
    parts: list[Part] = [_part(line) for line in lines]
    return Answer(
        name,
        repository,
        "structural",
        question,
        (),
        "explain",
        "backticks",
        tuple(_marked(line) for line in lines),
        tuple(parts),
    )


def _part(line: str) -> Part:
    if found := _LINE.match(line):
        fact = {
            "kind": _KINDS[found[2]],
            "a": found[1],
            "b": found[3],
            "a_path": "",
            "b_path": "",
            "path": found[4],
            "line": int(found[5]),
        }
        return Part(f"- {{a}} {found[2]} {{b}} — {{cite}}{found[6].replace('{', '').replace('}', '')}", fact)
    return Part(_marked(line), {"kind": "lead", "a": ""})


def _marked(line: str) -> str:
    return _PLACE.sub(lambda found: mark(found[1], int(found[2]), int(found[3] or 0)), line)
