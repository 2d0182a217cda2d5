"""How an answer came about, for `clew ask --explain`: the route, every visit of a node, and what was found on the way."""

from __future__ import annotations

from typing import Any

from agents.events import Answer
from app.rendering.screen import Cell, Screen

_STYLES = {"error": "bad", "warning": "warn", "info": "dim"}


def show_run(screen: Screen, answer: Answer) -> None:
    """Write route, nodes and findings below the answer."""
    screen.line()
    screen.line(("read as", "title"), f"  {'; '.join(_step(step) for step in answer.reading)}")
    screen.line(("route", "title"), f"  {answer.route}")
    screen.line()
    screen.line(("nodes", "title"))
    screen.table([_visit(row) for row in answer.trace])
    screen.line()
    screen.line(("findings", "title"), "" if answer.findings else "  none")
    screen.table([_finding(row) for row in answer.findings])


def _step(step: dict[str, Any]) -> str:
    about = f" {', '.join(step['names'])}" if step["names"] else ""
    return f"{step['intent']}{about} (by {step['decided_by']}, {step['certainty']:.2f})"


def _visit(row: dict[str, object]) -> list[Cell]:
    latency = f"{row['latency_ms']:,.1f} ms"
    return [f"round {int(str(row['round'])) + 1}", str(row["node"]), latency, (str(row["error"] or ""), "bad")]


def _finding(row: dict[str, object]) -> list[Cell]:
    place = f"{row['path']}:{row['line']}" if row["path"] else ""
    severity = str(row["severity"])
    return [
        (severity, _STYLES.get(severity, "dim")),
        f"{row['gate']}: {row['kind']}",
        str(row["message"]),
        (place, "path"),
    ]
