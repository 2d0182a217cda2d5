"""Accepted answers as examples: offered by a run, accepted by a person, shown to a model that writes about something alike.

Only what a model wrote and the check let through is offered: an answer made of facts needs no example. A case of the golden set is never
one, or the measure would measure itself. An example is seen with a grant of every repository that it cites, and dies with the
first cited file that changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.drafts.rendering import claims_of
from agents.state import AssistantState, Draft
from configs.errors import InputError
from configs.release import FewShot
from knowledge.evidence import WRITTEN
from knowledge.golden import is_golden
from knowledge.lessons import Lesson, Lessons
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from knowledge.text import query_terms
from models.tokens import tokens_of

RUNS_KEPT = 200
"""Runs that may still be accepted."""
EXAMPLES_KEPT = 1_000
SHORTEST_RUN_ID = 8
_MARKS_TOKENS = 15


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the answer that a person accepted."""

    question: str
    answer: str

    @property
    def tokens(self) -> int:
        return tokens_of(self.question) + tokens_of(self.answer) + _MARKS_TOKENS


class Examples:
    """The examples of one store."""

    def __init__(self, graph: CodeGraph, lessons: Lessons) -> None:
        self._graph = graph
        self._lessons = lessons

    def offer(self, scope: Scope, state: AssistantState, draft: Draft) -> None:
        """Keep a checked answer of a model, so that a person may accept it. Raises StoreError."""
        citations = [citation for claim in claims_of(draft) for citation in claim["citations"]]
        repositories = tuple(sorted({citation["repository"] for citation in citations}))
        if state["level"] not in WRITTEN or not repositories or is_golden(state["plan"]["question"]):
            return
        hashes = {name: self._graph.paths(scope, name) for name in repositories}
        files = sorted({(citation["repository"], citation["path"]) for citation in citations})
        steps = state["plan"]["steps"]
        payload = {
            "question": state["plan"]["question"],
            "answer": "".join(claim["text"] for claim in claims_of(draft)).strip(),
            "files": [[name, path, hashes[name][path][0]] for name, path in files if path in hashes[name]],
        }
        lesson = Lesson(
            state["run_id"], "run", steps[0]["intent"] if steps else "", repositories, state["started_at"], payload
        )
        self._lessons.put(lesson, keep=RUNS_KEPT)

    def accept(self, scope: Scope, run_id: str, *, by: str, at: float) -> Lesson:
        """Make an example of a run.

        Raises:
            InputError: no such run is kept (or it is not granted), its question is a golden case, or a file that it cites changed.
        """
        run = self._run(scope, run_id)
        if run is None:
            raise InputError(
                f"no run {run_id!r} can be accepted",
                next_step=f"of the last {RUNS_KEPT} checked answers that a model wrote, give the run_id, or its first {SHORTEST_RUN_ID} digits",
            )
        if is_golden(run.payload["question"]):
            raise InputError("a golden case is never an example", next_step="accept an answer to another question")
        if not self._holds(scope, run):
            raise InputError("a file that this answer cites has changed since", next_step="ask again, and accept that")
        example = Lesson(run.id, "example", run.group, run.repositories, at, {**run.payload, "by": by})
        self._lessons.put(example, keep=EXAMPLES_KEPT)
        return example

    def reject(self, scope: Scope, run_id: str) -> bool:
        """Erase a run, and the example that it became. False when there is neither."""
        run = self._run(scope, run_id)
        whole = run.id if run is not None else run_id
        was_run = self._lessons.forget(scope, "run", whole)
        return self._lessons.forget(scope, "example", whole) or was_run

    def all(self, scope: Scope) -> list[Lesson]:
        """Return the examples that the scope grants and whose files are as they were, the newest first; the others are erased."""
        kept = []
        for lesson in self._lessons.find(scope, "example"):
            if self._holds(scope, lesson):
                kept.append(lesson)
            else:
                self._lessons.forget(scope, "example", lesson.id)
        return kept

    def choose(self, scope: Scope, question: str, intent: str, few_shot: FewShot, room_tokens: int) -> list[Example]:
        """Return examples for a question: of the same intent, most alike first, at most `few_shot.most`, within both budgets."""
        asked = query_terms(question)
        scored = [
            (likeness(asked, query_terms(lesson.payload["question"])), lesson)
            for lesson in self.all(scope)
            if lesson.group == intent and not is_golden(lesson.payload["question"])
        ]
        room = min(few_shot.budget_tokens, room_tokens)
        chosen: list[Example] = []
        for score, lesson in sorted(scored, key=lambda one: -one[0]):
            example = Example(lesson.payload["question"], lesson.payload["answer"])
            if len(chosen) == few_shot.most or score < few_shot.least_likeness:
                break
            if example.tokens <= room:
                chosen.append(example)
                room -= example.tokens
        return chosen

    def _run(self, scope: Scope, run_id: str) -> Lesson | None:
        whole = self._lessons.get(scope, "run", run_id)
        if whole is not None or len(run_id) < SHORTEST_RUN_ID:
            return whole
        found = [run for run in self._lessons.find(scope, "run") if run.id.startswith(run_id)]
        return found[0] if len(found) == 1 else None

    def _holds(self, scope: Scope, lesson: Lesson) -> bool:
        hashes = {name: self._graph.paths(scope, name) for name in lesson.repositories}
        files: Sequence[Sequence[str]] = lesson.payload["files"]
        return all(hashes[name].get(path, ("",))[0] == known for name, path, known in files)


def likeness(one: Mapping[bytes, float], other: Mapping[bytes, float]) -> float:
    """Return the cosine of two bags of terms, 0..1."""
    lengths = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(count * other.get(term, 0.0) for term, count in one.items()) / lengths if lengths else 0.0
