"""What every backend of `knowledge.lessons.Lessons` must do. A backend's test class gives `lessons`."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.lessons import Kind, Lesson, Lessons
from knowledge.scope import EVERYTHING, Scope

SHOP, TILL, BOTH = (Scope(frozenset(names)) for names in (["shop"], ["till"], ["shop", "till"]))


def lesson(
    lesson_id: str = "one",
    *repositories: str,
    kind: Kind = "solution",
    group: str = "ValueError",
    taught_at: float = 1.0,
    **payload: Any,
) -> Lesson:
    return Lesson(lesson_id, kind, group, repositories or ("shop",), taught_at, payload)


class LessonsContract:
    def test_what_was_put_is_given_back(self, lessons: Lessons) -> None:
        taught = lesson("one", "shop", "café", text='ünï "quoted"', files=[["a.py", "h1"]])
        lessons.put(taught, keep=10)
        assert lessons.get(EVERYTHING, "solution", "one") == taught
        assert lessons.find(EVERYTHING, "solution") == [taught]

    def test_kind_id_and_group_tell_lessons_apart(self, lessons: Lessons) -> None:
        lessons.put(lesson(), keep=10)
        assert lessons.get(EVERYTHING, "example", "one") is None
        assert lessons.get(EVERYTHING, "solution", "two") is None
        assert lessons.find(EVERYTHING, "solution", "KeyError") == []
        assert [one.id for one in lessons.find(EVERYTHING, "solution", "ValueError")] == ["one"]

    def test_the_last_one_put_counts_and_the_newest_come_first(self, lessons: Lessons) -> None:
        lessons.put(lesson("one", taught_at=1, text="old"), keep=10)
        lessons.put(lesson("two", taught_at=2), keep=10)
        lessons.put(lesson("one", taught_at=3, text="new"), keep=10)
        assert [(one.id, one.payload.get("text")) for one in lessons.find(EVERYTHING, "solution")] == [
            ("one", "new"),
            ("two", None),
        ]

    @pytest.mark.parametrize(("scope", "seen"), [(EVERYTHING, True), (BOTH, True), (SHOP, False), (TILL, False)])
    def test_a_lesson_needs_a_grant_of_all_its_repositories(self, lessons: Lessons, scope: Scope, seen: bool) -> None:
        lessons.put(lesson("one", "shop", "till"), keep=10)
        assert (lessons.get(scope, "solution", "one") is not None) is seen
        assert len(lessons.find(scope, "solution")) == seen
        assert len(lessons.find(scope, "solution", "ValueError")) == seen
        assert lessons.forget(scope, "solution", "one") is seen
        assert len(lessons.find(EVERYTHING, "solution")) != seen

    def test_no_grant_sees_nothing(self, lessons: Lessons) -> None:
        lessons.put(lesson(), keep=10)
        assert lessons.find(Scope(frozenset()), "solution") == []

    def test_the_oldest_of_a_kind_leave(self, lessons: Lessons) -> None:
        lessons.put(lesson("other", kind="example", taught_at=0), keep=10)
        for number in range(5):
            lessons.put(lesson(f"{number}", taught_at=number), keep=3)
        assert [one.id for one in lessons.find(EVERYTHING, "solution")] == ["4", "3", "2"]
        assert [one.id for one in lessons.find(EVERYTHING, "example")] == ["other"]

    def test_a_forgotten_lesson_is_gone_once(self, lessons: Lessons) -> None:
        lessons.put(lesson(), keep=10)
        assert lessons.forget(EVERYTHING, "solution", "one")
        assert not lessons.forget(EVERYTHING, "solution", "one")
        assert lessons.get(EVERYTHING, "solution", "one") is None

    def test_a_forgotten_repository_takes_its_lessons_along_and_no_others(self, lessons: Lessons) -> None:
        lessons.put(lesson("one", "shop", "till"), keep=10)
        lessons.put(lesson("two", "shop", kind="run"), keep=10)
        lessons.put(lesson("three", "café"), keep=10)
        lessons.put(lesson("four", "till", text="as in shop"), keep=10)
        lessons.forget_repository("shop")
        lessons.forget_repository("café")
        assert [one.id for kind in ("solution", "run") for one in lessons.find(EVERYTHING, kind)] == ["four"]
