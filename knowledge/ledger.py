"""The records of the Ledger and its two ports: the events as they are chained, and the keys of the people they speak of.

An event is chained to the one before it in its stream: its digest is the SHA-256 of that one's digest and of its own canonical
bytes, so that no event can be changed, taken out or moved without every later digest telling. What it says of a person is
sealed with that person's key, which is kept apart: once the key is gone the words are, and the chain still holds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, TypeAlias

Number: TypeAlias = int
START = bytes(32)
"""What stands before the first event of a stream."""
_HEAD = struct.Struct(">QQIIIII")


@dataclass(frozen=True, slots=True)
class Once:
    """When an event is not stored: the latest one of its stream and kind that holds `about` in its body holds `said` too."""

    about: bytes
    said: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is to be chained.

    at_us: when it happened, in microseconds since 1970. subject: the id of the person's key, empty where nobody is meant.
    body: canonical JSON that everybody may read who may read the Ledger. sealed: what only the subject's key opens.
    once: of what several may tell at the same time.
    """

    stream: str
    kind: str
    at_us: int
    subject: str
    body: bytes
    sealed: bytes = b""
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place: `number` counts from 1 in its stream."""

    stream: str
    number: Number
    kind: str
    at_us: int
    subject: str
    body: bytes
    sealed: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a stream, or the last one that was pruned where nothing follows it; number 0 for an empty stream."""

    stream: str
    number: Number = 0
    digest: bytes = START


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a pruned stream begins anew: after this event, whose digest the first one left rests on.

    signer: which key made `mac`. pruned: how many events were taken out in all.
    """

    stream: str
    number: Number
    digest: bytes
    at_us: int
    pruned: int
    signer: str
    mac: bytes


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A person as the Ledger knows them: `id` stands in the events, `name` and `key` here and nowhere else."""

    id: str
    name: str
    key: bytes


def canonical(stream: str, number: Number, kind: str, at_us: int, subject: str, body: bytes, sealed: bytes) -> bytes:
    """Return the bytes that the digest of an event is taken of: fixed-size numbers and lengths first, then the parts."""
    parts = (stream.encode(), kind.encode(), subject.encode(), body, sealed)
    return _HEAD.pack(number, at_us, *map(len, parts)) + b"".join(parts)


def digest_of(
    previous: bytes, stream: str, number: Number, kind: str, at_us: int, subject: str, body: bytes, sealed: bytes
) -> bytes:
    return sha256(previous + canonical(stream, number, kind, at_us, subject, body, sealed)).digest()


def is_told(draft: Draft, before: Sequence[Entry], stored: Callable[[Draft, Once], bytes | None]) -> bool:
    """Tell whether a draft is left out.

    Args:
        before: what comes before it in the same commit. stored: returns the body of the latest stored event that is about the same.
    """
    once = draft.once
    if once is None:
        return False
    same = (
        one.body
        for one in reversed(before)
        if (one.stream, one.kind) == (draft.stream, draft.kind) and once.about in one.body
    )
    latest = next(same, None)
    if latest is None:
        latest = stored(draft, once)
    return latest is not None and once.said in latest


def linked(head: Head, draft: Draft) -> Entry:
    """Return the draft as the event after `head`."""
    number = head.number + 1
    digest = digest_of(
        head.digest, draft.stream, number, draft.kind, draft.at_us, draft.subject, draft.body, draft.sealed
    )
    return Entry(draft.stream, number, draft.kind, draft.at_us, draft.subject, draft.body, draft.sealed, digest)


class LedgerStore(Protocol):
    """Events in their streams. Safe between threads and processes; what `append` returned survives the death of the process.

    Raises (all methods): StoreError.
    """

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Chain the events, in this order, each to the head of its stream, all of them or none, and return them.

        What was told `once` already, by this process or another, is left out.
        """
        ...

    def heads(self) -> list[Head]:
        """Return the head of every stream, by name."""
        ...

    def read(self, stream: str, *, after: Number = 0, limit: int = 1_000) -> list[Entry]:
        """Return the events that follow number `after`, as they are stored: in their order, whole or not."""
        ...

    def checkpoint(self, stream: str) -> Checkpoint | None:
        """Return where a pruned stream begins anew."""
        ...

    def prune(self, checkpoint: Checkpoint, note: Draft) -> Entry:
        """Take out the events up to the checkpoint, keep it, and chain the note of that, in one transaction."""
        ...

    def close(self) -> None: ...


class SubjectKeys(Protocol):
    """The keys of people, kept apart from what they seal.

    Raises (all methods): StoreError.
    """

    def named(self, name: str) -> SubjectKey:
        """Return the key of a person; one is made, and safely stored, for a new name."""
        ...

    def find(self, name: str) -> SubjectKey | None: ...

    def by_id(self, ids: Sequence[str]) -> dict[str, SubjectKey]:
        """Return the keys that are still there."""
        ...

    def drop(self, name: str) -> SubjectKey | None:
        """Erase the key of a person and return it; nothing of it stays in the store's files."""
        ...

    def signing_key(self) -> bytes:
        """Return the key with which this Ledger signs; it is made when it is first asked for."""
        ...

    def close(self) -> None: ...
