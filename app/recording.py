"""Tells the Ledger of every run of the assistant: the question, the lines that were served, the answer, what the guards found.

It stands where all doors meet (`app.assistant`), so that none can forget it. Calls of models and budgets are told by the nodes that
make them, through the `EventSink` port.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from agents.context import Context
from agents.events import Answer, AnswerReady, AskedBack, EvidenceFound, Progress
from app.asking import Asked
from configs.errors import ClewError
from knowledge.evidence import Finding
from models.budgets import Payer
from ops.ledger.events import Answered, FeedbackGiven, FindingRaised, Served, Unanswered
from ops.ledger.events import Asked as AskedEvent
from ops.ledger.journal import Journal
from ops.ledger.rephrasing import Rephrasings

ROOM_S = 5.0
"""Longest wait for a Ledger that is behind, before an answer begins."""
FINDINGS = 50
"""Of one answer, at most."""
TOLD = ("warning", "error")


@dataclass(slots=True)
class Recording:
    """One run as the Ledger hears of it. required: no answer without it.

    Raises StoreError from `begin` and `end` where the Ledger is required and cannot be written.
    """

    journal: Journal
    asked: Asked
    payer: Payer
    required: bool = False
    rephrasings: Rephrasings = field(default_factory=Rephrasings)
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    _began: float = field(default_factory=time.perf_counter)
    _first_ms: float | None = None
    _ended: bool = False

    async def begin(self) -> None:
        if not self.journal.has_room:
            await asyncio.to_thread(self.journal.wait_for_room, ROOM_S)
        asked, payer = self.asked, self.payer
        self.journal.tell(
            AskedEvent(
                user=payer.user,
                run=self.run,
                door=asked.door,
                release=asked.release,
                wish=asked.model,
                team=payer.team,
                project=payer.project,
                repositories=asked.repositories,
                question=asked.question,
                thread=asked.thread_id or "",
            )
        )
        self._tell_of_rephrased()
        await self._settled()

    def seen(self, event: Progress) -> None:
        if isinstance(event, EvidenceFound) and event.count and self._first_ms is None:
            self._first_ms = self._elapsed_ms()

    async def end(self, ready: AnswerReady) -> AnswerReady:
        """Tell of the answer and return it, with a finding where the Ledger cannot be written."""
        answer, user = ready.answer, self.payer.user
        if ready.cited:
            self.journal.tell(Served(user=user, run=self.run, lines=ready.cited))
        for row in [row for row in answer.findings if row["severity"] in TOLD][:FINDINGS]:
            self.journal.tell(self._finding(row))
        self.journal.tell(self._answered(answer, ready.repositories))
        self.rephrasings.answered(self._conversation, self.asked.question, self.run, answer.release)
        self._ended = True
        await self._settled()
        failure = self.journal.failure
        return ready if failure is None else replace(ready, answer=_with_finding(answer, failure))

    def unanswered(self, reason: str) -> None:
        """Tell that there was no answer; nothing after one."""
        if self._ended:
            return
        self._ended = True
        payer = self.payer
        self.journal.tell(
            Unanswered(
                user=payer.user, run=self.run, door=self.asked.door, release=self.asked.release, reason=reason,
                team=payer.team, project=payer.project, latency_ms=self._elapsed_ms(),
            )
        )  # fmt: skip

    @property
    def _conversation(self) -> tuple[str, ...]:
        return self.payer.user, self.asked.door, self.asked.thread_id or ""

    def _tell_of_rephrased(self) -> None:
        """Tell of the answer before that it did not help, where this question asks the same in other words."""
        earlier = self.rephrasings.rephrased(self._conversation, self.asked.question)
        if earlier is not None:
            self.journal.tell(
                FeedbackGiven(
                    user=self.payer.user, run=earlier.run, door=self.asked.door, signal="rephrased", propensity=1.0, release=earlier.release
                )
            )  # fmt: skip

    async def _settled(self) -> None:
        if self.required:
            await asyncio.to_thread(self.journal.flush)

    def _answered(self, answer: Answer, repositories: tuple[str, ...]) -> Answered:
        return Answered(
            user=self.payer.user,
            run=self.run,
            door=self.asked.door,
            release=answer.release,
            level=answer.level,
            verdict=answer.verdict,
            route=answer.route,
            model=answer.model or "",
            team=self.payer.team,
            project=self.payer.project,
            repositories=repositories,
            input_tokens=answer.usage["input_tokens"],
            output_tokens=answer.usage["output_tokens"],
            micro_usd=round(answer.cost_usd * 1e6),
            latency_ms=answer.latency_ms,
            first_evidence_ms=self._first_ms,
            claims=dict(Counter(claim["status"] for claim in answer.claims)),
            digest=sha256(answer.answer.encode("utf-8", "surrogatepass")).hexdigest(),
        )

    def _finding(self, row: dict[str, Any]) -> FindingRaised:
        return FindingRaised(
            user=self.payer.user, run=self.run, gate=row["gate"], finding=row["kind"], severity=row["severity"],
            action=row["action"], confidence=row["confidence"], path=row["path"], line=row["line"],
        )  # fmt: skip

    def _elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 2)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Begins the recording of runs. payer_for: whose run it is. release_id: the id of the release of a name."""

    journal: Journal
    payer_for: Callable[[Context], Payer]
    release_id: Callable[[str], str]
    required: bool = False
    rephrasings: Rephrasings = field(default_factory=Rephrasings)

    def begun(self, asked: Asked, context: Context) -> Recording:
        try:
            asked = replace(asked, release=self.release_id(asked.release))
        except ClewError:
            """The run itself will say that there is no such release."""
        return Recording(self.journal, asked, self.payer_for(context), self.required, self.rephrasings)


async def recorded(recording: Recording, events: AsyncGenerator[Progress, None]) -> AsyncGenerator[Progress, None]:
    """Yield what a run yields, and tell the Ledger of it."""
    await recording.begin()
    try:
        async with aclosing(events):
            async for event in events:
                recording.seen(event)
                if isinstance(event, AskedBack):
                    recording.unanswered("asked_back")
                yield await recording.end(event) if isinstance(event, AnswerReady) else event
    except (GeneratorExit, asyncio.CancelledError):
        recording.unanswered("left")
        raise
    except Exception as exc:
        recording.unanswered(exc.code if isinstance(exc, ClewError) else "internal")
        raise
    finally:
        recording.unanswered("ended")


def _with_finding(answer: Answer, failure: ClewError) -> Answer:
    said = f"this answer is not in the Ledger yet: {failure.message}"
    found = Finding(gate="ledger", kind=failure.code, severity="warning", message=said, action="annotate")
    row = {
        "gate": found.gate, "kind": found.kind, "severity": found.severity, "message": found.message,
        "confidence": found.confidence, "action": found.action, "path": found.path, "line": found.line,
    }  # fmt: skip
    return replace(answer, findings=(*answer.findings, row))
