"""What the Ledger costs: appends, the telling of an answer, verification, sums. Writes into a folder of its own.

    python -m benchmarks.ledger [--events N] [--rounds N] [--postgres URL]

Events are those of answers of a model: asked, called (eight lines), served (twelve lines), a finding, answered. Every question is
another one, so that the mask for secrets reads each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from knowledge.backends.sqlite_ledger import SqliteLedger
from knowledge.backends.sqlite_subject_keys import SqliteSubjectKeys
from knowledge.backends.sqlite_usage import SqliteUsage
from ops.ledger.anchors import Signer
from ops.ledger.events import Answered, Asked, Event, FindingRaised, ModelCalled, Served
from ops.ledger.journal import Journal
from ops.ledger.ledger import Ledger
from ops.ledger.usage import UsageView
from ops.ledger.verifying import verify

BATCH = 1_000
_A_RUN = 5


def run_of(number: int) -> list[Event]:
    """Return the events of one answer."""
    run, user = f"{number:032x}", f"user-{number % 97}"
    lines = [("shop", f"src/area{number % 50}/module{at}.py", at * 10, at * 10 + 7, "c0ffee" * 6) for at in range(12)]
    return [
        Asked(
            user=user, run=run, door="rest", release="ab" * 32, wish="auto", team=f"team-{number % 7}", project="web",
            question=f"Who calls send_task_{number} and what breaks if its {number % 13}th parameter changes?",
        ),
        ModelCalled(
            user=user, run=run, purpose="writer", model="qwen3:8b", host="http://127.0.0.1:11434", outcome="answered",
            reached=True, input_tokens=2_000 + number % 900, output_tokens=200, micro_usd=0, ms=812.5, lines=lines[:8],
        ),
        Served(user=user, run=run, lines=lines),
        FindingRaised(
            user=user, run=run, gate="prose", finding="unnamed", severity="warning", action="annotate", confidence=0.9
        ),
        Answered(
            user=user, run=run, door="rest", release="ab" * 32, level="model", verdict="found", model="qwen3:8b",
            route="callers structural; impact structural; model qwen3:8b: compound", team=f"team-{number % 7}", project="web",
            repositories=["shop"], input_tokens=2_000, output_tokens=200, micro_usd=0, latency_ms=900.0 + number % 300,
            first_evidence_ms=12.0, claims={"verified": 5}, digest="cd" * 32,
        ),
    ]  # fmt: skip


@contextmanager
def timed(into: dict[str, list[float]], name: str, count: int) -> Iterator[None]:
    """Note how many were done a second, and how many a second of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    into.setdefault(name, []).append(count / (time.perf_counter() - wall))
    into.setdefault(f"{name}, a CPU second", []).append(count / (time.process_time() - cpu))


def measure(opened: Callable[[], Ledger], folder: Path, events: list[Event], into: dict[str, list[float]]) -> None:
    with closing(opened()) as ledger:
        with timed(into, f"appends, {BATCH:,} a commit", len(events)):
            for at in range(0, len(events), BATCH):
                ledger.append(events[at : at + BATCH])
        one_by_one = events[:200]
        with timed(into, "appends, one a commit", len(one_by_one)):
            for event in one_by_one:
                ledger.append([event])
        total = sum(head.number for head in ledger.heads())
        with timed(into, "verified", total):
            report = verify(ledger.store, Signer(b"key"))
        assert report.broken == () and report.events == total
        with closing(SqliteUsage(folder / "usage.db")) as sums, timed(into, "folded into sums", total):
            UsageView(ledger, sums).refresh()
    journal = Journal(opened)
    began = time.perf_counter()
    for event in events:
        journal.tell(event)
        while not journal.has_room:
            journal.wait_for_room(1)
    told = time.perf_counter() - began
    journal.close()
    into.setdefault("told to the journal and written", []).append(len(events) / (time.perf_counter() - began))
    into.setdefault("microseconds to tell an answer's events, with waiting for room", []).append(
        told / len(events) * _A_RUN * 1e6
    )
    with closing(opened()) as ledger:
        assert sum(head.number for head in ledger.heads()) == total + len(events)


def telling(opened: Callable[[], Ledger], into: dict[str, list[float]]) -> None:
    """What an answer waits for the Ledger, at 200 answers a second."""
    journal = Journal(opened)
    costs = []
    for number in range(200):
        events = run_of(10**6 + number)
        began = time.perf_counter()
        for event in events:
            journal.tell(event)
        costs.append((time.perf_counter() - began) * 1e6)
        time.sleep(0.005)
    journal.close()
    into.setdefault("microseconds an answer waits, median", []).append(statistics.median(costs))
    into.setdefault("microseconds an answer waits, 95th percentile", []).append(sorted(costs)[189])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", metavar="URL", help="measure a server's empty database in place of a file")
    given = parser.parse_args()
    figures: dict[str, list[float]] = {}
    for round_number in range(given.rounds):
        events = [event for number in range(given.events // _A_RUN) for event in run_of(number + round_number * 10**7)]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            measure(opener(folder, given.postgres), folder, events, figures)
            telling(opener(folder, given.postgres), figures)
            if not given.postgres:
                size = (folder / "ledger.db").stat().st_size / sum(1 for _ in _numbers(folder))
                figures.setdefault("bytes an event", []).append(size)
    print(json.dumps({name: [round(value, 1) for value in values] for name, values in figures.items()}, indent=1))


def _numbers(folder: Path) -> Iterator[int]:
    with closing(SqliteLedger(folder / "ledger.db")) as store:
        for head in store.heads():
            yield from range(head.number)


def opener(folder: Path, url: str | None) -> Callable[[], Ledger]:
    if url is None:
        return lambda: Ledger(SqliteLedger(folder / "ledger.db"), SqliteSubjectKeys(folder / "ledger-keys.db"))
    from knowledge.backends.postgres_ledger import PostgresLedger, PostgresSubjectKeys  # an extra
    from knowledge.backends.postgres_server import PostgresServer

    server = PostgresServer(url, setting="ledger")
    return lambda: Ledger(PostgresLedger(server), PostgresSubjectKeys(server))


if __name__ == "__main__":
    main()
