"""Every store that an earlier version wrote, opened by the commands that people open it with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.frozen_stores import FOLDER, loaded
from tests.unit.app.conftest import Indexed

COMMANDS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "budgets": (("budget",), "accounts", 1),
    "ledger": (("audit", "show", "--stream", "answers"), "events", 2),
    "ledger-keys": (("audit", "show", "--stream", "administration"), "events", 1),
    "principals": (("principals", "list"), "principals", 2),
    "sources": (("repositories", "list"), "sources", 1),
    "transcripts": (("threads", "list"), "threads", 1),
}
"""Store -> the command that shows it, the list in what it prints, and how many rows stand in it at least.

Lessons, jobs, outcomes and remembered answers are opened by the others: what was frozen of them holds payloads of the stores' own tests.
"""
OTHERS = (
    ("keys", "list"), ("credentials", "list"), ("webhooks", "list"), ("schedules", "list"), ("usage",), ("usage", "--by", "user"),
    ("status",), ("repos",), ("ask", "who calls price?"), ("callers", "price"), ("profile", "show"), ("audit", "export"),
)  # fmt: skip


@pytest.fixture(scope="module")
def store(indexed: Indexed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of today's index, and of everything else as the first version of each wrote it."""
    home = Path(shutil.copytree(indexed.store, tmp_path_factory.mktemp("frozen") / "store"))
    for file in sorted(FOLDER.glob("*-1.sql")):
        database = home / f"{file.stem.removesuffix('-1')}.db"
        for left in home.glob(f"{database.name}*"):
            left.unlink()
        loaded(file, database)
    return home


@pytest.fixture(autouse=True)
def nothing_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_THREADS__TTL_DAYS", "0")


def shown(capsys: pytest.CaptureFixture[str], store: Path, *command: str) -> Any:
    code = main(["--store", str(store), *command, *(() if command == ("audit", "export") else ("--json",))])
    printed = capsys.readouterr()
    assert code in (0, 1), (command, printed.out, printed.err)
    return json.loads(printed.out.splitlines()[0] if command == ("audit", "export") else printed.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_store_of_an_earlier_version_is_shown(name: str, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command, rows, least = COMMANDS[name]
    assert len(shown(capsys, store, *command)[rows]) >= least


def test_every_other_command_goes_on_with_them(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in OTHERS:
        assert "error" not in shown(capsys, store, *command)


def test_conversations_that_expire_before_any_was_kept_are_deleted(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their turns lie in one file and their checkpoints in another, which need not be there."""
    monkeypatch.setenv("CLEW_THREADS__TTL_DAYS", "90")
    alone = tmp_path / "store"
    alone.mkdir()
    loaded(FOLDER / "transcripts-1.sql", alone / "transcripts.db")
    assert shown(capsys, alone, "threads", "list") == {"threads": []}
