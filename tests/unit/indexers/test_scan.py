"""Which files are taken to be as they were, and when a run may end without resolving anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexers import scan
from indexers.scan import SeenFile, State, compare, decode_state, encode_state
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import SHOP, Bench, write
from tests.unit.indexers.git_repositories import commit_all, git

OLD = 1_000_000_000_000_000_000
"""A time in 2001, in ns."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as bench:
        yield bench


def state(**files: SeenFile) -> State:
    return State("1", OLD + 10_000_000_000, "d", 0, files, {"a": b"\0" * 16})


def test_a_state_comes_back_whole_for_the_same_versions_only() -> None:
    given = state(a=SeenFile("python", (1, 2, 3, 4), "h", True))
    assert decode_state(encode_state(given), "1") == given
    assert decode_state(encode_state(given), "2") is None
    assert decode_state(b"", "1") is None
    assert decode_state(b"\x93nonsense", "1") is None


@pytest.mark.parametrize(
    ("signature", "is_known"),
    [
        ((7, OLD, OLD, 4), True),
        ((8, OLD, OLD, 4), False),
        ((7, OLD + 1, OLD, 4), False),
        ((7, OLD, OLD + 1, 4), False),
        ((7, OLD, OLD, 5), False),
    ],
)
def test_a_file_is_known_by_size_times_and_inode(signature: tuple[int, int, int, int], is_known: bool) -> None:
    before = state(a=SeenFile("python", (7, OLD, OLD, 4), "h"))
    assert compare(before, {"a": signature}).known == ({"a": "h"} if is_known else {})


@pytest.mark.parametrize("place", [1, 2])
def test_a_file_written_just_before_the_run_is_read_again(place: int) -> None:
    fresh = [7, OLD, OLD, 4]
    fresh[place] = OLD + 9_000_000_000
    signature = (fresh[0], fresh[1], fresh[2], fresh[3])
    assert compare(state(a=SeenFile("python", signature, "h")), {"a": signature}).suspect == ["a"]


def test_a_file_that_could_not_be_read_and_a_new_one_are_read() -> None:
    before = state(a=SeenFile("python", (7, OLD, OLD, 4), ""))
    assert compare(before, {"a": (7, OLD, OLD, 4), "b": (1, 1, 1, 1)}).suspect == ["a", "b"]
    assert compare(None, {"a": (7, OLD, OLD, 4)}).suspect == ["a"]


# Runs


def test_an_unchanged_tree_is_not_written(bench: Bench) -> None:
    bench.index(bench.repository())
    before = bench.graph.repositories(EVERYTHING)
    report = bench.index()
    assert (report.rewritten, report.indexed, report.cached, report.repository) == (0, 0, 4, before[0])
    assert set(report.stages_s) == {"discover"}


def test_what_is_older_than_the_run_is_not_even_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    root = bench.repository()
    monkeypatch.setattr(scan, "RACY_NS", -3_600_000_000_000)
    bench.index(root)

    def read(path: Path, _limit: int) -> bytes:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr("indexers.run.read_source", read)
    assert bench.index().rewritten == 0


def test_a_write_that_leaves_size_and_times_is_seen(bench: Bench) -> None:
    root = bench.repository()
    bench.index(root)
    path = root / "shop" / "checkout.py"
    status = path.stat()
    write(root, {"shop/checkout.py": str(SHOP["shop/checkout.py"]).replace("price", "prize")})
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert bench.index().rewritten
    assert ("shop.checkout.checkout", "shop.models.price") not in bench.calls()


def test_touched_files_are_no_change(bench: Bench) -> None:
    root = bench.repository()
    bench.index(root)
    for path in root.rglob("*.py"):
        os.utime(path, ns=(OLD, OLD))
    assert bench.index().rewritten == 0


def test_only_the_paths_that_differ_are_written(bench: Bench) -> None:
    root = bench.repository({**SHOP, "far.py": "def far():\n    return 1\n"})
    bench.index(root)
    write(root, {"far.py": "# moved\ndef far():\n    return 1\n"})
    report = bench.index()
    assert (report.rewritten, report.indexed, report.repository.generation) == (1, 1, 2)
    write(root, {"shop/models.py": str(SHOP["shop/models.py"]).replace("def price", "def cost")})
    report = bench.index()
    assert report.rewritten == len({"shop/models.py", "shop/checkout.py", "README.md"})
    assert ("shop.checkout.checkout", "shop.models.price") not in bench.calls()


def test_what_the_walk_leaves_out_is_part_of_the_tree(bench: Bench) -> None:
    root = bench.repository()
    bench.index(root)
    (root / "app.kt").write_text("fun main() {}\n")
    report = bench.index()
    assert report.repository.notes[0].startswith("1 source file")
    assert [issue.path for issue in report.issues] == ["*.kt"]
    assert bench.index().issues == report.issues
    (root / ".gitignore").write_text("checkout.py\n")
    assert bench.index().repository.file_count == 3
    (root / ".gitignore").unlink()
    assert bench.index().repository.file_count == 4


def test_a_commit_of_what_was_indexed_changes_the_revision_only(bench: Bench) -> None:
    root = bench.repository()
    git(root, "init", "-q")
    first = bench.index(root)
    assert first.repository.revision.startswith("worktree:")
    commit_all(root)
    second = bench.index()
    assert (second.rewritten, second.repository.generation) == (0, 2)
    assert second.repository.revision == git(root, "rev-parse", "HEAD").strip()
    assert second.repository.relation_count == first.repository.relation_count
    assert [hit.chunk.path for hit in bench.search("checkout")][:1] == ["shop/checkout.py"]
    assert bench.index().repository.generation == 2


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_lexical_index_that_is_not_there_is_built_anew(bench: Bench, damage: str) -> None:
    bench.index(bench.repository())
    folder = bench.store / "lexical" / "repo"
    if damage == "gone":
        shutil.rmtree(folder)
    else:
        (segment,) = (folder / "segments").iterdir()
        segment.write_bytes(segment.read_bytes()[:-9])
    report = bench.index()
    assert (report.rewritten, report.repository.generation) == (None, 2)
    assert [hit.chunk.path for hit in bench.search("checkout")][:1] == ["shop/checkout.py"]


def test_another_limit_and_another_version_write_all_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.index(bench.repository())
    assert bench.index(max_file_bytes=1_000).rewritten is None
    monkeypatch.setattr(scan, "code_digest", lambda: "another")
    assert bench.index(max_file_bytes=1_000).rewritten is None
    assert bench.index(max_file_bytes=1_000).rewritten == 0
