"""What the Ledger knows of one person: handed out to them, or erased by dropping the key that it is sealed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ops.ledger.events import STREAMS, Erased, Exported
from ops.ledger.ledger import Ledger, Opened


@dataclass(frozen=True, slots=True)
class Erasure:
    """key: the id that stays in the events; events: how many had words under it; threads: conversations that they name."""

    key: str
    events: int
    threads: tuple[str, ...]


def about(ledger: Ledger, name: str, progress: Callable[[int], None] = lambda _done: None) -> Iterator[Opened]:
    """Yield every event of a person, opened; nothing for somebody whom the Ledger does not know."""
    key = ledger.keys.find(name)
    if key is None:
        return
    own = (entry for entry in _counted(ledger, progress) if entry.subject == key.id)
    yield from ledger.opened(own)


def told_of_export(ledger: Ledger, name: str, count: int) -> None:
    """Keep in the Ledger that a person's events were handed out."""
    key = ledger.keys.find(name)
    if key is not None:
        ledger.append([Exported(what=key.id, count=count)])


def erase(ledger: Ledger, name: str, progress: Callable[[int], None] = lambda _done: None) -> Erasure | None:
    """Drop the key of a person; None for somebody whom the Ledger does not know.

    Who asks again later gets a new key: nothing leads from it to what was erased.
    """
    words, threads = 0, dict[str, None]()
    for one in about(ledger, name, progress):
        words += bool(one.entry.sealed)
        if one.words and one.words.get("thread"):
            threads[one.words["thread"]] = None
    key = ledger.keys.drop(name)
    if key is None:
        return None
    ledger.append([Erased(key=key.id)])
    return Erasure(key.id, words, tuple(threads))


def _counted(ledger: Ledger, progress: Callable[[int], None]) -> Iterator[Any]:
    for done, entry in enumerate(ledger.entries(STREAMS), 1):
        if done % 5_000 == 0:
            progress(done)
        yield entry
