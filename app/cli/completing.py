"""What a shell may complete that only the index knows: names of repositories and symbols. A shell never hears that something went wrong."""

from __future__ import annotations

from app.cli.composition import opened
from configs.errors import ClewError
from knowledge.scope import EVERYTHING

SYMBOLS_OFFERED = 200


def repository_names(store: str | None) -> list[str]:
    """Return the names that can be typed without quotes; none when nothing is indexed or the index cannot be read."""
    try:
        with opened(store) as wiring:
            known = wiring.graph.repositories(EVERYTHING) if wiring.has_index else []
    except (ClewError, OSError):
        return []
    return sorted(info.name for info in known if _typed_as_it_is(info.name))


def symbol_names(store: str | None, repository: str | None, typed: str) -> list[str]:
    """Return the names of symbols that begin as typed (`pri`, `Order.to`), of the repository that the command would ask."""
    try:
        with opened(store) as wiring:
            if not wiring.has_index:
                return []
            found = wiring.graph.find_by_prefix(wiring.scope(repository), typed, limit=SYMBOLS_OFFERED)
    except (ClewError, OSError):
        return []
    before = typed[: typed.rfind(".") + 1]
    names = {before + symbol.name for symbol in found}
    return sorted(name for name in names if name.startswith(typed) and _typed_as_it_is(name))


def _typed_as_it_is(name: str) -> bool:
    return name.isprintable() and not set(name) & set(" \t,;:&|<>()$`\\\"'*?[]{}!#~")
