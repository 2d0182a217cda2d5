"""`clew symbol|callers|callees NAME`: one question to the code graph, answered with its verdict."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.looking_up import asked
from app.rendering.screen import Screen, write_json
from app.rendering.structure import show
from app.shapes.structure import structural_shape


def run(
    command: str,
    name: str,
    repo: str | None,
    limit: int,
    as_json: bool,
    store: str | None,
    depth: int = 1,
    dispatch: bool = False,
) -> int:
    """Return the exit code of the verdict."""
    with opened(store) as wiring:
        answer = asked(wiring.graph, wiring.scope(repo), command, name, depth, limit, dispatch)
        if as_json:
            write_json(structural_shape(answer))
        else:
            show(Screen(), command, name, answer)
        if answer.truncated:
            print(f"note: cut at {limit:,} rows; --limit shows more", file=sys.stderr)
    return VERDICT_EXITS[answer.verdict]
