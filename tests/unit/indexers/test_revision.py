"""Revisions of real repositories: a commit only when the covered files are as committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.revision import repository_name, revision_of, tracked_but_ignored, worktree_label
from tests.unit.indexers.git_repositories import commit_all, git, write

HASHES = {"a.py": "1", "sub/b.py": "2"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write(tmp_path / "my project", {"a.py": "a", "sub/b.py": "b", "notes.txt": "n"})
    commit_all(root)
    return root


def test_a_clean_tree_is_its_commit(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    revision = revision_of(repository, HASHES)
    assert (revision.commit, revision.dirty, revision.label, revision.note) == (commit, False, commit, "")
    assert revision_of(repository).label == commit


@pytest.mark.parametrize(
    ("path", "content", "dirty"),
    [
        ("a.py", "changed", True),
        ("new.py", "covered, untracked", True),
        ("notes.txt", "changed, not covered", False),
        ("other.csv", "untracked, not covered", False),
    ],
)
def test_only_covered_files_make_it_dirty(repository: Path, path: str, content: str, dirty: bool) -> None:
    write(repository, {path: content})
    hashes = HASHES | ({"new.py": "3"} if path == "new.py" else {})
    revision = revision_of(repository, hashes)
    assert revision.dirty is dirty
    assert revision.label.startswith("worktree:") is dirty
    assert revision_of(repository).dirty


def test_a_deleted_or_renamed_file_makes_it_dirty(repository: Path) -> None:
    git(repository, "mv", "a.py", "c.txt")
    assert revision_of(repository, {"sub/b.py": "2"}).dirty
    git(repository, "reset", "-q", "--hard")
    (repository / "a.py").unlink()
    assert revision_of(repository, {"sub/b.py": "2"}).dirty


@pytest.mark.parametrize("path", ["table.def", "pom.xml", "docs/a.txt", "docs/index.html"])
def test_a_deleted_file_that_its_head_or_its_folder_made_a_covered_one_makes_it_dirty(
    repository: Path, path: str
) -> None:
    write(repository, {path: "x"})
    commit_all(repository)
    assert not revision_of(repository, HASHES).dirty
    (repository / path).unlink()
    assert revision_of(repository, HASHES).dirty


def test_a_covered_file_that_git_ignores_makes_it_dirty(repository: Path) -> None:
    write(repository, {".gitignore": "gen/\n"})
    commit_all(repository)
    write(repository, {"gen/x.py": "x"})
    assert not revision_of(repository, HASHES).dirty
    assert revision_of(repository, HASHES | {"gen/x.py": "3"}).dirty


def test_a_subfolder_sees_its_own_changes_only(repository: Path) -> None:
    write(repository, {"a.py": "changed"})
    assert not revision_of(repository / "sub", {"b.py": "2"}).dirty
    write(repository, {"sub/b.py": "changed"})
    assert revision_of(repository / "sub", {"b.py": "2"}).dirty


def test_a_submodule_counts(repository: Path, tmp_path: Path) -> None:
    library = write(tmp_path / "library", {"lib.py": ""})
    commit_all(library)
    git(repository, "submodule", "--quiet", "add", str(library), "libs")
    commit = commit_all(repository)
    hashes = HASHES | {"libs/lib.py": "3"}
    assert revision_of(repository, hashes).label == commit
    write(repository, {"libs/lib.py": "changed"})
    assert revision_of(repository, hashes).dirty


def test_a_worktree_has_its_own_commit(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    commit = commit_all(tmp_path / "tree", "next")
    assert revision_of(tmp_path / "tree", HASHES).label == commit


def test_without_a_repository_the_label_is_a_content_hash(tmp_path: Path) -> None:
    revision = revision_of(tmp_path, HASHES)
    assert revision.commit is None
    assert revision.dirty
    assert "not a git repository" in revision.note
    assert revision.label == worktree_label(HASHES)


def test_a_repository_without_a_commit_is_dirty(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert revision_of(tmp_path, HASHES).label == worktree_label(HASHES)


def test_the_label_depends_on_paths_and_contents_not_on_order() -> None:
    assert worktree_label({"a": "1", "b": "2"}) == worktree_label({"b": "2", "a": "1"})
    assert (
        len({worktree_label(hashes) for hashes in ({}, {"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"})}) == 5
    )
    assert worktree_label({"a": "1"}).startswith("worktree:")


def test_without_git_there_is_a_note(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    revision = revision_of(repository, HASHES)
    assert revision.label == worktree_label(HASHES)
    assert "not installed" in revision.note
    assert repository_name(repository) == "my-project"
    assert tracked_but_ignored(repository) == []


def test_a_hook_s_environment_does_not_mislead(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write(tmp_path / "other", {"x.py": ""})
    commit_all(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert revision_of(repository, HASHES).label == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://example.org/acme/widgets.git", "widgets"),
        ("git@example.org:acme/wid gets.git", "wid-gets"),
        ("/srv/git/widgets/", "my-project"),
        (None, "my-project"),
    ],
)
def test_the_name_is_the_origin_s_or_the_folder_s(repository: Path, origin: str | None, name: str) -> None:
    if origin:
        git(repository, "remote", "add", "origin", origin)
    assert repository_name(repository) == name
    assert repository_name(repository / "sub") == "sub"


def test_files_tracked_in_spite_of_a_rule_are_listed(repository: Path) -> None:
    write(repository, {".gitignore": "sub/\n"})
    assert tracked_but_ignored(repository) == ["sub/b.py"]
