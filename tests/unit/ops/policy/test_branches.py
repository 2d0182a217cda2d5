"""The branch of a repository counts for the generation that was indexed on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.schema import RepositoryInfo
from ops.policy.branches import Branches


def info(name: str, generation: int) -> RepositoryInfo:
    return RepositoryInfo(name, "/nowhere", "abc", generation, "2026-01-01T00:00:00+00:00")


def test_a_branch_is_known_for_its_generation_only(tmp_path: Path) -> None:
    branches = Branches(tmp_path / "branches.json")
    assert branches.of([info("shop", 1)]) == {"shop": ""}
    branches.note("shop", 1, "main")
    branches.note("till", 4, "release/2")
    assert branches.of([info("shop", 1), info("till", 4), info("new", 1)]) == {
        "shop": "main",
        "till": "release/2",
        "new": "",
    }
    assert branches.of([info("shop", 2)]) == {"shop": ""}, "indexed anew by something that knew no branch"
    branches.note("shop", 2, "")
    assert branches.of([info("shop", 1)]) == {"shop": ""}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"shop": 7}', '{"shop": ["x", "main"]}', "\xff"])
def test_a_file_that_cannot_be_read_knows_of_no_branch(tmp_path: Path, text: str) -> None:
    (tmp_path / "branches.json").write_text(text, "latin-1")
    branches = Branches(tmp_path / "branches.json")
    assert branches.of([info("shop", 1)]) == {"shop": ""}
    branches.note("shop", 1, "main")
    assert branches.of([info("shop", 1)]) == {"shop": "main"}
