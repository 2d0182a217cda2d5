"""Operators corrupt what they say they corrupt, and leave alone what might stay true."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.mutations import operators
from benchmarks.mutations.answers import Answer, Part, correct_answers, rendered
from benchmarks.mutations.fifth_operators import FIFTH_PART
from benchmarks.mutations.fourth_operators import FOURTH_PART
from benchmarks.mutations.mutants import mutants
from benchmarks.mutations.scanning import definitions
from benchmarks.mutations.sixth_operators import SIXTH_PART
from benchmarks.mutations.third_operators import THIRD_PART
from benchmarks.mutations.world import World

SOURCE = '''\
class Order:
    """An order."""

    def save(self, force=False):
        self.check()
        return True

    def check(self):
        if self.lines is None:
            raise ValueError("no lines")

    def close(self):
        return None


def ship(order):
    order.save()
'''


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "shop.py").write_text(SOURCE + "\n" * 60, "utf-8")
    (tmp_path / "other.py").write_text("class Stock:\n    pass\n" * 30, "utf-8")
    return World.read(tmp_path)


def answer_of(wording: str, **fact: object) -> Answer:
    part = Part(wording, {"path": "shop.py", **fact})
    return Answer("x", "shop", "prose", "?", (), "explain", "parentheses", (part.text,), (part,))


CALL = {
    "kind": "calls",
    "a": "ship",
    "a_path": "shop.py",
    "a_line": 16,
    "b": "Order.save",
    "b_path": "shop.py",
    "b_line": 4,
    "line": 17,
}


@pytest.mark.parametrize(
    ("operator", "wording", "fact", "expected"),
    [
        ("reversed_relation", "{a} calls {b} {cite}.", CALL, "`Order.save` calls `ship`"),
        ("negated_claim", "{a} calls {b} {cite}.", CALL, "`ship` does not call `Order.save`"),
        ("sibling_method", "{a} calls {b} {cite}.", CALL, "`ship` calls `Order.c"),
        ("wrong_number", "`{param}` is `{value}` in {a}.", {"kind": "default", "a": "Order.save", "param": "force", "value": "False"}, "`True`"),
        ("wrong_class", "{a} raises `{value}`.", {"kind": "raises", "a": "Order.check", "value": "ValueError"}, "`Stock.check`"),
        ("wrong_count", "{a} has {value} callers: {rows}.", {"kind": "callers", "a": "ship", "value": 2, "rows": []}, "callers"),
        ("foreign_file", "{a} calls {b} {cite}.", CALL, "[[other.py:17]]"),
        ("altered_quote", "{a}: {fence}", {"kind": "quote", "a": "ship", "text": ["    order.save()"]}, "```"),
    ],
)  # fmt: skip
def test_an_operator_makes_the_statement_false(
    world: World, operator: str, wording: str, fact: dict[str, object], expected: str
) -> None:
    answer = answer_of(wording, **fact)
    text = getattr(operators, operator)(answer, 0, world, random.Random(1))
    assert text is not None
    assert text != answer.texts[0]
    assert expected in text


LATER = [
    ("changed_relation", "{a} calls {b} {cite}.", CALL, "inherits from"),
    ("slight_shift", "{a} calls {b} {cite}.", CALL, "[[shop.py:"),
    ("exaggerated_number", "{a}: {rows}", {"kind": "callers", "a": "ship", "a_path": "shop.py", "a_line": 16, "value": 2, "rows": []}, "is called from"),
    ("invented_parameter", "{a} calls {b} {cite}.", CALL, "Its parameter"),
    ("hidden_denial", "{a} calls {b} {cite}.", CALL, "`ship`"),
    ("wrong_file_named", "{a} calls {b} {cite}.", CALL, "other.py"),
    ("transposed_digits", "{a} is {value} {cite}.", {"kind": "constant", "a": "LIMIT", "value": "120", "line": 1}, "LIMIT"),
    ("errors_for_results", "{a} raises `{value}` {cite}.", {"kind": "raises", "a": "Order.check", "value": "ValueError", "line": 10}, "returns"),
    ("replaced_caller", "{a} has {value} callers: {rows}.", {"kind": "callers", "a": "Order.save", "value": 1, "rows": [["ship", "shop.py", 17]]}, "`Order.c"),
    ("requalified_method", "{a} raises `{value}` {cite}.", {"kind": "raises", "a": "Order.check", "value": "ValueError", "line": 10}, "`Stock.check`"),
    ("invented_condition", "{a} calls {b} {cite}.", CALL, "`ship` calls `Order.save` [[shop.py:17]]"),
    ("outdated_statement", "{a} calls {b} {cite}.", CALL, "`ship`"),
    ("false_summary", "{a}: {rows}.", {"kind": "callers", "a": "x", "value": 2, "rows": [["ship", "shop.py", 17], ["y", "other.py", 1]]}, "All of them are in `shop.py`"),
    ("comparison", "{a} calls {b} {cite}.", CALL, "most"),
    ("flipped_truth", "`{param}` is `{value}` in {a}.", {"kind": "default", "a": "Order.save", "param": "force", "value": "False"}, "`True`"),
    ("second_subject", "{a} calls {b} {cite}.", CALL, "`ship` and `Order.c"),
    ("renamed_file", "{a} calls {b} {cite}.", CALL, ":17]]"),
    ("transitive_as_direct", "{a} {b} {c}.", {**CALL, "kind": "chain", "c": "Order.check", "c_path": "shop.py", "c_line": 5}, "`Order.check`"),
    ("stray_citation", "{a} calls {b} {cite}.", CALL, "[[shop.py:17]] [[other.py:"),
    ("false_bound", "{a}: {rows}", {"kind": "callers", "a": "ship", "a_path": "shop.py", "a_line": 16, "value": 2, "rows": []}, "callers [[shop.py:16]]"),
    ("framed_denial", "{a} calls {b} {cite}.", CALL, "`ship`"),
    ("false_origin", "{a} calls {b} {cite}.", CALL, "other.py"),
    ("off_by_one", "{a} is {value} {cite}.", {"kind": "constant", "a": "LIMIT", "value": "120", "line": 1}, "1"),
    ("invented_quality", "{a} calls {b} {cite}.", CALL, "`ship` calls `Order.save` [[shop.py:17]]. "),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wording", "fact", "expected"), LATER)
def test_a_later_operator_makes_the_statement_false(
    world: World, operator: str, wording: str, fact: dict[str, object], expected: str
) -> None:
    made = {one.__name__: one for one in (*THIRD_PART, *FOURTH_PART, *FIFTH_PART, *SIXTH_PART)}[operator]
    answer = replace(answer_of(wording, **fact), repository="celery")
    text = made(answer, 0, world, random.Random(1))
    assert text is not None
    assert text != answer.texts[0]
    assert expected in text


def test_later_sets_come_in_the_forms_of_small_models() -> None:
    for later in ("fifth", "sixth", "seventh", "eighth"):
        assert len(correct_answers(f"{later}_wordings.tsv")) > 500
    kinds = {one.kind for one in correct_answers("third_wordings.tsv")}
    assert {"joined", "bullets", "rows", "prose", "multi", "list", "table", "quote"} == kinds
    joined = next(one for one in correct_answers("third_wordings.tsv") if one.kind == "joined")
    assert rendered(joined).text.count(". ") == 0


def test_moved_citations_prove_nothing(world: World) -> None:
    for operator in (operators.wrong_line, operators.stale_line):
        text = operator(answer_of("{a} calls {b} {cite}.", **CALL), 0, world, random.Random(3))
        assert text is not None and "[[shop.py:17]]" not in text


def test_a_recursion_is_never_reversed(world: World) -> None:
    mutual = {**CALL, "a": "Order.check", "a_path": "shop.py", "b": "Order.save", "b_path": "shop.py"}
    assert operators.reversed_relation(answer_of("{a} calls {b}.", **mutual), 0, world, random.Random(1)) is None


def test_definitions_are_found_by_layout() -> None:
    go = "func (db *DB) Close() error {\n\treturn nil\n}\n"
    c = "static int\nuv_stop(int a) {\n}\n"
    js = "class Chunk extends Base {\n\tname() {\n\t\treturn 1;\n\t}\n}\n"
    assert [(one.shown, one.line, one.end_line) for one in definitions("a.go", go)] == [("DB.Close", 1, 3)]
    assert [(one.shown, one.line, one.end_line) for one in definitions("a.c", c)] == [("uv_stop", 2, 3)]
    assert [(one.shown, one.base) for one in definitions("a.js", js)] == [("Chunk", "Base"), ("Chunk.name", "")]


def test_answers_and_mutants_are_the_same_at_every_call(world: World) -> None:
    answers = correct_answers()
    assert len(answers) > 300
    assert [rendered(one) for one in answers] == [rendered(one) for one in correct_answers()]
    few = [answer_of("{a} calls {b} {cite}.", **CALL)]
    made = list(mutants(few, operators.FIRST_HALF, {"shop": world}))
    assert len(made) > 4
    assert made == list(mutants(few, operators.FIRST_HALF, {"shop": world}))
