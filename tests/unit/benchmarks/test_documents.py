"""The scorer of the questions about documents."""

from __future__ import annotations

import pytest

from benchmarks.documents.gold import QUESTIONS, Gold, read_questions
from knowledge.schema import Symbol, SymbolKind


def section(name: str, outer: str | None = None) -> Symbol:
    return Symbol(
        id=f"docs:guide.md#{f'{outer}.' if outer else ''}{name}",
        repository="docs",
        kind=SymbolKind.SECTION,
        name=name,
        local_name=f"{outer}.{name}" if outer else name,
        qualified_name=f"guide.md#{name}",
        path="guide.md",
        line=1,
        column=1,
        start_line=1,
        end_line=2,
        language="markdown",
        parent_id=f"docs:guide.md#{outer}" if outer else "docs:guide.md#",
    )


SECTIONS = {
    "guide.md": [
        section("Retrying"),
        section("Example", "Retrying"),
        section("Retrying tasks at once"),
        section("Logging"),
        section("Example", "Logging"),
    ]
}


def gold(places: str) -> Gold:
    (question,) = read_questions(f"docs\thow to retry\t{places}\tsome note\n")
    return Gold(question, SECTIONS)


@pytest.mark.parametrize(
    ("places", "answering"),
    [
        ("guide.md#Retrying", {"Retrying", "Retrying.Example", "Retrying tasks at once"}),
        ("guide.md#=Retrying", {"Retrying"}),
        ("guide.md#=Retry*", {"Retrying", "Retrying tasks at once"}),
        ("guide.md#Logging > Example", {"Logging.Example"}),
        ("guide.md#=Retrying | guide.md#Logging", {"Retrying", "Logging", "Logging.Example"}),
    ],
)
def test_a_place_names_sections_by_heading(places: str, answering: set[str]) -> None:
    found = gold(places)

    held = {one.id.partition("#")[2] for one in SECTIONS["guide.md"] if found.holds(one.id)}

    assert held == answering
    assert not found.missing


def test_a_section_that_is_not_there_is_told() -> None:
    assert [str(place) for place in gold("guide.md#=Caching | guide.md#Logging > Notes").missing] == [
        "guide.md#=Caching",
        "guide.md#Logging > Notes",
    ]


def test_the_rank_is_that_of_the_first_section_that_answers() -> None:
    results = ["docs:guide.md#Logging", "docs:guide.md#Retrying.Example", "docs:guide.md#Retrying"]

    assert gold("guide.md#Retrying").rank(results) == 2
    assert gold("guide.md#=Retrying").rank(results) == 3
    assert gold("guide.md#Retrying tasks").rank(results) == 0


def test_the_questions_can_be_read() -> None:
    questions = read_questions(QUESTIONS.read_text("utf-8"))

    assert len(questions) >= 150
    assert len({question.tree for question in questions}) == 3
    assert all(question.gold and place.path for question in questions for place in question.gold)
