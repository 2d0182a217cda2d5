"""What one search costs in process: CPU and wall time over a store, for subject lines and for whole messages.

    python -m benchmarks.search_speed STORE --set SET.jsonl [--questions 60] [--kinds file symbol function doc] [--vectors]

SET is one of `benchmarks.localisation`; its queries are asked of every repository of the store. Those after the measured ones are
asked first, so that nothing is opened or compiled while it is measured; each measured one is asked once, so that nothing is kept of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import get_args

from app.wiring import Wiring
from configs.settings import Settings
from knowledge.scope import EVERYTHING
from tools.search import Kind, Retriever

Costs = list[tuple[float, float]]
"""CPU and wall time of each search, in milliseconds."""


def measured(retriever: Retriever, queries: Sequence[str], others: Sequence[str], kind: Kind) -> Costs:
    """Return what each query cost, asked once after all the others."""
    costs: Costs = []
    for counts, asked in ((False, others), (True, queries)):
        for query in asked:
            cpu, wall = time.thread_time(), time.perf_counter()
            if kind == "doc":
                retriever.search_docs(EVERYTHING, query)
            else:
                retriever.search_code(EVERYTHING, query, kind=kind)
            if counts:
                costs.append(((time.thread_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
    return costs


def told(costs: Costs) -> str:
    columns = [statistics.quantiles(column, n=20) for column in zip(*costs, strict=True)]
    return ", ".join(
        f"{name} p50 {cuts[9]:.1f} p95 {cuts[18]:.1f}" for name, cuts in zip(("CPU", "wall"), columns, strict=True)
    )


def main() -> None:
    """Measure, and print one line for each kind of place and length of question."""
    parser = argparse.ArgumentParser(description="Measure one search in process.")
    parser.add_argument("store", type=Path)
    parser.add_argument("--set", type=Path, required=True, dest="questions_of")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--kinds", nargs="+", choices=get_args(Kind), default=["file", "symbol"])
    parser.add_argument("--vectors", action="store_true", help="with the vectors of the store")
    given = parser.parse_args()
    lines = given.questions_of.read_text("utf-8").splitlines()
    messages = [query for line in lines if (query := json.loads(line)["query"].strip())]
    subjects = [message.partition("\n")[0] for message in messages]
    with closing(Wiring(Settings(home=given.store))) as wiring:
        if given.vectors:
            wiring.open_vectors()
        retriever = wiring.default_retriever()
        for kind in given.kinds:
            for length, queries in (("subject lines", subjects), ("whole messages", messages)):
                asked, others = queries[: given.questions], queries[given.questions :]
                costs = told(measured(retriever, asked, others, kind))
                print(f"{kind}, {len(asked)} {length}: {costs} (ms)", flush=True)


if __name__ == "__main__":
    main()
