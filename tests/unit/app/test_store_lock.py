"""Only one index run at a time, and who waits is told for whom."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.store_lock import HOLDER_NAME, index_lock
from configs.errors import StoreBusy, StoreUnavailable


def unheard(text: str) -> None:
    raise AssertionError(f"nothing to say, but: {text}")


def test_the_holder_is_named_while_it_holds_and_gone_afterwards(tmp_path: Path) -> None:
    with index_lock(tmp_path / "store", 4321, timeout_s=0, say=unheard):
        assert (tmp_path / "store" / HOLDER_NAME).read_text() == "4321"
    assert not (tmp_path / "store" / HOLDER_NAME).exists()
    with index_lock(tmp_path / "store", 4322, timeout_s=0, say=unheard):
        pass


def test_a_second_run_says_for_whom_it_waits_and_gives_up_in_time(tmp_path: Path) -> None:
    said: list[str] = []
    with index_lock(tmp_path, 4321, timeout_s=0, say=unheard):
        with pytest.raises(StoreBusy, match="pid 4321"), index_lock(tmp_path, 5, timeout_s=0.05, say=said.append):
            raise AssertionError("two holders")
        assert (tmp_path / HOLDER_NAME).exists(), "who gives up must not take the holder's name away"
    assert said == ["waiting for another index run (pid 4321)"]


def test_the_lock_is_released_when_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), index_lock(tmp_path, 1, timeout_s=0, say=unheard):
        raise KeyboardInterrupt
    with index_lock(tmp_path, 2, timeout_s=0, say=unheard):
        pass


def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(StoreUnavailable, match="cannot be written")
    with refused, index_lock(tmp_path / "file" / "store", 1, timeout_s=0, say=unheard):
        pass


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_new_store_is_its_owners_alone_and_an_old_one_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    for name, mode in (("new", 0o700), ("shared", 0o755)):
        with index_lock(tmp_path / name, 1, timeout_s=0, say=unheard):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode


def test_a_holder_that_cannot_be_named_lets_the_lock_go(tmp_path: Path) -> None:
    (tmp_path / HOLDER_NAME).mkdir()
    refused = pytest.raises(StoreUnavailable, match="cannot be written")
    with refused, index_lock(tmp_path, 1, timeout_s=0, say=unheard):
        pass
    (tmp_path / HOLDER_NAME).rmdir()
    with index_lock(tmp_path, 2, timeout_s=0, say=unheard):
        pass
