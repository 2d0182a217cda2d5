"""What a node does to let a model write: the ladder, with everything told while it happens.

The gateway decides which host is asked and what is tried again. Here its attempts become findings, its restarts become marked
segments of the stream, and its failure becomes a reason; the extractive draft is always there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.runtime import Runtime

from agents.calls.spending import Granted, PaidCall, calls_of, paid
from agents.context import Context
from agents.records import finding_row, line_row
from agents.services import Services
from agents.state import AssistantState, CitationRow, FindingRow, RouteRow
from agents.writing.json_answers import Shown
from configs.errors import ModelError, NoModelAnswered
from configs.release import Release
from knowledge.evidence import Finding
from models.gateway import AUTO
from models.provider import Attempt, Completion, Reads, Schema
from models.tokens import tokens_of
from models.writing import Heard

ATTEMPT = "attempt"
"""Kind of the finding that tells of one call to a host."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one prompt. completion: None when no model answered, then `failure` says why."""

    completion: Completion | None
    findings: list[FindingRow]
    failure: str = ""


async def below(route: RouteRow, context: Context, services: Services, release: Release) -> list[str]:
    """Return the models that may write when the route's fails, best first; none in place of one that was asked for by name."""
    model, wanted = route["model"], route["model_class"]
    if context.model != AUTO or wanted not in release.models or model is None:
        return []
    return await services.gateway.ladder(model, release.models[wanted])


async def ask_model(
    models: Sequence[str],
    prompt: str,
    state: AssistantState,
    told: Told,
    services: Services,
    release: Release,
    schema: Schema | None = None,
    lines: Sequence[CitationRow] = (),
) -> Asked:
    """Let the first of the models answer `prompt`, which holds `lines`, else the next ones; an answer that says nothing is none."""
    read, shown = tokens_of(prompt, models[0]), told.pieces
    try:
        completion = await services.gateway.write(
            models[0],
            prompt,
            window_tokens=release.limits.window_tokens,
            max_tokens=release.limits.answer_tokens,
            timeout_s=seconds_left(state, services, release),
            on_token=told.token,
            tries=min(release.routes[step["intent"]].tries for step in state["plan"]["steps"]),
            schema=schema,
            ladder=models[1:],
            heard=Heard(told.restarted, told.waiting),
            reads=Reads("write", tuple(line_row(line) for line in lines)),
        )
    except ModelError as exc:
        if told.has_text:
            await told.restarted("", exc.message.rstrip("."))
        told.calls += paid(exc, models[0], read, told.pieces - shown)
        attempts: Sequence[Attempt] = exc.attempts if isinstance(exc, NoModelAnswered) else ()
        findings = [*map(_attempted, attempts), _finding(exc.code, "error", exc.message, "annotate")]
        return Asked(None, findings, exc.message)
    except asyncio.CancelledError as gone:
        told.calls += paid(gone, models[0], read, told.pieces - shown)
        raise
    told.calls += calls_of(completion.attempts, read)
    findings = [_attempted(one) for one in completion.attempts]
    if not completion.text.strip():
        findings.append(_finding("empty_answer", "warning", f"{completion.model} wrote nothing", "annotate"))
        return Asked(None, findings, f"{completion.model} wrote nothing.")
    if completion.cut:
        said = f"{completion.model} stopped at its length limit"
        findings.append(_finding("cut_answer", "warning", said, "annotate"))
    return Asked(completion, findings)


def seconds_left(state: AssistantState, services: Services, release: Release) -> float:
    """Return how long a call of a model may take from now, at least a thousandth of a second."""
    remaining = state["route"]["deadline_at"] - services.clock()
    return max(min(remaining, release.limits.model_timeout_s), 0.001)


def stood_in(model: str, completion: Completion, granted: Granted, passed_over: str = "") -> str:
    """Say what wrote in the place of `model`, and why. passed_over: why it was not asked."""
    failed = next((one.error for one in completion.attempts if one.fault), "")
    why = passed_over or failed or _cheaper(granted) or "it could not be asked"
    return f"{completion.model} wrote this instead of {model}: {why}"


class Told:
    """Tells the stream what calls do, in segments that are numbered through a run; and what they have cost so far.

    calls: (model, tokens read, tokens written) of each call that has to be paid, also of those that broke off.
    """

    def __init__(self, state: AssistantState, runtime: Runtime[Context]) -> None:
        self._runtime = runtime
        self._segment = _segments_before(state)
        self._shown = Shown()
        self.has_text = False
        self.pieces = 0
        self.calls: list[PaidCall] = []

    async def token(self, text: str) -> None:
        self.pieces += 1
        if seen := self._shown.feed(text):
            self.has_text = True
            self._runtime.stream_writer({"event": "token", "text": seen, "segment": self._segment})

    async def restarted(self, model: str, why: str) -> None:
        self._segment += 1
        self._shown, self.has_text = Shown(), False
        event = {"event": "segment", "segment": self._segment, "model": model or None, "reason": why}
        self._runtime.stream_writer(event)

    async def waiting(self, host: str, place: int) -> None:
        self._runtime.stream_writer({"event": "queued", "host": host, "place": place})


def _cheaper(granted: Granted) -> str:
    """Return why a budget ruled the dearer models out, empty when it did not."""
    return next((finding["message"].rstrip(".") for finding in granted.findings if finding["kind"] == "cheaper"), "")


def _segments_before(state: AssistantState) -> int:
    """Return a number that no segment of this run has had: each call of earlier rounds was at most one, and each round one more."""
    calls = sum(finding["kind"] == ATTEMPT for finding in state.get("findings") or [])
    return calls + state.get("round", 0)


def _attempted(attempt: Attempt) -> FindingRow:
    said = "answered" if attempt.answered else attempt.error
    message = f"{attempt.model} at {attempt.host}: {said} ({attempt.ms:,.0f} ms, {attempt.pieces} pieces)"
    return _finding(ATTEMPT, "info" if attempt.answered else "warning", message, "none")


def _finding(kind: str, severity: str, message: str, action: str) -> FindingRow:
    return finding_row(Finding(gate="writer", kind=kind, severity=severity, message=message, action=action))
