"""Whether the chains hold: every digest anew, from the start or from a signed checkpoint to the head, and against anchors.

What is found is the first broken event of each stream and how it broke. A chain that somebody made anew from some event on holds in
itself; that, and a tail that was cut off, only an anchor tells.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from knowledge.ledger import START, Entry, Head, LedgerStore, digest_of
from ops.ledger.anchors import Anchor, Signer, is_signed

PAGE = 5_000

Kind: TypeAlias = Literal["changed", "missing", "reordered", "truncated", "rewritten", "unsigned"]


@dataclass(frozen=True, slots=True)
class Break:
    """The first event of a stream that does not hold."""

    stream: str
    number: int
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class StreamReport:
    """events: those that were checked. first, last: their numbers. pruned: how many a checkpoint stands for."""

    stream: str
    events: int
    first: int
    last: int
    pruned: int
    broken: Break | None


@dataclass(frozen=True, slots=True)
class Report:
    """anchored: the anchors that were compared, by source; ignored: those whose key is another one, and why."""

    streams: tuple[StreamReport, ...]
    anchored: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[Break, ...]:
        return tuple(one.broken for one in self.streams if one.broken is not None)

    @property
    def events(self) -> int:
        return sum(one.events for one in self.streams)


def verify(
    store: LedgerStore,
    signer: Signer,
    anchors: Sequence[Anchor] = (),
    progress: Callable[[int], None] = lambda _done: None,
) -> Report:
    """Check every stream. `progress` hears how many events were checked so far."""
    trusted, ignored = [], []
    for anchor in anchors:
        if signer.holds(anchor.said(), anchor.mac):
            trusted.append(anchor)
        else:
            same = anchor.signer == signer.id
            why = "it was changed since it was signed" if same else f"another key signed it ({anchor.signer})"
            ignored.append(f"{anchor.source or 'anchor'}: {why}")
    names = {head.stream for head in store.heads()} | {head.stream for one in trusted for head in one.heads}
    done = 0
    reports = []
    for stream in sorted(names):
        expected = [(one, head) for one in trusted for head in one.heads if head.stream == stream and head.number]
        report = _stream(store, stream, signer, expected, done, progress)
        reports.append(report)
        done += report.events
    return Report(tuple(reports), tuple(one.source for one in trusted), tuple(ignored))


def _stream(
    store: LedgerStore,
    stream: str,
    signer: Signer,
    expected: Sequence[tuple[Anchor, Head]],
    done: int,
    progress: Callable[[int], None],
) -> StreamReport:
    checkpoint = store.checkpoint(stream)
    begun, digest = (checkpoint.number, checkpoint.digest) if checkpoint else (0, START)
    last = begun

    def report(broken: Break | None) -> StreamReport:
        sound = last - begun if broken is None else max(broken.number - begun - 1, 0)
        pruned = checkpoint.pruned if checkpoint else 0
        return StreamReport(stream, sound, begun + 1 if sound else 0, begun + sound if sound else 0, pruned, broken)

    def rewritten(number: int, what: str, anchor: Anchor) -> StreamReport:
        return report(
            Break(stream, number, "rewritten", f"{what} is not the one that the anchor {anchor.source!r} names")
        )

    if checkpoint is not None and not is_signed(checkpoint, signer):
        said = f"the checkpoint after event {begun:,} does not carry this Ledger's signature"
        return report(Break(stream, begun, "unsigned", said))
    anchored = {head.number: (anchor, head) for anchor, head in expected}
    if begun in anchored and anchored[begun][1].digest != digest:
        return rewritten(begun, "the checkpoint", anchored[begun][0])
    for entry, broken in _chain(store, stream, begun, digest):
        if broken is not None:
            return report(broken)
        last = entry.number
        if last in anchored and anchored[last][1].digest != entry.digest:
            return rewritten(last, f"event {last:,}", anchored[last][0])
        if (last - begun) % PAGE == 0:
            progress(done + last - begun)
    for anchor, head in expected:
        if head.number > last:
            said = f"the stream ends at event {last:,}; the anchor {anchor.source!r} knows {head.number:,}"
            return report(Break(stream, last + 1, "truncated", said))
    progress(done + last - begun)
    return report(None)


def _chain(store: LedgerStore, stream: str, number: int, previous: bytes) -> Iterator[tuple[Entry, Break | None]]:
    """Yield the events, each with what is wrong with it, until one is wrong."""
    after = number
    while page := store.read(stream, after=after, limit=PAGE):
        for entry in page:
            number += 1
            if entry.number != number:
                yield entry, _gap(stream, number, entry.number - 1)
                return
            digest = _digest(previous, stream, number, entry)
            if digest != entry.digest:
                yield entry, _wrong(store, entry, previous)
                return
            previous = digest
            yield entry, None
        after = page[-1].number


def _digest(previous: bytes, stream: str, number: int, entry: Entry) -> bytes:
    """Return the digest of what an event says in this place; nothing for what cannot have been recorded."""
    try:
        return digest_of(previous, stream, number, entry.kind, entry.at_us, entry.subject, entry.body, entry.sealed)
    except (TypeError, AttributeError, struct.error, UnicodeError):
        return b""


def _gap(stream: str, first: int, last: int) -> Break:
    said = f"event {first:,} is gone" if first == last else f"events {first:,} to {last:,} are gone"
    return Break(stream, first, "missing", said)


def _wrong(store: LedgerStore, entry: Entry, previous: bytes) -> Break:
    """Say how an event broke: it is another one of its stream, or its content is no longer what was chained."""
    stream, number = entry.stream, entry.number
    before, after = previous, number - 1
    while page := store.read(stream, after=after, limit=PAGE):
        for other in page:
            # A moved event rests on the one before its true place, whose digest may have been exchanged with it.
            moved = {_digest(rest, stream, other.number, entry) for rest in (before, other.digest)}
            if other.number != number and moved & {entry.digest, other.digest}:
                said = f"event {other.number:,} stands in the place of event {number:,}"
                return Break(stream, number, "reordered", said)
            before = other.digest
        after = page[-1].number
    return Break(stream, number, "changed", f"event {number:,} ({entry.kind}) is not what was recorded")
