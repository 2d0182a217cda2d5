"""The Ledger over its two stores: events go in gated, sealed and chained, and come out opened as far as there is a key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from guardrails.logs import masked
from guardrails.visible import escaped
from knowledge.ledger import Draft, Entry, Head, LedgerStore, Number, SubjectKey, SubjectKeys
from knowledge.threads import plain_text
from ops.ledger.events import STREAMS, Event, plain_fields, sealed_fields
from ops.ledger.sealing import opened, seal

PAGE = 2_000
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Opened:
    """An event as it is read: `fields` in the open, `words` those that the person's key opened, None where it is gone."""

    entry: Entry
    fields: dict[str, Any]
    user: str
    words: dict[str, str] | None

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `clew audit show --json`."""
        entry = self.entry
        return {
            "stream": entry.stream,
            "number": entry.number,
            "kind": entry.kind,
            "at": entry.at_us / 1e6,
            "subject": entry.subject,
            "user": self.user,
            "fields": self.fields,
            "words": self.words,
            "digest": entry.digest.hex(),
        }


class Ledger:
    """Blocking: called from worker threads. gate: what words pass before they are stored."""

    def __init__(
        self,
        store: LedgerStore,
        keys: SubjectKeys,
        *,
        gate: Callable[[str], str] = masked,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.keys = keys
        self._gate = gate
        self._short = lru_cache(maxsize=4_096)(gate)
        self._clock = clock

    def now_us(self) -> int:
        return int(self._clock() * 1e6)

    def append(self, events: Sequence[Event], at_us: Sequence[int] = ()) -> list[Entry]:
        """Store the events in order, all or none, and return them chained; what was told once already is left out.

        at_us: when each happened; now, for those that are not told.
        """
        now = self.now_us()
        known: dict[str, SubjectKey] = {}
        drafts = []
        for at, event in enumerate(events):
            if event.user and event.user not in known:
                known[event.user] = self.keys.named(event.user)
            drafts.append(self._draft(event, at_us[at] if at < len(at_us) else now, known.get(event.user)))
        return self.store.append(drafts)

    def draft(self, event: Event) -> Draft:
        """Return an event as it will be stored, for a store that chains it beside something else."""
        return self._draft(event, self.now_us(), self.keys.named(event.user) if event.user else None)

    def heads(self) -> list[Head]:
        return self.store.heads()

    def entries(self, streams: Iterable[str] = STREAMS, *, after: Number = 0) -> Iterator[Entry]:
        """Yield the stored events of the streams, one stream after the other, a page at a time."""
        for stream in streams:
            last = after
            while page := self.store.read(stream, after=last, limit=PAGE):
                yield from page
                last = page[-1].number

    def latest(self, stream: str) -> Iterator[Entry]:
        """Yield the stored events of a stream, the last one first."""
        heads = {head.stream: head.number for head in self.heads()}
        top = heads.get(stream, 0)
        while top > 0:
            below = max(top - PAGE, 0)
            page = [entry for entry in self.store.read(stream, after=below, limit=PAGE) if entry.number <= top]
            yield from reversed(page)
            top = below

    def opened(self, entries: Iterable[Entry]) -> Iterator[Opened]:
        """Yield the events with the words that there is still a key for."""
        known: dict[str, SubjectKey | None] = {"": None}
        for entry in entries:
            if entry.subject not in known:
                known[entry.subject] = self.keys.by_id([entry.subject]).get(entry.subject)
            key = known[entry.subject]
            words = opened(key.key, entry.sealed, bound_to(entry.stream, entry.kind)) if key else None
            yield Opened(entry, fields_of(entry), key.name if key else "", {} if not entry.sealed else words)

    def close(self) -> None:
        self.store.close()
        self.keys.close()

    def _draft(self, event: Event, at_us: int, key: SubjectKey | None) -> Draft:
        kind = type(event)
        body = {
            name: self._short(value) if words and (value := getattr(event, name)) else getattr(event, name)
            for name, words in plain_fields(kind)
        }
        sealed = b""
        if key is not None:
            words = {name: self._gate(text) for name in sealed_fields(kind) if (text := getattr(event, name))}
            sealed = seal(key.key, words, bound_to(kind.stream, kind.kind))
        return Draft(kind.stream, kind.kind, at_us, key.id if key else "", encoded(body), sealed, event.once)


def encoded(body: dict[str, Any]) -> bytes:
    """Return canonical JSON: keys in order, no blanks, characters that hide or repaint (a file name may hold them) escaped.

    What no UTF-8 can say is replaced.
    """
    try:
        document = msgspec.json.encode(body, order="sorted")
    except UnicodeEncodeError:
        document = msgspec.json.encode(_sayable(body), order="sorted")
    return document if document.isascii() else escaped(document.decode()).encode()


def _sayable(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {_sayable(key): _sayable(inner) for key, inner in value.items()}
    return [_sayable(inner) for inner in value] if isinstance(value, list | tuple) else value


def bound_to(stream: str, kind: str) -> str:
    return f"{stream}/{kind}"


def fields_of(entry: Entry) -> dict[str, Any]:
    """Return what an event says in the open; nothing of one that was changed so that it says nothing."""
    try:
        return _decode(entry.body)
    except msgspec.DecodeError:
        return {}
