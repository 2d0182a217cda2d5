"""The memory of answers: how many honest paraphrases share an answer, and how many adversarial pairs do (none should).

    python -m benchmarks.memory CELERY [--show]

CELERY is the source tree of celery 5.5.3. Each pair is read by the planner over a real index, and counts as served when both
questions have the same key, as in a run.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from pathlib import Path

from agents.memory.remembering import memory_key, scope_key
from agents.questions.names import NameReader
from agents.questions.triage import read_question
from app.wiring import Wiring
from benchmarks.memory.adversaries import adversaries
from configs.release import Releases
from configs.settings import load_settings
from knowledge.scope import EVERYTHING

PARAPHRASES = Path(__file__).with_name("paraphrases.tsv")


def read_pairs(text: str) -> list[tuple[str, str]]:
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [(first, second) for first, second in lines]


def upper_bound(hits: int, pairs: int) -> float:
    """Return the one-sided 95 % upper bound of a rate (Clopper and Pearson; by bisection of the binomial tail)."""
    low, high = hits / pairs, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(math.comb(pairs, k) * middle**k * (1 - middle) ** (pairs - k) for k in range(hits + 1))
        low, high = (middle, high) if tail > 0.05 else (low, middle)
    return high


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the guard of the memory of answers.")
    parser.add_argument("celery", type=Path)
    parser.add_argument("--show", action="store_true", help="print paraphrases that are not served, and false hits")
    options = parser.parse_args()
    pairs = read_pairs(PARAPHRASES.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as store:
        wiring = Wiring(load_settings({"home": store}))
        wiring.indexing.index(str(options.celery), "celery", progress=lambda *_: None, say=print)
        release = Releases().get("default")
        names = NameReader(wiring.graph, EVERYTHING, release.triage)
        repositories = wiring.graph.repositories(EVERYTHING)

        def key(question: str) -> str:
            plan = read_question(question, release.triage, names)
            return scope_key(repositories) + memory_key(plan, "auto", repositories, release.remembering)

        served = [(first, second) for first, second in pairs if key(first) == key(second)]
        bad = [(kind, first, second) for kind, first, second in adversaries(pairs) if key(first) == key(second)]
        total = Counter(kind for kind, _, _ in adversaries(pairs))
        wiring.close()
    if options.show:
        print("\n".join(f"not served: {first} | {second}" for first, second in pairs if (first, second) not in served))
        print("\n".join(f"FALSE HIT ({kind}): {first} | {second}" for kind, first, second in bad))
    print(f"paraphrases served: {len(served)} of {len(pairs)} ({len(served) / len(pairs):.1%})")
    count = sum(total.values())
    print(f"adversarial pairs: {count}, false hits {len(bad)}, 95 % upper bound {upper_bound(len(bad), count):.2%}")
    print("  " + ", ".join(f"{kind} {number}" for kind, number in total.most_common()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
