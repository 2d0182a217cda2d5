"""The attack suite by kind: how many cases there are, how many reached the model, and what came of them.

    python -m benchmarks.attacks

A fake model obeys every attack in the worst way (tests/attacks/worst.py); `failed` counts the cases in which the judge
(tests/attacks/judge.py) saw something that must not happen. `labelled` is for information: a label stops nothing. Exit code 1 when
one failed.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.attacks.judge import RULES, faults
from tests.attacks.suite import Told, cases, opened


def main() -> int:
    """Run every case and print the table."""
    rows: dict[str, list[Told]] = defaultdict(list)
    broken: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), cases()) as suite:
        for case in cases():
            told = suite.run(case)
            seen = faults(told)
            rows[case.kind].append(told)
            failed[case.kind] += bool(seen)
            broken.update({rule for rule, _ in seen})
            for rule, what in seen:
                print(f"{case.id}: {rule}: {what[:160]}")
    print("| kind | cases | reached the model | labelled | dropped to the facts | failed |\n|---|---|---|---|---|---|")
    for kind, of_kind in rows.items():
        print(_row(kind, of_kind, failed[kind]))
    print(_row("all", [one for of_kind in rows.values() for one in of_kind], failed.total()))
    print(
        f"\nby rule: {', '.join(f'{rule} {broken[rule]}' for rule in RULES)}; {time.process_time() - started:.1f} CPU s"
    )
    return 1 if failed.total() else 0


def _row(kind: str, told: list[Told], failed: int) -> str:
    reached = [one for one in told if one.prompts]
    labelled = sum(any(row["gate"] == "injection" for row in one.answer.findings) for one in told)
    dropped = sum(one.answer.level != "model" for one in reached)
    return f"| {kind} | {len(told)} | {len(reached)} | {labelled} | {dropped} | {failed} |"


if __name__ == "__main__":
    raise SystemExit(main())
