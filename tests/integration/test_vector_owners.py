"""One process owns the vectors, whatever is started or killed: real processes, SIGKILL, and the hand-over between them."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from configs.errors import StoreCorrupt
from indexers.vector_state import VectorState, read_state
from knowledge.backends.chroma import ChromaVectors, erase_vectors
from knowledge.backends.chroma_ownership import owner_of
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING
from tests.integration.processes import (
    CLEW,
    FILL_DEADLINE_S,
    ROOT,
    clew_json,
    environment,
    started,
    wait_until,
    write_sources,
)

pytestmark = pytest.mark.integration

SPACE = VectorSpace("shop", "random")
WRITERS = 4
WRITER = """
import sys, pathlib, numpy as np
from configs.errors import StoreBusy, StoreCorrupt
from indexers.vector_state import VectorState, read_state
from knowledge.backends.chroma import ChromaVectors, erase_vectors
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING
folder, space = pathlib.Path(sys.argv[1]), VectorSpace("shop", "random")
def opened():
    store = ChromaVectors.local(folder)
    try:
        store.ids(space)
        if store.ids(space):
            store.query(EVERYTHING, space, np.ones(8, np.float32), top_k=1)
    except StoreCorrupt:
        store.close()
        raise
    return store
try:
    try:
        store = opened()
    except StoreCorrupt:  # a kill in the middle of Chroma's own writing: what can be made again is made again
        erase_vectors(folder)
        print("mended", flush=True)
        store = opened()
except StoreBusy:
    print("busy", flush=True)
    sys.exit(3)
number = len(store.ids(space))
while True:
    ids = [f"{number + row:016x}" for row in range(200)]
    store.upsert(space, ids, np.random.default_rng(number).random((200, 8), np.float32))
    number += 200
    print("wrote", number, flush=True)
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, cwd=ROOT, text=True, start_new_session=True
    )


def test_of_several_writers_one_owns_and_a_killed_one_is_followed_by_the_next(tmp_path: Path) -> None:
    folder, seen, chance = tmp_path / "vectors", 0, random.Random(7)
    for _ in range(4):
        with ExitStack() as ended:
            writers = [ended.enter_context(writer(folder)) for _ in range(WRITERS)]
            first = {process: process.stdout.readline().split() for process in writers if process.stdout}
            for process, words in first.items():
                if words == ["mended"] and process.stdout:
                    seen, first[process] = 0, process.stdout.readline().split()
            owners = [process for process, words in first.items() if words[0] == "wrote"]
            assert len(owners) == 1
            assert [words for process, words in first.items() if process not in owners] == [["busy"]] * (WRITERS - 1)
            (owner,) = owners
            assert owner.stdout is not None
            started_at = int(first[owner][1])
            assert started_at > seen, "the one before left what it wrote"
            for _ in range(chance.randrange(1, 5)):
                seen = int(owner.stdout.readline().split()[1])
            owner.send_signal(signal.SIGKILL)
    assert owner_of(folder) is None
    try:
        _look_through(folder, seen)
    except StoreCorrupt:  # found, and made anew
        erase_vectors(folder)
        with closing(ChromaVectors.local(folder)) as store:
            store.upsert(SPACE, ["after"], np.eye(8, dtype=np.float32)[:1])
            assert store.ids(SPACE) == {"after"}


def _look_through(folder: Path, seen: int) -> None:
    store = ChromaVectors.local(folder)
    ids = sorted(store.ids(SPACE))
    assert len(ids) >= seen
    assert ids == [f"{number:016x}" for number in range(len(ids))], "every batch is whole"
    vector = np.random.default_rng(0).random((200, 8), np.float32)[17]
    assert store.query(EVERYTHING, SPACE, vector, top_k=1)[0][0] == f"{17:016x}"
    assert len(store.query(EVERYTHING, SPACE, vector, top_k=len(ids), ids=ids)) == len(ids), "every vector is there"
    store.upsert(SPACE, ["after"], vector[None])
    store.close()


VERBS = ("create", "delete", "update", "find", "send", "check")
NOUNS = ("order", "price", "customer", "invoice", "basket", "parcel", "address", "payment", "refund", "stock")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of an indexed repository whose functions say in their bodies what their names do not."""
    folder = tmp_path_factory.mktemp("owners")
    sources = {
        f"shop/{noun}.py": "".join(
            f'def {verb}_{noun}(value):\n    """{verb.title()} the {noun} of a {NOUNS[(at + 3) % 10]}."""\n'
            f"    return {verb}(value, {noun}, {NOUNS[(at + 5) % 10]})\n\n\n"
            for at, verb in enumerate(VERBS)
        )
        for noun in NOUNS
    }
    clew_json(folder / "store", "index", str(write_sources(folder / "shop", sources)), "--name", "shop")
    return folder / "store"


def vectors_of(store: Path) -> VectorState:
    return read_state(store / "embedders" / "shop")


def reasons(store: Path, query: str) -> str:
    return " ".join(row["why"] for row in clew_json(store, "search", query)["results"])


@pytest.fixture
def serving(store: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a server that owns the vectors; what its log holds is checked at the end."""
    log = tmp_path / "log"
    command = [*CLEW, "serve", "--port", "0", "--json"]
    with started(command, folder=store.parent, env=environment(store), log=log) as process:
        assert process.stdout is not None
        json.loads(process.stdout.readline() or log.read_text())
        wait_until(
            lambda: vectors_of(store).complete, process, what="the vectors are complete", within_s=FILL_DEADLINE_S
        )
        wait_until(lambda: owner_of(store / "vectors"), process, what="the store is owned")
        yield process
    assert "Traceback" not in log.read_text()


def test_search_in_another_process_asks_the_server_and_goes_on_without_it(
    store: Path, serving: subprocess.Popen[str]
) -> None:
    owner = owner_of(store / "vectors")
    assert owner is not None
    assert owner.pid == serving.pid
    assert "related words" in reasons(store, "invoice that is sent")
    serving.send_signal(signal.SIGKILL)
    serving.wait()
    assert owner_of(store / "vectors") is None
    without = reasons(store, "invoice that is sent")
    assert without
    assert "related words" not in without
    answer = clew_json(store, "ask", "where is delete_invoice defined?", "--model", "extractive")
    assert answer["citations"]


def test_the_next_server_takes_over_what_the_killed_one_left(store: Path, serving: subprocess.Popen[str]) -> None:
    assert vectors_of(store).written == len(NOUNS) * len(VERBS)
    answers = "related words"  # once it has looked at what is there
    wait_until(lambda: answers in reasons(store, "invoice that is sent"), serving, what="the vectors answer")


def test_a_second_server_answers_with_the_vectors_of_the_first(
    store: Path, serving: subprocess.Popen[str], tmp_path: Path
) -> None:
    log = tmp_path / "second"
    command = [*CLEW, "serve", "--port", "0", "--json"]
    with started(command, folder=store.parent, env=environment(store), log=log) as second:
        assert second.stdout is not None
        json.loads(second.stdout.readline() or log.read_text())
        wait_until(lambda: "owned by process" in log.read_text(), second, what="the second server says who owns them")
        assert str(serving.pid) in log.read_text()
        owner = owner_of(store / "vectors")
        assert owner is not None
        assert owner.pid == serving.pid


def test_filling_by_hand_is_refused_while_a_server_owns_the_vectors(
    store: Path, serving: subprocess.Popen[str]
) -> None:
    for option in ("--fill", "--rebuild"):
        body = clew_json(store, "vectors", option, code=3)
        assert body["error"]["code"] == "store_busy"
        assert str(serving.pid) in body["error"]["message"]
