"""What a shell may complete that only the index knows: names of repositories. A shell never hears that something went wrong."""

from __future__ import annotations

from app.cli.composition import opened
from configs.errors import ClewError
from knowledge.scope import EVERYTHING


def repository_names(store: str | None) -> list[str]:
    """Return the names that can be typed without quotes; none when nothing is indexed or the index cannot be read."""
    try:
        with opened(store) as wiring:
            known = wiring.graph.repositories(EVERYTHING) if wiring.has_index else []
    except (ClewError, OSError):
        return []
    return sorted(info.name for info in known if _typed_as_it_is(info.name))


def _typed_as_it_is(name: str) -> bool:
    return name.isprintable() and not set(name) & set(" \t,;:&|<>()$`\\\"'*?[]{}!#~")
