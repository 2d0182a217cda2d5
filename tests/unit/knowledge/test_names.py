from __future__ import annotations

import pytest

from knowledge.backends.names import key_range, last_name, match_step, name_key, segments


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("app.Task.run", "run.task.app."),
        ("a::b#c/d", "d.c.b.a."),
        ("Straße", "strasse."),
        ("..", ""),
        ("", ""),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_range_holds_the_key_and_its_longer_names_only() -> None:
    low, high = key_range("run.task.")
    inside = [
        key for key in ("run.task.", "run.task.app.", "run.tas.", "run.tasks.", "run.", "runs.") if low <= key < high
    ]
    assert inside == ["run.task.", "run.task.app."]


@pytest.mark.parametrize(
    ("wanted", "step"),
    [("app.Task.run", 0), ("Task.run", 1), ("Task#run", 1), ("APP.TASK.RUN", 3), ("task.run", 4)],
)
def test_steps(wanted: str, step: int) -> None:
    assert match_step(wanted, "app.Task.run", "run") == step


def test_a_simple_name_apart_from_the_qualified_one() -> None:
    assert match_step("Open", "kv.Open·1", "Open") == 2
    assert match_step("open", "kv.Open·1", "Open") == 5


def test_segments() -> None:
    assert segments("a::b.c") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("callee", "name"),
    [("self.app.run", "run"), ("run", "run"), ("get()[]", "get"), ("f()()", "f"), ("#str.join", "join"), ("a::b", "b")],
)
def test_last_names(callee: str, name: str) -> None:
    assert last_name(callee) == name
