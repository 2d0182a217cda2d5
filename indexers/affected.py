"""Which files may own other rows after an edit? So far: the edited file alone, or every file of its languages.

The one place that decides it, so that it can get smarter. An answer of "alone" must be sure: other files see of a file
what it defines, imports, assigns, returns and holds, and what its calls pass on; not where that stands, nor calls that
pass nothing we follow, nor plain uses. The evaluator answers the same whatever was asked before (`resolution.tabling`),
so that the rows of one file can be made again from a program that has answered for others.
"""

from __future__ import annotations

from typing import Any

import msgspec

from indexers.facts import FileFacts
from indexers.resolution.relations import Resolution

_PLACES = frozenset({"line", "column", "start_line", "end_line", "line_count", "signature"})
_OWN = frozenset({"calls", "references", "issues"})
"""Parts of the facts that the file's own rows come from."""


def stays_inside(resolution: Resolution, before: FileFacts, after: FileFacts) -> bool:
    """Whether an edit that turns the facts `before` into `after` can change the rows of that file only.

    Languages that read the calls of other files (macros, static types of arguments) and files that a compiler's index
    was laid over are never sure.
    """
    if resolution.overlay is not None or resolution.static_calls is not None or resolution.macros is not None:
        return False
    return _seen_alike(before, after) and _passed(before) == _passed(after)


def _seen_alike(before: FileFacts, after: FileFacts) -> bool:
    return all(
        _alike(getattr(before, part), getattr(after, part))
        for part in FileFacts.__struct_fields__
        if part not in _OWN and part not in _PLACES
    )


def _alike(before: Any, after: Any) -> bool:
    """Compare facts without regard to where they stand; documentation of a definition counts as its place."""
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_alike, before, after))
    if isinstance(before, msgspec.Struct):
        return all(
            _alike(getattr(before, part), getattr(after, part))
            for part in before.__struct_fields__
            if part not in _PLACES and part != "docstring"
        )
    return bool(before == after)


def _passed(facts: FileFacts) -> list[tuple[int, str, list[str]]]:
    return [(call.scope, call.callee, call.arguments) for call in facts.calls if call.arguments]
