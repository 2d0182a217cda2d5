"""How a question says in which form it wants its answer, and what the form makes of a draft."""

from __future__ import annotations

import pytest

from agents.context import Context
from agents.drafts.rendering import render
from agents.questions.manner import HABIT, at_depth, manner_of, plain
from agents.records import citation_row, claim_row
from agents.state import Block, ClaimRow, Draft, MannerRow
from configs.release import Releases
from knowledge.profile import Profile

MANNER = Releases().get("default").manner
HERE = citation_row("r", "a.py", 3, 3, None, "1")


@pytest.mark.parametrize(
    ("question", "depth", "diagram", "table", "bare"),
    [
        ("Briefly, who calls `f`?", "brief", False, False, "who calls `f`?"),
        ("Explain `f` in short", "brief", False, False, "Explain `f`"),
        ("tl;dr: what does `f` do?", "brief", False, False, "what does `f` do?"),
        ("Explain `f` in detail", "deep", False, False, "Explain `f`"),
        ("Explain `f` in great detail please", "deep", False, False, "Explain `f` please"),
        ("How does `f` reach `g`, as a diagram?", "normal", True, False, "How does `f` reach `g`?"),
        ("Who calls `f`? Draw me a diagram.", "normal", True, False, "Who calls `f`?."),
        ("Who calls `f`, as a table", "normal", False, True, "Who calls `f`"),
        ("Where is the dependency graph built?", "normal", False, False, "Where is the dependency graph built?"),
        ("Which table holds the orders?", "normal", False, False, "Which table holds the orders?"),
        ("What does `DetailView` do?", "normal", False, False, "What does `DetailView` do?"),
        ("briefly", "brief", False, False, "briefly"),
        ("Can you explain price to a newcomer?", "normal", False, False, "Can you explain price?"),
        ("Describe `f` for someone new here", "normal", False, False, "Describe `f`"),
        ("Explain to a new hire how `f` works", "normal", False, False, "Explain how `f` works"),
        ("eli5 how `f` works", "normal", False, False, "how `f` works"),
        ("What does `f` do, in simple words?", "normal", False, False, "What does `f` do?"),
        ("Where is the mail sent to new hires?", "normal", False, False, "Where is the mail sent to new hires?"),
        ("Which tests cover my change for us?", "normal", False, False, "Which tests cover my change for us?"),
        ("to a newcomer", "normal", False, False, "to a newcomer"),
    ],
)
def test_the_question_says_how(question: str, depth: str, diagram: bool, table: bool, bare: str) -> None:
    found = manner_of(question, Context(), None, MANNER)
    assert (found["depth"], found["diagram"], found["table"]) == (depth, diagram, table)
    assert plain(question, MANNER) == bare


def test_the_caller_comes_before_the_question_and_the_question_before_the_habit() -> None:
    habit = Profile({"manner": {"brief": HABIT}})
    assert manner_of("who calls `f`", Context(), habit, MANNER) == MannerRow(
        depth="brief", said="", diagram=False, table=False
    )
    assert manner_of("who calls `f`, in detail", Context(), habit, MANNER)["depth"] == "deep"
    assert manner_of("who calls `f`, in detail", Context(depth="normal"), habit, MANNER)["depth"] == "normal"
    few = Profile({"manner": {"brief": HABIT - 1}})
    split = Profile({"manner": {"brief": HABIT, "deep": HABIT}})
    assert manner_of("who calls `f`", Context(), few, MANNER)["depth"] == "normal"
    assert manner_of("who calls `f`", Context(), split, MANNER)["depth"] == "normal"


def test_a_pasted_log_asks_for_no_form() -> None:
    log = "briefly " + "x " * 400
    assert manner_of(log, Context(), None, MANNER)["depth"] == "normal"
    assert plain(log, MANNER) == log


def claim(text: str, quote: str = "") -> ClaimRow:
    return {**claim_row(text, [HERE], quote=quote, language="python"), "status": "verified"}


def draft(*blocks: list[ClaimRow]) -> Draft:
    made = [Block(intro="", title=f"B{number}", claims=claims, tail="") for number, claims in enumerate(blocks)]
    return Draft(blocks=made, unknowns=["u"], notes=["n"], sources=[])


def row(depth: str = "normal", *, table: bool = False) -> MannerRow:
    return MannerRow(depth=depth, said=depth, diagram=False, table=table)


def test_a_brief_answer_points_at_lines_and_keeps_what_is_unknown() -> None:
    short = at_depth(draft([claim("a"), claim("b", quote="x = 1")], [claim("c")], [claim("d")]), row("brief"))
    assert [[one["text"] for one in block["claims"]] for block in short["blocks"]] == [["a"], ["c"]]
    assert (short["unknowns"], short["notes"]) == (["u"], ["n"])
    only = at_depth(draft([claim("b", quote="x = 1")]), row("brief"))
    assert only["blocks"][0]["claims"][0]["quote"] == "x = 1"


def test_a_list_that_is_long_or_asked_for_becomes_a_table() -> None:
    two, many = [claim("a"), claim("b | c")], [claim(str(number)) for number in range(16)]
    assert at_depth(draft(two), row())["blocks"][0].get("form") is None
    assert at_depth(draft(many), row())["blocks"][0].get("form") == "table"
    text = render(at_depth(draft(two), row(table=True)))
    assert text.split("\n")[2:6] == [
        "| what   | where    |",
        "|--------|----------|",
        "| a      | `a.py:3` |",
        "| b \\| c | `a.py:3` |",
    ]
