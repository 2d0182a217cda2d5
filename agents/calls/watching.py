"""What the watcher sees of a node while it runs: its start, what it writes, its tool calls, the text of a model as it comes.

A `Visit` is one node at work. It is told every sign of life and says what is wrong: no progress, no time or tokens left, a
text that goes in circles or away from what was asked, a tool that the plan does not have, an unusual latency. Pure but for
the timer, which the `Watch` brings along with the clock, so that tests bring their own. `agents.observer` puts a visit round each node,
`agents.calls.watched_gateway` round each call of a model.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any, Protocol

from guardrails.output import filtered
from knowledge.evidence import Finding

GATE = "watcher"


Tell = Callable[[str, dict[str, Any]], None]


class Notice(StrEnum):
    """The kinds of finding that come of watching."""

    STUCK = "stuck"
    LOOPING = "looping"
    DEADLINE = "deadline"
    BUDGET = "budget"
    DRIFT = "drift"
    UNPLANNED_TOOL = "unplanned_tool"
    UNUSUAL_LATENCY = "unusual_latency"
    CANARY = "canary"


_SORT_EVERY = 64
"""Visits of all nodes after which the percentiles are looked at anew."""


class Timer(Protocol):
    def cancel(self) -> None: ...


def _later(delay_s: float, look: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_s, look)


class Latencies:
    """The last latencies of each node in this process, and what is unusual beside them."""

    KEPT = 256
    LEAST = 40
    """So many are needed before one can be unusual."""
    FLOOR_MS = 1_000.0
    """Below it nothing is worth a word."""
    TIMES_P95 = 4.0

    def __init__(self) -> None:
        self._kept: dict[str, deque[float]] = {}
        self._unusual: dict[str, float] = {}
        self._seen = 0

    def add(self, node: str, latency_ms: float) -> None:
        self._kept.setdefault(node, deque(maxlen=self.KEPT)).append(latency_ms)
        self._seen += 1
        if self._seen % _SORT_EVERY == 0:
            self._unusual.clear()

    def unusual_ms(self, node: str) -> float:
        """Return the latency from which a visit of the node is unusual; infinite while too few were seen."""
        kept = self._kept.get(node)
        if kept is None or len(kept) < self.LEAST:
            return inf
        if node not in self._unusual:
            self._unusual[node] = max(self.FLOOR_MS, self.TIMES_P95 * sorted(kept)[int(len(kept) * 0.95)])
        return self._unusual[node]


@dataclass(frozen=True, slots=True)
class Watch:
    """What all visits of a process share. clock: seconds that only grow. later: calls back after so many seconds."""

    clock: Callable[[], float] = time.monotonic
    later: Callable[[float, Callable[[], None]], Timer] = _later
    latencies: Latencies = field(default_factory=Latencies)

    def visit(
        self,
        node: str,
        *,
        stuck_s: float,
        operation: str | None = None,
        then: frozenset[str] = frozenset(),
        tell: Tell = lambda _event, _fields: None,
    ) -> Visit:
        """Return the watch over one visit.

        Args:
            operation: the only one that the node may carry out; None when it has no task. then: those planned to follow it.
            tell: hears of each tool call as it begins.
        """
        return Visit(self, node, stuck_s, operation, then, tell)


class Visit:
    """One node at work.

    findings: those so far. stopped: the one for which the node was stopped. known_urls: addresses in the prompt of a call that
    answers in JSON, None before one.
    """

    def __init__(
        self, watch: Watch, node: str, stuck_s: float, operation: str | None, then: frozenset[str], tell: Tell
    ) -> None:
        self.node = node
        self.findings: list[Finding] = []
        self.stopped: Finding | None = None
        self.tools: list[str] = []
        self.known_urls: frozenset[str] | None = None
        self.calls: list[Call] = []
        self._watch = watch
        self._stuck_s = stuck_s
        self._operation = operation
        self._then = then
        self._tell = tell
        self._started = self._alive = watch.clock()
        self._unusual_s = inf
        self._timer: Timer | None = None
        self._bound: asyncio.Timeout | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Visit:
        self._loop = asyncio.get_running_loop()
        self._bound = asyncio.timeout(None)
        await self._bound.__aenter__()
        self._unusual_s = self._watch.latencies.unusual_ms(self.node) / 1000
        self._arm()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        assert self._bound is not None and self._timer is not None
        self._timer.cancel()
        if self.stopped is None:
            self._watch.latencies.add(self.node, self.elapsed_ms())
        await self._bound.__aexit__(*raised)

    def elapsed_ms(self) -> float:
        return (self._watch.clock() - self._started) * 1000

    def alive(self) -> None:
        """Note a sign of life."""
        self._alive = self._watch.clock()

    def tap(self, write: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return the writer of the run's stream for this node: what goes through it is seen."""

        def tapped(part: Any) -> None:
            self.alive()
            event = part.get("event") if isinstance(part, dict) else None
            if event == "tool_started":
                self._tool(str(part["tool"]))
            elif (
                event == "token" and self.known_urls is not None
            ):  # what was read out of a model's JSON has shed its escapes since it was filtered
                part = {**part, "text": filtered(part["text"], self.known_urls).text}
            write(part)

        return tapped

    def notice(self, notice: Notice, message: str, action: str = "annotate", severity: str = "warning") -> Finding:
        found = Finding(gate=GATE, kind=notice.value, severity=severity, message=message, action=action)
        self.findings.append(found)
        return found

    def stop(self, found: Finding) -> None:
        """Stop the calls of models that are under way; without any, the node itself. It ends at once, where it waits."""
        running = [call for call in self.calls if call.running]
        for call in running:
            call.stop(found)
        if not running and self._bound is not None and self.stopped is None:
            self.stopped = found
            self._bound.reschedule(asyncio.get_running_loop().time())

    def _tool(self, operation: str) -> None:
        self.tools.append(operation)
        self._tell("tool", {"node": self.node, "operation": operation})
        if self._operation is not None and operation not in {self._operation, *self._then}:
            message = f"{self.node} began {operation!r}, its task is {self._operation!r}"
            self.stop(self.notice(Notice.UNPLANNED_TOOL, message, "stop", "error"))

    def _look(self) -> None:
        """Judge what the clock says, and come back when it may say more."""
        now = self._watch.clock()
        call = next((call for call in self.calls if call.running), None)
        if call is not None and now >= call.ends_at:
            self.stop(self.notice(Notice.DEADLINE, f"the time was up while {call.model} wrote", "downgrade"))
        elif call is not None and now - max(self._alive, call.alive) >= call.patience_s:
            said = "gave no first word" if not call.pieces else "fell silent"
            self.stop(self.notice(Notice.STUCK, f"{call.model} {said} for {call.patience_s:g} s", "downgrade"))
        elif call is None and now - self._alive >= self._stuck_s:
            self.stop(
                self.notice(Notice.STUCK, f"{self.node} showed no progress for {self._stuck_s:g} s", "stop", "error")
            )
        elif now - self._started >= self._unusual_s:
            usual = "than it nearly always is"
            self.notice(
                Notice.UNUSUAL_LATENCY, f"{self.node} is {Latencies.TIMES_P95:g} times slower {usual}", severity="info"
            )
            self._unusual_s = inf
        if self.stopped is None:
            self._arm()

    def _arm(self) -> None:
        now = self._watch.clock()
        due = min(self._started + self._unusual_s, self._alive + self._stuck_s)
        for call in self.calls:
            if call.running:
                due = min(due, call.ends_at, max(self._alive, call.alive) + call.patience_s)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._watch.later(max(due - now, 0.001), self._look)

    def call(self, call: Call) -> None:
        """Watch a call of a model from now on; it may run in the loop of another thread."""
        self.calls.append(call)
        if self._loop is asyncio.get_running_loop():
            self._arm()
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._arm)


@dataclass(slots=True)
class Call:
    """A call of a model under way. ends_at, alive: of the watch's clock. stop: ends it at once with this finding."""

    model: str
    ends_at: float
    alive: float
    first_word_s: float
    between_s: float
    most_tokens: int
    prompt: str
    stop: Callable[[Finding], None]
    running: bool = True
    pieces: int = 0
    _text: str = ""
    _known: dict[str, bool] = field(default_factory=dict)

    @property
    def patience_s(self) -> float:
        return self.between_s if self.pieces else self.first_word_s

    def heard(self, piece: str, now: float) -> tuple[Notice, str, str] | None:
        """Take a piece of text; return what is wrong with the text so far (notice, message, action), None while nothing is."""
        self.pieces += 1
        self.alive = now
        self._text += piece
        if self.pieces > self.most_tokens:
            return Notice.BUDGET, f"{self.model} wrote more than {self.most_tokens} tokens", "downgrade"
        if self.pieces % _LOOK_EVERY == 0:
            if goes_in_circles(self._text):
                return Notice.LOOPING, f"{self.model} repeats itself", "downgrade"
            return self._drift()
        return None

    def anew(self, model: str, now: float) -> None:
        """Begin again with another model, or on another host: what was written no longer counts."""
        self.model, self.alive, self.pieces, self._text = model, now, 0, ""

    def ended(self) -> tuple[Notice, str, str] | None:
        """Return what is wrong with the whole text."""
        return self._drift()

    def _drift(self) -> tuple[Notice, str, str] | None:
        for name in _TICKED.findall(self._text):
            if name not in self._known:
                self._known[name] = name in self.prompt or name.rpartition(".")[2] in self.prompt
        foreign = [name for name, known in self._known.items() if not known]
        if len(foreign) < _LEAST_FOREIGN or len(foreign) <= _MOST_FOREIGN * len(self._known):
            return None
        named = ", ".join(f"`{name}`" for name in foreign[:3])
        return Notice.DRIFT, f"{self.model} writes of {named}, of which neither question nor evidence speak", "reroute"


_TICKED = re.compile(r"`([A-Za-z_][\w.:]{2,80})(?:\(\))?`")
_LOOK_EVERY = 16
_LEAST_FOREIGN = 4
_MOST_FOREIGN = 0.6
_REPEATS = 4
_SHORTEST_UNIT, _LONGEST_UNIT = 8, 160


def goes_in_circles(text: str) -> bool:
    """Return whether a text ends with the same stretch of at least eight characters, with letters in it, four times over."""
    tail = text[-_REPEATS * _LONGEST_UNIT :]
    for length in range(_SHORTEST_UNIT, len(tail) // _REPEATS + 1):
        unit = tail[-length:]
        if tail[-2 * length : -length] == unit and tail.endswith(unit * _REPEATS) and len(set(unit.strip())) > 3:
            return True
    return False
