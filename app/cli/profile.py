"""`clew profile`: the counters of what a person asks about, shown and erased."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, write_json
from knowledge.profile import COUNTERS


def run(command: str, as_json: bool, store: str | None) -> int:
    """Return 0 when there was something, else 1."""
    with opened(store) as wiring:
        counting = wiring.settings.memory.profile
        if command == "erase":
            erased = wiring.profiles.erase()
            if as_json:
                write_json({"erased": erased})
            else:
                Screen().line("the profile is erased" if erased else "there was nothing")
            return FOUND if erased else NONE
        profile = wiring.profiles.read()
    counts = {name: dict(profile.of(name)) for name in COUNTERS}
    if as_json:
        write_json({"counting": counting, "counts": counts})
    else:
        screen = Screen()
        for name, counted in counts.items():
            screen.line(
                (f"{name}: ", "title"), ", ".join(f"{key} {count}" for key, count in counted.items()) or "nothing"
            )
        screen.line(("" if counting else "nothing more is counted: memory.profile is off", "dim"))
    return FOUND if any(counts.values()) else NONE
