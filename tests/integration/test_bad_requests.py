"""Bad requests of every kind against a real server: each gets a clear refusal, none is a fault, and none learns anything.

The last test looks at what is left: the server answers, its store and Ledger hold, and its log tells of no fault and no secret.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.integration.hostile import bodies, credentials, pages, paths, texts, wire
from tests.integration.hostile.cases import HIDDEN_WORD, Case, faults, get, post
from tests.integration.hostile.served import (
    BODY_TIMEOUT_S,
    HEAD_TIMEOUT_S,
    Attacked,
    attacked,
    faults_told,
    knowing,
    prepared,
    read_reply,
)
from tests.integration.processes import clew_json
from tests.servers.identity_provider import Provider, running_provider

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as one:
        one.now = time.time()
        yield one


@pytest.fixture(scope="module")
def servers(shop: Path, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Attacked]]:
    """Serve one store twice: to callers that are known, and to the person at this machine."""
    store, roots, keys = prepared(shop, tmp_path_factory.mktemp("attacked"))
    with ExitStack() as stack:
        known = stack.enter_context(
            attacked(store, roots, keys, "known", knowing(provider), (str(store.parent), str(shop.parent)))
        )
        nobody = {**keys, "reader": "", "operator": ""}
        alone = stack.enter_context(attacked(store, roots, nobody, "alone"))
        yield {"known": known, "alone": alone}


TABLES = {
    "paths in queries": paths.queries,
    "paths in paths": paths.segments,
    "words": texts.words,
    "questions": texts.questions,
    "what is not granted": texts.not_granted,
    "malformed": wire.malformed,
    "lengths": wire.lengths,
    "sizes": wire.sizes,
    "headers": wire.headers,
    "kinds": bodies.kinds,
    "JSON": bodies.json_bodies,
    "completions": bodies.completions,
    "made up": bodies.made_up,
    "pages": pages.known_callers,
}
ALONE = {"pages of others": pages.one_person, "folders": paths.jobs, "addresses to clone": paths.git_addresses}


def check(server: Attacked, cases: list[Case]) -> None:
    """Fail with a line for each case that is not refused as it should be."""
    secrets = [key for key in server.keys.values() if key] + list(server.private)
    replies = ((case, server.send(case)) for case in cases)
    found = [f"{case.id}: {'; '.join(wrong)}" for case, reply in replies if (wrong := faults(case, reply, secrets))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("table", TABLES)
def test_it_is_refused(table: str, servers: dict[str, Attacked]) -> None:
    check(servers["known"], list(TABLES[table]()))


@pytest.mark.parametrize("table", ALONE)
def test_it_is_refused_on_this_machine_too(table: str, servers: dict[str, Attacked]) -> None:
    server = servers["alone"]
    places = {b"ROOTS": str(server.roots).encode(), b"STORE": str(server.store).encode()}
    cases = list(ALONE[table]())
    for mark, place in places.items():
        cases = [_placed(case, mark, place) for case in cases]
    check(server, cases)
    assert not list(server.roots.parent.glob("outside-secret/.clew*"))
    assert json.loads(server.send(Case("jobs", "/api/v1/jobs", frozenset({200}))).body)["jobs"] == []
    assert server.send(get("sources", "/api/v1/sources", 200)).json() == {"sources": []}


def test_credentials_of_others_are_refused(servers: dict[str, Attacked], provider: Provider) -> None:
    server = servers["known"]
    check(server, [*credentials.keys(server.keys["reader"]), *credentials.tokens(provider)])
    assert set(provider.asked) <= {"/.well-known/openid-configuration", "/keys"}, "no address of a token is asked"


def test_what_another_caller_began_is_not_there(servers: dict[str, Attacked]) -> None:
    """Streams, repeated requests and conversations belong to who began them, whatever others know of their names."""
    server, headers = servers["known"], (("content-type", "application/json"), ("idempotency-key", "one-and-the-same"))
    question = {"question": "who calls price?", "model": "extractive", "stream": True, "thread_id": "mine"}
    begun = server.send(post("begin", "/api/v1/chat", question, 200, who="operator", headers=headers))
    stream = begun.headers["x-clew-stream-id"]
    followed, changed = (("last-event-id", f"{stream}.0"),), {**question, "stream": False}
    check(
        server,
        [
            get("its state", f"/api/v1/chat/{stream}", 404, codes="unknown_run"),
            get("its events", f"/api/v1/chat/{stream}/events", 404, codes="unknown_run", headers=followed),
            post("its end", f"/api/v1/chat/{stream}", b"", 404, method="DELETE", headers=(), codes="unknown_run"),
            get("its thread", "/api/v1/threads/mine", 404, codes="unknown_thread"),
            get("its thread as it is kept", "/api/v1/threads/operator%1Fmine", 404, codes="unknown_thread"),
            get("its thread as a document", "/api/v1/threads/mine/markdown", 404, codes="unknown_thread"),
            post(
                "its key", "/api/v1/chat", changed, 422, who="operator", headers=headers, codes="idempotency_mismatch"
            ),
        ],
    )
    own = server.send(post("the same key of another", "/api/v1/chat", question, 200, headers=headers))
    assert (own.status, "idempotency-replayed" in own.headers) == (200, False)
    assert own.headers["x-clew-stream-id"] != stream


def test_slow_senders_are_sent_away_while_others_are_answered(servers: dict[str, Attacked]) -> None:
    """Fifty connections that dribble a head, fifty that dribble a body (slowloris, R.U.D.Y.), some that say nothing, and one that means it."""
    server = servers["known"]
    slow_head = b"GET / HTTP/1.1\r\nHost: a"
    slow_body = server.request(post("slow", "/api/v1/chat", b"{" * 50_000, 408))[:-49_990]
    began = time.monotonic()
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connected(sent)) for sent in [slow_head] * 50 + [slow_body] * 50]
        idle = [stack.enter_context(server.connected(b"")) for _ in range(20)]
        while time.monotonic() - began < 0.5 * min(
            HEAD_TIMEOUT_S, BODY_TIMEOUT_S
        ):  # who sends to a closed socket may lose its reply
            answered = time.monotonic()
            assert server.send(get("meanwhile", "/api/v1/symbols/price", 200)).status == 200
            assert time.monotonic() - answered < 5
            for one in slow:
                with suppress(OSError):
                    one.send(b"x")
        replies = [read_reply(one) for one in (*slow, *idle)]
    assert time.monotonic() - began < 10 * max(HEAD_TIMEOUT_S, BODY_TIMEOUT_S)
    assert {(one.status, one.json()["code"]) for one in replies} == {(408, "too_slow")}


def test_a_refused_key_takes_as_long_whatever_is_right_of_it(servers: dict[str, Attacked]) -> None:
    """One whose id is known, one whose secret is right but for its last sign, one that nobody has: quartiles of interleaved rounds."""
    server = servers["known"]
    _, identity, secret = server.keys["reader"].split("_", 2)
    guesses = {
        "nobody's": f"clew_{'z' * 12}_{'A' * 43}",
        "its id": f"clew_{identity}_{'A' * 43}",
        "all but one": f"clew_{identity}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
    }
    took: dict[str, list[float]] = {name: [] for name in guesses}
    order = Random(7)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
        for _ in range(150):
            for name in order.sample(sorted(guesses), len(guesses)):
                began = time.perf_counter()
                reply = client.get("/api/v1/repositories", headers={"authorization": f"Bearer {guesses[name]}"})
                took[name].append(time.perf_counter() - began)
                assert reply.status_code == 401
    quick = {name: sorted(times)[len(times) // 4] for name, times in took.items()}
    assert max(quick.values()) - min(quick.values()) < 0.001, quick


def test_nothing_is_left_of_it_all(servers: dict[str, Attacked]) -> None:
    cases = [case for tables in (TABLES, ALONE) for table in tables.values() for case in table()]
    assert len(cases) > 1_000
    for server in servers.values():
        assert server.process.poll() is None
        assert server.send(get("ready", "/readyz", 200)).json()["status"] == "ready"
        told = server.log.read_text()
        assert faults_told(told) == []
        assert not [key for key in servers["known"].keys.values() if key and key in told]
        assert HIDDEN_WORD not in told
    store = servers["known"].store
    clew_json(store, "audit", "verify")  # exits with 0 where every chain holds
    assert [row["name"] for row in clew_json(store, "repos")["repositories"]] == ["hidden", "shop"]
    assert len(clew_json(store, "keys", "list")["keys"]) == 2
    for database in store.glob("*.db"):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            assert opened.execute("PRAGMA quick_check").fetchall() == [("ok",)], database.name


def _placed(case: Case, mark: bytes, place: bytes) -> Case:
    return replace(case, body=case.body.replace(mark, place))
