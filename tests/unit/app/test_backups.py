"""A copy of a store that serves is whole, every file under its hash; brought back it answers as before."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import backups
from app.cli import main
from configs.errors import StoreCorrupt
from knowledge.backends.chroma_ownership import Ownership
from knowledge.backends.sqlite_backup import copy_database
from knowledge.backends.sqlite_ledger import SqliteLedger
from tests.contract.ledger import draft
from tests.unit.app.conftest import Indexed

QUESTION = ("ask", "Who calls price?", "--json")


@pytest.fixture
def store(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
    assert main([*QUESTION]) == 0
    return tmp_path / "store"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == code, arguments
        return json.loads(capsys.readouterr().out)

    return run


def test_a_backup_is_brought_back_and_answers_and_verifies(store: Path, call: Any, tmp_path: Path) -> None:
    before = call(*QUESTION[:2])["claims"]
    made = call("backup", str(tmp_path / "copy"))
    assert made["left_out"] == []
    assert call("feedback", call("audit", "show", "--kind", "answered")["events"][0]["fields"]["run"], "--up")
    assert call("forget", "shop", "--yes") == {"forgotten": "shop"}
    back = call("restore", str(tmp_path / "copy"), "--yes")
    assert Path(back["before"]).is_dir()
    assert back["files"] == made["files"]
    assert call(*QUESTION[:2])["claims"] == before
    assert call("audit", "verify")["sound"] is True
    assert call("audit", "show", "--stream", "feedback", code=1)["events"] == []


def test_databases_are_copied_as_one_state_while_somebody_writes(tmp_path: Path) -> None:
    done = threading.Event()
    with closing(SqliteLedger(tmp_path / "ledger.db")) as store:
        store.append([draft(0), draft(1)])

        def write() -> None:
            number = 0
            while not done.is_set():
                store.append([draft(number), draft(number + 1)])
                number += 2

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                copy_database(tmp_path / "ledger.db", tmp_path / f"copy{number}.db")
        finally:
            done.set()
            writer.join()
    for number in range(5):
        with closing(SqliteLedger(tmp_path / f"copy{number}.db")) as copy:
            assert len(copy.read("answers", limit=10**6)) % 2 == 0


def test_a_damaged_backup_changes_nothing(store: Path, call: Any, tmp_path: Path) -> None:
    call("backup", str(tmp_path / "copy"))
    file = tmp_path / "copy" / "store" / "graph.db"
    content = bytearray(file.read_bytes())
    content[5_000] ^= 1
    file.write_bytes(content)
    error = call("restore", str(tmp_path / "copy"), "--yes", code=3)["error"]
    assert error["code"] == "store_corrupt" and "graph.db" in error["message"]
    assert call(*QUESTION[:2])["claims"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("store.")] == []


def test_vectors_that_a_process_owns_are_left_out_and_others_come_along(store: Path, call: Any, tmp_path: Path) -> None:
    (store / "vectors").mkdir()
    (store / "vectors" / "index.bin").write_bytes(b"vectors")
    owner = Ownership(store / "vectors")
    assert "a running process owns them" in call("backup", str(tmp_path / "one"))["left_out"][0]
    call("backup", str(tmp_path / "x"))
    assert call("restore", str(tmp_path / "one"), "--yes", code=3)["error"]["code"] == "store_busy"
    assert call("uninstall", "--yes", code=3)["error"]["code"] == "store_busy"
    owner.release()
    assert call("backup", str(tmp_path / "two"))["left_out"] == []
    assert (tmp_path / "two" / "store" / "vectors" / "index.bin").read_bytes() == b"vectors"


def test_keys_can_be_left_out(store: Path, call: Any, tmp_path: Path) -> None:
    made = call("backup", str(tmp_path / "copy"), "--without-keys")
    assert "ledger-keys.db" in made["left_out"][0]
    clone = store / "clones" / ("0" * 16)
    clone.mkdir(parents=True)
    (clone / "a.py").write_text("x = 1\n")
    (store / "sources.key").write_bytes(b"k" * 32)
    without = call("backup", str(tmp_path / "without"), "--without-keys")
    assert [one.partition(":")[0] for one in without["left_out"]] == ["ledger-keys.db", "sources.key", "clones"]
    whole = call("backup", str(tmp_path / "whole"))
    assert [one.partition(":")[0] for one in whole["left_out"]] == ["clones"], "the next refresh clones again"
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "whole/store/sources.key" in kept
    assert "without/store/sources.key" not in kept
    assert not any(path.startswith(("whole/store/clones", "without/store/clones")) for path in kept)
    assert not list((tmp_path / "copy").rglob("ledger-keys*"))
    call("restore", str(tmp_path / "copy"), "--yes")
    (asked,) = call("audit", "show", "--kind", "asked")["events"]
    assert asked["words"] is None


def test_a_folder_that_holds_something_or_lies_in_the_store_is_refused(store: Path, call: Any, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    for folder in (tmp_path / "full", store / "inside", tmp_path / "full" / "file"):
        assert call("backup", str(folder), code=2)["error"]["code"] == "input"
    assert call("restore", str(tmp_path / "full"), "--yes", code=2)["error"]["code"] == "input"


def test_a_manifest_that_names_a_file_outside_is_refused(store: Path, call: Any, tmp_path: Path) -> None:
    call("backup", str(tmp_path / "copy"))
    manifest = tmp_path / "copy" / "manifest.json"
    for name in ("../evil", "/etc/evil"):
        row = json.loads(manifest.read_text())
        row["files"] = {name: [1, "ab"]}
        manifest.write_text(json.dumps(row))
        assert "outside" in call("restore", str(tmp_path / "copy"), "--yes", code=2)["error"]["message"]


def test_a_link_in_a_backup_is_no_file(store: Path, call: Any, tmp_path: Path) -> None:
    call("backup", str(tmp_path / "copy"))
    file = tmp_path / "copy" / "store" / "profile.json"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreCorrupt, match=r"profile\.json"):
        backups.checked(tmp_path / "copy", backups.read_backup(tmp_path / "copy"), lambda *_: None)


def test_uninstall_deletes_what_is_ours_and_nothing_else(store: Path, call: Any, tmp_path: Path) -> None:
    (store / "notes.txt").write_text("mine")
    assert call("uninstall", code=2)["error"]["code"] == "input"
    assert call("uninstall", "--yes")["files"] > 5
    assert [path.name for path in store.iterdir()] == ["notes.txt"]
    assert call("uninstall", "--yes", code=2)["error"]["code"] == "config"


def test_a_store_without_anything_else_goes_as_a_whole(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall", "--yes"]) == 0
    assert "pip uninstall clew" in capsys.readouterr().out
    assert not store.exists()


def test_a_restore_needs_a_yes_and_works_where_no_store_is(store: Path, call: Any, tmp_path: Path) -> None:
    call("backup", str(tmp_path / "copy"))
    assert call("restore", str(tmp_path / "copy"), code=2)["error"]["message"] == "this needs a yes"
    assert main(["--store", str(tmp_path / "new"), "restore", str(tmp_path / "copy"), "--yes"]) == 0
    assert main(["--store", str(tmp_path / "new"), *QUESTION]) == 0
