"""The twenty golden questions, asked on the command line without any model.

    python tests/golden/fetch.py FOLDER
    python -m benchmarks.golden FOLDER [--answers FILE]

Indexes the two pinned repositories into a store of its own, asks every question with `clew ask --json`, checks that every
citation resolves in the sources, and judges the citations as tests/golden/README.md says. Exit code 1 below 17 right
or with a citation that does not resolve.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def clew(store: str, *arguments: str) -> str:
    """Run one command; every verdict is an answer, an error is not."""
    command = [sys.executable, "-m", "app", "--store", store, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode not in (0, 1, 5, 6) or not done.stdout:
        raise SystemExit(f"{' '.join(arguments)!r} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def dangling(answer: dict[str, Any], folder: Path) -> list[str]:
    """Return the citations whose file or lines do not exist."""
    found: list[str] = []
    for citation in answer["citations"]:
        file = folder / citation["path"]
        lines = file.read_bytes().count(b"\n") + 1 if file.is_file() else 0
        if not 1 <= citation["start_line"] <= citation["end_line"] <= lines:
            found.append(f"{citation['path']}:{citation['start_line']}-{citation['end_line']}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask the golden questions without a model.")
    parser.add_argument("folder", type=Path, help="where tests/golden/fetch.py put the sources")
    parser.add_argument("--answers", type=Path, help="keep the answers in this file")
    options = parser.parse_args()
    questions_file = ROOT / "tests/golden/questions.jsonl"
    questions = [json.loads(line) for line in questions_file.read_text("utf-8").splitlines() if line.strip()]
    unresolved: list[str] = []
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as store:
        answers_file = options.answers or Path(store) / "answers.jsonl"
        for repository in sorted({question["repository"] for question in questions}):
            clew(store, "index", str(options.folder / repository), "--name", repository, "--json")
        with answers_file.open("w", encoding="utf-8") as answers:
            for question in questions:
                name = question["repository"]
                output = clew(store, "ask", question["question"], "--repo", name, "--model", "extractive", "--json")
                answer = json.loads(output)
                unresolved += [f"{question['id']}: {place}" for place in dangling(answer, options.folder / name)]
                latencies.append(answer["latency_ms"])
                answers.write(json.dumps({"id": question["id"], **answer}) + "\n")
        score = [sys.executable, str(ROOT / "tests/golden/score.py"), str(questions_file), str(answers_file)]
        judged = subprocess.run(score, check=False).returncode
    print(f"citations that do not resolve: {len(unresolved)}")
    for place in unresolved:
        print(f"  {place}")
    print(f"latency of an answer: median {statistics.median(latencies):.0f} ms, slowest {max(latencies):.0f} ms")
    return 1 if unresolved or judged else 0


if __name__ == "__main__":
    sys.exit(main())
