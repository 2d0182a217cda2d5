"""What is in both facts keeps its number, whatever comes and goes around it."""

from __future__ import annotations

import pytest

from indexers.facts import FileFacts
from indexers.languages import extract
from indexers.resolution.aligning import Aligned, aligned, as_it_stands

SOURCE = """\
import os

def first(x):
    return [each(lambda y: y.run()), {'a': x}]

class Shop:
    def open(self):
        return 1

    def close(self):
        return 2

def last():
    return first
"""


def facts(source: str) -> FileFacts:
    return extract("python", source.encode())


def numbers(held: Aligned) -> dict[str, int]:
    return {held.locals[index]: index for index in held.order}


def test_the_same_source_is_left_as_it_is() -> None:
    after = facts(SOURCE)
    assert aligned(as_it_stands(facts(SOURCE)), after).facts is after


@pytest.mark.parametrize(
    ("old", "new", "come", "gone"),
    [
        ("def first", "def zero(z):\n    return lambda q: [q, z.w]\n\ndef first", {"zero"}, set()),
        ("    def open(self):\n        return 1\n", "", set(), {"Shop.open"}),
        ("def last", "def late", {"late"}, {"last"}),
        ("    def close", "    def shut(self):\n        pass\n\n    def close", {"Shop.shut"}, set()),
        ("import os\n", "import os\nimport sys\n", set(), set()),
        ("def first(x)", "def first(x, y)", set(), set()),
    ],
)
def test_what_stays_keeps_its_number(old: str, new: str, come: set[str], gone: set[str]) -> None:
    before = as_it_stands(facts(SOURCE))
    held = aligned(before, facts(SOURCE.replace(old, new)))
    had, has = numbers(before), numbers(held)
    assert has.keys() - had.keys() == come
    assert had.keys() - has.keys() == gone
    assert all(had[name] == has[name] for name in had.keys() & has.keys())
    assert all(has[name] >= len(had) for name in come)
    for index in held.order:
        definition = held.facts.definitions[index]
        if definition.opens >= 0:
            assert held.facts.scopes[definition.opens].definition == index


def test_paths_name_scopes_and_containers_by_their_old_numbers() -> None:
    before = as_it_stands(facts(SOURCE))
    after = facts(
        SOURCE.replace("def first", "def zero(z):\n    return [lambda q: [q.w(), z.v()], z.u()]\n\ndef first")
    )
    held = aligned(before, after)
    whole = next(item for item in before.facts.returns if item.value.startswith("#list@"))
    assert whole in held.facts.returns
    index = int(whole.value.partition("@")[2])
    assert held.facts.containers[index] == before.facts.containers[index]
    given = [[call.arguments for call in each.facts.calls if call.callee == "each"] for each in (held, before)]
    assert given[0] == given[1]


def test_of_definitions_that_change_places_the_longest_row_keeps_its_numbers() -> None:
    one, two, three = ("def one(): pass\n", "def two(): pass\n", "def three(): pass\n")
    before = as_it_stands(facts(one + two + three))
    held = aligned(before, facts(three + one + two))
    assert numbers(held) == {"one": 0, "two": 1, "three": 3}
    assert held.order == [3, 0, 1]


def test_what_is_gone_and_comes_back_takes_its_place_again() -> None:
    before = as_it_stands(facts(SOURCE))
    late = aligned(before, facts(SOURCE.replace("def last", "def late")))
    assert numbers(late)["late"] == len(before.order)
    held = aligned(late, facts(SOURCE))
    assert (numbers(held), held.scopes) == (numbers(before), before.scopes)


def test_a_block_that_cannot_be_parsed_for_a_while_needs_numbers_once() -> None:
    whole, broken = facts(SOURCE), facts(SOURCE.replace("        return 1\n", "import sys\n        return 1\n"))
    held = as_it_stands(whole)
    sizes = []
    for _ in range(3):
        for each in (broken, whole):
            held = aligned(held, each)
            sizes.append((len(held.facts.definitions), len(held.facts.scopes)))
    assert len(set(sizes)) == 1
    assert sizes[0] != (len(whole.definitions), len(whole.scopes))
