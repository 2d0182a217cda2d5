"""`clew ask`: a cited answer, with progress on a terminal while it is made."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from agents.drafts.handoff import text_of
from agents.events import Answer
from app.asking import Asked, checked_question
from app.cli.answering import NOT_ASKED, answered, can_be_asked, choose_on_terminal
from app.cli.composition import opened
from app.cli.explain import show_run
from app.cli.progress import StatusLine
from app.errors import AMBIGUOUS, UNAVAILABLE, VERDICT_EXITS
from app.rendering.answers import show
from app.rendering.screen import Screen, is_terminal, write_json
from configs.errors import InputError
from knowledge.evidence import Level


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
    patch: str | None,
    handoff: str | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Return the exit code of the answer's verdict; 3 when a component failed and nothing could be said."""
    target = _target(patch)
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
            ask_before_tokens=settings.run.ask_before_tokens or None,
            depth=depth or "auto",
            diagram=diagram,
        )
        line = StatusLine() if is_terminal(sys.stderr) else None
        with asyncio.Runner() as runner:
            answer = answered(runner, wiring.assistant(), asked, choose_on_terminal, line)
    code = VERDICT_EXITS.get(answer.verdict, UNAVAILABLE)
    if target is not None:
        _write_patch(answer.patch, target)
    if as_json:
        write_json(answer.to_json(handoff=handoff is not None))
    else:
        screen = Screen()
        show(screen, answer)
        if explain:
            show_run(screen, answer)
    if handoff is not None:
        _hand_over(answer, handoff, as_json=as_json)
    if code == AMBIGUOUS and not may_ask and not as_json:
        print(f"next: {NOT_ASKED}", file=sys.stderr)
    return code


def _target(patch: str | None) -> Path | None:
    """Return the file that the diff is for. Raises InputError for one that is there: nothing is overwritten."""
    if patch is None:
        return None
    if Path(patch).exists():
        raise InputError(f"The file {patch!r} exists.", next_step="Name a new file after --patch.")
    return Path(patch)


def _write_patch(diff: str, target: Path) -> None:
    """Write the diff to the file that the asker named; where there is none, say so and write nothing."""
    if not diff:
        print("next: no patch was made; a model must write it, see the answer (and `clew models`)", file=sys.stderr)
        return
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(diff)
    except OSError as exc:
        raise InputError(
            f"The diff cannot be written to {str(target)!r}: {exc.strerror}.", next_step="Name another file."
        ) from exc
    print(f"next: git apply --check {target} && git apply {target}", file=sys.stderr)


def _hand_over(answer: Answer, target: str, *, as_json: bool) -> None:
    """Write the ticket to a file, or show it unless the answer, or its JSON, has it already. Raises InputError."""
    assert answer.handoff is not None
    text = text_of(answer.handoff)
    if target == "-":
        if not as_json and answer.level != Level.HANDOFF.value:
            print(f"\n{text}")
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{target!r} cannot be written: {exc.strerror}", next_step="name another file") from exc
