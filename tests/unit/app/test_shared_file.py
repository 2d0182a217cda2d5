from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.shared_file import shared_file
from app.store_files import SHARED_FILE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="several workers need a POSIX system")


def test_the_first_server_makes_it_anew_and_the_last_deletes_it(tmp_path: Path) -> None:
    home = tmp_path / "store"
    home.mkdir()
    for name in (SHARED_FILE, f"{SHARED_FILE}-wal"):
        (home / name).write_text("of a server that was killed")
    with shared_file(home):
        assert list(home.iterdir()) == []
        (home / SHARED_FILE).write_text("ours")
    assert list(home.iterdir()) == []


def test_a_server_that_ends_leaves_it_to_one_that_was_started_meanwhile(tmp_path: Path) -> None:
    home = tmp_path / "store"
    ending = shared_file(home)
    ending.__enter__()
    (home / SHARED_FILE).write_text("ours")
    with shared_file(home):
        assert (home / SHARED_FILE).read_text() == "ours"
        ending.__exit__(None, None, None)
        assert (home / SHARED_FILE).read_text() == "ours"
    assert list(home.iterdir()) == []


def test_a_server_that_fails_deletes_it_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no worker"), shared_file(tmp_path):
        (tmp_path / SHARED_FILE).write_text("ours")
        raise ValueError("no worker")
    assert list(tmp_path.iterdir()) == []
