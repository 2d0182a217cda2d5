"""Every server that Clew may rest on is killed, hung, slowed and cut in the middle of traffic, and brought back; then a worker is killed.

    python -m benchmarks.chaos [--fault-s 20] [--clients 8]

Real Neo4j, Chroma, Redis and PostgreSQL servers and a fake Ollama, each behind a proxy, under `deploy/clew.full.yaml` with two workers. Clients
ask questions whose answers are known, give feedback, and have the repository indexed. Printed for each fault: how many were answered, how many of
these said that something was away, how many were refused, the slowest, and how long after its return `/readyz` called the server up. At the
end: whether an answer was wrong, and whether anything that was acknowledged (feedback, answers of the Ledger, jobs) is gone. That is looked for
before the worker is killed, so that nothing is put down to its end, and again after it; an answer that the killed worker gave in between and
had not written yet is counted apart (docs/audit.md).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.servers.full_set import CONFIG, ROOT, FullSet, Part, running_full_set

VERBS = ("create", "delete", "update", "find", "send", "check")
NOUNS = ("order", "price", "customer", "invoice", "basket", "parcel")
FAULTS = ("kill", "hang", "slow", "cut")
SLOW_S = 0.3
NAMES = {"postgres": ("threads", "ledger"), "redis": ("memory", "limits")}
"""Server -> its names in `/readyz`, where they differ."""
SEEN_BY, LONGEST_WAIT_S = 3, 15.0
"""A fault lasts until so many questions have begun under it, but no longer than this beyond its time."""
RECOVERED_WITHIN_S = 60.0
SETTLED_WITHIN_S = 60.0
NOTHING_SURE = frozenset({"unknown", "unavailable"})


def sources() -> dict[str, str]:
    """Return a small repository in which each `ship_x` is the only caller of `send_x`."""
    return {
        f"shop/{noun}.py": "".join(
            f'def {verb}_{noun}(value):\n    """{verb.title()} the {noun} of a {NOUNS[(at + 3) % 6]}."""\n    return value\n\n\n'
            for at, verb in enumerate(VERBS)
        )
        + f"def ship_{noun}(value):\n    return send_{noun}(value)\n"
        for noun in NOUNS
    }


@dataclass(slots=True)
class Tally:
    """What clients saw during one fault."""

    begun: int = 0
    answered: int = 0
    degraded: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    up_after_s: float = 0.0
    seen: set[str] = field(default_factory=set)

    @property
    def asked(self) -> int:
        return self.answered + sum(self.refused.values())

    def figures(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "answered": self.answered,
            "degraded": self.degraded,
            "refused": dict(self.refused),
            "slowest_s": round(max(self.seconds, default=0.0), 2),
            "up_after_s": round(self.up_after_s, 1),
        }

    def line(self, title: str) -> str:
        slowest = max(self.seconds, default=0.0)
        middle = statistics.median(self.seconds) if self.seconds else 0.0
        refused = f", refused {dict(self.refused)}" if self.refused else ""
        return (
            f"{title:16} asked {self.asked:4}, answered {self.answered:4} (of them degraded {self.degraded}){refused}; "
            f"median {middle * 1000:.0f} ms, slowest {slowest:.2f} s; seen as {', '.join(sorted(self.seen)) or 'up'}; "
            f"up after {self.up_after_s:.1f} s"
        )


@dataclass(slots=True)
class Promised:
    """What the server acknowledged, by id, with when."""

    answers: dict[str, float] = field(default_factory=dict)
    feedback: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Outcome:
    tallies: dict[str, Tally] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    unwritten: list[float] = field(default_factory=list)
    """How long before the kill each answer was given that the killed worker had not written."""
    worker_back_s: float = 0.0
    at_kill: Tally = field(default_factory=Tally)

    @property
    def wrong(self) -> list[str]:
        return [one for tally in (*self.tallies.values(), self.at_kill) for one in tally.wrong]

    def figures(self) -> dict[str, Any]:
        """Return what came out, for scripts."""
        return {
            "asked": sum(tally.asked for tally in self.tallies.values()),
            "availability": self.availability,
            "wrong": self.wrong,
            "lost": self.lost,
            "unwritten_at_kill": [round(before, 2) for before in self.unwritten],
            "worker_back_s": round(self.worker_back_s, 1),
            "faults": {
                title: tally.figures() for title, tally in {**self.tallies, "worker kill -9": self.at_kill}.items()
            },
        }

    @property
    def availability(self) -> float:
        asked = sum(tally.asked for tally in self.tallies.values())
        return sum(tally.answered for tally in self.tallies.values()) / asked if asked else 1.0


class Traffic:
    """Clients that ask, judge and index until they are stopped; `tally` is where they write what they see."""

    def __init__(self, url: str, clients: int) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)
        self._clients = clients
        self._numbers = count()
        self.tally = Tally()
        self.promised = Promised()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._ask_on(number)) for number in range(self._clients)]
        tasks.append(asyncio.create_task(self._index_on()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._client.get(path)).json()
        return found

    async def get_settled(self, path: str) -> dict[str, Any]:
        """Return a reply; asked again while the server says that it may answer later: its stores have only just come back."""
        ends = time.monotonic() + RECOVERED_WITHIN_S
        while True:
            reply = await self._client.get(path)
            found: dict[str, Any] = reply.json()
            if (reply.status_code < 500 and reply.status_code != 429) or time.monotonic() > ends:
                return found
            await asyncio.sleep(0.2)

    async def _ask_on(self, client: int) -> None:
        while True:
            await self._ask(client)
            await asyncio.sleep(0.05)

    async def _ask(self, client: int) -> None:
        number, tally = next(self._numbers), self.tally
        noun = NOUNS[number % len(NOUNS)]
        body: dict[str, Any] = {"question": f"who calls send_{noun}?", "model": "extractive"}
        if number % 3 == 1:
            body = {"question": f"explain check_{noun}", "model": "auto"}
        elif number % 3 == 2:
            body["thread_id"] = f"t-{client}-{number % 12}"
        tally.begun += 1
        began = time.perf_counter()
        try:
            response = await self._client.post("/api/v1/chat", json=body)
        except httpx.TransportError as exc:
            self.tally.refused[type(exc).__name__] += 1  # of what fails now
            return
        tally.seconds.append(time.perf_counter() - began)
        if response.status_code != 200:
            tally.refused[str(response.json().get("code", response.status_code))] += 1
            return
        answer = response.json()
        tally.answered += 1
        self.promised.answers[answer["run_id"]] = time.monotonic()
        wanted = f"shop/{noun}.py"
        told = {citation["path"] for citation in answer["citations"]}
        gates = {finding["gate"] for finding in answer["findings"]}
        stood_in = answer["level"] in ("handoff", "cached") or gates & {"threads", "ledger", "node", "model"}
        if answer["verdict"] in NOTHING_SURE or stood_in:
            tally.degraded += 1
        right = wanted in told if number % 3 == 1 else told == {wanted}
        if answer["verdict"] == "none" or (answer["verdict"] == "found" and not right):
            tally.wrong.append(f"{body['question']}: {answer['verdict']} {sorted(told)}")
        if number % 4 == 0:
            await self._judge(answer["run_id"])

    async def _judge(self, run_id: str) -> None:
        said = {"run_id": run_id, "signals": [{"signal": "thumb", "value": 1}]}
        try:
            response = await self._client.post("/api/v1/feedback/signals", json=said)
        except httpx.TransportError:
            return
        if response.status_code == 200:
            self.promised.feedback.add(run_id)

    async def _index_on(self) -> None:
        while True:
            try:
                response = await self._client.post("/api/v1/jobs", json={"repository": "shop"})
            except httpx.TransportError:
                await asyncio.sleep(1)
                continue
            if response.status_code == 202:
                self.promised.jobs.add(response.json()["id"])
            await asyncio.sleep(3)


async def look(traffic: Traffic, part: str) -> dict[str, str]:
    """Return the states that `/readyz` gives a server; nothing while it does not answer."""
    names = NAMES.get(part, (part,))
    try:
        rows = (await traffic.get("/readyz")).get("dependencies", [])
    except (httpx.TransportError, ValueError):
        return {}
    return {row["name"]: f"{row['state']}/{row.get('breaker', '-')}" for row in rows if row["name"] in names}


async def suffer(traffic: Traffic, part: Part, fault: str, fault_s: float) -> Tally:
    """Let a server fail so long, bring it back, and wait until it is called up."""
    tally = traffic.tally = Tally()
    if fault == "kill":
        await asyncio.to_thread(part.kill)
        part.proxy.cut()
    elif fault == "hang":
        part.proxy.hang()
    elif fault == "slow":
        part.proxy.slow(SLOW_S)
    else:
        part.proxy.cut()
    until = time.monotonic() + fault_s
    while time.monotonic() < until or (tally.begun < SEEN_BY and time.monotonic() < until + LONGEST_WAIT_S):
        tally.seen |= {state for state in (await look(traffic, part.name)).values() if state != "up/closed"}
        await asyncio.sleep(0.5)
    if fault == "kill":
        await asyncio.to_thread(part.start)
    part.proxy.mend()
    back = time.monotonic()
    while time.monotonic() - back < RECOVERED_WITHIN_S:
        states = await look(traffic, part.name)
        if states and all(state.startswith("up/") and "open" not in state for state in states.values()):
            break
        await asyncio.sleep(0.2)
    tally.up_after_s = time.monotonic() - back
    return tally


async def kill_a_worker(traffic: Traffic, server: subprocess.Popen[str], victim: int, log: Path) -> float:
    """Kill a worker in the middle of traffic; return after how long its place was taken by one that serves."""
    traffic.tally = Tally()
    before = replaced(log)
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    while replaced(log) == before and time.monotonic() - began < RECOVERED_WITHIN_S:
        assert server.poll() is None
        await asyncio.sleep(0.05)
    return time.monotonic() - began


def replaced(log: Path) -> int:
    """Return how often the supervisor has said that a worker's place was taken by one that serves."""
    return log.read_text().count("serves again")


async def runs_in(traffic: Traffic, stream: str) -> set[str]:
    """Return the ids of all runs that a stream of the Ledger tells of."""
    found, cursor = set[str](), ""
    while True:
        page = await traffic.get_settled(f"/api/v1/admin/audit?stream={stream}&limit=500{cursor}")
        found |= {str(event["fields"].get("run")) for event in page["events"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def missing(traffic: Traffic) -> tuple[dict[str, float], list[str]]:
    """Return the answers that were acknowledged by now and are not in the Ledger, with when, and what else is gone: feedback and jobs."""
    promised = Promised(dict(traffic.promised.answers), set(traffic.promised.feedback), set(traffic.promised.jobs))
    recorded = {stream: await runs_in(traffic, stream) for stream in ("answers", "feedback")}
    answers = {run_id: at for run_id, at in promised.answers.items() if run_id not in recorded["answers"]}
    lost = [f"feedback {run_id}" for run_id in promised.feedback - recorded["feedback"]]
    jobs = {job_id: await traffic.get_settled(f"/api/v1/jobs/{job_id}") for job_id in promised.jobs}
    lost += [f"job {job_id}" for job_id, found in jobs.items() if "state" not in found]
    return answers, lost


async def settled(traffic: Traffic) -> tuple[dict[str, float], list[str]]:
    """Return what is missing once the last ones had time to be written."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        answers, lost = await missing(traffic)
        if not (answers or lost) or time.monotonic() > deadline:
            return answers, lost
        await asyncio.sleep(0.5)


async def run(
    servers: FullSet, url: str, workers: list[int], server: subprocess.Popen[str], log: Path, given: argparse.Namespace
) -> Outcome:
    outcome, traffic = Outcome(), Traffic(url, given.clients)
    async with traffic.flowing():
        for name, part in servers.parts.items():
            for fault in FAULTS:
                if name == "models" and fault == "kill":
                    continue  # a fake host has no process of its own: cutting it off is the same
                tally = await suffer(traffic, part, fault, given.fault_s)
                outcome.tallies[f"{name} {fault}"] = tally
                print(f"{name} {fault} is over", file=sys.stderr, flush=True)
        asked_by = time.monotonic()
        answers, lost = await settled(traffic)
        outcome.lost += [*lost, *(f"answer {run_id}" for run_id, at in answers.items() if at < asked_by)]
        outcome.worker_back_s = await kill_a_worker(traffic, server, workers[0], log)
        killed_at = time.monotonic() - outcome.worker_back_s
        outcome.at_kill = traffic.tally
        print(f"the worker is back after {outcome.worker_back_s:.1f} s", file=sys.stderr, flush=True)
        await asyncio.sleep(1)
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while (await traffic.get("/readyz"))["status"] != "ready" and time.monotonic() < deadline:  # noqa: ASYNC110 - a server's
        await asyncio.sleep(0.2)
    answers, lost = await settled(traffic)
    late = {run_id: at for run_id, at in answers.items() if asked_by <= at <= killed_at + 0.5}
    outcome.unwritten = [killed_at - at for at in late.values()]
    outcome.lost += [*lost, *(f"answer {run_id}" for run_id in answers if run_id not in late)]
    await traffic.close()
    return outcome


def chaos(given: argparse.Namespace) -> Outcome:
    """Start everything, run it, and print what came out."""
    with tempfile.TemporaryDirectory(prefix="clew-chaos-") as made, running_full_set(Path(made)) as servers:
        folder = Path(made)
        for path, text in sources().items():
            (folder / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "shop" / path).write_text(text, "utf-8")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "CLEW_HOME": str(folder / "store"),
            **servers.environment,
        }
        clew = [sys.executable, "-m", "app"]
        subprocess.run([*clew, "index", str(folder / "shop"), "--name", "shop"], env=env, check=True, cwd=folder)
        log = folder / "log"
        with log.open("w") as errors:
            server = subprocess.Popen(
                [*clew, "serve", "--config", str(CONFIG), "--port", "0", "--json"],
                env=env, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
            )  # fmt: skip
        try:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline() or log.read_text())
            outcome = asyncio.run(run(servers, told["url"], told["workers"], server, log, given))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
            if server.stdout is not None:
                server.stdout.close()
            if given.log:
                given.log.write_text(log.read_text())
        for title, tally in {**outcome.tallies, "worker kill -9": outcome.at_kill}.items():
            print(tally.line(title))
        print(f"a killed worker's place was taken by one that serves after {outcome.worker_back_s:.1f} s")
        print(
            f"availability while servers failed: {outcome.availability:.4%} of {sum(t.asked for t in outcome.tallies.values())}"
        )
        print(
            f"wrong answers: {len(outcome.wrong)} {outcome.wrong[:5]}; acknowledged and lost: {len(outcome.lost)} {outcome.lost[:5]}; "
            f"not written by the killed worker: {len(outcome.unwritten)}"
        )
        if given.json:
            given.json.write_text(json.dumps(outcome.figures(), indent=1, ensure_ascii=False) + "\n", "utf-8")
        return outcome


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fault-s", type=float, default=20.0, help="How long each fault lasts.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--log", type=Path, help="Where to keep the server's log.")
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    found = chaos(options())
    sys.exit(1 if found.wrong or found.lost else 0)
