"""What one server process answers in a closed loop: so many clients that each ask again as soon as they have their answer.

    python -m benchmarks.rest_load STORE --names NAMES.txt [--clients 4] [--seconds 20] [--via socket|process] [--only PART]

Mixed: 40 % structural (callers, impact), 40 % locate (search), 20 % documents (search of sections), through `/api/v1`. NAMES.txt has a symbol a
line; they are asked in turn, words of their names are what is located, and no reply is taken from a tag. Latencies are wall time as a client sees it; CPU of the server and of
the generator are told apart (`--via process`: one process, no socket, CPU of both together).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.rest.server import create_app
from app.wiring import Wiring
from benchmarks.served import serving
from configs.settings import load_settings

MIX = ("structural", "locate", "structural", "locate", "docs")
API = "/api/v1"


def questions(names: list[str], mix: tuple[str, ...] = MIX) -> Iterator[tuple[str, str]]:
    """Yield (part, URL), in the shares of `mix`, without end."""
    for number in count():
        name, part = names[number % len(names)], mix[number % len(mix)]
        words = quote(" ".join(re.findall(r"[A-Za-z]+", name.replace("_", " "))))
        if part == "structural":
            asked = f"symbols/{quote(name)}/callers" if number % 2 else f"impact?symbol={quote(name)}"
        else:
            asked = f"search?q={words}&kind={'symbol' if part == 'locate' else 'doc'}"
        yield part, f"{API}/{asked}"


async def ask(
    client: httpx.AsyncClient, asked: Iterator[tuple[str, str]], until: float, told: dict[str, list[float]]
) -> None:
    """Ask until the time is over."""
    while time.perf_counter() < until:
        part, url = next(asked)
        began = time.perf_counter()
        status = (await client.get(url)).status_code
        told[part if status == 200 else f"status {status}"].append((time.perf_counter() - began) * 1000)


async def load(
    client: httpx.AsyncClient, asked: Iterator[tuple[str, str]], clients: int, seconds: float
) -> dict[str, list[float]]:
    """Return the latencies of each part, in milliseconds."""
    told = defaultdict[str, list[float]](list)
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(client, asked, until, told) for _ in range(clients)))
    return told


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def over_a_socket(store: Path, asked: Iterator[tuple[str, str]], clients: int, seconds: float) -> dict[str, Any]:
    with serving(store, environment={"CLEW_MODEL__OLLAMA_URL": "http://127.0.0.1:9"}) as server:

        async def run() -> dict[str, Any]:
            async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
                await load(client, asked, clients, seconds / 4)
                served, own = server.cpu_s(), own_cpu()
                told = await load(client, asked, clients, seconds)
                return {"told": told, "server_cpu_s": server.cpu_s() - served, "own_cpu_s": own_cpu() - own}

        return asyncio.run(run())


def in_process(store: Path, asked: Iterator[tuple[str, str]], clients: int, seconds: float) -> dict[str, Any]:
    wiring = Wiring(load_settings({"home": store}))

    async def run() -> dict[str, Any]:
        transport = httpx.ASGITransport(create_app(wiring))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            await load(client, asked, clients, seconds / 4)
            own = own_cpu()
            told = await load(client, asked, clients, seconds)
            return {"told": told, "server_cpu_s": own_cpu() - own, "own_cpu_s": 0.0}

    try:
        return asyncio.run(run())
    finally:
        wiring.close()


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--via", choices=("socket", "process"), default="socket")
    parser.add_argument("--only", choices=sorted(set(MIX)), help="Ask questions of one part alone.")
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    given = parser.parse_args()
    names = given.names.read_text("utf-8").split()
    mix = (given.only,) if given.only else MIX
    measure = over_a_socket if given.via == "socket" else in_process
    found = measure(given.store, questions(names, mix), given.clients, given.seconds)
    told: dict[str, list[float]] = found["told"]
    every = sum(map(len, told.values()))
    figures = {
        "via": given.via,
        "clients": given.clients,
        "seconds": given.seconds,
        "answers_s": round(every / given.seconds, 1),
        "server_cpu_ms": round(1000 * found["server_cpu_s"] / every, 2),
        "generator_cpu_ms": round(1000 * found["own_cpu_s"] / every, 2),
        "milliseconds": {part: percentiles(rows) for part, rows in sorted(told.items())},
    }
    text = json.dumps(figures, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", "utf-8")


def percentiles(rows: Sequence[float]) -> dict[str, float]:
    """Return how many there are, and the milliseconds that a share of them stays below."""
    cuts = statistics.quantiles(rows, n=100, method="inclusive") if len(rows) > 1 else [*rows] * 99 or [0.0] * 99
    named = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "most": max(rows, default=0.0)}
    return {"count": len(rows), **{name: round(value, 1) for name, value in named.items()}}


if __name__ == "__main__":
    main()
