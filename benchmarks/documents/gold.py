"""The questions about documents, and which sections answer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.schema import Symbol

QUESTIONS = Path(__file__).with_name("questions.tsv")


@dataclass(frozen=True, slots=True)
class Place:
    """Sections of a document whose heading begins with `heading`, and those in them.

    alone: the one section whose heading is this (or begins so, with * at the end), without those in it. outer: what the heading around it begins with, empty where that need not be said.
    """

    path: str
    heading: str
    alone: bool = False
    outer: str = ""

    def __str__(self) -> str:
        outer = f"{self.outer} > " if self.outer else ""
        return f"{self.path}#{'=' if self.alone else ''}{outer}{self.heading}"


@dataclass(frozen=True, slots=True)
class Question:
    """gold: the places that answer, any of them."""

    tree: str
    text: str
    gold: tuple[Place, ...]


def read_questions(text: str) -> list[Question]:
    questions = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            tree, question, places = line.split("\t")[:3]
            questions.append(Question(tree, question, tuple(map(_place, places.split(" | ")))))
    return questions


def _place(written: str) -> Place:
    path, _, heading = written.strip().partition("#")
    outer, _, inner = heading.removeprefix("=").rpartition(" > ")
    return Place(path, inner, heading.startswith("="), outer)


class Gold:
    """The sections that answer a question, found among those of its documents."""

    def __init__(self, question: Question, sections: dict[str, list[Symbol]]) -> None:
        known = {section.id: section for found in sections.values() for section in found}
        self._parents = {symbol_id: section.parent_id for symbol_id, section in known.items()}
        self._alone: set[str] = set()
        self._with_parts: set[str] = set()
        self.missing: list[Place] = []
        for place in question.gold:
            ids = {section.id for section in sections.get(place.path, []) if _is_at(section, place, known)}
            (self._alone if place.alone else self._with_parts).update(ids)
            if not ids:
                self.missing.append(place)

    def holds(self, symbol_id: str | None) -> bool:
        if symbol_id in self._alone:
            return True
        while symbol_id is not None and symbol_id not in self._with_parts:
            symbol_id = self._parents.get(symbol_id)
        return symbol_id is not None

    def rank(self, symbol_ids: Iterable[str | None]) -> int:
        """Return the place (from 1) of the first section that answers, 0 for none."""
        return next((place for place, symbol_id in enumerate(symbol_ids, 1) if self.holds(symbol_id)), 0)


def _is_at(section: Symbol, place: Place, known: dict[str, Symbol]) -> bool:
    outer = known.get(section.parent_id or "")
    if place.outer and (outer is None or not outer.name.startswith(place.outer)):
        return False
    if place.alone and not place.heading.endswith("*"):
        return section.name == place.heading
    return section.name.startswith(place.heading.removesuffix("*"))
