"""What many people at once get from `clew serve`, and what it takes: each asks, thinks, and asks again.

    python -m benchmarks.rest_users STORE --names NAMES.txt --users 100 --think-s 1 --seconds 300 [--workers 2] [--via reads|chat|stream]
    python -m benchmarks.rest_users STORE --names NAMES.txt --users 20 --think-s 5 --seconds 120 --model-tokens-s 30 [--slots 4]
    python -m benchmarks.rest_users STORE --names NAMES.txt --idle-streams 1000 [--workers 2]

The mix is that of `benchmarks.rest_load`: 40 % structural, 40 % locate, 20 % documents. `reads` asks `/search`, `/impact` and the like; `chat` whole
questions of `/chat` with the extractive writer, each with a wording of its own, so that none is remembered; `stream` the same as events, and tells
when the first evidence came. With `--model-tokens-s` questions are asked that a model writes about: a fake Ollama in a process of its own, so many
tokens a second an answer; told are first evidence, first token, place in the line before the host, the whole answer, and how soon the host hears of
a stop and of a reader who left. Users come one after the other over the first tenth of the time, which does not count, and think as long as an
exponential distribution says. Told: latencies, errors by kind, answers a second, CPU of the server and of this generator, memory of all its
processes (PSS, without mapped files) with its slope by least squares over the second half, and how the connections are spread over the workers.
`--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import resource
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx

from benchmarks.model_host import ModelHost, model_host
from benchmarks.rest_load import MIX, own_cpu, percentiles, questions
from benchmarks.served import Served, serving

API = "/api/v1"
SAMPLED_EVERY_S = 1.0
WARM_SHARE = 0.1
OPENED_WITHIN_S = 120.0
LEFT_ALONE_S = 0.2
"""How long the server goes on for nobody, while it is measured how soon the host hears of that."""
HEARD_WITHIN_S = 10.0
CANCELS, MOST_CANCELS = 5, 20
SLOW_TOKENS_S = 2.0
"""What is to be cancelled must not be over before."""
NO_HOST = "http://127.0.0.1:9"
WORDINGS = {
    "structural": ("who calls {name}?", "what breaks if {name} changes?", "what does {name} call?"),
    "locate": ("where is {words} handled?", "which function does {words}?", "where is {name} defined?"),
    "docs": ("what do the docs say about {words}?", "how is {words} documented?", "where is {words} described?"),
    "model": ("explain {name}", "explain how {name} works", "explain what {name} is for"),
}
NOT_ANSWERS = frozenset({"first evidence", "first token"})
Figures = dict[str, Any]


@dataclass(slots=True)
class Told:
    """What the users saw. milliseconds: part -> latencies. places: the first place in the line of those who had to wait."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    places: list[int] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def slope_mb_per_min(self) -> float:
        """Return how fast memory grows, over the second half."""
        half = self.memory[len(self.memory) // 2 :]
        if len(half) < 3:
            return 0.0
        slope, _ = statistics.linear_regression([at for at, _ in half], [size for _, size in half])
        return slope * 60

    def answers(self) -> list[float]:
        return [ms for part, rows in self.milliseconds.items() if part not in NOT_ANSWERS for ms in rows]


def whole_questions(names: list[str], mix: tuple[str, ...] = MIX) -> Iterator[tuple[str, str]]:
    """Yield (part, question) in the shares of `mix`, each wording of a name once before any comes again."""
    for number in count():
        part = mix[number % len(mix)]
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
            status = await _streamed(client, question, "auto" if via == "model" else "extractive", began, told)
    except httpx.HTTPError as exc:
        told.errors[type(exc).__name__] += 1
        return
    if status != 200:
        told.errors[f"status {status}"] += 1
        return
    told.milliseconds[part].append((time.perf_counter() - began) * 1000)


async def _streamed(client: httpx.AsyncClient, question: str, model: str, began: float, told: Told) -> int:
    """Read a stream to its end, and note when its first evidence and its first token came, and where it stood in line."""
    first = {"evidence": "first evidence", "draft": "first token"}
    seen, name = set[str](), ""
    async with client.stream("POST", f"{API}/chat", json=_body(question, model)) as response:
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                if name in first and name not in seen:
                    told.milliseconds[first[name]].append((time.perf_counter() - began) * 1000)
            elif line.startswith("data: ") and name == "queued" and name not in seen:
                told.places.append(json.loads(line.removeprefix("data: "))["place"])
            elif line.startswith("data: ") and name == "final":
                told.routes[json.loads(line.removeprefix("data: "))["level"]] += 1
            else:
                continue
            seen.add(name)
        if name == "error":
            told.errors["error in a stream"] += 1
    return response.status_code


def _body(question: str, model: str) -> dict[str, Any]:
    return {"question": question, "model": model, "stream": True}


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
        thinking_s = random.expovariate(1 / given.think_s) if given.think_s else 0.0
        await asyncio.sleep(max(min(thinking_s, until - time.perf_counter()), 0.0))


async def watched(server: Served, told: list[Told], until: float) -> None:
    while time.perf_counter() < until:
        await asyncio.sleep(SAMPLED_EVERY_S)
        told[-1].memory.append((time.perf_counter(), await asyncio.to_thread(server.memory_mb, "Pss_Anon")))


async def users(server: Served, given: argparse.Namespace, names: list[str], host: ModelHost | None) -> Figures:
    asked = questions(names) if given.via == "reads" else whole_questions(names, ("model",) if host else MIX)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    # A client each: as many connections as users, kept alive for as long as they are there.
    clients = [
        httpx.AsyncClient(base_url=server.url, timeout=given.timeout_s, trust_env=False, limits=limits)
        for _ in range(given.users)
    ]
    warm_s = max(given.seconds * WARM_SHARE, given.think_s)
    began = time.perf_counter()
    until = began + warm_s + given.seconds
    told = [Told()]
    tasks = [asyncio.create_task(user(one, given, asked, told, until)) for one in clients]
    tasks.append(asyncio.create_task(watched(server, told, until)))
    await asyncio.sleep(warm_s)
    told.append(Told())
    served, own, of_host = server.cpu_s(), own_cpu(), host.cpu_s() if host else 0.0
    await asyncio.gather(*tasks)
    seconds = time.perf_counter() - began - warm_s
    figures = {
        "users": given.users,
        "think_s": given.think_s,
        "seconds": round(seconds, 1),
        "workers": given.workers,
        "via": given.via,
        **_seen(told[-1], seconds),
        **_spent("server", server.cpu_s() - served, told[-1], seconds),
        **_spent("generator", own_cpu() - own, told[-1], seconds),
        "connections": server.connections(),
    }
    for one in clients:
        await one.aclose()
    if host is not None:
        figures |= _spent("model host", host.cpu_s() - of_host, told[-1], seconds)
        figures |= {"tokens_s": given.model_tokens_s, "slots": given.slots, **await cancels(server, names, host)}
    return figures


def _seen(told: Told, seconds: float) -> Figures:
    """Return what users saw, and how memory went."""
    every = told.answers()
    sizes = [size for _, size in told.memory]
    parts = [("all", every), *sorted(told.milliseconds.items())]
    found: Figures = {
        "answers": len(every),
        "answers_s": round(len(every) / seconds, 1),
        "errors": dict(told.errors),
        "routes": dict(told.routes),
        "milliseconds": {part: percentiles(rows) for part, rows in parts},
    }
    if told.places:
        found["place_in_line"] = {"waited": len(told.places), "most": max(told.places)}
    if sizes:
        slope = round(told.slope_mb_per_min(), 2)
        found["memory_mb"] = {"first": round(sizes[0]), "last": round(sizes[-1]), "most": round(max(sizes))}
        found["memory_mb"]["slope_a_minute"] = slope
    return found


def _spent(who: str, cpu_s: float, told: Told, seconds: float) -> Figures:
    name = who.replace(" ", "_")
    answers = max(len(told.answers()), 1)
    return {f"{name}_cpu_ms": round(1000 * cpu_s / answers, 2), f"{name}_cores": round(cpu_s / seconds, 2)}


async def cancels(server: Served, names: list[str], host: ModelHost) -> Figures:
    """Return how long after a stop, and after a reader left for longer than `LEFT_ALONE_S`, the host hears that nobody wants its answer."""
    found: Figures = {}
    asked = iter(f"explain how {name} is meant to work" for name in names)
    host.pace(SLOW_TOKENS_S)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        for way in ("stopped", "left"):
            heard, never = list[float](), 0
            for question in islice(asked, MOST_CANCELS):
                before = len(host.told()["left_at"])
                at = await _turned_away(client, question, stop=way == "stopped")
                if at is None:
                    continue  # there was nothing to write
                waited_s = 0.0 if way == "stopped" else LEFT_ALONE_S
                heard_at = await _heard_at(host, before, at + waited_s + HEARD_WITHIN_S)
                if heard_at is None:
                    never += 1
                else:
                    heard.append((heard_at - at - waited_s) * 1000)
                if len(heard) + never == CANCELS:
                    break
            found[f"host_hears_{way}_ms"] = {**percentiles(heard), "never": never}
    return found


async def _turned_away(client: httpx.AsyncClient, question: str, *, stop: bool) -> float | None:
    """Ask, and at the first token stop the answer, or leave; return when, by `time.monotonic`; None when there was no token."""
    async with client.stream("POST", f"{API}/chat", json=_body(question, "auto")) as response:
        async for line in response.aiter_lines():
            if line == "event: draft":
                at = time.monotonic()
                if stop:
                    await client.delete(f"{API}/chat/{response.headers['x-clew-stream-id']}")
                return at
    return None


async def _heard_at(host: ModelHost, before: int, until: float) -> float | None:
    while time.monotonic() < until:
        if len(left_at := host.told()["left_at"]) > before:
            return float(left_at[before])
        await asyncio.sleep(0.05)
    return None


async def idle_streams(server: Served, given: argparse.Namespace, names: list[str], host: ModelHost) -> Figures:
    """Hold so many streams open of one answer that does not come, and ask something meanwhile."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=None, trust_env=False, limits=limits) as client:
        asked = questions(names)
        for _ in range(20):
            await ask(client, "reads", asked, Told())
        before = await asyncio.to_thread(server.memory_mb)
        unheard = f"explain how {names[0]} is meant to work, run {time.time_ns()}"  # or the store's memory has it from another run
        async with client.stream("POST", f"{API}/chat", json=_body(unheard, "auto")) as first:
            stream_id = first.headers["x-clew-stream-id"]
            opened, told = asyncio.Event(), Told()
            states, ended = Counter[int](), 0

            async def idle() -> None:
                nonlocal ended
                async with client.stream("GET", f"{API}/chat/{stream_id}/events") as response:
                    coming = response.aiter_bytes()
                    await anext(coming)
                    states[response.status_code] += 1
                    if states.total() >= given.idle_streams:
                        opened.set()
                    async for _ in coming:
                        """Keep-alive comments."""
                    ended += 1

            idling = [asyncio.create_task(idle()) for _ in range(given.idle_streams)]
            await asyncio.wait_for(opened.wait(), OPENED_WITHIN_S)
            served = server.cpu_s()
            began = time.perf_counter()
            while time.perf_counter() - began < given.seconds:
                await ask(client, "reads", asked, told)
            seconds = time.perf_counter() - began
            after = await asyncio.to_thread(server.memory_mb)
            figures = {
                "idle_streams": given.idle_streams,
                "workers": given.workers,
                "states": {str(state): number for state, number in states.items()},
                "memory_before_mb": round(before),
                "memory_after_mb": round(after),
                "memory_more_mb": round(after - before),
                **_seen(told, seconds),
                **_spent("server", server.cpu_s() - served, told, seconds),
                "connections": server.connections(),
            }
            if ended:
                raise SystemExit(
                    f"{ended} of {given.idle_streams} streams ended meanwhile: their answer has a deadline, --seconds must be below it"
                )
            host.release()
            for one in idling:
                one.cancel()
            await asyncio.gather(*idling, return_exceptions=True)
            return figures


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--names", type=Path, required=True, help="A symbol a line.")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--think-s", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--via", choices=("reads", "chat", "stream"), default="reads")
    parser.add_argument("--model-tokens-s", type=float, default=0.0, help="A model writes, so many tokens a second.")
    parser.add_argument("--slots", type=int, default=4, help="Calls at once at the model's host.")
    parser.add_argument("--timeout-s", type=float, default=60.0, help="How long a user waits for the next bytes.")
    parser.add_argument("--idle-streams", type=int, default=0)
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    given = parser.parse_args(arguments)
    if given.model_tokens_s:
        given.via = "model"
    return given


def measure(given: argparse.Namespace) -> Figures:
    """Start the server, and the model's host where there is one; return the figures."""
    names = given.names.read_text("utf-8").split()
    random.Random(7).shuffle(names)
    wanted = max(given.users, given.idle_streams) + 256
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(wanted * 2, 1_024), most), most))
    with ExitStack() as stack:
        host: ModelHost | None = None
        environment = {"CLEW_MODEL__OLLAMA_URL": NO_HOST}
        if given.idle_streams or given.model_tokens_s:
            host = stack.enter_context(
                model_host(given.model_tokens_s, "slow_first_token" if given.idle_streams else "")
            )
            environment = {"CLEW_MODEL__OLLAMA_URL": host.url, "CLEW_MODEL__SLOTS": str(given.slots)}
            environment |= {"CLEW_MODEL__FIRST_TOKEN_TIMEOUT_S": "3600"}
            environment |= {} if given.idle_streams else {"CLEW_SERVE__RECONNECT_S": str(LEFT_ALONE_S)}
        server = stack.enter_context(serving(given.store, given.workers, environment))
        if given.idle_streams:
            assert host is not None
            return asyncio.run(idle_streams(server, given, names, host))
        return asyncio.run(users(server, given, names, host))


def main() -> None:
    """Measure, print, and keep."""
    given = options()
    figures = measure(given)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
