"""Typed progress of a run, as `stream_answer` yields it, and the answer record with its stable JSON shape."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from agents.drafts.handoff import Ticket
from knowledge.evidence import Level


@dataclass(frozen=True, slots=True)
class NodeStarted:
    node: str
    round: int


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """`latency_ms` is wall time; `error` the code of the error that the node met, if any."""

    node: str
    round: int
    latency_ms: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What the question was understood as: `{intent, names}` a step, in order."""

    steps: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """A task came back: how many facts, and where the first of them stand (`path:line`)."""

    task: str
    verdict: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """Text as a model writes it, not yet checked. `segment` grows when the text starts anew."""

    text: str
    segment: int


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    """What was written so far no longer counts: `model` begins anew (None: no model, the facts speak), for this reason."""

    segment: int
    model: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Queued:
    """The call waits in the line before `host`; place 1 is next."""

    host: str
    place: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer.

    verdict: found, none, unknown, ambiguous, or unavailable (a component failed and nothing could be said).
    citations: `{repository, path, start_line, end_line, symbol, revision}`; claims: `{text, status, citations, reasons, tier,
    relations}`, a relation as `{kind, source, target}` with the ids of symbols.
    known_errors: `{id, repository, exception, places, match, solutions}` (see `agents.state.KnownErrorRow`).
    reading: the steps of the plan, `{intent, names, decided_by, certainty}` (see `agents.state.Step`).
    follow_ups: questions that could be asked next, each of which has an answer.
    patch: a unified diff that applies and parses, empty where none was asked for or none held.
    findings: what gates, watcher and check had to say, `{gate, kind, severity, message, path, line}`.
    trace: the visits of nodes in order, `{node, round, latency_ms, error}`; not part of the JSON shape.
    handoff: what a person needs to go on (see `agents.drafts.handoff`); part of the JSON at the level `handoff`, or when it is asked for.
    """

    answer: str
    level: str
    citations: tuple[dict[str, Any], ...]
    claims: tuple[dict[str, Any], ...]
    unknowns: tuple[str, ...]
    known_errors: tuple[dict[str, Any], ...]
    route: str
    model: str | None
    release: str
    usage: dict[str, int]
    cost_usd: float
    latency_ms: float
    run_id: str
    thread_id: str
    verdict: str
    reading: tuple[dict[str, Any], ...] = ()
    follow_ups: tuple[str, ...] = ()
    patch: str = ""
    handoff: Ticket | None = None
    findings: tuple[dict[str, Any], ...] = ()
    trace: tuple[dict[str, Any], ...] = ()

    def to_json(self, *, handoff: bool = False) -> dict[str, Any]:
        """Return the documented shape of `clew ask --json`."""
        row = asdict(self)
        del row["verdict"], row["trace"]
        row["findings"] = [{key: finding[key] for key in _TOLD} for finding in self.findings]
        if not handoff and self.level != Level.HANDOFF.value:
            del row["handoff"]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}


_TOLD = ("gate", "kind", "severity", "message", "path", "line")


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """question: what was answered, as it was asked; of a run that asked back, the question before that.

    repositories: those that the answer cites. cited: its places, as (repository, path, first line, last line, revision).
    """

    answer: Answer
    question: str = ""
    repositories: tuple[str, ...] = ()
    cited: tuple[tuple[str, str, int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AskedBack:
    """The run stands still for a person's choice (see `agents.questions.clarifying.Asking`); it ends here, without an answer.

    choices: `{label, place, value}`. text: the question with its choices numbered, for doors that know text only.
    """

    kind: str
    question: str
    choices: tuple[dict[str, str], ...]
    text: str
    thread_id: str


Progress: TypeAlias = (
    NodeStarted | NodeFinished | Planned | EvidenceFound | Token | SegmentStarted | Queued | AnswerReady | AskedBack
)
