"""Asks the process that owns the vectors, a running `clew serve` on this machine: for dense hits, and how its model hosts fare.

It is found through the note beside the store's lock, believed only while the lock is held, and spoken to over loopback with
the token of that note, which only the user can read. Whatever goes wrong, there are no dense hits, and the search goes on.
"""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from configs.settings import is_loopback
from knowledge.backends.chroma_ownership import Owner, owner_of
from knowledge.scope import Scope
from tools.dense import DenseHit, DenseSearch

TIMEOUT_S = 3.0

log = logging.getLogger("clew.dense")


class AskedOwner:
    """A `tools.dense.DenseSearch` that answers with nothing when there is no owner, or it is gone before it answered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        owner = owner_of(self._folder)
        if owner is None or not owner.url:
            return []
        granted = scope.repositories
        asked = {
            "query": query,
            "repositories": None if granted is None else sorted(granted),
            "top_k": top_k,
            "candidates": None if candidates is None else list(candidates),
        }
        try:
            hits = [DenseHit(*row) for row in _post(owner, "/internal/dense", asked)["hits"]]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as exc:
            log.info("process %d, which owns the vectors, gave no answer: %s", owner.pid, exc)
            return []
        return [hit for hit in hits if scope.allows(hit.repository)]


class OwnOrAsked:
    """The vectors of this process once it owns the store, else those of the one that does."""

    def __init__(self, own: DenseSearch, is_open: Any, asked: AskedOwner) -> None:
        self._own = own
        self._is_open = is_open
        self._asked = asked

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        chosen = self._own if self._is_open() else self._asked
        return chosen.search(scope, query, top_k=top_k, candidates=candidates)


def live_hosts(folder: Path) -> list[dict[str, Any]]:
    """Return what the owner has seen of its model hosts (`app.model_health.live_of`); nothing when there is none."""
    owner = owner_of(folder)
    if owner is None or not owner.url:
        return []
    try:
        hosts: list[dict[str, Any]] = _post(owner, "/internal/models", {})["hosts"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as exc:
        log.info("process %d, which serves, does not say how its model hosts fare: %s", owner.pid, exc)
        return []
    return hosts


def _post(owner: Owner, route: str, body: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(owner.url)
    if parts.scheme != "http" or not parts.hostname or not is_loopback(parts.hostname):
        raise ValueError(f"{owner.url!r} is not on this machine")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        headers = {"Authorization": f"Bearer {owner.token}", "Content-Type": "application/json"}
        connection.request("POST", route, json.dumps(body), headers)
        reply = connection.getresponse()
        payload = reply.read()
    finally:
        connection.close()
    if reply.status != 200:
        raise ValueError(f"status {reply.status}")
    answer: dict[str, Any] = json.loads(payload)
    return answer
