"""The profile stays bounded whatever is counted, holds nothing else, and a broken file costs nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.backends.profile_file import ProfileFile
from knowledge.profile import COUNTERS, MOST_COUNTED, MOST_NAMES, Profile

SEEN = st.dictionaries(st.sampled_from([*COUNTERS, "question"]), st.lists(st.text(max_size=4), max_size=20))


@given(st.lists(SEEN, max_size=40))
def test_counters_are_bounded_and_no_others_appear(answers: list[dict[str, list[str]]]) -> None:
    profile = Profile()
    for seen in answers:
        profile = profile.with_answer(seen)
    assert set(profile.counts) <= set(COUNTERS)
    for counts in profile.counts.values():
        assert len(counts) <= MOST_NAMES
        assert all(count > 0 for count in counts.values())


def test_old_habits_fade() -> None:
    profile = Profile({"languages": {"python": MOST_COUNTED, "go": 1}})
    profile = profile.with_answer({"languages": ["rust"]})
    assert dict(profile.of("languages")) == {"python": MOST_COUNTED // 2}
    for _ in range(MOST_COUNTED):
        profile = profile.with_answer({"languages": ["rust"]})
    assert next(iter(profile.of("languages"))) == "rust"
    assert sum(profile.of("languages").values()) <= MOST_COUNTED


def test_a_new_name_takes_the_place_of_a_rare_one() -> None:
    profile = Profile({"repositories": {f"r{number:02}": 1 for number in range(MOST_NAMES)}})
    names = profile.with_answer({"repositories": ["new"]}).of("repositories")
    assert "new" in names and len(names) == MOST_NAMES


def test_what_is_counted_is_kept_until_it_is_erased(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path / "store" / "profile.json")
    assert profiles.read() == Profile()
    profiles.add({"languages": ["python"], "kinds": ["callers"]})
    profiles.add({"languages": ["python"], "repositories": ["shop", "till"]})
    again = ProfileFile(tmp_path / "store" / "profile.json").read()
    assert {name: dict(again.of(name)) for name in COUNTERS} == {
        "repositories": {"shop": 1, "till": 1},
        "languages": {"python": 2},
        "kinds": {"callers": 1},
        "depth": {},
        "manner": {},
    }
    profiles.forget_repository("shop")
    assert dict(profiles.read().of("repositories")) == {"till": 1}
    assert profiles.erase()
    assert not profiles.erase()
    assert profiles.read() == Profile()


def test_threads_count_one_after_the_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ProfileFile(tmp_path / "p.json").add({"kinds": ["define"]}), range(40)))
    assert dict(ProfileFile(tmp_path / "p.json").read().of("kinds")) == {"define": 40}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"kinds": 3}', '{"kinds": {"a": "many"}}', "\x00"])
def test_a_file_that_cannot_be_read_counts_for_nothing_and_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "p.json").write_text(content)
    profiles = ProfileFile(tmp_path / "p.json")
    assert not any(profiles.read().counts.values())
    profiles.add({"kinds": ["define"]})
    assert json.loads((tmp_path / "p.json").read_text())["kinds"] == {"define": 1}


def test_a_folder_in_the_way_costs_the_count_only(tmp_path: Path) -> None:
    (tmp_path / "p.json").mkdir()
    profiles = ProfileFile(tmp_path / "p.json")
    profiles.add({"kinds": ["define"]})
    assert profiles.read() == Profile()
