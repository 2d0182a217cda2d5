"""Only one index run at a time, and who waits is told for whom."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.store_lock import HOLDER_NAME, RUNS_FOLDER, index_lock, run_lock, store_alone
from configs.errors import ConfigError, StoreBusy, StoreUnavailable


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


def of(name: str) -> Callable[[], str]:
    return lambda: name


def test_runs_of_two_repositories_go_on_at_once_and_write_in_turn(tmp_path: Path) -> None:
    with (
        run_lock(tmp_path, of("shop"), 1, timeout_s=0, say=unheard) as one,
        run_lock(tmp_path, of("till"), 2, timeout_s=0, say=unheard) as other,
    ):
        assert (one, other) == ("shop", "till")
        with index_lock(tmp_path, 1, timeout_s=0, say=unheard):
            busy = pytest.raises(StoreBusy, match="pid 1")
            with busy, index_lock(tmp_path, 2, timeout_s=0, say=unheard):
                raise AssertionError("two writers")
    assert not list((tmp_path / RUNS_FOLDER).glob("*.pid"))


def test_a_second_run_of_a_repository_waits_for_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    with run_lock(tmp_path, of("shop"), 4321, timeout_s=0, say=unheard):
        busy = pytest.raises(StoreBusy, match="pid 4321")
        with busy, run_lock(tmp_path, of("shop"), 5, timeout_s=0.05, say=said.append):
            raise AssertionError("two runs")
        with index_lock(tmp_path, 5, timeout_s=0, say=unheard):
            """Who waits for a run keeps nobody from writing."""
    assert said == ["waiting for another index run (pid 4321)"]
    with run_lock(tmp_path, of("shop"), 5, timeout_s=0, say=unheard):
        pass


def test_a_run_that_waited_asks_for_its_name_anew(tmp_path: Path) -> None:
    """What stood in the store when it began to wait need not stand there any more."""
    first = run_lock(tmp_path, of("shop"), 1, timeout_s=0, say=unheard)
    first.__enter__()
    names = iter(["shop", "shop-2"])

    def heard(_: str) -> None:
        first.__exit__(None, None, None)

    with run_lock(tmp_path, lambda: next(names), 2, timeout_s=5, say=heard) as name:
        assert name == "shop-2"


def test_a_name_that_cannot_be_told_holds_nothing(tmp_path: Path) -> None:
    def taken() -> str:
        raise ConfigError("taken", next_step="")

    with pytest.raises(ConfigError), run_lock(tmp_path, taken, 1, timeout_s=0, say=unheard):
        raise AssertionError
    with store_alone(tmp_path, 2, timeout_s=0, say=unheard):
        pass


def test_who_takes_the_store_away_waits_for_every_run(tmp_path: Path) -> None:
    said: list[str] = []
    run = run_lock(tmp_path, of("shop"), 4321, timeout_s=0, say=unheard)
    run.__enter__()
    with pytest.raises(StoreBusy, match="pid 4321"), store_alone(tmp_path, 5, timeout_s=0, say=unheard):
        raise AssertionError("not alone")

    def heard(text: str) -> None:
        said.append(text)
        with index_lock(tmp_path, 4321, timeout_s=0, say=unheard):
            """The run can still write what it found."""
        run.__exit__(None, None, None)

    with store_alone(tmp_path, 5, timeout_s=5, say=heard):
        busy = pytest.raises(StoreBusy)
        with busy, run_lock(tmp_path, of("till"), 6, timeout_s=0, say=unheard):
            raise AssertionError("a run begins")
    assert said == ["waiting for another index run (pid 4321)"]
