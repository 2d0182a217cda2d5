"""Three repositories that call each other by the same names, stores that hold some of them, and a key for each set of grants.

What one repository holds alone carries its canary: names, strings, documents, paths, commit messages, solutions of errors, vectors.
A world is a server over one store; its requests run on one event loop, in process, so that hundreds of them are cheap.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from agents.memory.known_errors import Solved
from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.principals import Principal
from knowledge.scope import EVERYTHING
from ops.policy.gate import Gate
from tests.servers.fake_ollama import FakeModel, FakeOllama

NAMES = ("alpha", "beta", "gamma")
CANARY = {"alpha": "zqxalpine", "beta": "zqxbright", "gamma": "zqxgolden"}
GRANTS = [frozenset(names) for size in range(4) for names in itertools.combinations(NAMES, size)]
ALL = frozenset(NAMES)
MODELS = (FakeModel("writer:7b"), FakeModel("embedder", family="bert", capabilities=("embedding",)))
SECURE_HEADERS = {"accept": "application/json, text/event-stream"}


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
    """Write a repository, with a commit whose message carries its canary."""
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


def traceback_of(name: str) -> str:
    """Return the error that the repository raises, as Python prints it."""
    return (
        "Traceback (most recent call last):\n"
        f'  File "/srv/{name}/{name}/shared.py", line 19, in shared_price_{name}\n'
        f'    raise ValueError("cannot be priced")\nValueError: cannot be priced\n'
    )


@dataclass
class Served:
    """A server over one store, and a key of a principal for each set of grants."""

    wiring: Wiring
    gate: Gate
    keys: dict[frozenset[str], str]
    loop: asyncio.Runner

    def open(self) -> None:
        """Start what lives beside requests: in one task, that also ends it."""

        async def begin() -> None:
            self._stop, ready = asyncio.Event(), asyncio.Event()
            self._living = asyncio.create_task(self._live(ready))
            await asyncio.wait({self._living, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)

        self.loop.run(begin())

    async def _live(self, ready: asyncio.Event) -> None:
        app = create_app(self.wiring, self.gate)
        transport = httpx.ASGITransport(app, client=("10.0.0.9", 4000))
        client = httpx.AsyncClient(transport=transport, base_url="http://clew.example")
        async with app.router.lifespan_context(app), client as self._client:
            ready.set()
            await self._stop.wait()

    def close(self) -> None:
        async def end() -> None:
            self._stop.set()
            await self._living

        self.loop.run(end())
        self.wiring.close()

    def rest(self, grant: frozenset[str], method: str, path: str, body: Any = None) -> str:
        """Return all that a request is told: status, headers, body."""
        headers = {"authorization": f"Bearer {self.keys[grant]}", **SECURE_HEADERS}
        response = self.loop.run(self._client.request(method, path, headers=headers, json=body))
        return f"{response.status_code} {sorted(response.headers.items())} {response.text}"

    def mcp(self, grant: frozenset[str], method: str, **parameters: Any) -> str:
        """Return what one call over MCP is told."""
        return self.rest(grant, "POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})


def served(home: Path, roots: dict[str, Path], host: FakeOllama, loop: asyncio.Runner, *, dense: bool) -> Served:
    """Index the roots into one store, teach it what solved each one's error, and let one principal in for each set of grants."""
    given = {
        "home": str(home),
        "retrieval": {"dense": dense},
        "embedding": {"source": "ollama", "model": "embedder"},
        "rates": {"key_requests": 0, "user_requests": 0},
        "model": {"ollama_url": host.url},
    }
    wiring = Wiring(load_settings(given, folder=home.parent))
    for name, root in roots.items():
        wiring.indexing.index(str(root), name, progress=lambda *_: None, say=lambda _: None)
    for name in roots:
        wiring.known_errors().learn(
            EVERYTHING, Solved(traceback_of(name), f"Restart what prices {CANARY[name]}.", "ann", 1.0)
        )
    if dense:
        owned = wiring.own_vectors()
        for info in wiring.graph.repositories(EVERYTHING):
            for _ in owned.fill(wiring.vector_sources(), info.name, info.generation):
                continue
    policies, keys = [], {}
    for grant in GRANTS:
        who = Principal(principal_of(grant), "P")
        wiring.principals.put_principal(who)
        keys[grant], _ = wiring.keys.create(who, label="", rights=("ask", "read", "index"), lifetime_s=None)
        policies += [
            f'permit (principal == Principal::"{who.id}", action, resource == Repository::"{name}");' for name in grant
        ]
    (home / "policies.cedar").write_text("\n".join(policies))
    gate = wiring.gate("0.0.0.0")
    assert gate is not None
    world = Served(wiring, gate, keys, loop)
    world.open()
    return world


def principal_of(grant: frozenset[str]) -> str:
    return "p-" + "-".join(sorted(grant))


VOLATILE = re.compile(
    r"chatcmpl-[0-9a-f]+|[0-9a-f]{32}|\b[\d,]+(\.\d+)?(?= ?ms)|'(content-length|x-request-id|x-clew-stream-id|etag)', '[^']+'"
    r'|\\?"(latency_ms|created|created_at|updated_at|score|number|id)\\?": ?[^,}]+|\\?"(route|reason)\\?": ?\\?"[^"]*"|structural; [^"]*'
)
"""Times, ids, and whether the same caller's earlier question was remembered."""


def steady(told: str) -> str:
    """Return what is told without what differs between any two requests."""
    return VOLATILE.sub("", told)


def told_only(text: str, grant: frozenset[str], what: str) -> None:
    for name in NAMES:
        if name not in grant:
            assert CANARY[name] not in text.lower(), f"{name} through {what}: {text}"


def tool(name: str, /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}
