"""Tells the Ledger of runs that come past every door of ours: LangGraph Studio's, which the dev server starts itself.

It hears of them as LangChain callbacks do, by the run that has no parent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from agents.records import line_row
from agents.turns import turn_of
from configs.errors import ClewError
from models.budgets import Payer
from ops.ledger.events import Answered, Asked, Event, Served, Unanswered
from ops.ledger.journal import Journal

DOOR = "studio"


class StudioRecorder(BaseCallbackHandler):
    """payer: whose runs they are: Studio knows no other person than the one at this machine."""

    run_inline = True

    def __init__(self, journal: Journal, payer: Payer) -> None:
        self._journal = journal
        self._payer = payer
        self._began: dict[UUID, tuple[float, str]] = {}

    def on_chain_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 - LangChain's signature
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **_: Any,
    ) -> None:
        if parent_run_id is None:
            self._began[run_id] = time.perf_counter(), _question_in(inputs)

    def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **_: Any) -> None:
        state = outputs if isinstance(outputs, Mapping) else {}
        self._end(run_id, state, "" if state.get("answer") else "asked_back")

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        self._end(run_id, {}, error.code if isinstance(error, ClewError) else "internal")

    def _end(self, run_id: UUID, state: Mapping[str, Any], reason: str) -> None:
        """Tell of a run that ended; the ends of nodes, which have a parent, are not known here."""
        if run_id not in self._began:
            return
        began, question = self._began.pop(run_id)
        latency_ms, payer = round((time.perf_counter() - began) * 1000, 2), self._payer
        whose = {"user": payer.user, "run": state.get("run_id") or run_id.hex}
        at = {"door": DOOR, "release": state.get("release_id") or "", "team": payer.team, "project": payer.project}
        self._journal.tell(Asked(**whose, **at, question=question))
        if reason:
            self._journal.tell(Unanswered(**whose, **at, reason=reason, latency_ms=latency_ms))
            return
        content, route = state["answer"], state.get("route") or {}
        cited = dict.fromkeys(
            line_row(c) for block in state["draft"]["blocks"] for claim in block["claims"] for c in claim["citations"]
        )
        usage = state.get("usage") or {}
        answered: list[Event] = [Served(**whose, lines=list(cited))] if cited else []
        answered.append(
            Answered(
                **whose,
                **at,
                level=content["level"],
                verdict=state["verdict"],
                route=route.get("reason") or "",
                model=route.get("model") or "",
                repositories=sorted({place[0] for place in cited}),
                input_tokens=usage.get("input_tokens", 0),
                output_tokens=usage.get("output_tokens", 0),
                micro_usd=usage.get("micro_usd", 0),
                latency_ms=latency_ms,
                first_evidence_ms=None,
                claims=dict(Counter(claim["status"] for claim in content["claims"])),
                digest=sha256(content["answer"].encode("utf-8", "surrogatepass")).hexdigest(),
            )
        )
        for event in answered:
            self._journal.tell(event)


def _question_in(inputs: Any) -> str:
    """Return what was typed: the question, else the last message; a resumed run has neither."""
    if not isinstance(inputs, Mapping):
        return ""
    messages = inputs.get("messages") or []
    return str(inputs.get("question") or (turn_of(messages[-1])["content"] if messages else ""))
