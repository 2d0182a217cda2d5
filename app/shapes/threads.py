"""The JSON shapes of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shapes import Shape

if TYPE_CHECKING:
    from knowledge.threads import Thread, Turn


def thread_shape(thread: Thread) -> Shape:
    """A row of `threads list`."""
    return {
        "id": thread.id,
        "title": thread.title,
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
        "turns": thread.turns,
        "repositories": list(thread.repositories),
    }


def whole_thread_shape(thread: Thread, turns: list[Turn]) -> Shape:
    """threads show"""
    rows = [turn.to_json() for turn in turns]
    for row in rows:
        del row["repositories"]
    return {**thread_shape(thread), "turns": rows}
