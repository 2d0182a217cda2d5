"""How fast each model of one host reads and writes, learned from its own calls.

Ollama tells with each answer how many tokens it read and wrote, and how long it took over both. A call that gave no first piece in time tells less:
the host reads slower than that, and how much slower is not known, so that half of it is taken. One call moves what was measured by a factor of two at most
(a prompt whose beginning the host kept from the last call looks much faster than it is). What is low rises again by and by, up to
the fastest that was measured: a host that was slow because it loaded a model, or because others used it, is tried again. What is counted on is less
than what is believed by how far calls were from it: a machine that does other work is less reliable.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from knowledge.paces import KeptPace

_MODELS = 64
"""Models of a host that are remembered, those of the last calls."""
_LARGEST_STEP = 4.0
"""A sample counts as at most so many times what was known, or so small a part of it; its square root is what it moves."""
_BELOW_A_BOUND = 0.5
_DOUBLED_EVERY_S = 300.0
"""What nobody has measured again for so long is believed to have doubled."""
_LEAST_READ = 64
_LEAST_WRITTEN = 8
"""Tokens below which a call tells more of what it costs to begin than of how fast it goes, unless it took longer than `_LONG_S`."""
_LONG_S = 1.0
_INSTANT_S = 0.001
_NEW_SPREAD = 0.5
"""Weight of the newest call in how far calls are from what was believed."""
_NEW_LENGTH = 0.3
"""Weight of the newest answer in how long answers are."""
_LIMITS = 8
"""Limits of answers that are told apart, those of the last calls."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens a second that a model reads and writes; None: not known. measured: the host counted its reading, else waits alone bound it.

    surely_reads, surely_writes: what to count on, less than that by how far calls were from it. On a host that nobody else uses they are the same.
    """

    reads: float | None = None
    writes: float | None = None
    measured: bool = False
    surely_reads: float | None = None
    surely_writes: float | None = None

    def reading_s(self, tokens: int) -> float:
        """Return how long a prompt of so many tokens usually takes; 0 where nothing is known."""
        return tokens / self.reads if self.reads else 0.0

    def writing_s(self, tokens: float) -> float:
        """Return in how long an answer of so many tokens is surely there; 0 where nothing is known."""
        return tokens / self.surely_writes if self.surely_writes else 0.0


@dataclass(frozen=True, slots=True)
class _Rate:
    """tokens_s at the time `at`. most: the fastest that was measured; infinite where nothing was. spread: mean absolute error of the logarithm."""

    tokens_s: float
    at: float
    most: float = math.inf
    spread: float = 0.0

    def now(self, now: float) -> float:
        return min(self.tokens_s * math.pow(2.0, min(max(now - self.at, 0.0) / _DOUBLED_EVERY_S, 100.0)), self.most)

    def surely(self, now: float) -> float:
        return self.now(now) * math.exp(-self.spread)


@dataclass(frozen=True, slots=True)
class _Known:
    reads: _Rate | None = None
    writes: _Rate | None = None
    lengths: Mapping[int, float] = field(default_factory=dict)
    """Usual tokens of an answer, by the most that it may have: calls of one purpose share their limit."""


class Speeds:
    """Of the models of one host. Safe to share between threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, model: str) -> Pace:
        """Return what is believed of a model now."""
        with self._lock:
            known, now = self._known.get(model, _Known()), self._clock()
        reads, writes = known.reads, known.writes
        return Pace(
            reads.now(now) if reads else None,
            writes.now(now) if writes else None,
            reads is not None and reads.most < math.inf,
            reads.surely(now) if reads else None,
            writes.surely(now) if writes else None,
        )

    def known(self) -> dict[str, Pace]:
        """Return what is believed of each model that was called."""
        with self._lock:
            names = [name for name, known in self._known.items() if known.reads or known.writes]
        return {name: self.of(name) for name in names}

    def kept(self, host: str, model: str, at: float) -> KeptPace:
        """Return what is believed of a model now, which is the Unix time `at`, to be kept for another process."""
        with self._lock:
            known, now = self._of(model), self._clock()
        reads, writes = known.reads, known.writes
        return KeptPace(
            host,
            model,
            at,
            reads=reads.now(now) if reads else None,
            most_read=reads.most if reads and reads.most < math.inf else None,
            writes=writes.now(now) if writes else None,
            most_written=writes.most if writes and writes.most < math.inf else None,
            read_spread=reads.spread if reads else 0.0,
            written_spread=writes.spread if writes else 0.0,
            lengths=dict(known.lengths),
        )

    def believe(self, pace: KeptPace, at: float) -> None:
        """Take what was kept of a model, unless more is known of it. at: the Unix time now."""
        with self._lock:
            if pace.model not in self._known:
                then = self._clock() - max(at - pace.at, 0.0)
                reads = _rate(pace.reads, then, pace.most_read, pace.read_spread)
                writes = _rate(pace.writes, then, pace.most_written, pace.written_spread)
                self._keep(pace.model, _Known(reads, writes, dict(pace.lengths)))

    def usual_tokens(self, model: str, most: int) -> float | None:
        """Return how long answers are that may have `most` tokens; None before the first."""
        with self._lock:
            return self._known.get(model, _Known()).lengths.get(most)

    def count(self, model: str, *, read: int, read_s: float, written: int, write_s: float, most: int = 0) -> None:
        """Count what a host says of a call: tokens, and the seconds that they took; 0 s: it does not say. most: tokens that the answer might have had."""
        with self._lock:
            known = self._of(model)
            if read_s > 0 and (read >= _LEAST_READ or read_s >= _LONG_S):
                known = replace(known, reads=self._measured(known.reads, max(read, 1) / read_s))
            if write_s > 0 and (written >= _LEAST_WRITTEN or write_s >= _LONG_S):
                known = replace(known, writes=self._measured(known.writes, max(written, 1) / write_s))
            usual = known.lengths.get(most)
            length = written if usual is None else usual + _NEW_LENGTH * (written - usual)
            self._keep(model, _with_length(known, most, length))

    def count_unread(self, model: str, *, tokens: int, waited_s: float, calls: int = 1) -> None:
        """Count a prompt of so many tokens that a host had not read after `waited_s`, with so many calls at once.

        What was believed when the call began was wrong, and is halved at the least; a belief that came up meanwhile, from a call beside it, is only bounded.
        """
        most = calls * tokens / max(waited_s, _INSTANT_S)
        with self._lock:
            known, now = self._of(model), self._clock()
            before = known.reads
            if before is None:
                self._keep(model, replace(known, reads=_Rate(most * _BELOW_A_BOUND, now)))
            elif before.at <= now - waited_s or before.now(now) > most:
                low = min(before.now(now), most) * _BELOW_A_BOUND
                self._keep(model, replace(known, reads=replace(before, tokens_s=low, at=now)))

    def count_unwritten(self, model: str, *, tokens: int, took_s: float, most: int = 0) -> None:
        """Count an answer that a deadline ended after so many tokens in `took_s`: whole it would have been longer."""
        if tokens >= _LEAST_WRITTEN or took_s >= _LONG_S:
            with self._lock:
                known = self._of(model)
                rate = self._measured(known.writes, max(tokens, 1) / max(took_s, _INSTANT_S))
                length = max(known.lengths.get(most, 0.0), float(tokens))
                self._keep(model, _with_length(replace(known, writes=rate), most, length))

    def _measured(self, before: _Rate | None, sample: float) -> _Rate:
        now = self._clock()
        if before is None or before.most == math.inf:
            return _Rate(sample, now, sample)
        believed = before.now(now)
        step = min(max(sample / believed, 1 / _LARGEST_STEP), _LARGEST_STEP)
        rate = believed * math.sqrt(step)
        spread = before.spread + _NEW_SPREAD * (abs(math.log(step)) - before.spread)
        return _Rate(rate, now, max(before.most, rate), spread)

    def _of(self, model: str) -> _Known:
        return self._known.get(model, _Known())

    def _keep(self, model: str, known: _Known) -> None:
        self._known[model] = known
        self._known.move_to_end(model)
        if len(self._known) > _MODELS:
            self._known.popitem(last=False)


def _rate(tokens_s: float | None, at: float, most: float | None, spread: float) -> _Rate | None:
    return _Rate(tokens_s, at, most or math.inf, spread) if tokens_s else None


def _with_length(known: _Known, most: int, length: float) -> _Known:
    others = [(limit, usual) for limit, usual in known.lengths.items() if limit != most]
    return replace(known, lengths=dict([*others, (most, length)][-_LIMITS:]))
