"""What changed between two states of a real git repository, and what git tells of the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import InputError
from indexers.comparing import compare
from knowledge.changes import Effect, FilePast
from tests.unit.indexers.git_repositories import commit_all, git, write

SHOP: dict[str, str | bytes] = {
    "shop/orders.py": "def total(order):\n    return 1\n\n\ndef ship(order):\n    return total(order)\n",
    "shop/old.py": "def kept():\n    return 1\n\n\ndef other():\n    return 2\n",
    "CODEOWNERS": "*.py @everyone\n/shop/orders.py @ada ada@example.org  # hers\n",
    "logo.png": b"\x89PNG\x00\x01",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = write(tmp_path / "shop-repo", SHOP)
    commit_all(root, "first")
    return root


def test_the_working_tree_against_head_with_new_and_deleted_files(shop: Path) -> None:
    write(shop, {"shop/orders.py": "def total(order, tax):\n    return 1\n", "shop/new.py": "def fresh(): ...\n"})
    (shop / "logo.png").unlink()
    found = compare(shop)
    assert (found.base, found.target) == ("HEAD", "the working tree")
    assert [(file.path, file.status) for file in found.files] == [
        ("logo.png", "deleted"),
        ("shop/new.py", "added"),
        ("shop/orders.py", "modified"),
    ]
    assert {(one.local_name, one.effect) for file in found.files for one in file.symbols} == {
        ("fresh", Effect.ADDED),
        ("total", Effect.SIGNATURE),
        ("ship", Effect.REMOVED),
    }
    orders = found.files[2]
    assert (orders.added_lines, orders.removed_lines) == (1, 5)
    assert all(orders.hashes)
    assert found.files[1].hashes[0] == ""


def test_nothing_uncommitted_means_the_last_commit(shop: Path) -> None:
    git(shop, "mv", "shop/old.py", "shop/moved.py")
    commit_all(shop, "move")
    found = compare(shop)
    assert (found.base, found.target) == ("HEAD~1", "HEAD")
    assert [(file.status, file.old_path, file.path, file.symbols) for file in found.files] == [
        ("renamed", "shop/old.py", "shop/moved.py", ())
    ]


def test_branches_are_compared_from_where_they_parted(shop: Path) -> None:
    git(shop, "checkout", "-q", "-b", "feature")
    write(shop, {"shop/feature.py": "def feature(): ...\n"})
    commit_all(shop, "feature")
    git(shop, "checkout", "-q", "main")
    write(shop, {"shop/main.py": "def main(): ...\n"})
    commit_all(shop, "main goes on")
    assert [file.path for file in compare(shop, "main...feature").files] == ["shop/feature.py"]
    assert [file.path for file in compare(shop, "main..feature").files] == ["shop/feature.py", "shop/main.py"]
    assert [file.path for file in compare(shop, "feature").files] == ["shop/feature.py", "shop/main.py"]


def test_the_past_of_a_file_its_fixes_and_its_owners(shop: Path) -> None:
    for number, message in enumerate(["Fix the total", "Add tax", "total: fixes a crash"]):
        write(shop, {"shop/orders.py": f"def total(order):\n    return {number + 2}\n"})
        commit_all(shop, message)
    write(shop, {"shop/orders.py": "def total(order): ...\n", "shop/old.py": "def kept(): ...\n"})
    past = compare(shop).past
    assert past["shop/orders.py"] == FilePast(4, 2, (("Ada", 4),), ("@ada", "ada@example.org"))
    assert past["shop/old.py"].owners == ("@everyone",)


def test_a_folder_of_a_repository_sees_its_own_files(shop: Path) -> None:
    write(shop, {"shop/orders.py": "def total(): ...\n", "README.md": "changed\n"})
    found = compare(shop / "shop")
    assert [file.path for file in found.files] == ["orders.py"]
    assert found.past["orders.py"].owners == ("@ada", "ada@example.org")


@pytest.mark.parametrize("revisions", ["nowhere", "HEAD..nowhere", "--help", "HEAD..--output=x", "a...b", "..;"])
def test_an_unknown_revision_is_refused_by_name(shop: Path, revisions: str) -> None:
    with pytest.raises(InputError, match="has no revision"):
        compare(shop, revisions)
    assert not (shop / "x").exists()


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to compare") as error:
        compare(tmp_path)
    assert "commit" in error.value.next_step


def test_binary_huge_and_linked_files_are_listed_without_symbols(shop: Path) -> None:
    write(shop, {"bin.py": b"x = 1\x00\x01", "min.js": b"var a=1;" * 40_000})
    (shop / "link.py").symlink_to("shop/orders.py")
    found = compare(shop)
    assert [(file.path, file.symbols) for file in found.files] == [("bin.py", ()), ("link.py", ()), ("min.js", ())]
