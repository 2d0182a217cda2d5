"""What git tells of a place: real repositories, real commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import InputError
from indexers.past import changes_of_lines, changes_of_path, changes_of_paths
from tests.unit.indexers.git_repositories import commit_all, git, write

ONE = "def price(order):\n    return 1\n\n\ndef rate():\n    return 2\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("past") / "shop", {"shop/prices.py": ONE, "README.md": "# Shop\n"})
    commit_all(root, "Add prices")
    write(root, {"shop/prices.py": ONE.replace("return 2", "return 3")})
    commit_all(root, "Raise the rate\n\nCustomers asked for it in spring.\n\nSigned-off-by: Ada <ada@example.org>")
    write(root, {"shop/prices.py": ONE.replace("return 2", "return 3").replace("return 1", "return 7")})
    commit_all(root, "Mend the price of an order, key AKIAZ7QX2MVN4TRB5KLD in the message")
    write(root, {"README.md": "# The shop\n", "notes.txt": "x\n"})
    commit_all(root, "Name it")
    return root


def test_a_symbol_is_followed_through_time_and_its_lines_stand_somewhere_now(shop: Path) -> None:
    past = changes_of_lines(shop, "shop/prices.py", 5, 6, revision="HEAD", limit=5)
    assert [change.subject for change in past.changes] == ["Raise the rate", "Add prices"]
    newest = past.changes[0]
    assert (newest.path, newest.line, newest.lines) == ("shop/prices.py", 6, 1)
    assert newest.why == "Customers asked for it in spring."
    assert (past.changes[1].line, past.authors, past.more) == (5, (("Ada", 2),), False)


def test_a_file_has_all_of_its_commits_and_a_secret_in_a_message_is_masked(shop: Path) -> None:
    past = changes_of_path(shop, "shop/prices.py", limit=2)
    assert len(past.changes) == 2
    assert past.more
    assert "AKIAZ7QX2MVN4TRB5KLD" not in past.changes[0].subject
    assert (past.changes[0].line, past.changes[0].lines) == (2, 1)


def test_the_whole_repository_names_a_covered_file_a_commit(shop: Path) -> None:
    past = changes_of_path(shop, "", limit=9, covered={"shop/prices.py", "README.md"})
    assert [(change.subject[:8], change.path, change.line) for change in past.changes][:2] == [
        ("Name it", "README.md", 1),
        ("Mend the", "shop/prices.py", 2),
    ]
    bare = changes_of_path(shop, "", limit=1, covered=set())
    assert bare.changes[0].path == ""


def test_several_files_have_the_commits_that_changed_any_of_them(shop: Path) -> None:
    past = changes_of_paths(shop, ["README.md", "notes.txt"], limit=9)
    assert [change.subject for change in past.changes] == ["Name it", "Add prices"]
    assert past.changes[0].path == "README.md"
    assert len(changes_of_paths(shop, ["README.md", "shop/prices.py"], limit=9).changes) == 4


def test_since_leaves_older_commits_out(shop: Path) -> None:
    assert changes_of_path(shop, "", limit=5, since="2030-01-01").changes == ()


def test_lines_that_the_last_commit_does_not_have_are_answered_by_the_file_and_said_so(shop: Path) -> None:
    past = changes_of_lines(shop, "shop/prices.py", 500, 501, revision="worktree:1", limit=5)
    assert len(past.changes) == 3
    assert "whole file" in past.notes[0]


def test_a_shallow_clone_says_so(shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", shop.as_uri(), "clone")
    past = changes_of_path(tmp_path / "clone", "README.md", limit=5)
    assert len(past.changes) == 1
    assert "shallow" in past.notes[0]


def test_without_git_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a git repository"):
        changes_of_path(tmp_path, "", limit=5)
