from __future__ import annotations

import random

import pytest

from agents.writing.router import Seen, predicted
from app.router_training import FEWEST, FEWEST_OF_A_SIDE, Case, learn
from benchmarks.routing.__main__ import read_questions
from benchmarks.routing.judging import Trial, always
from benchmarks.routing.world import Question, World
from configs.release import Releases, Router

WORLD = World()


def question(number: int, *, repository: str = "r", steps: int = 1, strength: float = 1.0) -> Question:
    return Question(f"{repository}-{number}", repository, "explain", steps, 8, 1, 5, 2, strength, 400)


def test_the_skills_are_those_that_were_frozen_before_the_router() -> None:
    """Changing them makes every figure that rests on them void."""
    assert WORLD.writers == ("extractive", "small", "large")
    chances = [round(WORLD.chance(writer, question(1)), 4) for writer in WORLD.writers]
    assert chances == [round(WORLD.chance(writer, question(1)), 4) for writer in World().writers]
    assert WORLD.cost_usd("small", question(1)) < WORLD.cost_usd("large", question(1)) / 30
    assert not WORLD.knows("unheard-of")


def test_hard_questions_part_the_writers_and_easy_ones_do_not() -> None:
    def gain(steps: int, strength: float) -> float:
        asked = [question(n, steps=steps, strength=strength) for n in range(300)]
        return sum(WORLD.chance("large", q) - WORLD.chance("small", q) for q in asked) / len(asked)

    assert gain(1, 1.0) < 0.1
    assert gain(3, 0.2) > 0.3


def test_what_is_learned_tells_easy_from_hard_and_is_the_same_every_time() -> None:
    chance = random.Random(3)
    cases = [
        Case(Seen("explain", steps, 8, 1, 5, 2, 1.0, 400), "small", chance.random() < share)
        for _ in range(100)
        for steps, share in ((1, 0.9), (3, 0.3))
    ]
    learned = learn([*cases, Case(cases[0].seen, "large", True)])
    assert learned == learn([*cases, Case(cases[0].seen, "large", True)])
    router = Router(weights=learned.weights)
    easy, hard = (predicted(router, "small", Seen("explain", steps, 8, 1, 5, 2, 1.0, 400)) for steps in (1, 3))
    assert easy == pytest.approx(0.9, abs=0.1)
    assert hard == pytest.approx(0.3, abs=0.1)
    assert learned.gap["small"] < 0.2
    assert learned.skipped == ("large",) and learned.cases == {"small": 200, "large": 1}


def test_too_few_or_one_sided_outcomes_teach_nothing() -> None:
    seen = Seen("explain", 1, 8, 1, 5, 2, 1.0, 400)
    assert learn([Case(seen, "small", n % 2 == 0) for n in range(FEWEST - 1)]).weights == {}
    assert learn([Case(seen, "small", True) for n in range(500)]).weights == {}
    for wrong, learned in ((1, False), (FEWEST_OF_A_SIDE - 1, False), (FEWEST_OF_A_SIDE, True)):
        assert bool(learn([Case(seen, "small", n >= wrong) for n in range(FEWEST)]).weights) == learned


def test_the_router_is_worth_its_cost_on_repositories_that_it_never_saw() -> None:
    """A third of the kept questions, for speed; the whole table is in RESULTS.md."""
    questions = read_questions(WORLD)
    assert len(questions) > 600
    trial = Trial(questions[::3], WORLD, Releases().get("default"))
    router = trial.held(trial.routed())
    row = trial.judged(router, trial.questions)
    large, small = (trial.judged(trial.held(always(name)), trial.questions) for name in ("large", "small"))
    assert row.off_api >= 0.7
    assert row.right > small.right
    assert row.right > trial.mixture_at(row.usd, trial.questions)
    assert row.right > large.right - 0.04 and row.usd < large.usd / 2
    low, high = trial.interval(router, trial.held(always("small")), trial.questions)
    assert low < row.right - small.right < high
