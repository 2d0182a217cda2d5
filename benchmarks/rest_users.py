"""What many people at once get from `clew serve`, and what it takes: each asks, thinks, and asks again.

    python -m benchmarks.rest_users STORE --names NAMES.txt --users 100 --think-s 1 --seconds 300 [--workers 2] [--via reads|chat|stream]
    python -m benchmarks.rest_users STORE --names NAMES.txt --idle-streams 1000 [--workers 2]

The mix is that of `benchmarks.rest_load`: 40 % structural, 40 % locate, 20 % documents. `reads` asks `/search`, `/impact` and the like; `chat` whole
questions of `/chat` with the extractive writer, each with a wording of its own, so that none is remembered; `stream` the same as events, and tells
when the first evidence came. Users come one after the other over the first tenth of the time, which does not count, and think as long as an exponential
distribution says. Told: latencies, errors by kind, answers a second, CPU of the server and of this generator, memory of all its processes (PSS, without mapped files) with its
slope by least squares over the second half, and how the connections are spread over the workers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from app.dev.fake_ollama import FakeOllama, running
from benchmarks.rest_load import MIX, own_cpu, questions

API = "/api/v1"
SAMPLED_EVERY_S = 1.0
WARM_SHARE = 0.1
WORDINGS = {
    "structural": ("who calls {name}?", "what breaks if {name} changes?", "what does {name} call?"),
    "locate": ("where is {words} handled?", "which function does {words}?", "where is {name} defined?"),
    "docs": ("what do the docs say about {words}?", "how is {words} documented?", "where is {words} described?"),
}


@dataclass(slots=True)
class Served:
    """A running server. process: the one that was started; workers: those that answer."""

    url: str
    process: subprocess.Popen[str]
    workers: tuple[int, ...]

    def pids(self) -> list[int]:
        """Return the server's process and all below it."""
        found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = [tuple(map(int, line.split())) for line in found.splitlines()]
        below = {self.process.pid}
        while more := {pid for pid, parent in parents if parent in below} - below:
            below |= more
        return sorted(below)

    def cpu_s(self) -> float:
        return sum(_cpu_of(pid) for pid in self.pids())

    def memory_mb(self, kind: str = "Pss") -> float:
        """Return the proportional memory: what processes share counts once. kind `Pss_Anon`: without mapped files, such as the text index."""
        return sum(_pss_of(pid, kind) for pid in self.pids()) / 1e6


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_of(pid: int, kind: str) -> int:
    try:
        found = re.search(rf"^{kind}:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


@contextmanager
def serving(store: Path, workers: int, environment: dict[str, str]) -> Iterator[Served]:
    command = [sys.executable, "-m", "app", "--store", str(store), "serve", "--port", "0", "--json"]
    command += ["--workers", str(workers)] if workers > 1 else []
    env = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        try:
            yield Served(told["url"], server, tuple(told.get("workers", [told["pid"]])))
        finally:
            server.terminate()
            server.wait(60)


@dataclass(slots=True)
class Told:
    """What the users saw. milliseconds: part -> latencies."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def slope_mb_per_min(self) -> float:
        """Return how fast memory grows, over the second half."""
        half = self.memory[len(self.memory) // 2 :]
        if len(half) < 3:
            return 0.0
        slope, _ = statistics.linear_regression([at for at, _ in half], [size for _, size in half])
        return slope * 60


def whole_questions(names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (part, question) in the shares of MIX, each wording of a name once before any comes again."""
    for number in count():
        part = MIX[number % len(MIX)]
        turn, place = divmod(number, len(names))
        wordings = WORDINGS[part]
        name = names[place]
        words = " ".join(re.findall(r"[A-Za-z]+", name.replace("_", " "))).lower()
        yield part, wordings[turn % len(wordings)].format(name=name, words=words)


async def ask(client: httpx.AsyncClient, via: str, asked: Iterator[tuple[str, str]], told: Told) -> None:
    part, question = next(asked)
    began = time.perf_counter()
    try:
        if via == "reads":
            status = (await client.get(question)).status_code
        elif via == "chat":
            body = {"question": question, "model": "extractive"}
            response = await client.post(f"{API}/chat", json=body)
            status = response.status_code
            if status == 200:
                told.routes["from memory" if "from memory" in response.json()["route"] else "worked out"] += 1
        else:
            status = await _streamed(client, question, began, told)
    except httpx.HTTPError as exc:
        told.errors[type(exc).__name__] += 1
        return
    if status != 200:
        told.errors[f"status {status}"] += 1
        return
    told.milliseconds[part].append((time.perf_counter() - began) * 1000)


async def _streamed(client: httpx.AsyncClient, question: str, began: float, told: Told) -> int:
    """Read a stream to its end, and note when its first evidence came."""
    body = {"question": question, "model": "extractive", "stream": True}
    first, name = None, ""
    async with client.stream("POST", f"{API}/chat", json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if name == "evidence" and first is None:
                first = (time.perf_counter() - began) * 1000
        if name == "error":
            told.errors["error in a stream"] += 1
    if first is not None:
        told.milliseconds["first evidence"].append(first)
    return response.status_code


async def user(
    client: httpx.AsyncClient,
    given: argparse.Namespace,
    asked: Iterator[tuple[str, str]],
    told: list[Told],
    until: float,
) -> None:
    await asyncio.sleep(random.uniform(0, max(given.seconds * WARM_SHARE, given.think_s)))
    while time.perf_counter() < until:
        await ask(client, given.via, asked, told[-1])
        await asyncio.sleep(random.expovariate(1 / given.think_s) if given.think_s else 0)


async def watched(server: Served, told: list[Told], until: float) -> None:
    while time.perf_counter() < until:
        await asyncio.sleep(SAMPLED_EVERY_S)
        told[-1].memory.append((time.perf_counter(), await asyncio.to_thread(server.memory_mb, "Pss_Anon")))


async def users(server: Served, given: argparse.Namespace, names: list[str]) -> None:
    asked = questions(names) if given.via == "reads" else whole_questions(names)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    # A client each: as many connections as users, kept alive for as long as they are there.
    clients = [
        httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False, limits=limits) for _ in range(given.users)
    ]
    warm_s = max(given.seconds * WARM_SHARE, given.think_s)
    began = time.perf_counter()
    until = began + warm_s + given.seconds
    told = [Told()]
    tasks = [asyncio.create_task(user(one, given, asked, told, until)) for one in clients]
    tasks.append(asyncio.create_task(watched(server, told, until)))
    await asyncio.sleep(warm_s)
    told.append(Told())
    served, own = server.cpu_s(), own_cpu()
    await asyncio.gather(*tasks)
    seconds = time.perf_counter() - began - warm_s
    spread = _spread(server)
    report(given, told[-1], seconds, server.cpu_s() - served, own_cpu() - own, spread)
    for one in clients:
        await one.aclose()


def _spread(server: Served) -> list[int]:
    """Return how many connections each worker has."""
    port = server.url.rpartition(":")[2]
    found = subprocess.run(
        ["ss", "-tnpH", "state", "established", "sport", "=", f":{port}"], capture_output=True, text=True, check=False
    ).stdout
    return [found.count(f"pid={pid},") for pid in server.workers]


def report(
    given: argparse.Namespace, told: Told, seconds: float, served_s: float, own_s: float, spread: list[int]
) -> None:
    answers = sum(len(rows) for part, rows in told.milliseconds.items() if part != "first evidence")
    print(
        f"{given.users} users, {given.think_s:g} s of thinking, {seconds:.0f} s, {given.workers} workers, {given.via}: "
        f"{answers} answers, {answers / seconds:.1f} a second; errors {dict(told.errors) or 'none'}"
    )
    every = [ms for part, rows in told.milliseconds.items() if part != "first evidence" for ms in rows]
    for part, rows in [("all", every), *sorted(told.milliseconds.items())]:
        cuts = statistics.quantiles(rows, n=100) if len(rows) > 1 else rows * 99 or [0.0] * 99
        print(
            f"  {part}: {len(rows)}, p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms, most {max(rows, default=0):.0f} ms"
        )
    print(
        f"  server {1000 * served_s / max(answers, 1):.1f} ms CPU an answer ({served_s / seconds:.2f} cores), "
        f"generator {1000 * own_s / max(answers, 1):.1f} ms ({own_s / seconds:.2f} cores)"
    )
    sizes = [size for _, size in told.memory]
    if sizes:
        print(
            f"  memory {sizes[0]:.0f} -> {sizes[-1]:.0f} MB, most {max(sizes):.0f}; "
            f"slope {told.slope_mb_per_min():+.1f} MB a minute over the second half; connections {spread}; {dict(told.routes) or ''}"
        )


async def idle_streams(server: Served, given: argparse.Namespace, names: list[str], host: FakeOllama) -> None:
    """Hold so many streams open of one answer that does not come, and ask something meanwhile."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=None, trust_env=False, limits=limits) as client:
        asked = questions(names)
        for _ in range(20):
            await ask(client, "reads", asked, Told())
        before = await asyncio.to_thread(server.memory_mb)
        body = {"question": f"explain {names[0]}", "model": "auto", "stream": True}
        async with client.stream("POST", f"{API}/chat", json=body) as first:
            stream_id = first.headers["x-clew-stream-id"]
            opened, told = asyncio.Event(), Told()
            ready, states = 0, Counter[int]()

            async def idle() -> None:
                nonlocal ready
                async with client.stream("GET", f"{API}/chat/{stream_id}/events") as response:
                    states[response.status_code] += 1
                    coming = response.aiter_bytes()
                    await anext(coming)
                    ready += 1
                    if ready >= given.idle_streams:
                        opened.set()
                    async for _ in coming:
                        """Keep-alive comments."""

            idling = [asyncio.create_task(idle()) for _ in range(given.idle_streams)]
            await asyncio.wait_for(opened.wait(), 120)
            served = server.cpu_s()
            began = time.perf_counter()
            while time.perf_counter() - began < given.seconds:
                await ask(client, "reads", asked, told)
            used = (server.cpu_s() - served) / (time.perf_counter() - began)
            after = await asyncio.to_thread(server.memory_mb)
            every = sorted(ms for rows in told.milliseconds.values() for ms in rows)
            print(
                f"{given.idle_streams} idle streams, {given.workers} workers: {dict(states)}, memory {before:.0f} -> {after:.0f} MB "
                f"({after - before:+.0f}); meanwhile {len(every)} questions one after the other, errors {dict(told.errors) or 'none'}, "
                f"p50 {every[len(every) // 2]:.0f} ms, most {every[-1]:.0f} ms; server {used:.2f} cores; connections {_spread(server)}"
            )
            host.released.set()
            for one in idling:
                one.cancel()
            await asyncio.gather(*idling, return_exceptions=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--names", type=Path, required=True, help="A symbol a line.")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--think-s", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--via", choices=("reads", "chat", "stream"), default="reads")
    parser.add_argument("--idle-streams", type=int, default=0)
    given = parser.parse_args()
    names = given.names.read_text("utf-8").split()
    random.Random(7).shuffle(names)
    wanted = max(given.users, given.idle_streams) + 256
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(wanted * 2, 1_024), most), most))
    if given.idle_streams:
        with running(FakeOllama(fault="slow_first_token")) as host:
            environment = {"CLEW_MODEL__OLLAMA_URL": host.url, "CLEW_MODEL__FIRST_TOKEN_TIMEOUT_S": "3600"}
            with serving(given.store, given.workers, environment) as server:
                asyncio.run(idle_streams(server, given, names, host))
        return
    with serving(given.store, given.workers, {"CLEW_MODEL__OLLAMA_URL": "http://127.0.0.1:9"}) as server:
        asyncio.run(users(server, given, names))


if __name__ == "__main__":
    main()
