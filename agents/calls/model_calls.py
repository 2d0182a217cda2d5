"""What is told of every call of a model, for the record: by whom and where, what came of it, and which lines the prompt held.

Places only: neither the prompt nor what was written is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.calls.spending import paid
from agents.context import Context
from agents.services import Services
from configs.errors import NoModelAnswered
from models.provider import Attempt, Completion, Reads
from models.tokens import tokens_of

EVENT = "model"
_NEVER_SENT = frozenset({"unreachable", "resting", "missing"})
"""Faults of calls whose prompt did not leave: nobody took it."""


@dataclass(slots=True)
class Telling:
    """Tells of one call for a run of this context, with all of its attempts. pieces: of text that have come so far."""

    services: Services
    context: Context
    prompt: str
    reads: Reads
    pieces: int = 0

    def answered(self, completion: Completion) -> None:
        for one in completion.attempts:
            self._attempt(one)

    def failed(self, ended: BaseException, model: str) -> None:
        """Tell of a call that came to nothing: each attempt, or the one that was ended under way."""
        if isinstance(ended, NoModelAnswered):
            for one in ended.attempts:
                self._attempt(one)
            return
        calls = paid(ended, model, tokens_of(self.prompt, model), self.pieces)
        if calls:
            ((_, read, written),) = calls
            self._tell(model, "", "ended", True, read, written, 0.0)

    def _attempt(self, one: Attempt) -> None:
        read = (one.input_tokens or tokens_of(self.prompt, one.model)) if one.has_cost else 0
        reached = one.fault not in _NEVER_SENT
        self._tell(one.model, one.host, one.fault or "answered", reached, read, one.output_tokens, one.ms)

    def _tell(self, model: str, host: str, outcome: str, reached: bool, read: int, written: int, ms: float) -> None:
        budgets = self.services.budgets
        lines: Sequence[object] = self.reads.lines if reached else ()
        self.services.events.emit(
            EVENT,
            {
                "run": self.context.known_run or "",
                "user": self.services.payer_for(self.context).user,
                "purpose": self.reads.purpose,
                "model": model,
                "host": host,
                "outcome": outcome,
                "reached": reached,
                "input_tokens": read,
                "output_tokens": written,
                "micro_usd": budgets.terms.cost(model, read, written).micro_usd if budgets is not None else 0,
                "ms": round(ms, 2),
                "lines": list(lines),
            },
        )
