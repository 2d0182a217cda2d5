"""Whether the memory of one server process stays flat: so many answers, its memory after each tenth of them.

    python -m benchmarks.rest_memory STORE --names NAMES.txt [--answers 10000] [--clients 4] [--via reads|chat]

`reads` are those of `benchmarks.rest_load`; `chat` whole questions, each with a wording of its own. The first tenth fills what is kept between questions. Told: memory without mapped
files after each tenth, and by how much a thousand answers of the second half made it grow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from benchmarks.rest_load import questions
from benchmarks.rest_users import Told, ask, whole_questions
from benchmarks.served import Served, serving

PARTS = 20


async def grown(server: Served, asked: Iterator[tuple[str, str]], given: argparse.Namespace) -> dict[str, Any]:
    """Ask, and return what memory did."""
    told = Told()
    sizes: list[float] = []
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        for _ in range(PARTS):
            part = islice(asked, max(given.answers // PARTS, 1))
            await asyncio.gather(*(_ask_all(client, given.via, part, told) for _ in range(given.clients)))
            sizes.append(round(server.memory_mb("Pss_Anon"), 1))
    answers = len(told.answers())
    half = sizes[PARTS // 2 :]
    slope, _ = statistics.linear_regression(range(len(half)), half)
    return {
        "via": given.via,
        "answers": answers,
        "errors": dict(told.errors),
        "memory_mb": sizes,
        "grown_mb_a_thousand_answers": round(slope * PARTS * 1_000 / max(answers, 1), 2),
    }


async def _ask_all(client: httpx.AsyncClient, via: str, part: Iterator[tuple[str, str]], told: Told) -> None:
    for one in part:
        await ask(client, via, iter([one]), told)


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--names", type=Path, required=True, help="A symbol a line.")
    parser.add_argument("--answers", type=float, default=10_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--via", choices=("reads", "chat"), default="reads")
    parser.add_argument("--json", type=Path, help="Where to keep the figures.")
    given = parser.parse_args()
    given.answers = int(given.answers)
    names = given.names.read_text("utf-8").split()
    asked = questions(names) if given.via == "reads" else whole_questions(names)
    with serving(given.store, environment={"CLEW_MODEL__OLLAMA_URL": "http://127.0.0.1:9"}) as server:
        figures = asyncio.run(grown(server, asked, given))
    text = json.dumps(figures, ensure_ascii=False)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
