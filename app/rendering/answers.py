"""An answer with its further citations, what the check did not verify, and what to ask next."""

from __future__ import annotations

from agents.events import Answer
from app.rendering.claims import show_open, statuses
from app.rendering.screen import Screen
from knowledge.evidence import WRITTEN, place_of

STEPS = {
    "planner": "understanding the question",
    "cost_optimizer": "choosing the route",
    "code_analyst": "reading the code graph",
    "doc_specialist": "reading documents",
    "writer": "writing",
    "quality_checker": "checking every claim",
    "watcher": "looking it over",
}


def show(screen: Screen, answer: Answer) -> None:
    screen.prose(answer.answer)
    places = {
        place_of(c["path"], c["symbol"], c["start_line"], c["end_line"]): c["symbol"] or "" for c in answer.citations
    }
    further = [(place, symbol) for place, symbol in places.items() if f"`{place}`" not in answer.answer]
    if further:
        screen.line()
        screen.line(("further citations", "title"))
        screen.table([((place, "path"), symbol) for place, symbol in further])
    show_open(screen, answer.claims)
    screen.line()
    if answer.follow_ups:
        screen.line((f"ask next: {' · '.join(answer.follow_ups)}".replace("`", ""), "dim"))
    screen.line((_footer(answer), "dim"))


def _footer(answer: Answer) -> str:
    writer = f"{answer.level} ({answer.model})" if answer.model else answer.level
    return (
        f"{answer.verdict} · {writer} · {statuses(answer.claims)} · "
        f"release {answer.release[:12]} · {answer.latency_ms:,.0f} ms"
    ) + (f" · run {answer.run_id[:12]}" if answer.level in WRITTEN else "")  # what `clew examples accept` takes
