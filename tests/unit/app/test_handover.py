from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.handover import AskedOwner, OwnOrAsked, live_hosts
from knowledge.backends.chroma_ownership import Owner, Ownership
from knowledge.scope import EVERYTHING, Scope
from tools.dense import DenseHit

HIT = ["shop", "a.py", "shop:a.py#one", 0.5]
OTHER = ["other", "b.py", "other:b.py#two", 0.4]


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve one fixed answer; yield the address and what was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append({"path": self.path, "token": self.headers["Authorization"], **json.loads(content)})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Ownership]:
    ownership = Ownership(tmp_path / "vectors")
    yield ownership
    ownership.release()


def test_the_owner_is_asked_with_its_token(owned: Ownership, tmp_path: Path) -> None:
    with answering(200, json.dumps({"hits": [HIT]}).encode()) as (url, asked):
        owned.say(Owner(os.getpid(), url, "secret"))
        hits = AskedOwner(tmp_path / "vectors").search(EVERYTHING, "what", top_k=7, candidates=["shop:a.py#one"])
    assert hits == [DenseHit("shop", "a.py", "shop:a.py#one", 0.5)]
    assert asked == [
        {
            "path": "/internal/dense",
            "token": "Bearer secret",
            "query": "what",
            "repositories": None,
            "top_k": 7,
            "candidates": ["shop:a.py#one"],
        }
    ]


def test_the_scope_travels_and_is_kept_whatever_comes_back(owned: Ownership, tmp_path: Path) -> None:
    with answering(200, json.dumps({"hits": [HIT, OTHER]}).encode()) as (url, asked):
        owned.say(Owner(os.getpid(), url, "secret"))
        hits = AskedOwner(tmp_path / "vectors").search(Scope(frozenset({"other"})), "what", top_k=7)
    assert [hit.repository for hit in hits] == ["other"]
    assert asked[0]["repositories"] == ["other"]


@pytest.mark.parametrize(
    ("status", "body"), [(401, b"{}"), (500, b""), (200, b"not json"), (200, b'{"hits": [[1]]}'), (200, b"[]")]
)
def test_an_owner_that_answers_badly_costs_the_dense_hits_only(
    owned: Ownership, tmp_path: Path, status: int, body: bytes
) -> None:
    with answering(status, body) as (url, _):
        owned.say(Owner(os.getpid(), url, "secret"))
        assert AskedOwner(tmp_path / "vectors").search(EVERYTHING, "what", top_k=7) == []


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9", "http://example.com:80", "ftp://127.0.0.1:1", "nonsense"])
def test_nobody_there_or_not_on_this_machine(owned: Ownership, tmp_path: Path, url: str) -> None:
    owned.say(Owner(os.getpid(), url, "secret"))
    assert AskedOwner(tmp_path / "vectors").search(EVERYTHING, "what", top_k=7) == []


def test_without_an_owner_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "vectors.owner").write_text(json.dumps({"pid": 1, "url": "http://127.0.0.1:9", "token": "stale"}))
    assert AskedOwner(tmp_path / "vectors").search(EVERYTHING, "what", top_k=7) == []


def test_an_owner_asks_itself(tmp_path: Path) -> None:
    class Own:
        def search(self, *_: Any, **__: Any) -> list[DenseHit]:
            return [DenseHit(*HIT)]  # type: ignore[arg-type]

    is_open = [True]
    dense = OwnOrAsked(Own(), lambda: is_open[0], AskedOwner(tmp_path / "vectors"))
    assert dense.search(EVERYTHING, "what", top_k=1)
    is_open[0] = False
    assert dense.search(EVERYTHING, "what", top_k=1) == []


def test_the_owner_tells_how_its_model_hosts_fare(owned: Ownership, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    with answering(200, b'{"hosts": [{"url": "http://gpu", "breaker": "open"}]}') as (url, asked):
        owned.say(Owner(os.getpid(), url, "secret"))
        assert live_hosts(folder) == [{"url": "http://gpu", "breaker": "open"}]
    assert asked == [{"path": "/internal/models", "token": "Bearer secret"}]
    assert live_hosts(folder) == [], "it is gone"
    with answering(404, b"{}") as (url, _):
        owned.say(Owner(os.getpid(), url, "secret"))
        assert live_hosts(folder) == [], "it is an older one"
    assert live_hosts(tmp_path / "nobody") == []
