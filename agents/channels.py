"""How rows that several nodes write come together in one channel."""

from __future__ import annotations

from typing import Any


class Fresh(list[Any]):
    """Rows that take the place of what their channel held, where a plain list is appended. As JSON it is a list."""


def join_rows(left: list[Any] | None, right: list[Any] | None) -> list[Any]:
    """Append the rows of parallel writers; None empties the channel, `Fresh` rows replace what it held."""
    if right is None:
        return []
    return list(right) if isinstance(right, Fresh) else [*(left or []), *right]
