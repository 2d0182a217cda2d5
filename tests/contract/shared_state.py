"""What every backend of `knowledge.sharing.SharedState` must do. A backend's test class gives two of them over one place, `one` and `other`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from knowledge.sharing import SharedState

LONG_S = 60.0


class SharedStateContract:
    def test_of_many_who_claim_one_gets_it_and_the_others_see_what_is_there(
        self, one: SharedState, other: SharedState
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: (one, other)[n % 2].claim("k", b"%d" % n, LONG_S), range(16)))
        (winner,) = {value for value in found if value is not None}
        assert found.count(None) == 1
        assert found[int(winner)] is None
        assert one.get("k") == other.get("k") == winner

    def test_what_is_put_is_seen_by_the_other_until_it_is_deleted(self, one: SharedState, other: SharedState) -> None:
        assert other.get("a") is None
        one.put("a", b"\x00\xff", LONG_S)
        other.renew(["a", "not there"], LONG_S)
        assert (other.get("a"), other.get("not there")) == (b"\x00\xff", None)
        other.delete("a")
        assert one.get("a") is None
        assert one.claim("a", b"new", LONG_S) is None

    def test_a_list_is_read_on_from_any_place(self, one: SharedState, other: SharedState) -> None:
        assert other.since("l", 0) == []
        one.append("l", [b"1", b"2"], LONG_S)
        one.append("l", [], LONG_S)
        other.append("l", [b"3"], LONG_S)
        assert [other.since("l", count) for count in range(5)] == [[b"1", b"2", b"3"], [b"2", b"3"], [b"3"], [], []]

    def test_places_are_counted_together(self, one: SharedState, other: SharedState) -> None:
        def take(by: SharedState, place: str, who: str) -> bool:
            return by.take("g", place, who, total=3, each=2, keep_s=LONG_S)

        assert [take(one, "1", "a"), take(other, "2", "a"), take(one, "3", "a")] == [True, True, False]
        assert [take(other, "4", "b"), take(one, "5", "c")] == [True, False]
        other.leave("g", "1")
        other.leave("g", "never taken")
        assert take(one, "6", "c")
        assert one.take("another group", "1", "a", total=1, each=1, keep_s=LONG_S)

    def test_nothing_limits_where_the_limit_is_zero(self, one: SharedState) -> None:
        assert all(one.take("g", str(n), "a", total=0, each=0, keep_s=LONG_S) for n in range(40))

    def test_what_nobody_renews_leaves(self, one: SharedState, other: SharedState) -> None:
        for by in (one, other):
            by.append("l", [b"1"], 0.001)
            by.take("g", "x", "a", total=1, each=1, keep_s=0.001)
            by.put("a", b"1", 0.002)
            while by.get("a") is not None:
                """A thousandth of a second."""
            assert by.since("l", 0) == []
            assert by.claim("a", b"2", 0.001) is None
            assert by.take("g", "y", "a", total=1, each=1, keep_s=LONG_S)
            by.leave("g", "y")

    def test_a_place_that_is_held_stays_taken(self, one: SharedState, other: SharedState) -> None:
        assert one.take("g", "x", "a", total=1, each=0, keep_s=30.0)
        one.hold("g", ["x", "not taken"], LONG_S)
        assert not other.take("g", "y", "b", total=1, each=0, keep_s=LONG_S)
