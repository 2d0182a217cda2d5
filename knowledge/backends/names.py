"""How a name as people type it meets a qualified name as stored.

A name's key is its segments, case folded, in reverse order, each closed by a dot: `app.Task.run` gives `run.task.app.`.
All symbols that a dotted suffix may mean then lie in one range of the key's index. What is the same in every backend of the
code graph stands here, so that all of them understand a name alike.
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.schema import SymbolKind

_KIND_RANK = {
    SymbolKind.CLASS: 0,
    SymbolKind.INTERFACE: 0,
    SymbolKind.FUNCTION: 1,
    SymbolKind.METHOD: 1,
    SymbolKind.MODULE: 2,
    SymbolKind.PACKAGE: 2,
    SymbolKind.VARIABLE: 4,
    SymbolKind.DOCUMENT: 5,
    SymbolKind.SECTION: 6,
}
_OTHER_KIND_RANK = 3
_SEPARATOR = re.compile(r"::|[.#/]")


def segments(name: str) -> list[str]:
    """Split at `.`, `::`, `#` and `/`; empty parts vanish."""
    return [part for part in _SEPARATOR.split(name) if part]


def name_key(name: str) -> str:
    """Return the key; empty for a name without any segment."""
    parts = segments(name.casefold())
    parts.reverse()
    return ".".join(parts) + "." if parts else ""


def key_range(key: str) -> tuple[str, str]:
    """Return the half-open range of the keys that start with `key` (`/` follows `.` in ASCII)."""
    return key, key[:-1] + "/"


def prefix_keys(prefix: str) -> tuple[str, str]:
    """Return (how the key begins, what must follow its first segment) for a name whose last part is not finished; empty when it has none.

    `Task.re` gives (`re`, `task.`): keys such as `retry.task.app.`.
    """
    if not prefix or _SEPARATOR.search(prefix[-1]):
        return "", ""
    *before, last = segments(prefix.casefold())
    before.reverse()
    return last, ".".join(before) + "." if before else ""


def match_step(wanted: str, qualified_name: str, name: str) -> int:
    """Return how well a candidate of the same key range matches, 0 best: the steps of `CodeGraph.find` after the id."""
    if qualified_name == wanted:
        return 0
    if _is_suffix(wanted, qualified_name):
        return 1
    if name == wanted:
        return 2
    folded = wanted.casefold()
    if qualified_name.casefold() == folded:
        return 3
    return 4 if _is_suffix(folded, qualified_name.casefold()) else 5


def kind_rank(kind: SymbolKind) -> int:
    """Return where symbols of this kind stand among those that match equally well, 0 first."""
    return _KIND_RANK.get(kind, _OTHER_KIND_RANK)


def _is_suffix(wanted: str, qualified_name: str) -> bool:
    parts = _parts_of_wanted(wanted)
    return segments(qualified_name)[-len(parts) :] == parts


@lru_cache(maxsize=64)
def _parts_of_wanted(wanted: str) -> list[str]:
    """Return the segments of a name that many candidates are compared with."""
    return segments(wanted)


def last_name(callee: str) -> str:
    """Return the last name of an access path: `run` for `self.app.run`, `get` for `get()[]`."""
    return _SEPARATOR.split(callee)[-1].split("(", 1)[0].split("[", 1)[0].strip()
