"""`clew backup` beside a server under load, `clew restore` of it, and `clew uninstall`: by real processes, with what was acknowledged before."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.hostile.served import Attacked, attacked, prepared
from tests.integration.processes import clew, clew_json, write_sources

pytestmark = pytest.mark.integration

KNOWN = {"CLEW_ACCESS__AUTHENTICATION": "required", "CLEW_RATES__KEY_REQUESTS": "0", "CLEW_RATES__USER_REQUESTS": "0"}
QUESTIONS = ("who calls price?", "what does checkout call?", "explain Order", "where is the price documented?")


def client_of(server: Attacked, who: str = "operator") -> httpx.Client:
    headers = {"authorization": f"Bearer {server.keys[who]}"}  # type: ignore[index]
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}/api/v1", headers=headers, timeout=60, trust_env=False)


def ask(client: httpx.Client, question: str, thread: str) -> str:
    """Ask, and say what it was worth; return the run once both are acknowledged."""
    asked = client.post("/chat", json={"question": question, "model": "extractive", "thread_id": thread})
    assert asked.status_code == 200, asked.text
    run: str = asked.json()["run_id"]
    said = client.post("/feedback/signals", json={"run_id": run, "signals": [{"signal": "thumb", "value": 1}]})
    assert said.status_code == 200, said.text
    return run


@contextmanager
def traffic(server: Attacked) -> Iterator[list[str]]:
    """Ask and index until the block ends; the faults that anybody met are the list."""
    faults: list[str] = []
    enough = threading.Event()

    def people(number: int) -> None:
        with client_of(server) as client:
            while not enough.is_set():
                try:
                    ask(client, QUESTIONS[number % len(QUESTIONS)], f"busy-{number}")
                except (AssertionError, httpx.HTTPError) as error:
                    faults.append(f"{type(error).__name__}: {error}")
                    return

    def indexer() -> None:
        with client_of(server) as client:
            while not enough.is_set():
                reply = client.post("/jobs", json={"repository": "shop", "force": True})
                if reply.status_code not in (202, 409):
                    faults.append(reply.text)
                    return
                enough.wait(0.5)

    threads = [threading.Thread(target=people, args=(number,)) for number in range(3)]
    threads.append(threading.Thread(target=indexer))
    for one in threads:
        one.start()
    try:
        yield faults
    finally:
        enough.set()
        for one in threads:
            one.join(timeout=60)


def test_what_was_acknowledged_before_a_backup_under_load_is_in_it(shop: Path, tmp_path: Path) -> None:
    store, roots, keys = prepared(shop, tmp_path)
    saved = tmp_path / "saved"
    with attacked(store, roots, keys, "busy", KNOWN) as server:
        with client_of(server) as client:
            runs = [ask(client, question, "before") for question in QUESTIONS]
            turns = client.get("/threads/before").json()["turns"]
        with traffic(server) as faults:
            made = clew_json(store, "backup", str(saved))
        assert faults == []
        assert made["files"] > 8
        assert made["left_out"] == []
        assert not (saved / "store" / "usage.db").exists(), "sums that are ahead of the Ledger would lose what comes"
        refused = clew(store, "uninstall", "--yes", "--json")
        assert refused.returncode in (0, 3), refused.stdout
    copy = tmp_path / "copy"
    clew_json(copy, "restore", str(saved), "--yes")
    clew_json(copy, "audit", "verify")
    events = clew_json(copy, "audit", "show", "--stream", "feedback", "--limit", "1000")["events"]
    assert {event["fields"]["run"] for event in events} >= set(runs)
    with attacked(copy, roots, keys, "again", KNOWN) as server, client_of(server) as client:
        assert client.get("/threads/before").json()["turns"] == turns
        assert client.get("/symbols/price/callers").json()["results"]
        ask(client, QUESTIONS[0], "after")


def test_an_uninstall_takes_all_that_is_kept_and_leaves_the_sources(shop: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(shop, tmp_path / "store"))
    sources = write_sources(tmp_path / "sources")
    clew_json(store, "index", str(sources), "--name", "sources")
    clew_json(store, "keys", "create", "alice")
    (store / "mine.txt").write_text("not Clew's")
    assert clew(store, "uninstall", "--json").returncode == 2, "nobody said yes"
    assert clew_json(store, "uninstall", "--yes")["files"] > 8
    assert [path.name for path in store.iterdir()] == ["mine.txt"]
    assert (sources / "README.md").exists()
    assert clew(store, "repos").returncode == 1
