"""How the model hosts are, as lines for people: of `clew status`."""

from __future__ import annotations

from collections.abc import Sequence

from app.model_health import Health, HostHealth, Ladder, loaded_said
from app.model_hosts import pace_said
from app.rendering.screen import Screen
from app.shapes import Shape

SHOWN = 8
"""Models of a host that are shown; those in memory come first."""


def show_models(screen: Screen, found: Health, live: Sequence[Shape]) -> None:
    """Show each host with what it holds, then who would write."""
    seen = {row["url"]: row for row in live}
    screen.line()
    screen.line(("models", "title"))
    for one in found.hosts:
        _show_host(screen, one, seen.get(one.host.provider.url))
    for ladder in found.ladders:
        _show_ladder(screen, ladder)
    if found.strained:
        screen.line(("  much of a budget is used: small models write in the place of large ones", "warn"))


def _show_host(screen: Screen, one: HostHealth, live: Shape | None) -> None:
    provider = one.host.provider
    if one.fault:
        said, style = one.fault, "warn"
    elif one.answers_ms is None:
        said, style = "not asked, for that costs money", "dim"
    else:
        said, style = f"answers in {one.answers_ms:,.0f} ms", "good"
    screen.line("  ", (provider.url, "path"), "  " if provider.inside else "  elsewhere; ", (said, style))
    if live is not None:
        screen.line(
            "    in the running server: ", (_live_said(live), "good" if live["breaker"] == "closed" else "warn")
        )
    loaded = {model.name: model for model in one.loaded}
    ordered = sorted(one.models, key=lambda info: (info.name not in loaded, info.name))
    for info in ordered[:SHOWN]:
        memory = loaded_said(loaded[info.name]) if info.name in loaded else "served elsewhere" if info.leaves else ""
        told = "; ".join(part for part in (memory, pace_said(one.host.speeds.of(info.name))) if part)
        screen.line("    ", (info.name, "path"), " ", (info.digest[:12], "dim"), f"  {told}" if told else "")
    if len(ordered) > SHOWN:
        screen.line((f"    and {len(ordered) - SHOWN} more: clew models", "dim"))


def _live_said(live: Shape) -> str:
    resting = f" for another {live['opens_in_s']:.0f} s" if live["opens_in_s"] else ""
    usual = "not called yet" if live["usual_ms"] is None else f"usually {live['usual_ms']:,.0f} ms"
    return f"breaker {live['breaker']}{resting}; {usual}; {live['in_flight']} of {live['slots']} calls, {live['waiting']} in line"


def _show_ladder(screen: Screen, ladder: Ladder) -> None:
    code = ", ".join(ladder.repositories) or "any repository"
    stays = "may leave" if ladder.may_leave else "stays inside"
    screen.line(f"  {ladder.model_class}, code of {code} ({stays}): ", " > ".join(ladder.rungs) or "refused")
    screen.line((f"    {ladder.reason}", "dim"))
