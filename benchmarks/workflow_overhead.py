"""What the whole workflow costs without a model, warm and in process: from the question to the checked answer, and to the first evidence.

    python -m benchmarks.workflow_overhead --store FOLDER [--runs 3] [--profile FILE]

FOLDER is the store of `benchmarks.questions`. Asked are all its questions with a known truth, without remembered answers, each once
before it counts. Wall time is what a person waits; CPU of the process says what it would be on an idle machine. `workflow` leaves out
the time inside the typed tools and searches, which depends on the repository and the question.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import dataclasses
import statistics
import threading
import time
from pathlib import Path

from agents.context import Context
from agents.events import AnswerReady, EvidenceFound
from agents.evidence import analysis
from agents.evidence.outcomes import Result
from agents.evidence.sight import Sight
from app.wiring import Wiring
from benchmarks.questions.labels import PARTS, STRUCTURAL, Question, read
from configs.settings import Settings
from graph.runtime import Assistant, compile_assistant, stream_answer


@dataclasses.dataclass(slots=True)
class Cost:
    """Milliseconds of one run; tools: of wall time inside operations, the longest task counted where several ran side by side."""

    wall: float
    cpu: float
    first_evidence: float
    tools: float


class ToolClock:
    """Measures the operations of a run, by wrapping what the analysts choose; the workflow itself is not touched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.longest = 0.0
        self._inner = analysis.operation_facts

    def __enter__(self) -> ToolClock:
        def timed(operation: analysis.Operation, sight: Sight) -> Result:
            started = time.perf_counter()
            try:
                return self._inner(operation, sight)
            finally:
                with self._lock:
                    self.longest = max(self.longest, (time.perf_counter() - started) * 1000)

        analysis.operation_facts = timed
        return self

    def __exit__(self, *_: object) -> None:
        analysis.operation_facts = self._inner


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the workflow without a model.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", type=Path, help="write a profile of one pass into this file")
    options = parser.parse_args()
    wiring = Wiring(Settings(home=options.store))
    services = dataclasses.replace(wiring.services, memory=None, lessons=None, profiles=None)
    assistant = compile_assistant(services)
    questions = [q for part in PARTS for q in read(part) if q.expected and not q.context]
    costs, profile = asyncio.run(measured(assistant, questions, options.runs, profiled=options.profile is not None))
    if options.profile:
        profile.dump_stats(options.profile)
    structural = [cost for question, cost in costs if question.intent in STRUCTURAL]
    for name, kept in (("all", [cost for _, cost in costs]), ("structural", structural)):
        print(f"{name}: {len(kept)} runs")
        for label, values in (
            ("wall", [c.wall for c in kept]),
            ("workflow (wall without tools)", [c.wall - c.tools for c in kept]),
            ("CPU", [c.cpu for c in kept]),
            ("first evidence", [c.first_evidence for c in kept if c.first_evidence]),
        ):
            ordered = sorted(values)
            p95 = ordered[int(0.95 * (len(ordered) - 1))]
            print(f"  {label}: p50 {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms, most {ordered[-1]:.1f} ms")


async def measured(
    assistant: Assistant, questions: list[Question], runs: int, *, profiled: bool
) -> tuple[list[tuple[Question, Cost]], cProfile.Profile]:
    """Return the cost of each question in each run, after one that does not count."""
    costs: list[tuple[Question, Cost]] = []
    profile = cProfile.Profile()
    for number in range(runs + 1):
        if profiled and number == runs:
            profile.enable()
        for question in questions:
            cost = await _cost(assistant, question)
            if number:
                costs.append((question, cost))
    profile.disable()
    return costs, profile


async def _cost(assistant: Assistant, question: Question) -> Cost:
    context = Context(repositories=[question.repository], model="extractive")
    first = 0.0
    with ToolClock() as tools:
        began, cpu = time.perf_counter(), time.process_time()
        async for event in stream_answer(assistant, question.text, context, None, []):
            if isinstance(event, EvidenceFound) and not first:
                first = (time.perf_counter() - began) * 1000
            if isinstance(event, AnswerReady):
                break
        wall, spent = (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
    return Cost(wall, spent, first, tools.longest)


if __name__ == "__main__":
    main()
