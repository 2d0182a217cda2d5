"""`clew schedules`: when `clew serve` brings repositories up to date."""

from __future__ import annotations

from typing import Any

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, moment, said, write_json
from app.shapes.sources import schedule_shape
from knowledge.scope import EVERYTHING


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises UnknownRepository, UnknownSource, InputError."""
    name = options.get("name", "")
    with opened(store) as wiring:
        schedules = wiring.connections.schedules
        match command:
            case "set":
                wiring.connections.order(name, EVERYTHING)
                made = schedules.set(name, options["expression"])
                return said(as_json, schedule_shape(made), f"{name}: {made.expression}, next {moment(made.next_at)}")
            case "remove":
                schedules.remove(name)
                return said(as_json, {"repository": name, "removed": True}, f"removed: the schedule of {name}")
        found = schedules.all()
        if as_json:
            write_json({"schedules": [schedule_shape(one) for one in found]})
            return FOUND if found else NONE
        screen = Screen()
        screen.table(
            [
                (
                    (one.repository, "title"),
                    one.expression,
                    f"next {moment(one.next_at)}",
                    f"last {moment(one.last_at)}",
                )
                for one in found
            ]
        )
        screen.line((counted(len(found), "schedule"), "dim"))
        return FOUND if found else NONE
