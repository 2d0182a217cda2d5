"""The command line as people and scripts run it: real processes, real exit codes, bad input included."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from tests.integration.processes import CLEW, clew, clew_json, environment, wait_until, write_sources

pytestmark = pytest.mark.integration


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_a_question_is_answered_with_proof(shop: Path) -> None:
    body = clew_json(shop, "ask", "who calls price?")
    assert {
        "answer",
        "level",
        "citations",
        "claims",
        "unknowns",
        "run_id",
        "release",
    } <= body.keys()  # all: docs/cli.md
    assert body["level"] == "structural"
    assert {"shop/checkout.py", "shop/models.py"} <= {citation["path"] for citation in body["citations"]}
    for citation in body["citations"]:
        assert list(citation) == ["repository", "path", "start_line", "end_line", "symbol", "revision"]
    for claim in body["claims"]:
        assert {"text", "status", "citations"} <= claim.keys()


def test_the_answer_for_people_shows_places_and_the_footer(shop: Path) -> None:
    done = clew(shop, "ask", "who calls price?")
    assert done.returncode == 0, done.stderr
    assert "shop/checkout.py:5" in done.stdout
    assert "release " in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x1b" not in done.stderr


def test_a_thread_goes_on_in_another_process(shop: Path) -> None:
    first = clew_json(shop, "ask", "where is price defined?", "--thread", "prices")
    assert first["thread_id"] == "prices"
    second = clew_json(shop, "ask", "who calls it?", "--thread", "prices")
    assert "shop/checkout.py" in {citation["path"] for citation in second["citations"]}


def test_damaged_conversations_are_said_and_other_questions_still_answered(store: Path, tmp_path: Path) -> None:
    clew_json(store, "index", str(write_sources(tmp_path / "shop")))
    (store / "threads.db").write_bytes(b"these are not the turns you are looking for" * 100)
    assert clew_json(store, "ask", "who calls price?", "--thread", "t", code=3)["error"]["code"] == "store_corrupt"
    assert clew_json(store, "ask", "who calls price?")["citations"]


@pytest.mark.parametrize(
    ("question", "said"), [("", "empty"), ("   ", "empty"), ("why? " * 20_000, "100,000 characters")]
)
def test_a_question_that_cannot_be_asked(shop: Path, question: str, said: str) -> None:
    done = clew(shop, "ask", question)
    assert done.returncode == 2
    assert said in done.stderr
    assert "next: " in done.stderr


def test_a_model_that_is_not_there_is_said_and_never_replaced(shop: Path) -> None:
    body = clew_json(shop, "ask", "explain price", "--model", "no-such-model", code=3)
    assert "no-such-model" in json.dumps(body) or "11434" in json.dumps(body) or "127.0.0.1:9" in json.dumps(body)


def test_a_path_that_does_not_exist(store: Path) -> None:
    error = clew_json(store, "index", str(store / "nowhere"), code=2)["error"]
    assert error["code"] == "repository_not_found"
    assert "nowhere" in error["message"]


def test_a_file_is_no_repository(store: Path, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("x = 1\n")
    assert clew_json(store, "index", str(tmp_path / "file.py"), code=2)["error"]["code"] == "repository_not_found"


@pytest.mark.parametrize("files", [{}, {"picture.xyz": "?"}])
def test_nothing_to_index(store: Path, tmp_path: Path, files: dict[str, str]) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    error = clew_json(store, "index", str(write_sources(root, files)), code=1)["error"]
    assert error["code"] == "nothing_to_index"
    assert error["next_step"]


def test_an_unknown_symbol_is_unknown(shop: Path) -> None:
    done = clew(shop, "callers", "no_such_symbol")
    assert done.returncode == 6
    assert "no_such_symbol" in done.stdout


def test_a_store_that_is_no_store(store: Path) -> None:
    store.mkdir()
    (store / "graph.db").write_bytes(b"these are not the tables you are looking for" * 100)
    error = clew_json(store, "callers", "price", code=3)["error"]
    assert error["code"] == "store_corrupt"
    assert "clew index" in error["next_step"]


def test_a_store_of_a_newer_clew(store: Path, tmp_path: Path) -> None:
    clew_json(store, "index", str(write_sources(tmp_path / "shop")))
    with sqlite3.connect(store / "graph.db") as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    error = clew_json(store, "callers", "price", code=3)["error"]
    assert error["code"] == "store_too_new"


def test_two_index_runs_at_once_both_end_well(store: Path, tmp_path: Path) -> None:
    roots = [write_sources(tmp_path / name) for name in ("one", "two")]
    running = [
        subprocess.Popen(
            [*CLEW, "index", str(root), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(store),
        )
        for root in (*roots, *roots)
    ]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert {row["name"] for row in clew_json(store, "repos")["repositories"]} == {"one", "two"}
    assert clew_json(store, "callers", "price", "--repo", "two")["verdict"] == "found"


def test_who_waits_says_so_and_gives_up_when_told(store: Path, tmp_path: Path) -> None:
    root = write_sources(tmp_path / "shop")
    clew_json(store, "index", str(root))
    with filelock.FileLock(store / "index.lock"):
        (store / "index.pid").write_text("4321")
        done = clew(store, "index", str(root), CLEW_INDEX__LOCK_TIMEOUT_S="0.2")
        assert done.returncode == 3
        assert "waiting for another index run (pid 4321)" in done.stderr
        assert "error: another index run (pid 4321)" in done.stderr
        assert clew_json(store, "callers", "price")["verdict"] == "found", "reading goes on"


def test_reading_while_another_process_writes(store: Path, tmp_path: Path) -> None:
    clew_json(store, "index", str(write_sources(tmp_path / "shop")))
    with sqlite3.connect(store / "graph.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE half_written (x)")
        assert clew_json(store, "callers", "price")["verdict"] == "found"
        writer.execute("ROLLBACK")
    writer.close()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_the_previous_index_readable(store: Path, tmp_path: Path) -> None:
    root = write_sources(tmp_path / "shop")
    clew_json(store, "index", str(root))
    for number in range(3_000):
        (root / f"big_{number}.py").write_text(f"def f_{number}():\n    return {number}\n" * 40)
    process = subprocess.Popen(
        [*CLEW, "index", str(root), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(store),
        start_new_session=True,
    )
    wait_until(lambda: list((store / "index.locks").glob("*.pid")), process, what="the run to begin")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert clew_json(store, "callers", "price")["verdict"] == "found"
    assert clew_json(store, "repos")["repositories"][0]["generation"] == 1


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_a_reader_that_goes_away_is_no_fault(shop: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m app export relations | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        env=environment(shop),
        cwd=shop.parent,
    )
    assert json.loads(done.stdout)
    assert done.stderr == ""
