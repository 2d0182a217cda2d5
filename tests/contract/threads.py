"""What every backend of `knowledge.threads.Threads` must do. A backend's test class gives `threads` and `other`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from knowledge.threads import TITLE_CHARACTERS, Threads, Turn


def turn(question: str = "Who calls price?", asked_at: float = 1.0, **more: object) -> Turn:
    row = {"answer": "Nobody.", "verdict": "none", "level": "structural", "release": "r1", "run_id": "x", **more}
    return Turn.from_json({"number": 0, "question": question, "asked_at": asked_at, **row})


class ThreadsContract:
    def test_turns_are_numbered_and_given_back_as_they_were(self, threads: Threads) -> None:
        first = turn(places=["shop/größe.py:3"], repositories=["shop"], answer='"quoted"\n\n`code` … \\ %s')
        threads.record("a", [first], ("shop",))
        threads.record("a", [turn("And who tests it?", 2.0)], ("till",))
        stored = threads.turns("a")
        assert [(one.number, one.question) for one in stored] == [(1, "Who calls price?"), (2, "And who tests it?")]
        assert stored[0] == Turn.from_json({**first.to_json(), "number": 1})
        assert [one.repositories for one in stored] == [("shop",), None]
        thread = threads.get("a")
        assert thread is not None
        assert (thread.title, thread.turns, thread.repositories) == ("Who calls price?", 2, ("shop", "till"))
        assert (thread.created_at, thread.updated_at) == (1.0, 2.0)

    def test_a_thread_that_was_only_begun_is_there_and_keeps_its_title(self, threads: Threads) -> None:
        threads.begin("a", "Who calls total?", 3.0)
        found = threads.get("a")
        assert found is not None
        assert (found.title, found.turns, found.updated_at) == ("Who calls total?", 0, 3.0)
        threads.record("a", [turn("2", 5.0)], ())
        threads.begin("a", "another", 7.0)
        found = threads.get("a")
        assert found is not None
        assert (found.title, found.turns, found.created_at, found.updated_at) == ("Who calls total?", 1, 3.0, 7.0)

    def test_several_turns_at_once_are_one_after_the_other(self, threads: Threads) -> None:
        threads.record("a", [turn("one", 1.0), turn("two", 2.0)], ())
        assert [one.number for one in threads.turns("a")] == [1, 2]
        threads.record("b", [], ())
        assert threads.get("b") is None

    def test_the_one_used_last_comes_first(self, threads: Threads) -> None:
        for name, at in (("a", 1.0), ("b", 3.0), ("c", 2.0)):
            threads.record(name, [turn(asked_at=at)], ())
        assert [one.id for one in threads.find()] == ["b", "c", "a"]
        assert [one.id for one in threads.find(2)] == ["b", "c"]
        threads.record("a", [turn(asked_at=9.0)], ())
        assert [one.id for one in threads.find(1)] == ["a"]

    def test_threads_of_one_prefix_alone_are_found(self, threads: Threads) -> None:
        for name, at in (("ann\x1fa", 1.0), ("ann\x1fb", 2.0), ("anna\x1fa", 3.0), ("%\x1fa", 4.0), ("ANN\x1fa", 5.0)):
            threads.record(name, [turn(asked_at=at)], ())
        assert [one.id for one in threads.find(prefix="ann\x1f")] == ["ann\x1fb", "ann\x1fa"]
        assert [one.id for one in threads.find(1, "ann\x1f")] == ["ann\x1fb"]
        assert [one.id for one in threads.find(prefix="%\x1f")] == ["%\x1fa"]

    def test_an_unknown_thread_is_none(self, threads: Threads) -> None:
        assert threads.get("nobody") is None
        assert threads.turns("nobody") == []
        assert threads.rename("nobody", "x") is False
        assert threads.delete("nobody") is False

    def test_a_new_title_stays(self, threads: Threads) -> None:
        threads.record("a", [turn()], ())
        assert threads.rename("a", "Prices, again") is True
        threads.record("a", [turn("another", 2.0)], ())
        found = threads.get("a")
        assert found is not None
        assert found.title == "Prices, again"

    def test_a_title_is_the_first_line_and_not_long(self, threads: Threads) -> None:
        threads.record("a", [turn("  \nWhy is this slow, " + "so very " * 40 + "?\nTraceback")], ())
        found = threads.get("a")
        assert found is not None
        assert found.title.startswith("Why is this slow")
        assert len(found.title) <= TITLE_CHARACTERS
        assert "\n" not in found.title

    def test_a_deleted_thread_takes_its_turns_along(self, threads: Threads) -> None:
        threads.record("a", [turn()], ())
        threads.record("b", [turn()], ())
        assert threads.delete("a") is True
        assert threads.turns("a") == []
        assert [one.id for one in threads.find()] == ["b"]
        threads.record("a", [turn("begun anew", 5.0)], ())
        assert [one.number for one in threads.turns("a")] == [1]

    def test_idle_ones_are_told_by_their_last_use(self, threads: Threads) -> None:
        for name, at in (("old", 1.0), ("older", 0.5), ("new", 10.0)):
            threads.record(name, [turn(asked_at=at)], ())
        assert threads.idle_since(5.0) == ["older", "old"]
        assert threads.idle_since(0.5) == []

    def test_one_turn_at_a_time_in_a_thread(self, threads: Threads, other: Threads) -> None:
        release = threads.try_lock("a")
        assert release is not None
        assert threads.try_lock("a") is None
        assert other.try_lock("a") is None, "another process"
        free = other.try_lock("b")
        assert free is not None, "another thread goes on"
        free()
        release()
        again = other.try_lock("a")
        assert again is not None
        again()

    @pytest.mark.parametrize("name", ["with space/and:colon", "größe", "x" * 200, "../../up", "-rf", "a\nb"])
    def test_any_name_will_do(self, threads: Threads, name: str) -> None:
        release = threads.try_lock(name)
        assert release is not None
        release()
        threads.record(name, [turn()], ())
        assert [one.id for one in threads.find()] == [name]
        assert threads.delete(name) is True

    def test_writers_side_by_side_lose_nothing(self, threads: Threads) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: threads.record(f"t{n % 2}", [turn(f"q{n}", float(n))], ()), range(12)))
        assert sorted(one.question for name in ("t0", "t1") for one in threads.turns(name)) == sorted(
            f"q{n}" for n in range(12)
        )
        assert [one.number for one in threads.turns("t0")] == [1, 2, 3, 4, 5, 6]

    def test_what_no_text_may_hold_is_replaced_and_not_refused(self, threads: Threads) -> None:
        threads.record("a", [turn("NUL \x00 and a lone \ud800 half", answer="\x00")], ())
        assert threads.turns("a")[0].question.startswith("NUL ")
