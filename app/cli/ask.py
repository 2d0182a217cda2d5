"""`clew ask`: a cited answer, with progress on a terminal while it is made."""

from __future__ import annotations

import asyncio
import sys

from app.asking import Asked, checked_question
from app.cli.answering import NOT_ASKED, answered, can_be_asked, choose_on_terminal, show
from app.cli.composition import opened
from app.cli.explain import show_run
from app.cli.progress import StatusLine
from app.cli.screen import Screen, is_terminal, write_json
from app.errors import AMBIGUOUS, UNAVAILABLE, VERDICT_EXITS


def run(
    question: str,
    repo: str | None,
    thread: str | None,
    model: str | None,
    rerank: bool | None,
    ask: bool | None,
    project: str | None,
    depth: str | None,
    diagram: bool,
    explain: bool,
    as_json: bool,
    store: str | None,
) -> int:
    """Return the exit code of the answer's verdict; 3 when a component failed and nothing could be said."""
    overrides = {"model": {"writer": model}, "retrieval": {"rerank": rerank}, "budget": {"project": project}}
    with opened(store, overrides) as wiring:
        settings = wiring.settings
        text = checked_question(question, settings.run.max_question_characters)
        granted = wiring.scope(repo).repositories
        may_ask = can_be_asked(ask, as_json=as_json)
        asked = Asked(
            text,
            None if granted is None else tuple(sorted(granted)),
            settings.model.writer,
            settings.run.release,
            thread,
            rerank=settings.retrieval.rerank,
            may_ask=may_ask,
            depth=depth or "auto",
            diagram=diagram,
        )
        line = StatusLine() if is_terminal(sys.stderr) else None
        with asyncio.Runner() as runner:
            answer = answered(runner, wiring.assistant(), asked, choose_on_terminal, line)
    code = VERDICT_EXITS.get(answer.verdict, UNAVAILABLE)
    if as_json:
        write_json(answer.to_json())
        return code
    screen = Screen()
    show(screen, answer)
    if explain:
        show_run(screen, answer)
    if code == AMBIGUOUS and not may_ask:
        print(f"next: {NOT_ASKED}", file=sys.stderr)
    return code
