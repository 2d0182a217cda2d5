"""What is read of git's own files agrees with git."""

from __future__ import annotations

from pathlib import Path

from indexers.git_layout import head_of
from tests.unit.indexers.git_repositories import commit_all, git, write


def test_another_commit_has_another_head_wherever_it_is_kept(tmp_path: Path) -> None:
    root = write(tmp_path / "repo", {"lib/a.py": "x = 1\n"})
    assert head_of(root) == ""
    heads = []
    for number in range(4):
        commit_all(root, f"change {number}")
        heads.append(head_of(root / "lib"))
        if number == 1:
            git(root, "pack-refs", "--all")
        if number == 2:
            git(root, "checkout", "-q", "--detach")
    assert len(set(heads)) == 4
    assert head_of(root) == heads[-1]
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    before = head_of(tmp_path / "tree")
    commit_all(root)
    assert head_of(tmp_path / "tree") == before, "another worktree's commits are its own"
    git(tmp_path / "tree", "commit", "-q", "--allow-empty", "-m", "here")
    assert head_of(tmp_path / "tree") != before
