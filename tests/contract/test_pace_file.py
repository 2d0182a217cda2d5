"""Paces in a file: what one process keeps another reads, and what is broken counts for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.backends.pace_file import PaceFile
from knowledge.paces import KEPT, KeptPace

PACE = KeptPace("http://gpu:11434", "m:7b", 5.0, reads=90.0, most_read=100.0, writes=9.0, lengths={900: 120.5})


def test_what_is_kept_is_read_and_a_newer_pace_takes_its_place(tmp_path: Path) -> None:
    paces = PaceFile(tmp_path / "paces.json")
    assert paces.read() == []
    paces.keep(PACE)
    newer = KeptPace(PACE.host, PACE.model, 6.0, writes=8.0, most_written=8.0)
    other = KeptPace(PACE.host, "other", 7.0, reads=1.0)
    assert PaceFile(tmp_path / "paces.json").read() == [PACE]
    for one in (other, newer):
        PaceFile(tmp_path / "paces.json").keep(one)
    assert paces.read() == [newer, other]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "paces.json"
    rows = [{"host": "h", "model": str(number), "at": number, "reads": 1.0} for number in range(KEPT)]
    path.write_text(json.dumps(rows))
    PaceFile(path).keep(KeptPace("h", "new", 9_999.0, reads=2.0))
    names = [one.model for one in PaceFile(path).read()]
    assert (len(names), names[0], names[-1]) == (KEPT, "1", "new")


@pytest.mark.parametrize(
    "content",
    ["", "{", "3", '[{"host": "h"}]', '[{"host": "h", "model": "m", "at": 1, "reads": -1}]', '[{"host": "h", "model": "m", "at": 1, "reads": 1e999}]', "[1]"],
)  # fmt: skip
def test_what_cannot_be_read_counts_for_nothing_and_is_written_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "paces.json"
    path.write_text(content)
    paces = PaceFile(path)
    assert paces.read() == []
    paces.keep(PACE)
    assert paces.read() == [PACE]


def test_no_store_is_made_for_it(tmp_path: Path) -> None:
    PaceFile(tmp_path / "none" / "paces.json").keep(PACE)
    assert list(tmp_path.iterdir()) == []
