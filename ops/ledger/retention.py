"""How long events stay: the oldest ones of a stream are taken out, and a signed checkpoint stands where the rest begins.

Only whole beginnings go, so that what is left is one chain. The Ledger says itself what was taken out (`pruned`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from configs.errors import StoreCorrupt
from knowledge.ledger import Head
from ops.ledger.anchors import Signer, signed_checkpoint
from ops.ledger.events import STREAMS, Pruned
from ops.ledger.ledger import PAGE, Ledger
from ops.ledger.verifying import verify


@dataclass(frozen=True, slots=True)
class PrunedStream:
    """What was, or would be, taken out of a stream: so many events, up to this number."""

    stream: str
    count: int
    upto: int


def prune(
    ledger: Ledger,
    signer: Signer,
    before_us: int,
    streams: Sequence[str] = STREAMS,
    *,
    dry: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[PrunedStream]:
    """Take out the events from before a time. dry: only say what would go.

    Raises:
        StoreCorrupt: a chain is broken; nothing is taken out then, for it may be what a proof needs.
    """
    found = [(stream, *_oldest(ledger, stream, before_us)) for stream in streams]
    due = [(stream, count, head) for stream, count, head in found if count and head is not None]
    if not dry and due:
        broken = verify(ledger.store, signer, progress=progress).broken
        if broken:
            raise StoreCorrupt(
                f"the Ledger is broken in the stream {broken[0].stream!r}: {broken[0].message}",
                next_step="keep it as it is and look into it (`clew audit verify`); nothing was taken out",
            )
        for stream, count, head in due:
            before = ledger.store.checkpoint(stream)
            gone = count + (before.pruned if before else 0)
            note = Pruned(of=stream, number=head.number, digest=head.digest.hex(), count=count)
            ledger.store.prune(signed_checkpoint(head, ledger.now_us(), gone, signer), ledger.draft(note))
    return [PrunedStream(stream, count, head.number) for stream, count, head in due]


def _oldest(ledger: Ledger, stream: str, before_us: int) -> tuple[int, Head | None]:
    """Return how many events at the beginning of a stream are older, and the last of them."""
    count, last, after = 0, None, 0
    while page := ledger.store.read(stream, after=after, limit=PAGE):
        for entry in page:
            if entry.at_us >= before_us:
                return count, last
            count, last = count + 1, Head(stream, entry.number, entry.digest)
        after = page[-1].number
    return count, last
