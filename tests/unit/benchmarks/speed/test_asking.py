"""What is asked of a store, how its latency is told, and edits on a store that stays open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from benchmarks.speed import asking, edits
from benchmarks.speed.asking import (
    ask_callers,
    ask_impact,
    called_symbols,
    latency,
    read_while_writing,
    timed,
)
from benchmarks.speed.edits import NEW_CODE, Edits, timed_edits
from benchmarks.speed.stages import run_stage
from indexers.languages import PACKS, extract
from tests.unit.indexers.bench import Bench

FILES: dict[str, str | bytes] = {
    "a.py": "def f(): ...\n\ndef g():\n    f()\n    f()\n\ndef h():\n    g()\n",
    "b.go": "package b\n",
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.index(bench.repository(FILES))
    yield bench
    bench.close()


def test_percentiles_are_of_the_nearest_rank() -> None:
    told = latency([number / 1_000 for number in range(100, 0, -1)])
    assert (told.count, told.p50, told.p95, told.worst) == (100, 51, 95, 100)
    assert latency([0.002]).p95 == 2
    with pytest.raises(ValueError, match="nothing"):
        latency([])


def test_called_symbols_and_questions_about_them(bench: Bench) -> None:
    targets = called_symbols(bench.graph, typical=10, hottest=1)
    assert sorted(targets.typical) == ["repo:a.py#f", "repo:a.py#g"]
    assert targets.hottest == ["repo:a.py#f"]
    for question in (ask_callers, ask_impact):
        assert timed(partial(question, bench.graph), targets.typical).count == 2


def test_readers_go_on_while_other_processes_write(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter("01")
    monkeypatch.setattr(asking, "clew", lambda *_: [sys.executable, "-c", f"raise SystemExit({next(codes)})"])
    edited: list[int] = []
    ids = called_symbols(bench.graph).typical
    readers, failed = read_while_writing(
        bench.graph, ids, bench.store, bench.folder / "repo", edited.append, threads=2, runs=2
    )
    assert failed == 1
    assert edited == [0, 1]
    assert readers.samples_s
    assert readers.errors == []


def test_errors_of_readers_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "clew", lambda *_: [sys.executable, "-c", ""])
    bench.close()
    readers, _ = read_while_writing(
        bench.graph, ["repo:a.py#f"], bench.store, bench.folder / "repo", lambda _: None, threads=1, runs=1
    )
    assert readers.errors


def test_edits_reach_the_store(bench: Bench) -> None:
    root = bench.folder / "repo"
    chosen = Edits(root)
    first = {symbol.name: symbol.line for symbol in bench.symbols()}
    assert len(timed_edits(root, bench.store, "repo", chosen.move_lines, range(2))) == 2
    moved = {symbol.name: symbol.line for symbol in bench.symbols()}
    assert moved["g"] == first["g"] + 1
    assert len(timed_edits(root, bench.store, "repo", chosen.add_function, range(2, 4))) == 2
    added = {symbol.name for symbol in bench.symbols()} - set(moved)
    assert len(added) == 2


def test_files_are_edited_in_turn(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"f{number}.py").write_text("x = 1\n", "utf-8")
    chosen = Edits(tmp_path)
    assert len({chosen.add_function(number).path for number in range(3)}) == 3
    assert chosen.move_lines(3).path == chosen.add_function(0).path


@pytest.mark.parametrize("language", sorted(edits.NEW_CODE))
def test_what_is_added_is_code(language: str) -> None:
    head = "package p\n" if language == "go" else ""
    facts = extract(language, (head + NEW_CODE[language].format(1)).encode())
    assert language in PACKS
    assert not facts.issues
    assert [call.callee for call in facts.calls if "easures" in call.callee or call.callee == "again"]


def test_stages_cover_the_source_files(bench: Bench) -> None:
    for name in ("parse", "facts"):
        assert run_stage(name, bench.folder / "repo") == 2
