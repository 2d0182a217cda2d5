"""Real changes are undone and made again, and what they cost is told by language and kind."""

from __future__ import annotations

from pathlib import Path

from benchmarks.live_edits import lines_of, made_edits, measured, real_edits
from tests.unit.indexers.git_repositories import commit_all, write


def test_the_last_change_of_a_file_is_undone_and_made_again(tmp_path: Path) -> None:
    root = write(tmp_path / "tree" / "app", {"a.py": "def one():\n    return 1\n", "b.py": "x = 1\n"})
    commit_all(root)
    write(root, {"a.py": "def two(size):\n    return 1\n"})
    commit_all(root)
    write(root, {"b.py": "x = 2\n"})
    edits = list(real_edits(tmp_path / "tree", {"app": root / ".git"}, 3))
    assert [edit[:2] for edit in edits] == [("python", "a real change, undone"), ("python", "a real change")]
    samples = list(measured(tmp_path / "tree", tmp_path / "store", [*edits, *made_edits(tmp_path / "tree", 1)]))
    assert (root / "a.py").read_text().count("size") == 1
    assert all(sample.taken for sample in samples)
    lines = list(lines_of(samples))
    assert lines[0].startswith("python")
    assert lines[-1].startswith("all")
