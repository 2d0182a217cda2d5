"""`clew ask --explain`: how the answer came about."""

from __future__ import annotations

import io

from agents.events import Answer
from app.cli.explain import show_run
from app.rendering.screen import Screen


def test_route_visits_and_findings_are_shown() -> None:
    finding = {
        "gate": "injection",
        "kind": "override",
        "severity": "warning",
        "message": "text speaks",
        "path": "a\x1b.md",
        "line": 6,
    }
    visit = {"node": "planner", "round": 0, "latency_ms": 1234.5, "error": None}
    answer = Answer(
        answer="", level="structural", citations=(), claims=(), unknowns=(), known_errors=(), route="callers structural; no model", model=None,
        release="r", usage={}, cost_usd=0.0, latency_ms=1.0, run_id="x", thread_id="t", verdict="found", findings=(finding,), trace=(visit,),
        reading=({"intent": "callers", "names": ["total"], "decided_by": "rule", "certainty": 0.95},),
    )  # fmt: skip
    stream = io.StringIO()
    show_run(Screen(stream, colour=False), answer)
    assert stream.getvalue() == (
        "\nread as  callers total (by rule, 0.95)\nroute  callers structural; no model\n\nnodes\n  round 1  planner  1,234.5 ms\n\n"
        "findings\n  warning  injection: override  text speaks  a\ufffd.md:6\n"
    )
