"""What a load balancer, and a person in trouble, wants to know of a server: whether it can answer, and how each part that it rests on fares.

Each part is asked something small, all at once and none for longer than LOOK_S, through the breaker that questions pass too: a look at a
server that is back closes its breaker. Looks are shared for a second, so that probes cost nothing to speak of.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from app.rest.replies import error_of
from app.shapes import Shape
from configs.errors import ClewError, HostFailed, StoreTimeout, StoreUnavailable
from knowledge.breaker import Breaker
from knowledge.deadlines import in_time
from knowledge.scope import EVERYTHING

if TYPE_CHECKING:
    from app.admission import Admission
    from models.host import Host

LOOK_S = 1.5
SHARED_S = 1.0
NOBODY = "probe"
"""A name that no thread, answer or stream of events has."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the server. needed: nothing is answered without it. optional: nobody misses it who never had it.

    look: raises ClewError when it is not well.
    """

    name: str
    kind: str
    look: Callable[[], Any]
    needed: bool = False
    optional: bool = False
    breaker: Breaker | None = None


class Readiness:
    """The looks of one process."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._looking = threading.Lock()
        self._seen: tuple[float, Shape] | None = None
        self._known: set[str] = set()

    def look(self) -> Shape:
        """Return `{status, dependencies}`, status being ready, degraded (something that answers can do without is away) or unavailable.

        Raises StoreUnavailable while nothing is indexed. Blocking.
        """
        with self._looking:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > SHARED_S:
                self._seen = now, self._looked()
            return self._seen[1]

    def _looked(self) -> Shape:
        admission = self._admission
        if not admission.has_index:
            raise StoreUnavailable("nothing is indexed yet", next_step="run `clew index PATH`")
        named: list[str] = []
        parts = list(_parts(admission, named))
        with ThreadPoolExecutor(len(parts), "readiness") as looking:
            faults = list(looking.map(_fault_of, parts))
        if not faults[0] and not named:
            raise StoreUnavailable("nothing is indexed yet", next_step="run `clew index PATH`")
        looked = list(zip(parts, faults, strict=True))
        self._known |= {part.name for part, fault in looked if fault is None or not part.optional}
        missing = next((fault for part, fault in looked if part.needed and fault), None)
        rows = [_row(part, fault, part.name in self._known, open_to_all=admission.strict) for part, fault in looked]
        status = "unavailable" if missing else "degraded" if _unwell(rows) else "ready"
        told: Shape = {"status": status, "dependencies": rows}
        if missing:
            message = missing.message if not admission.strict else "a part that answers need is away"
            told |= error_of(503, missing.code, message, missing.next_step, retryable=True)
        elif (
            not admission.strict
        ):  # whoever probes is not asked who they are: where callers are known, names are for them
            told["repositories"] = named
        return told


def _parts(admission: Admission, named: list[str]) -> Iterator[Part]:
    """Yield the parts that the settings choose, the graph first; `named` hears what is indexed."""
    settings, servers = admission.settings, admission.servers

    def breaker(name: str) -> Breaker | None:
        return servers[name].breaker if name in servers else None

    def graph() -> None:
        named.extend(info.name for info in admission.graph.repositories(EVERYTHING))

    yield Part("graph", settings.graph.backend, graph, needed=True, breaker=breaker("graph"))
    if settings.retrieval.dense and settings.retrieval.vectors == "server":
        yield Part("vectors", "chroma", lambda: _heartbeat(settings.retrieval.chroma_url), breaker=breaker("vectors"))
    if settings.memory.backend == "redis":
        yield Part("memory", "redis", lambda: _remember(admission), breaker=breaker("memory"))
    if settings.rates.store == "redis":
        yield Part("limits", "redis", lambda: _count(admission), breaker=breaker("limits"))
    if settings.threads.store == "postgres":
        yield Part("threads", "postgres", lambda: _converse(admission), breaker=breaker("threads"))
    yield Part("ledger", settings.ledger.store, lambda: _record(admission), breaker=breaker("ledger"))
    for number, host in enumerate(admission.gateway.hosts, 1):
        name = "models" if len(admission.gateway.hosts) == 1 else f"models-{number}"
        yield Part(name, host.provider.kind, partial(_hold, host), optional=True, breaker=host.breaker)


def _remember(admission: Admission) -> None:
    admission.memory.get(NOBODY, scope_key="", release_id="")


def _count(admission: Admission) -> None:
    if admission.shared is not None:
        admission.shared.get(NOBODY)


def _converse(admission: Admission) -> None:
    admission.conversations.register.get(NOBODY)


def _record(admission: Admission) -> None:
    """The Ledger is written beside answers: what keeps it from that is known; at a server it is asked as well."""
    if admission.settings.ledger.store == "postgres":
        with closing(admission.open_ledger()) as ledger:
            ledger.store.checkpoint(NOBODY)
    if (failure := admission.journal.failure) is not None:
        raise failure


def _hold(host: Host) -> None:
    if host.breaker.state == "open":
        raise HostFailed("it is left alone for a moment, after calls that failed", fault="resting")
    asyncio.run(host.models())


def _heartbeat(url: str) -> None:
    try:
        httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=LOOK_S, trust_env=False).raise_for_status()
    except httpx.TimeoutException as exc:
        raise StoreTimeout(f"the Chroma server at {url!r} did not answer in time") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise StoreUnavailable(f"the Chroma server at {url!r} cannot be reached: {exc}") from exc


def _fault_of(part: Part) -> ClewError | None:
    try:
        in_time(part.look, LOOK_S, part.kind)
    except ClewError as error:
        return error
    return None


def _row(part: Part, fault: ClewError | None, known: bool, *, open_to_all: bool) -> Shape:
    """Return what is told of a part; the words of an error name addresses, which are not for everybody."""
    down = "slow" if isinstance(fault, StoreTimeout) else "down"
    state = "up" if fault is None else down if known else "absent"
    told: Shape = {"name": part.name, "kind": part.kind, "state": state, "needed": part.needed}
    if part.breaker is not None:
        told["breaker"] = part.breaker.state
    if fault is not None:
        told["code"] = fault.code
        if not open_to_all:
            told["reason"] = fault.message
    return told


def _unwell(rows: Sequence[Shape]) -> bool:
    return any(row["state"] in ("slow", "down") for row in rows)
