"""`clew stack`: what a project is built with, tested, checked and deployed by, and the line that shows each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, write_json
from configs.errors import InputError


def run(repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0, or 1 when nothing shows what the project is built with."""
    from agents.evidence.stack import stack_at  # start-up time

    with opened(store) as wiring:
        granted = wiring.graph.repositories(wiring.scope(repo))
    if len(granted) != 1:
        raise InputError(
            f"A stack is of one repository, and {counted(len(granted), 'repository', 'repositories')} could be meant.",
            next_step="Run it inside an indexed repository, or name one: --repo R.",
        )
    parts = stack_at(Path(granted[0].root))
    if as_json:
        write_json({"repository": granted[0].name, "parts": [asdict(part) for part in parts]})
        return FOUND if parts else NONE
    screen = Screen()
    if not parts:
        screen.line(("nothing in this tree shows what it is built with", "warn"))
        return NONE
    for role in dict.fromkeys(part.role for part in parts):
        screen.line((role, "title"))
        rows = [
            (part.name, (f"{part.path}:{part.line}", "path"), (part.advice, "dim"))
            for part in parts
            if part.role == role
        ]
        screen.table(rows)
    return FOUND
