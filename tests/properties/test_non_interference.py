"""Whatever is granted to whom: no byte of a repository that is not granted reaches a caller, by any door, nor a log.

Three repositories call each other by the same names; what one of them holds alone carries its canary: names, strings, documents, paths, commit
messages. One store holds all three. For random grants and questions, what a caller is told holds no canary of what is not
granted, and is what a store says that holds the granted ones alone.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.principals import Principal
from ops.policy.gate import Gate
from tests.servers.fake_ollama import FakeOllama, running

NAMES = ("alpha", "beta", "gamma")
CANARY = {"alpha": "zqxalpine", "beta": "zqxbright", "gamma": "zqxgolden"}


def sources(name: str) -> dict[str, str]:
    """Return a repository whose every kind of text carries its canary."""
    canary, others = CANARY[name], [other for other in NAMES if other != name]
    calls = "".join(
        f"    from {other}.shared import shared_price_{other}\n    shared_price_{other}(1)\n" for other in others
    )
    return {
        f"{name}/__init__.py": "",
        f"{name}/shared.py": (
            f'"""What {canary} costs."""\n\nfrom {name}.{canary}_prices import {canary}_total\n\n\n'
            f"def checkout_price(order: int) -> int:\n    return {canary}_total(order)\n\n\n"
            f"def shared_price_{name}(order: int) -> int:\n"
            f'    """Price of an order, as {canary} has it."""\n{calls}'
            f'    raise ValueError("{canary} cannot be priced")\n'
        ),
        f"{name}/{canary}_prices.py": (
            f'class {canary.title()}Basket:\n    """Holds {canary} things."""\n\n    def price(self) -> int:\n'
            f"        return {canary}_total(2)\n\n\n"
            f"def {canary}_total(order: int) -> int:\n"
            f'    return len("{canary} in a string") + order\n'
        ),
        f"{name}/client.py": (
            "import requests\n\n\ndef call_the_others() -> None:\n"
            + "".join(f'    requests.get("http://{other}.internal/{CANARY[other][:3]}/orders")\n' for other in others)
        ),
        f"{name}/api.py": (
            "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
            f'@app.get("/{canary}/orders")\ndef {canary}_orders() -> int:\n    return 1\n\n\n'
            f'@app.get("/orders")\ndef list_orders() -> int:\n    return 1\n'
        ),
        "docs/prices.md": f"# Prices\n\n## How the {canary} price is made\n\nThe {canary} of an order is `checkout_price`.\n",
        "settings.yaml": f"price_of_{canary}: 1\nlog_level: {canary}\n",
    }


def made(root: Path, name: str) -> Path:
    folder = root / name
    for path, text in sources(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@clew.example", "-c", "commit.gpgsign=false"]
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", f"Price {CANARY[name]} orders right"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


@dataclass
class Served:
    """A server over one store, and a key of a principal a set of grants."""

    wiring: Wiring
    gate: Gate
    keys: dict[frozenset[str], str]

    async def rest(self, grant: frozenset[str], method: str, path: str, body: Any = None) -> str:
        transport = httpx.ASGITransport(create_app(self.wiring, self.gate), client=("10.0.0.9", 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.example") as client:
            headers = {"authorization": f"Bearer {self.keys[grant]}"}
            response = await client.request(method, path, headers=headers, json=body)
        return f"{response.status_code} {sorted(response.headers.items())} {response.text}"

    async def mcp(self, grant: frozenset[str], tool: str, arguments: dict[str, Any]) -> str:
        app = create_app(self.wiring, self.gate)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            client: Any = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app, client=("10.0.0.9", 4000)),
                    headers={"authorization": f"Bearer {self.keys[grant]}"},
                )
            )
            streams = await stack.enter_async_context(
                streamable_http_client("http://clew.example/mcp", http_client=client)
            )
            session = await stack.enter_async_context(ClientSession(streams[0], streams[1]))
            await session.initialize()
            result = await session.call_tool(tool, arguments)
        return result.model_dump_json()


GRANTS = [frozenset(names) for size in range(4) for names in itertools.combinations(NAMES, size)]


def served(home: Path, roots: dict[str, Path], host: FakeOllama) -> Served:
    """Index the roots into one store, and let one principal in for each set of grants."""
    wiring = Wiring(
        load_settings(
            {
                "home": str(home),
                "retrieval": {"dense": False},
                "rates": {"key_requests": 0, "user_requests": 0},
                "model": {"ollama_url": host.url},
            },
            folder=home.parent,
        )
    )
    for name, root in roots.items():
        wiring.indexing.index(str(root), name, progress=lambda *_: None, say=lambda _: None)
    policies = []
    keys = {}
    for grant in GRANTS:
        who = Principal("p-" + "-".join(sorted(grant)), "P")
        wiring.principals.put_principal(who)
        keys[grant], _ = wiring.keys.create(who, label="", rights=("ask", "read", "index"), lifetime_s=None)
        policies += [
            f'permit (principal == Principal::"{who.id}", action, resource == Repository::"{name}");' for name in grant
        ]
    (home / "policies.cedar").write_text("\n".join(policies))
    gate = wiring.gate("0.0.0.0")
    assert gate is not None
    return Served(wiring, gate, keys)


@pytest.fixture(scope="module")
def host() -> Iterator[FakeOllama]:
    """A model that says little and remembers what it was given."""
    with running(FakeOllama(reply=lambda _prompt: "It is priced [1].")) as served_host:
        yield served_host


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, host: FakeOllama) -> Iterator[dict[frozenset[str], Served]]:
    """The store with all repositories, and one with each set of them alone."""
    root = tmp_path_factory.mktemp("worlds")
    roots = {name: made(root, name) for name in NAMES}
    found = {
        grant: served(root / ("store-" + "-".join(sorted(grant))), {name: roots[name] for name in sorted(grant)}, host)
        for grant in GRANTS
        if grant
    }
    yield found
    for one in found.values():
        one.wiring.close()


SYMBOLS = (
    "checkout_price",
    "shared_price_beta",
    "shared_price_gamma",
    "zqx_total",
    "zqxbrigh_total",
    "total",
    "Basket.price",
    "beta.shared",
    "list_orders",
    "client",
    "../beta/beta/shared.py",
)
QUESTIONS = (
    "who calls {}?",
    "what does {} call?",
    "what breaks if {} changes?",
    "where is {} defined?",
    "explain {}",
    "what changed in {} lately?",
    "which endpoints are there?",
    "where is the price of an order made?",
    "how is the price documented?",
    "which setting sets the log level?",
    "what depends on gamma?",
    "ValueError: cannot be priced",
    "who wrote beta?",
    "which repositories are indexed?",
    "what is risky in the last commit?",
)
asking = st.builds(str.format, st.sampled_from(QUESTIONS), st.sampled_from(SYMBOLS))
VOLATILE = re.compile(
    r"chatcmpl-[0-9a-f]+|[0-9a-f]{32}|\b[\d,]+(\.\d+)?(?= ?ms)|'(content-length|x-request-id|etag)', '[^']+'"
    r'|\\?"(latency_ms|created|score|route|reason)\\?": ?[^,}]+|structural; [^"]*'
)
"""Times, ids, and whether the same caller's earlier question was remembered."""


def told_only(text: str, grant: frozenset[str], what: str) -> None:
    for name in NAMES:
        if name not in grant:
            assert CANARY[name] not in text.lower(), f"{name} through {what}: {text}"


ROUTES = (
    "search?q={}",
    "search?q=price+of+an+order&kind=file",
    "symbols?prefix={}",
    "symbols/{}",
    "symbols/{}/callers",
    "symbols/{}/callees",
    "symbols/{}/neighbourhood",
    "impact?symbol={}",
    "path?source={}&target=checkout_price",
    "repositories",
    "repositories/beta",
    "repositories/gamma",
    "files?repository=beta",
    "files/lines?path=beta/shared.py",
    "files/lines?repository=gamma&path=gamma/shared.py",
    "files/outline?path=docs/prices.md",
    "threads",
    "threads/mine",
    "jobs",
)


def quoted(name: str) -> str:
    return quote(name, safe="")


Doors = st.one_of(
    st.tuples(st.just("chat"), asking),
    st.tuples(st.just("stream"), asking),
    st.tuples(st.just("ask"), asking),
    st.tuples(
        st.sampled_from(("find_symbol", "callers", "callees", "impact_of", "class_hierarchy")), st.sampled_from(SYMBOLS)
    ),
    st.tuples(st.just("search_code"), st.sampled_from(("price of an order", "zqx", "orders", "Price orders right"))),
    st.tuples(
        st.just("read_lines"), st.sampled_from(("beta/shared.py", "docs/prices.md", "../beta/beta/shared.py:1-9"))
    ),
    st.tuples(st.sampled_from(("repositories", "review_change")), st.just("")),
    st.tuples(st.just("api"), st.builds(str.format, st.sampled_from(ROUTES), st.sampled_from(SYMBOLS).map(quoted))),
    st.tuples(st.just("call_path"), st.sampled_from(SYMBOLS)),
)
PARAMETER = {"search_code": "query", "read_lines": "place", "ask": "question"}


async def through(world: Served, grant: frozenset[str], door: str, words: str, repository: str | None) -> str:
    if door in ("chat", "stream"):
        body = {
            "model": "extractive",
            "stream": door == "stream",
            "messages": [{"role": "user", "content": words}],
            "clew": {"repositories": [repository]} if repository else {},
        }
        return await world.rest(grant, "POST", "/v1/chat/completions", body)
    if door == "api":
        return await world.rest(grant, "GET", f"/api/v1/{words}")
    arguments: dict[str, Any] = {} if door == "repositories" else {"repository": repository}
    if door == "call_path":
        arguments |= {"source": words, "target": "checkout_price"}
    elif words:
        arguments[PARAMETER.get(door, "name")] = words
    return await world.mcp(grant, door, arguments)


@given(
    grant=st.sampled_from(GRANTS),
    asked=Doors,
    repository=st.sampled_from((None, None, None, "alpha", "beta", "gamma", "nowhere")),
)
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_of_what_is_not_granted_is_told(
    worlds: dict[frozenset[str], Served],
    caplog: pytest.LogCaptureFixture,
    grant: frozenset[str],
    asked: tuple[str, str],
    repository: str | None,
) -> None:
    door, words = asked
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        told = asyncio.run(through(worlds[frozenset(NAMES)], grant, door, words, repository))
    told_only(told, grant, door)
    told_only(caplog.text, grant, f"the log of {door}")
    if grant and grant != frozenset(NAMES):
        alone = asyncio.run(through(worlds[grant], grant, door, words, repository))
        assert VOLATILE.sub("", told) == VOLATILE.sub("", alone), f"{door} {words!r} tells that there is more"


def test_no_model_reads_what_is_not_granted(worlds: dict[frozenset[str], Served], host: FakeOllama) -> None:
    read = ""
    for grant in GRANTS[1:5]:
        with host.lock:
            host.requests.clear()
        body = {"model": host.models[0].name, "messages": [{"role": "user", "content": "Explain checkout_price"}]}
        told_only(
            asyncio.run(worlds[frozenset(NAMES)].rest(grant, "POST", "/v1/chat/completions", body)), grant, "chat"
        )
        told_only(str(host.requests), grant, "the context of the model")
        read += "".join(host.prompts())
    assert all(canary in read for canary in CANARY.values()), "else this would prove nothing"


def test_what_is_granted_is_told(worlds: dict[frozenset[str], Served]) -> None:
    """Else the test above would prove nothing."""
    whole, beta = worlds[frozenset(NAMES)], frozenset({"beta"})
    for door, words in (
        ("chat", "what does checkout_price call?"),
        ("ask", "where is the price of an order made?"),
        ("callees", "checkout_price"),
        ("search_code", "price of an order"),
        ("read_lines", "beta/shared.py:1-9"),
    ):
        assert CANARY["beta"] in asyncio.run(through(whole, beta, door, words, None)).lower(), door


class Counting:
    """Counts the calls of a graph, by name."""

    def __init__(self, graph: Any) -> None:
        self._graph, self.calls = graph, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._graph, name)
        if not callable(found):
            return found

        def counted(*arguments: Any, **named: Any) -> Any:
            self.calls[name] += 1
            return found(*arguments, **named)

        return counted


@pytest.mark.parametrize(("door", "words"), [("chat", "who calls checkout_price?"), ("callers", "checkout_price")])
def test_a_forbidden_name_and_an_absent_one_take_the_same_way(
    worlds: dict[frozenset[str], Served], monkeypatch: pytest.MonkeyPatch, door: str, words: str
) -> None:
    world, grant = worlds[frozenset(NAMES)], frozenset({"alpha"})
    asyncio.run(through(world, grant, door, words, "alpha"))  # what is opened once
    told, calls = [], []
    for name in ("gamma", "gamut", "gamma", "gamut"):
        counting = Counting(world.wiring.graph)
        with monkeypatch.context() as patched:
            patched.setattr("ops.policy.gate.NAMES_S", 1e9)  # else the clock decides who reads the names
            patched.setitem(world.wiring.__dict__, "graph", counting)
            told.append(VOLATILE.sub("", asyncio.run(through(world, grant, door, words, name))).replace(name, "NAME"))
        calls.append(counting.calls)
    assert len(set(told)) == 1
    assert calls == [calls[0]] * 4
