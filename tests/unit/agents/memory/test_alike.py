from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents.memory.alike import KEPT, answer_alike, label_of, likeness, note_question
from agents.state import Plan, Step
from configs.release import Releases
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.ports.memory import MemoryEntry

RELEASE = Releases().get("default")
HASHES = {("r", "a.py"): "h1"}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteMemory]:
    hashes = dict(HASHES)
    with closing(
        SqliteMemory(tmp_path / "memory.db", lambda repository, path: hashes.get((repository, path)))
    ) as memory:
        yield memory


def plan(question: str, *names: str, intent: str = "explain") -> Plan:
    step = Step(intent=intent, operation=intent, names=list(names), query=question, certainty=1.0)
    return Plan(question=question, steps=[step], subject="", words=[])


def remember(memory: SqliteMemory, question: Plan, key: str = "k", *, content: str = "h1", at: float = 0.0) -> None:
    entry = MemoryEntry(key, {"draft": {"text": key}}, '["r"]', RELEASE.id, (("r", "a.py", content),))
    memory.put(entry)
    note_question(memory, question, entry, RELEASE, at)


def found(memory: SqliteMemory, question: Plan, scope: str = '["r"]') -> str | None:
    alike = answer_alike(memory, question, scope, RELEASE)
    return alike[0].key if alike else None


def test_a_question_alike_is_given_the_earlier_answer(memory: SqliteMemory) -> None:
    remember(memory, plan("How does retry handle a slow server?"))
    assert found(memory, plan("How does the retry loop handle a slow server?")) == "k"


@pytest.mark.parametrize(
    "other",
    [
        plan("How is the configuration file parsed at startup?"),
        plan("How does retry not handle a slow server?"),
        plan("How does retry handle 3 slow servers?"),
        plan("How does retry handle a slow server?", "Retry"),
        plan("How does retry handle a slow server?", intent="docs"),
    ],
    ids=["words", "negation", "number", "name", "intent"],
)
def test_what_asks_for_something_else_is_not_alike(memory: SqliteMemory, other: Plan) -> None:
    remember(memory, plan("How does retry handle a slow server?"))
    assert found(memory, other) is None


def test_neither_another_scope_nor_a_changed_file_gives_it(memory: SqliteMemory) -> None:
    asked = plan("How does retry handle a slow server?")
    remember(memory, asked)
    assert found(memory, asked, '["other"]') is None
    remember(memory, asked, content="changed since")
    assert found(memory, asked) is None


def test_what_other_code_answered_gives_none(memory: SqliteMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = plan("How does retry handle a slow server?")
    remember(memory, asked)
    assert found(memory, asked) == "k"
    monkeypatch.setattr("agents.memory.alike.code_id", lambda: "another")
    assert found(memory, asked) is None


def test_the_most_alike_that_holds_is_taken_and_only_the_newest_are_kept(memory: SqliteMemory) -> None:
    remember(memory, plan("How does retry handle a slow remote server?"), "first", at=1.0)
    remember(memory, plan("How does retry handle a slow server?"), "second", content="changed since", at=2.0)
    assert found(memory, plan("How does retry handle a slow server?")) == "first"
    for number in range(KEPT):
        remember(memory, plan(f"How does part{number} open a door?"), f"other{number}", at=3.0)
    assert found(memory, plan("How does retry handle a slow remote server?")) is None


def test_the_label_says_whose_answer_it_is() -> None:
    label = label_of({"at": 1_800_000_000.0, "question": "How?"}, "the host is down.")
    assert label == (
        "No model could write this (the host is down). Below is the answer of 2027-01-15 to “How?”; the files that it cites"
        " have not changed since."
    )
    assert likeness([], []) == 1.0
