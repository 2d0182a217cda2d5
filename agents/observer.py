"""The observer around every node: it watches the node while it runs, and is the seam that keeps a failing one from losing the run.

It is put on when the graph is built, so that a node cannot forget it. A node gets its ports with a gateway that is watched
(`agents.calls.watched_gateway`) and a stream writer that is listened to; evidence is labelled and an answer filtered on the way
into the state (`agents.gates`). What watching finds is recorded here; the watcher node decides where the run goes on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.calls.bound_gateway import bound
from agents.calls.watched_gateway import WatchedGateway
from agents.calls.watching import Visit
from agents.channels import Fresh
from agents.context import Context
from agents.evidence.analysis import release_of
from agents.evidence.routing import waiting_in
from agents.gates import labels_of, passed
from agents.records import finding_row
from agents.services import Services
from agents.state import FindingRow, TraceRow
from configs.errors import ClewError
from configs.release import Limits
from knowledge.evidence import Finding
from models.gateway import Gateway

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
        limits = _limits(services, runtime)
        task = state.get("task")
        operation, tell = task["operation"] if task else None, services.events.emit
        visit = services.watch.visit(
            name, stuck_s=limits.stuck_s, operation=operation, then=waiting_in(task), tell=tell
        )
        context = runtime.context or Context()
        context = replace(context, run_id=context.known_run or state.get("run_id"))
        bounds = {} if name == "planner" else state  # the route in a thread is the turn's before until it is planned
        gateway = _watched_gateway(services, visit, limits, bounds, context)
        ports = replace(services, gateway=cast(Gateway, gateway))
        error: Exception | None = None
        try:
            async with visit:
                result = await node(state, runtime.override(stream_writer=visit.tap(runtime.stream_writer)), ports)
        except GraphBubbleUp:  # interrupts and parent commands are LangGraph's own control flow
            raise
        except Exception as exc:
            if services.strict and visit.stopped is None:
                raise
            if visit.stopped is None:
                # One of our own errors says what is wrong; while a server is away there is one for each question.
                _log.error("node %s failed: %s", name, exc, exc_info=not isinstance(exc, ClewError))
                error = exc
            result = fallback(state, services)
        latency_ms = visit.elapsed_ms()
        code = visit.stopped.kind if visit.stopped else None if error is None else getattr(error, "code", "internal")
        row = TraceRow(node=name, round=round_number, latency_ms=round(latency_ms, 3), error=code)
        runtime.stream_writer({"event": "node_finished", **row})
        services.events.emit("node", dict(row))
        found = [*_findings(name, latency_ms, limits.slow_node_ms, error), *map(finding_row, visit.findings)]
        return _recorded(result, row, found, state)

    run.__name__ = name
    return run


def _limits(services: Services, runtime: Runtime[Context]) -> Limits:
    """Return the bounds of the run's release; when the run names none, which the planner reports, none but the last nets."""
    try:
        return release_of(services, runtime.context).limits
    except ClewError:
        return Limits(slow_node_ms=math.inf)


def _watched_gateway(services: Services, visit: Visit, limits: Limits, state: Any, context: Context) -> WatchedGateway:
    route = state.get("route")
    deadline_at = route["deadline_at"] if route else state.get("deadline_at")
    room = route["budget_tokens"] if route else math.inf
    remaining = math.inf if deadline_at is None else deadline_at - services.clock()
    return WatchedGateway(bound(services, context), services.watch, visit, limits, room, remaining)


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


def _recorded(result: Any, row: TraceRow, findings: list[FindingRow], state: Any) -> Any:
    """Return the update with trace row and findings added, and gated; a channel that the node empties is emptied first."""
    if isinstance(result, Command):
        update = result.update if isinstance(result.update, dict) else {}
        return replace(result, update=_recorded(update, row, findings, state))
    update = dict(result or {})
    if update.get("evidence"):
        findings = [*findings, *labels_of(update["evidence"])]
    if update.get("answer"):
        update["answer"], taken = passed(update["answer"], {**state, **update, "findings": state.get("findings")})
        findings = [*findings, *taken]
    for channel, rows in (("trace", [row]), ("findings", findings)):
        own = update.get(channel, [])
        starts_anew = own is None or isinstance(own, Fresh)
        update[channel] = (Fresh if starts_anew else list)([*(own or []), *rows])
    return update
