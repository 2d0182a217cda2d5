"""Policies on simulated writers: what each gets right and costs, with routers that never saw the repository they are judged on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.writing.router import Seen, chosen, predicted
from app.router_training import Case, fitted
from benchmarks.routing.world import Question, World
from configs.release import Release, Router

COSTS = {"extractive": 0.0, "small": 1.0, "large": 40.0}
"""One answer of each, in units of one of the small model."""
WITHIN = 0.01
"""Predicted quality that may be lost against always-large when the cost weight is chosen: half of what the goal allows."""
WEIGHTS = tuple(round(step * 0.00025, 5) for step in range(61))
SEED = 7
_DRAWS = 2_000

Policy = Callable[[Question], str]


@dataclass(frozen=True, slots=True)
class Row:
    """A policy on some questions: expected share right, dollars for a thousand of them, share of them off the API model."""

    right: float
    usd: float
    off_api: float


def seen_of(question: Question) -> Seen:
    return Seen(**{name: getattr(question, name) for name in Seen.__slots__})


class Trial:
    """Questions, the writers of a world, and one router for each repository, taught by the others.

    Routers learn from outcomes as they were drawn, once a question and writer; policies are judged by the chances behind them.
    further: questions of other repositories, which teach every router and judge none.
    """

    def __init__(
        self, questions: Sequence[Question], world: World, release: Release, further: Sequence[Question] = ()
    ) -> None:
        self.questions = questions
        self.further = further
        self.world = world
        self._release = release

    @cached_property
    def written(self) -> list[Question]:
        return [question for question in self.questions if self.may_be_written(question)]

    def may_be_written(self, question: Question) -> bool:
        """Tell whether the release lets a model write: typed tools alone answer the other intents, whatever the policy."""
        return self._release.routes[question.intent].model is not None

    @cached_property
    def routers(self) -> dict[str, Router]:
        names = sorted({question.repository for question in self.questions})
        return {
            name: self.taught(q for q in [*self.questions, *self.further] if q.repository != name) for name in names
        }

    def taught(self, questions: Iterable[Question]) -> Router:
        """Return the router that these questions teach."""
        every = list(questions)
        written = [question for question in every if self.may_be_written(question)]
        outcomes = {
            name: [Case(seen_of(q), name, self.world.is_right(name, q)) for q in written] for name in self.world.writers
        }
        router = Router(weights={name: fitted(cases) for name, cases in outcomes.items()}, costs=COSTS)
        return router.model_copy(update={"cost_weight": self._cost_weight(router, written, len(every))})

    def _cost_weight(self, router: Router, written: Sequence[Question], count: int) -> float:
        """Return the largest cost weight at which the router itself expects to lose at most `WITHIN` of all questions."""
        writers = self.world.writers
        chances = [{name: predicted(router, name, seen_of(q)) for name in writers} for q in written]
        best, whole = 0.0, sum(row["large"] for row in chances)
        for weight in WEIGHTS:
            picks = [_worthiest(row, weight) for row in chances]
            kept = sum(row[pick] for row, pick in zip(chances, picks, strict=True))
            if (whole - kept) / count <= WITHIN:
                best = weight
        return best

    def routed(self, cost_weight: float | None = None) -> Policy:
        """Return the policy of the routers, each with its own cost weight unless one is given."""
        by = {
            name: router if cost_weight is None else router.model_copy(update={"cost_weight": cost_weight})
            for name, router in self.routers.items()
        }
        return lambda question: chosen(by[question.repository], self.world.writers, seen_of(question))

    def held(self, policy: Policy) -> Policy:
        """Return the policy where the release lets a model write, and typed tools elsewhere."""
        return lambda question: policy(question) if self.may_be_written(question) else "extractive"

    def policies(self) -> dict[str, Policy]:
        return {
            "always extractive": always("extractive"),
            "always small": self.held(always("small")),
            "always large": self.held(always("large")),
            **{f"random, {share:.0%} large": self.held(mixed(share)) for share in (0.1, 0.3, 0.5)},
            "router": self.held(self.routed()),
            "best that could be (knows the chances)": self.held(
                lambda q: max(self.world.writers, key=lambda writer: self.world.chance(writer, q))
            ),
        }

    def judged(self, policy: Policy, questions: Sequence[Question]) -> Row:
        pairs = [(policy(question), question) for question in questions]
        count = len(pairs)
        return Row(
            sum(self.world.chance(*pair) for pair in pairs) / count,
            1_000 * sum(self.world.cost_usd(*pair) for pair in pairs) / count,
            sum(writer != "large" for writer, _ in pairs) / count,
        )

    def interval(self, one: Policy, other: Policy, questions: Sequence[Question]) -> tuple[float, float]:
        """Return the 95 % interval of the difference in share right: repositories are drawn, and questions within them."""
        gains: dict[str, list[float]] = {}
        for q in questions:
            gain = self.world.chance(one(q), q) - self.world.chance(other(q), q)
            gains.setdefault(q.repository, []).append(gain)
        chance, groups, means = random.Random(SEED), list(gains.values()), []
        for _ in range(_DRAWS):
            drawn = [
                gain for group in chance.choices(groups, k=len(groups)) for gain in chance.choices(group, k=len(group))
            ]
            means.append(sum(drawn) / len(drawn))
        means.sort()
        return means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS)]

    def mixture_at(self, usd: float, questions: Sequence[Question]) -> float:
        """Return the share right of the best random mixture of two fixed writers that costs as much."""
        fixed = [self.judged(self.held(always(name)), questions) for name in self.world.writers]
        best = max((row.right for row in fixed if row.usd <= usd), default=0.0)
        for low in fixed:
            for high in fixed:
                if low.usd <= usd < high.usd:
                    share = (usd - low.usd) / (high.usd - low.usd)
                    best = max(best, low.right + share * (high.right - low.right))
        return best


def always(writer: str) -> Policy:
    return lambda _: writer


def mixed(share: float) -> Policy:
    return lambda question: "large" if random.Random(f"{SEED}:{question.id}").random() < share else "small"


def _worthiest(chances: dict[str, float], weight: float) -> str:
    return max(chances, key=lambda name: chances[name] - weight * COSTS[name])
