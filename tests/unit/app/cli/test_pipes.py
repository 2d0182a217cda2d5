"""What becomes of a command whose reader has gone away: it ends, and nothing is said of it."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import entry
from app.cli.pipes import is_reader_gone, leaves_of, watched_streams
from app.errors import USAGE
from tests.unit.app.conftest import Indexed, write_sources


@pytest.fixture(params=[True, False], ids=["buffered", "unbuffered"])
def unread(request: pytest.FixtureRequest) -> Iterator[io.TextIOWrapper]:
    """A stream into a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    raw = io.FileIO(writing, "w")
    buffer = io.BufferedWriter(raw) if request.param else raw
    with closing(io.TextIOWrapper(buffer, encoding="utf-8", write_through=not request.param)) as stream:
        yield stream


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["man"],
        ["completion", "bash"],
        ["status"],
        ["status", "--json"],
        ["repos"],
        ["callers", "price"],
        ["callers", "price", "--json"],
        ["callers", "no_such_thing"],
        ["callers", "no_such_thing", "--json"],
        ["hotspots", "--limit", "2000"],
        ["search", "price"],
        ["show", "shop/models.py"],
        ["export", "symbols"],
        ["export", "relations"],
        ["ask", "who calls price?", "--model", "extractive"],
        ["profile", "--json"],
        ["models", "--json"],
        ["audit", "show", "--json"],
        ["no-such-command", "--json"],
    ],
    ids=" ".join,
)
def test_a_command_without_a_reader_ends_well(
    arguments: list[str],
    indexed: Indexed,
    unread: io.TextIOWrapper,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdout", unread)
    code = entry.main(["--store", str(indexed.store), *arguments])
    assert code == 0
    assert capsys.readouterr().err == ""
    assert sys.stdout is unread


def test_what_accompanies_a_command_may_go_unread(
    tmp_path: Path, unread: io.TextIOWrapper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", unread)
    root, store = write_sources(tmp_path / "shop"), str(tmp_path / "store")
    assert entry.main(["--store", store, "index", str(root)]) == 0
    assert "next: clew ask" in capsys.readouterr().out
    assert entry.main(["--store", store, "no-such-command"]) == USAGE


def test_a_stream_that_is_no_file_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(sys, "stdout", text)
    with watched_streams():
        assert sys.stdout is text


def test_of_a_group_each_error_counts_by_itself() -> None:
    gone, full = BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.ENOSPC, "No space left")
    group = ExceptionGroup("outer", [gone, ExceptionGroup("inner", [full])])
    assert [is_reader_gone(error) for error in leaves_of(group)] == [True, False]
