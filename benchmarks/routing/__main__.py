"""What the router is worth on simulated LLMs.

    python -m benchmarks.routing                          the tables, on the kept questions
    python -m benchmarks.routing --outcomes FILE          also the outcomes that teach, for `clew eval train-router`
    python -m benchmarks.routing collect NAME=FOLDER ...  make the questions anew: index, ask without a model, keep what was seen

The questions of a repository are judged with a router that the other repositories taught, those of `further.jsonl` among them; a line at the end judges all. The writers are simulated (`world.py`): this says what a
router of this form gains when writers differ as `skills.json` says, and nothing about any real model.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from app.wiring import Wiring
from benchmarks.routing.asking import asked_of
from benchmarks.routing.judging import SEED, Trial, seen_of
from benchmarks.routing.world import Question, World
from configs.release import Releases
from configs.settings import load_settings

QUESTIONS = Path(__file__).parent / "questions.jsonl"
FURTHER = Path(__file__).parent / "further.jsonl"
COUNT = 90


def read_questions(world: World, path: Path = QUESTIONS) -> list[Question]:
    """Return the questions of every intent that the writers of the world have a skill for."""
    rows = [row for line in path.read_text("utf-8").splitlines() if world.knows((row := json.loads(line))["intent"])]
    return [Question(**{name: row[name] for name in Question.__slots__}) for row in rows]


def report(trial: Trial) -> None:
    print(f"{len(trial.questions)} questions, of which a model may write {len(trial.written)}")
    found = trial.policies()
    for title, asked in (("all questions", trial.questions), ("those that a model may write", trial.written)):
        print(f"\n{title}\n\n| policy | right | $ per 1,000 | off the API model |\n|---|---|---|---|")
        for name, policy in found.items():
            row = trial.judged(policy, asked)
            print(f"| {name} | {row.right:.3f} | {row.usd:.2f} | {row.off_api:.1%} |")
        for other in ("always large", "always small"):
            low, high = trial.interval(found["router"], found[other], asked)
            print(f"router minus {other}: 95 % interval {low:+.3f} to {high:+.3f}")
    print(
        "\nthe curve, all questions\n\n| cost weight | right | $ per 1,000 | off the API model | best random mixture at that cost |"
    )
    print("|---|---|---|---|---|")
    for weight in (0.0, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01):
        row = trial.judged(trial.held(trial.routed(weight)), trial.questions)
        mixture = trial.mixture_at(row.usd, trial.questions)
        print(f"| {weight} | {row.right:.3f} | {row.usd:.2f} | {row.off_api:.1%} | {mixture:.3f} |")
    print(f"\ncost weights chosen: {sorted(router.cost_weight for router in trial.routers.values())}")


def outcomes_of(trial: Trial) -> str:
    """Return what each writer came to on each question that a model may write, a JSON line each; those that only teach too."""
    rows = [
        {"choice": writer, "right": trial.world.is_right(writer, question), **asdict(seen_of(question))}
        for question in [*trial.written, *filter(trial.may_be_written, trial.further)]
        for writer in trial.world.writers
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def collect(sources: Sequence[str], out: Path) -> None:
    rows = []
    for source in sources:
        name, _, folder = source.partition("=")
        settings = load_settings({"retrieval": {"dense": False}})
        with (
            tempfile.TemporaryDirectory() as home,
            closing(Wiring(settings.model_copy(update={"home": Path(home)}))) as wiring,
        ):
            wiring.indexing.index(folder, name, progress=lambda *_: None, say=lambda _: None)
            found = list(asked_of(wiring.services, name, COUNT, SEED))
        rows += found
        print(f"{name}: {len(found)} questions", file=sys.stderr)
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the router is worth on simulated LLMs.")
    parser.add_argument("command", nargs="?", choices=["collect"])
    parser.add_argument("sources", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--outcomes", type=Path, metavar="FILE", help="write the outcomes that teach here")
    options = parser.parse_args()
    if options.command == "collect":
        collect(options.sources, options.questions)
        return
    world = World()
    release, questions, further = Releases().get("default"), read_questions(world, options.questions), []
    if options.questions == QUESTIONS:
        further = read_questions(world, FURTHER)
    trial = Trial(questions, world, release, further)
    report(trial)
    for said, one in (
        ("taught by their own nine alone", Trial(questions, world, release)),
        ("all, judged too", Trial([*questions, *further], world, release)),
    ):
        row, large = (
            one.judged(policy, one.questions) for policy in (one.policies()["router"], one.policies()["always large"])
        )
        low, high = one.interval(one.policies()["router"], one.policies()["always large"], one.questions)
        print(
            f"{said}: {row.off_api:.1%} off the API model, {row.right - large.right:+.3f} ({low:+.3f} to {high:+.3f})"
        )
    if options.outcomes:
        options.outcomes.write_text(outcomes_of(trial), encoding="utf-8")


if __name__ == "__main__":
    main()
