"""The labelled questions: one JSON object a line, in `train.jsonl`, `held.jsonl`, `fresh.jsonl` and `requests.jsonl`; docs/questions.md has the format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
Part = Literal["train", "held", "fresh", "requests"]
PARTS: tuple[Part, ...] = ("train", "held", "fresh")
"""The parts that one figure is given of; `requests` are wordings of one thing or several that are asked at once, for their plans alone."""
STRUCTURAL = frozenset(
    {"define", "callers", "callees", "impact", "path", "hierarchy", "dependencies", "tests"},
)
"""Intents whose answers are facts of the code graph."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a right answer cites. lines: any of them will do, none: the file is enough; name: what the claim must name."""

    path: str
    lines: tuple[int, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """A labelled question.

    context: earlier questions of the thread. parts: for a compound one, the intents of its steps in the order of work.
    need: `all` of the expected places, `any` of them, or `five`; complete: the places are all there are.
    """

    id: str
    repository: str
    author: str
    language: str
    text: str
    intent: str
    complexity: str
    context: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    expected: tuple[Place, ...] = ()
    need: str = "all"
    complete: bool = False


def read(part: Part, folder: Path = HERE) -> list[Question]:
    """Return the questions of a part, in the order of their file."""
    lines = (folder / f"{part}.jsonl").read_text("utf-8").splitlines()
    return [_question(json.loads(line)) for line in lines if line.strip()]


def _question(row: dict[str, Any]) -> Question:
    places = tuple(_place(entry) for entry in row.get("expected", ()))
    return Question(
        id=row["id"],
        repository=row["repository"],
        author=row["author"],
        language=row["language"],
        text=row["text"],
        intent=row["intent"],
        complexity=row["complexity"],
        context=tuple(row.get("context", ())),
        parts=tuple(row.get("parts", ())),
        entities=tuple(row.get("entities", ())),
        expected=places,
        need=row.get("need", "all"),
        complete=row.get("complete", False),
    )


def _place(entry: dict[str, Any]) -> Place:
    lines = tuple(entry.get("lines", ())) or ((entry["line"],) if "line" in entry else ())
    return Place(path=entry["path"], lines=lines, name=entry.get("name", ""))
