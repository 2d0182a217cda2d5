"""Who reads what is noted, and whoever rests on a change is reached."""

from __future__ import annotations

from indexers.resolution.tabling import NOTHING, Tracked
from indexers.resolution.tracking import Reader, Recorder, Table, each, joined, reached
from indexers.resolution.values import UNKNOWN


def test_readers_are_kept_once_in_a_row() -> None:
    one, other = Reader("rows", 1), Reader("rows", 2)
    assert list(each(None)) == []
    assert joined(None, one) is one
    assert joined(one, one) is one
    assert joined(joined(one, other), other) == [one, other]


def test_a_table_notes_look_ups_whether_anything_is_found_or_not() -> None:
    recorder = Recorder()
    table = Table(recorder)
    table.setdefault("run", []).append(1)
    assert table.readers == {}, "filling it reads nothing"
    recorder.reader = rows = Reader("rows", 1)
    assert table.get("run") == [1]
    assert table.get("late", ()) == ()
    assert "gone" not in table
    assert table["run"] == [1]
    assert [table.readers_of(name) for name in ("run", "late", "gone", "other")] == [[rows], [rows], [rows], []]
    assert list(table) == ["run"]
    assert list(table.items()) == [("run", [1])]
    assert table.readers_of("other") == [rows], "who went through all names saw that this one is not there"


def test_what_rests_on_an_answer_is_reached_and_dropped() -> None:
    memo: dict[object, object] = {}
    rows, others = Reader("rows", 1), Reader("rows", 2)
    last = Tracked(UNKNOWN, NOTHING, memo, "last", rows)  # type: ignore[arg-type]
    first = Tracked(UNKNOWN, NOTHING, memo, "first", [last, others])  # type: ignore[arg-type]
    last.readers = [rows, first]
    memo.update(first=first, last=last)
    found = reached([first], 10)
    assert found is not None
    assert found[0] == {rows, others}
    assert set(found[1]) == {first, last}
    for answer in found[1]:
        answer.drop()
    assert memo == {}
    assert reached([first], 1) is None


def test_an_answer_that_was_replaced_leaves_its_successor_alone() -> None:
    memo: dict[object, object] = {}
    old, new = Tracked(UNKNOWN, NOTHING, memo, "path", None), Tracked(UNKNOWN, NOTHING, memo, "path", None)  # type: ignore[arg-type]
    memo["path"] = new
    old.drop()
    assert memo == {"path": new}
