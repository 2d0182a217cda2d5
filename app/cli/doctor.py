"""`clew doctor`: what is missing, and the command that mends it."""

from __future__ import annotations

from app.checks import Check, checks
from app.cli.composition import opened
from app.errors import FOUND, UNAVAILABLE
from app.rendering.screen import Screen, counted, write_json

MARKS = {"ok": ("ok", "good"), "warn": ("warn", "warn"), "fail": ("FAIL", "bad")}


def run(as_json: bool, store: str | None) -> int:
    """Return 0 unless something that Clew cannot do without is broken, else 3."""
    with opened(store) as wiring:
        found = list(checks(wiring))
    failed = [check for check in found if check.state == "fail"]
    if as_json:
        rows = [{"name": c.name, "state": c.state, "detail": c.detail, "mend": c.mend} for c in found]
        write_json({"healthy": not failed, "checks": rows})
    else:
        _show(Screen(), found, len(failed))
    return UNAVAILABLE if failed else FOUND


def _show(screen: Screen, found: list[Check], failed: int) -> None:
    width = max(len(check.name) for check in found)
    for check in found:
        mark = MARKS[check.state]
        screen.line((f"{mark[0]:<5}", mark[1]), f"{check.name:<{width}}  {check.detail}")
        if check.mend:
            screen.line(" " * 5, ("mend: ", "dim"), check.mend)
    screen.line((f"{counted(failed, 'failure')}", "bad") if failed else ("nothing is broken", "good"))
