"""`clew index`, `status` and `forget` over the life of one repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from configs.errors import StoreFull
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from tests.unit.app.conftest import write_sources
from tests.unit.indexers.documents.samples import HTML


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sources(tmp_path / "work" / "shop")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def staleness(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    body: dict[str, Any] = run(capsys, "status")["repositories"][0]["staleness"]
    return body


def files_that_hold(store: Path, text: bytes) -> set[str]:
    return {file.name for file in store.rglob("*") if file.is_file() and text in file.name.encode() + file.read_bytes()}


def test_status_tells_what_changed_since(root: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys, "index", str(root))
    assert first["files"] == {"indexed": 7, "cached": 0, "skipped": 0}
    (root / "shop" / "models.py").write_text("def price() -> int: ...\n")
    (root / "shop" / "added.py").write_text("x = 1\n")
    (root / "shop" / "other.py").unlink()
    assert staleness(capsys) == {
        "state": "stale",
        "changed": ["shop/models.py"],
        "added": ["shop/added.py"],
        "deleted": ["shop/other.py"],
    }
    second = run(capsys, "index", str(root))
    assert second["generation"] == first["generation"] + 1
    assert second["files"]["cached"] == 5
    assert staleness(capsys)["state"] == "fresh"


def test_a_touched_file_is_not_a_changed_one(root: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "index", str(root))
    os.utime(root / "shop" / "models.py")
    assert staleness(capsys)["state"] == "fresh"


def test_other_content_with_an_old_time_is_a_change(
    root: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "index", str(root))
    for path in ("shop/models.py", "shop/other.py"):
        os.utime(root / path, (1_000_000_000, 1_000_000_000))
    assert staleness(capsys)["state"] == "fresh"
    (root / "shop" / "models.py").write_text("def price() -> int: ...\n")
    os.utime(root / "shop" / "models.py", (1_000_000_000, 1_000_000_000))
    assert staleness(capsys)["changed"] == ["shop/models.py"]


def test_the_name_of_a_root_is_kept_and_a_taken_one_refused(
    root: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "index", str(root), "--name", "mine")["repository"] == "mine"
    assert run(capsys, "index", str(root))["repository"] == "mine"
    other = write_sources(tmp_path / "elsewhere" / "shop")
    body = run(capsys, "index", str(other), "--name", "mine", code=2)
    assert "--name" in body["error"]["next_step"]


def test_a_moved_repository_takes_its_name_along(
    root: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "index", str(root), "--name", "mine")
    moved = root.rename(tmp_path / "moved")
    assert run(capsys, "index", str(moved), "--name", "mine")["root"] == str(moved)
    assert len(run(capsys, "repos")["repositories"]) == 1


def test_the_repository_of_the_current_folder_is_asked_by_default(
    root: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = write_sources(tmp_path / "twin")
    run(capsys, "index", str(root), "--name", "first")
    run(capsys, "index", str(twin), "--name", "second")
    monkeypatch.chdir(twin / "shop")
    assert run(capsys, "symbol", "price")["symbol"]["id"].startswith("second:")
    monkeypatch.chdir(tmp_path)
    assert main(["export", "symbols", "--kind", "class"]) == 0
    owners = {json.loads(line)["repository"] for line in capsys.readouterr().out.splitlines()}
    assert owners == {"first", "second"}


def test_forgetting(root: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "index", str(root), "--name", "mine")
    assert run(capsys, "forget", "mine", code=2)["error"]["next_step"].startswith("add --yes")
    assert run(capsys, "forget", "mien", "--yes", code=6)["error"]["next_step"] == "did you mean 'mine'?"
    assert run(capsys, "forget", "mine", "--yes") == {"forgotten": "mine"}
    assert run(capsys, "repos", code=1) == {"repositories": []}
    assert (root / "shop" / "models.py").exists()
    assert not any(store.glob("lexical/*/*"))


def test_nothing_of_a_forgotten_repository_stays_on_the_disk(
    root: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.py").write_text("def zebra_crossing() -> None: ...\n" * 400)
    run(capsys, "index", str(root), "--name", "mine")
    run(capsys, "index", str(other), "--name", "okapi")
    question = ("ask", "where is zebra_crossing defined?", "--model", "extractive", "--thread", "stripes")
    assert run(capsys, *question)["citations"]
    (store / "vectors").mkdir()
    (store / "vectors" / "ids").write_text("okapi:a.py#zebra_crossing")
    assert {"graph.db", "facts.db", "memory.db", "threads.db", "transcripts.db", "ids"} <= files_that_hold(
        store, b"zebra_crossing"
    )
    assert main(["forget", "okapi", "--yes", "--json"]) == 0
    assert "all conversations are deleted" in capsys.readouterr().err
    assert files_that_hold(store, b"zebra_crossing") == set()
    assert {name.partition("-")[0] for name in files_that_hold(store, b"okapi")} == {"ledger.db"}, (
        "whose places it names"
    )
    run(capsys, "ask", "who calls price?", "--model", "extractive", "--thread", "stripes")
    assert files_that_hold(store, b"zebra_crossing") == set()
    assert run(capsys, "index", str(root))["files"]["cached"] == 7, "what others hold is kept"


@pytest.mark.parametrize("name", ["a:b", "a#b", "../up", "x\ny", "", "a" * 101])
def test_a_name_that_would_confuse_is_refused(
    name: str, root: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "index", str(root), "--name", name, code=2)["error"]["code"] == "input"


def test_a_damaged_cache_is_made_anew_and_a_damaged_graph_reported(
    root: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "index", str(root))
    (store / "facts.db").write_bytes(b"not a database" * 400)
    assert run(capsys, "index", str(root), "--force")["files"]["indexed"] == 7
    (store / "graph.db").write_bytes(b"not a database" * 400)
    for suffix in ("-wal", "-shm"):
        (store / f"graph.db{suffix}").unlink(missing_ok=True)
    for arguments in (["callers", "price"], ["index", str(root)]):
        error = run(capsys, *arguments, code=3)["error"]
        assert error["code"] == "store_corrupt"
        assert "clew index" in error["next_step"]
    checks = {row["name"]: row for row in run(capsys, "doctor", code=3)["checks"]}
    assert checks["index"]["state"] == "fail"


def test_a_full_disk_is_said_and_the_previous_index_answers(
    root: Path, store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "index", str(root))

    def full(*_: object) -> None:
        raise StoreFull("no space is left", next_step="free some")

    monkeypatch.setattr(SqliteCodeGraph, "replace_repository", full)
    error = run(capsys, "index", str(root), "--force", code=3)["error"]
    assert (error["code"], error["retryable"]) == ("store_full", True)
    assert run(capsys, "callers", "price")["verdict"] == "found"
    assert not (store / "index.pid").exists()
    assert not list((store / "index.locks").glob("*.pid"))


def test_a_folder_of_documents_stands_alone(tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "queue.html").write_bytes(HTML)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    (folder / "tool.py").write_text("def queue(): ...\n")
    first = run(capsys, "index", "--docs", str(folder))
    assert first["languages"] == {"html": HTML.count(b"\n")}
    assert [(issue["path"], issue["reason"]) for issue in first["issues"]] == [("broken.pdf", "damaged")]
    assert staleness(capsys)["state"] == "fresh"
    again = run(capsys, "index", str(folder))  # what it is taken for is remembered
    assert (again["rewritten"], again["languages"]) == (0, first["languages"])
    answer = run(
        capsys, "ask", "how many jobs does a queue hold at most?", "--repo", "handbook", "--model", "extractive"
    )
    assert "queue.html#limits:13" in answer["answer"]
    assert main(["show", "queue.html#limits"]) == 0
    assert "ten jobs" in capsys.readouterr().out
    assert main(["show", "queue.html#nowhere"]) == 2
    assert "clew show queue.html" in capsys.readouterr().err


def test_a_path_or_a_folder_of_documents_is_wanted(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index"]) == 2
    assert main(["index", ".", "--docs", "."]) == 2
    assert "clew index --docs DIR" in capsys.readouterr().err
