"""The observer around every node: time, errors, visits and progress, and the seam that keeps a failing node from losing the run.

It is put on when the graph is built, so that a node cannot forget it. It records; the watcher node decides.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.analysis import release_of
from agents.context import Context
from agents.records import finding_row
from agents.services import Services
from agents.state import FindingRow, Fresh, TraceRow
from configs.errors import ClewError
from knowledge.evidence import Finding

_log = logging.getLogger(__name__)

Update = dict[str, Any]
StateT = TypeVar("StateT")
Node = Callable[[StateT, Runtime[Context], Services], Awaitable[Any]]
Fallback = Callable[[Any, Services], Update | Command[Any]]


def observed(name: str, node: Node[Any], services: Services, fallback: Fallback) -> Callable[..., Awaitable[Any]]:
    """Return the node as the graph runs it.

    Args:
        fallback: gives the update of a node that failed; the error itself becomes a finding beside it.
    """

    async def run(state: Any, runtime: Runtime[Context]) -> Any:
        round_number = int(state.get("round") or 0)
        runtime.stream_writer({"event": "node_started", "node": name, "round": round_number})
        started = time.perf_counter()
        error: Exception | None = None
        try:
            result = await node(state, runtime, services)
        except GraphBubbleUp:  # interrupts and parent commands are LangGraph's own control flow
            raise
        except Exception as exc:
            if services.strict:
                raise
            _log.exception("node %s failed", name)
            error = exc
            result = fallback(state, services)
        latency_ms = (time.perf_counter() - started) * 1000
        code = None if error is None else getattr(error, "code", "internal")
        row = TraceRow(node=name, round=round_number, latency_ms=round(latency_ms, 3), error=code)
        runtime.stream_writer({"event": "node_finished", **row})
        services.events.emit("node", dict(row))
        return _recorded(result, row, _findings(name, latency_ms, _slow_node_ms(services, runtime), error))

    run.__name__ = name
    return run


def _slow_node_ms(services: Services, runtime: Runtime[Context]) -> float:
    """Return the bound of the run's release; infinite when the run names none, which the planner reports."""
    try:
        return release_of(services, runtime.context).limits.slow_node_ms
    except ClewError:
        return math.inf


def _findings(name: str, latency_ms: float, slow_node_ms: float, error: Exception | None) -> list[FindingRow]:
    found = []
    if error is not None:
        message = error.message if isinstance(error, ClewError) else f"{type(error).__name__} in {name}"
        code = getattr(error, "code", "internal")
        found.append(Finding(gate=name, kind=code, severity="error", message=message, action="annotate"))
    if latency_ms > slow_node_ms:
        message = f"{name} took {latency_ms / 1000:.1f} s"
        found.append(Finding(gate="watcher", kind="slow_node", severity="warning", message=message))
    return [finding_row(finding) for finding in found]


def _recorded(result: Any, row: TraceRow, findings: list[FindingRow]) -> Any:
    """Return the update with the trace row and findings added; a channel that the node empties is emptied first."""
    if isinstance(result, Command):
        update = result.update if isinstance(result.update, dict) else {}
        return replace(result, update=_recorded(update, row, findings))
    update = dict(result or {})
    for channel, rows in (("trace", [row]), ("findings", findings)):
        own = update.get(channel, [])
        starts_anew = own is None or isinstance(own, Fresh)
        update[channel] = (Fresh if starts_anew else list)([*(own or []), *rows])
    return update
