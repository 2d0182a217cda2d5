"""Which of the symbols that a change adds are ones that it takes away elsewhere: moved, renamed, or both.

By the tokens of their bodies without their own names. Of several alike the one of the same name is meant, and a new name only where
nothing else could be; what is too short to be told from another is left apart. A move stays a removal and an addition for whoever uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from knowledge.changes import ChangedFile, ChangedSymbol, Effect
from knowledge.schema import SymbolKind

FEWEST_TOKENS = 8
"""Fewer, its own name apart, are alike by chance: `pass`, `return None`."""

_CONTAINERS = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})

Key = tuple[str, str]
"""path, local name."""

_Alike = Callable[[ChangedSymbol], object]


def with_moves(files: Sequence[ChangedFile]) -> tuple[ChangedFile, ...]:
    """Return the files with both ends of each move named at the other."""
    changes = [change for file in files for change in file.symbols]
    gone = [change for change in changes if change.effect is Effect.REMOVED and _can_be_told(change)]
    come = [change for change in changes if change.effect is Effect.ADDED and _can_be_told(change)]
    twins: dict[Key, ChangedSymbol] = {}
    for alike in (_whole_name, _last_name, _content):
        for old, new in _pairs(_left(gone, twins), _left(come, twins), alike):
            twins[_key(old)], twins[_key(new)] = new, old
    _add_containers(changes, twins)
    if not twins:
        return tuple(files)
    return tuple(replace(file, symbols=tuple(_with_twin(one, twins) for one in file.symbols)) for file in files)


def _add_containers(changes: Sequence[ChangedSymbol], twins: dict[Key, ChangedSymbol]) -> None:
    """Take a class for moved where all that was taken away in it is in one new class now: its own text may be a line."""
    come = {(one.path, one.local_name): one for one in changes if one.effect is Effect.ADDED}
    for old in changes:
        if old.effect is not Effect.REMOVED or _key(old) in twins or old.kind not in _CONTAINERS:
            continue
        inside = f"{old.local_name}."
        members = [
            one
            for one in changes
            if one.effect is Effect.REMOVED and one.path == old.path and one.local_name.startswith(inside)
        ]
        ends = {
            (twin.path, twin.local_name.removesuffix(one.local_name[len(inside) - 1 :]))
            for one in members
            if (twin := twins.get(_key(one))) is not None
        }
        told = [one for one in members if _key(one) in twins]
        new = come.get(next(iter(ends))) if len(ends) == 1 and len(told) == len(members) else None
        if new is not None and new.kind == old.kind and _key(new) not in twins:
            twins[_key(old)], twins[_key(new)] = new, old


def _can_be_told(change: ChangedSymbol) -> bool:
    return change.kind is not SymbolKind.VARIABLE and change.tokens >= FEWEST_TOKENS


def _key(change: ChangedSymbol) -> Key:
    return change.path, f"{change.effect.value} {change.local_name}"


def _left(changes: Iterable[ChangedSymbol], twins: dict[Key, ChangedSymbol]) -> list[ChangedSymbol]:
    return [change for change in changes if _key(change) not in twins]


def _whole_name(change: ChangedSymbol) -> object:
    return change.kind, change.content, change.local_name


def _last_name(change: ChangedSymbol) -> object:
    return change.kind, change.content, change.local_name.rpartition(".")[2]


def _content(change: ChangedSymbol) -> object:
    return change.kind, change.content


def _pairs(
    gone: Iterable[ChangedSymbol], come: Iterable[ChangedSymbol], alike: _Alike
) -> Iterable[tuple[ChangedSymbol, ChangedSymbol]]:
    """Yield what one removed and one added symbol alone have in common."""
    olds, news = _grouped(gone, alike), _grouped(come, alike)
    for key, old in olds.items():
        new = news.get(key, [])
        if len(old) == len(new) == 1:
            yield old[0], new[0]


def _grouped(changes: Iterable[ChangedSymbol], alike: _Alike) -> dict[object, list[ChangedSymbol]]:
    found: dict[object, list[ChangedSymbol]] = {}
    for change in changes:
        found.setdefault(alike(change), []).append(change)
    return found


def _with_twin(change: ChangedSymbol, twins: dict[Key, ChangedSymbol]) -> ChangedSymbol:
    twin = twins.get(_key(change))
    return change if twin is None else replace(change, twin=(twin.path, twin.local_name))
