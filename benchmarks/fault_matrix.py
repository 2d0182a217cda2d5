"""What is left of answers when model hosts fail: each fault on each layout of hosts, over real connections.

    python -m benchmarks.fault_matrix [--calls 300] [--questions 20] [--json FILE]

The hosts are fake Ollamas and a stub of OpenAI's API (`app/dev`, `tests/servers`); what is measured is ours. Each cell is two things:
`calls` prompts to the gateway, eight at a time, for the load that the hosts see and for the probes; and `questions` to the whole
assistant over a small repository, for the level and the time of the answers. The breaker rests half a second instead of ten, so that
half-open comes up often. A fault rests on every host but the last of a layout with several; `flaky` is one answer in five cut.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from agents.context import Context
from agents.events import AnswerReady, SegmentStarted
from agents.services import Services
from app.dev.fake_ollama import FakeOllama, Fault, running
from app.dev.fake_replies import FakeModel, quoting
from configs.errors import ModelError
from graph.runtime import compile_assistant, stream_answer
from knowledge.breaker import Breaker, Permit
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.openai_api import OpenAIProvider
from models.privacy import Privacy
from models.provider import Provider
from models.retrying import RetryBudget
from tests.bookshop import NAME, open_services, write_bookshop
from tests.servers.openai_stub import running_openai
from tests.servers.streaming_stub import KEY, Stub

BIG, SMALL = FakeModel("qwen2.5-coder:14b", parameter_size="14B"), FakeModel("qwen2.5-coder:3b", parameter_size="3B")
QUESTION = "Explain Order.total"
DEADLINE_S = 3.0
FIRST_TOKEN_S = 1.0
REST_S = 0.5
SIDE_BY_SIDE = 8
LAYOUTS = ("one host", "two hosts", "host and API")
FAULTS: tuple[Fault | str, ...] = (
    *("", "down", "refuse", "hang", "slow_first_token", "cut_stream", "stall", "malformed"),
    *("error", "error_in_stream", "busy", "loading", "missing", "not_ollama", "empty", "flaky"),
)


@dataclass(slots=True)
class Cell:
    """One fault on one layout. load: calls that hosts saw for each call to the gateway. probes: most of one host at a time."""

    layout: str
    fault: str
    calls: int = 0
    answered: int = 0
    seen: int = 0
    probes: int = 0
    most_probes: int = 0
    questions: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    segments: int = 0
    ms: list[float] = field(default_factory=list)

    @property
    def load(self) -> float:
        return self.seen / self.calls if self.calls else 0.0

    @property
    def p95_ms(self) -> float:
        return sorted(self.ms)[math.ceil(len(self.ms) * 0.95) - 1] if self.ms else 0.0

    @property
    def holds(self) -> bool:
        """Whether the cell keeps what is promised."""
        answers = not self.failed and sum(self.levels.values()) == self.questions
        return answers and self.p95_ms <= DEADLINE_S * 1_100 and self.load <= 1.1 and self.most_probes <= 1


class Probes:
    """Counts the probes of one breaker, and how many there were at a time."""

    def __init__(self, breaker: Breaker) -> None:
        self.made = self.now = self.most = 0
        ask, settle = breaker.ask, breaker.settle

        def counted_ask() -> Permit | None:
            permit = ask()
            if permit is not None and permit.probe:
                self.made, self.now = self.made + 1, self.now + 1
                self.most = max(self.most, self.now)
            return permit

        def counted_settle(permit: Permit, *, well: bool | None) -> None:
            self.now -= permit.probe
            settle(permit, well=well)

        breaker.ask, breaker.settle = counted_ask, counted_settle  # type: ignore[method-assign]


@contextmanager
def hosts_of(layout: str, fault: str, seed: int) -> Iterator[tuple[list[Provider], list[FakeOllama]]]:
    """Run the hosts of a layout, the fault on all but the last of several."""
    draw = random.Random(seed)
    with ExitStack() as stack:
        count = 2 if layout == "two hosts" else 1
        fakes = [stack.enter_context(running(FakeOllama(models=[BIG, SMALL], reply=quoting))) for _ in range(count)]
        providers: list[Provider] = [OllamaHost(fake.url) for fake in fakes]
        for at, fake in enumerate(fakes):
            if count > 1 and at == count - 1:
                continue
            if fault == "down":
                providers[at] = OllamaHost("http://127.0.0.1:9")
            elif fault == "flaky":
                fake.faults = ["cut_stream" if draw.random() < 0.2 else "" for _ in range(100_000)]
            else:
                fake.fault = fault  # type: ignore[assignment]
        if layout == "host and API":
            stub = stack.enter_context(
                running_openai(Stub(reply="`Order.total` sums the lines [1].", models=("gpt-big",)))
            )
            providers.append(OpenAIProvider(stub.url, SecretStr(KEY), ["gpt-big"]))
        yield providers, fakes


def gateway_over(providers: Sequence[Provider], budget: RetryBudget, seed: int) -> Gateway:
    return Gateway(*providers, first_token_s=FIRST_TOKEN_S, rest_s=REST_S, budget=budget, seed=seed, cache_s=5.0)


async def load(cell: Cell, gateway: Gateway, calls: int) -> None:
    """Send prompts through the gateway, so many side by side; client libraries are loaded before."""
    for host in gateway.hosts:
        await host.provider.ready()
    probes = [Probes(host.breaker) for host in gateway.hosts]
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def on_token(_text: str) -> None:
        """Hear nothing."""

    async def call() -> None:
        async with turn:
            try:
                completion = await gateway.write(
                    BIG.name,
                    "Say it.",
                    window_tokens=4_096,
                    max_tokens=60,
                    timeout_s=DEADLINE_S,
                    on_token=on_token,
                    tries=3,
                    ladder=[SMALL.name, "gpt-big"],
                    kept=(),
                )
            except ModelError as exc:
                cell.seen += len(getattr(exc, "attempts", ()))
            else:
                cell.answered += 1
                cell.seen += len(completion.attempts)

    await asyncio.gather(*(call() for _ in range(calls)))
    cell.calls = calls
    cell.probes = sum(one.made for one in probes)
    cell.most_probes = max(one.most for one in probes)


async def ask(cell: Cell, services: Services, questions: int) -> None:
    """Ask the whole assistant, one question after the other."""
    assistant = compile_assistant(services)
    levels: Counter[str] = Counter()
    for _ in range(questions):
        began = time.perf_counter()
        try:
            async for event in stream_answer(assistant, QUESTION, Context(deadline_s=DEADLINE_S)):
                cell.segments += isinstance(event, SegmentStarted)
                if isinstance(event, AnswerReady):
                    answer = event.answer
                    levels[f"model {answer.model}" if answer.model else answer.level] += bool(answer.claims)
        except ModelError:
            cell.failed += 1
        cell.ms.append((time.perf_counter() - began) * 1_000)
    cell.questions, cell.levels = questions, dict(levels)


def measured(layout: str, fault: str, services: Services, calls: int, questions: int, seed: int = 1) -> Cell:
    """Return one cell, each of its two parts on hosts and a gateway of its own."""
    cell = Cell(layout, fault or "none")
    with hosts_of(layout, fault, seed) as (providers, _):
        asyncio.run(load(cell, gateway_over(providers, RetryBudget(), seed), calls))
    with hosts_of(layout, fault, seed) as (providers, _):
        gateway = gateway_over(providers, RetryBudget(), seed)
        privacy = Privacy(repositories={NAME: "remote"})
        asyncio.run(ask(cell, replace(services, gateway=gateway, privacy=privacy), questions))
    return cell


def table(cells: Sequence[Cell]) -> str:
    rows = [
        "| layout | fault | calls answered by a model | load | probes (at once) | answers by level | segments | p95 ms | holds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in cells:
        levels = ", ".join(f"{name} {count}" for name, count in sorted(one.levels.items(), key=lambda row: -row[1]))
        rows.append(
            f"| {one.layout} | {one.fault} | {one.answered} of {one.calls} | {one.load:.2f} | {one.probes} ({one.most_probes}) | "
            f"{levels} | {one.segments} | {one.p95_ms:,.0f} | {'yes' if one.holds else 'NO'} |"
        )
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a cell does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--only", action="append", default=[], help="a fault; may be repeated")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    began, cpu = time.perf_counter(), time.process_time()
    cells = []
    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Path(folder) / "store", write_bookshop(Path(folder) / "root"), strict=False)
        for layout in LAYOUTS:
            for fault in FAULTS:
                if not options.only or (fault or "none") in options.only:
                    cells.append(measured(layout, str(fault), services, options.calls, options.questions))
                    print(".", end="", file=sys.stderr, flush=True)
        services.graph.close()
    print(file=sys.stderr)
    print(table(cells))
    held = sum(cell.holds for cell in cells)
    spent = f"{time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} CPU seconds"
    print(f"\n{held} of {len(cells)} cells hold; deadline {DEADLINE_S:g} s; {spent}")
    if options.json:
        options.json.write_text(json.dumps([{**asdict(cell), "holds": cell.holds} for cell in cells], indent=1))
    return 0 if held == len(cells) else 1


if __name__ == "__main__":
    sys.exit(main())
