"""Which rung answers a step in which round, and which tasks that takes. Pure functions of plan and release."""

from __future__ import annotations

from collections.abc import Iterable

from agents.state import WITHOUT_NAME, Outcome, Plan, Step, Task
from configs.release import ModelClass, Release

MODEL_RUNGS: tuple[ModelClass, ...] = ("small", "large")


def rung_of(step: Step, release: Release, round_number: int) -> str:
    """Return `structural`, `extractive`, `small` or `large` for a step in a round (0: the first try)."""
    route = release.routes[step["intent"]]
    if round_number == 0 or not route.escalate:
        return route.base
    return route.escalate[min(round_number, len(route.escalate)) - 1]


def model_class_of(plan: Plan, release: Release, round_number: int, *, insisted: bool) -> ModelClass | None:
    """Return the class of model that this round would gain from, None for none; the larger one when steps differ.

    insisted: a model was asked for by name, so every step that quotes text is worth one.
    """
    wanted: set[ModelClass] = set()
    for step in plan["steps"]:
        route = release.routes[step["intent"]]
        rung = rung_of(step, release, round_number)
        if rung in MODEL_RUNGS:
            wanted.add("large" if rung == "large" else "small")
        elif route.model is not None:
            wanted.add(route.model)
        elif insisted and route.base == "extractive":
            wanted.add("small")
    return "large" if "large" in wanted else next(iter(wanted), None)


def tasks_of(plan: Plan, release: Release, round_number: int, earlier: Iterable[Outcome]) -> list[Task]:
    """Return the tasks of a round, one a step and analyst, at most `limits.max_tasks`. A step that takes what another finds waits in `then`.

    A later round is wider; a step whose name the graph does not know, or that has none where one is needed, is searched
    for in words instead.
    """
    lost = {(outcome["operation"], outcome["name"]) for outcome in earlier if outcome["symbol"] is None}
    tasks: list[Task] = []
    made: dict[str, Task] = {}
    for step in plan["steps"]:
        rung = rung_of(step, release, round_number)
        operation = step["operation"]
        name = step["names"][0] if step["names"] else ""
        first = next((made[before] for before in step.get("after", ()) if before in made), None)
        nameless = not name and first is None and operation not in WITHOUT_NAME
        # A place is always searched for: a name in such a question is a word of it, no symbol that something could be said of.
        searches = nameless or operation == "locate" or (round_number > 0 and (operation, name) in lost)
        analysts = release.routes[step["intent"]].analysts if first is None else ("code",)
        if round_number > 0 and step["intent"] == "locate" and "docs" not in analysts:
            analysts = (*analysts, "docs")  # where there is no code, the place is in a document
        for analyst in analysts:
            after = first.setdefault("then", []) if first is not None else tasks
            task = Task(
                id=f"{first['id']}.{len(after) + 1}" if first is not None else f"r{round_number}t{len(after) + 1}",
                intent=step["intent"],
                operation="search" if searches or analyst == "docs" else operation,
                analyst=analyst,
                names=step["names"],
                query=step["query"],
                rung="extractive" if searches or rung != "structural" else "structural",
                wide=round_number > 0,
            )
            after.append(task)
            if analyst == "code":
                made[step.get("id", "")] = task
    return tasks[: release.limits.max_tasks]


def waiting_in(task: Task | None) -> frozenset[str]:
    """Return the operations of the tasks that wait for what a task finds, and of those that wait for them."""
    waiting = task.get("then", []) if task else []
    return frozenset(one["operation"] for one in waiting).union(*(waiting_in(one) for one in waiting))
