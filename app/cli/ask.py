"""`clew ask`: a cited answer, with progress on a terminal while it is made."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

from agents.events import Answer, AnswerReady, EvidenceFound, NodeStarted, Progress
from app.asking import Asked, Assistant, checked_question
from app.cli.composition import opened
from app.cli.progress import StatusLine
from app.cli.screen import Screen, is_terminal, write_json
from app.errors import UNAVAILABLE, VERDICT_EXITS
from configs.errors import ClewError
from knowledge.evidence import place_of

STEPS = {
    "planner": "understanding the question",
    "cost_optimizer": "choosing the route",
    "code_analyst": "reading the code graph",
    "doc_specialist": "reading documents",
    "writer": "writing",
    "quality_checker": "checking every claim",
    "watcher": "looking it over",
}


def run(
    question: str,
    repo: str | None,
    thread: str | None,
    model: str | None,
    rerank: bool | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Return the exit code of the answer's verdict; 3 when a component failed and nothing could be said."""
    with opened(store, {"model": {"writer": model}, "retrieval": {"rerank": rerank}}) as wiring:
        settings = wiring.settings
        text = checked_question(question, settings.run.max_question_characters)
        granted = wiring.scope(repo).repositories
        asked = Asked(
            text,
            None if granted is None else tuple(sorted(granted)),
            settings.model.writer,
            settings.run.release,
            thread,
            rerank=settings.retrieval.rerank,
        )
        answer = asyncio.run(_answered(wiring.assistant(), asked))
    if as_json:
        write_json(answer.to_json())
    else:
        _show(Screen(), answer)
    return VERDICT_EXITS.get(answer.verdict, UNAVAILABLE)


async def _answered(assistant: Assistant, asked: Asked) -> Answer:
    line = StatusLine() if is_terminal(sys.stderr) else None
    try:
        async with aclosing(assistant.stream(asked)) as events:
            async for event in events:
                if isinstance(event, AnswerReady):
                    return event.answer
                if line:
                    line.show(_told(event))
    finally:
        if line:
            line.close()
    raise ClewError("the run ended without an answer", next_step="ask again; if it stays so, run `clew doctor`")


def _told(event: Progress) -> str:
    if isinstance(event, NodeStarted):
        again = f" (round {event.round + 1})" if event.round else ""
        return f"{event.node}: {STEPS.get(event.node, 'working')}{again}"
    if isinstance(event, EvidenceFound) and event.places:
        return f"found {event.count}: {', '.join(event.places[:3])}"
    return ""


def _show(screen: Screen, answer: Answer) -> None:
    screen.prose(answer.answer)
    places = {
        place_of(c["path"], c["symbol"], c["start_line"], c["end_line"]): c["symbol"] or "" for c in answer.citations
    }
    further = [(place, symbol) for place, symbol in places.items() if f"`{place}`" not in answer.answer]
    if further:
        screen.line()
        screen.line(("further citations", "title"))
        screen.table([((place, "path"), symbol) for place, symbol in further])
    screen.line()
    screen.line((_footer(answer), "dim"))


def _footer(answer: Answer) -> str:
    writer = f"{answer.level} ({answer.model})" if answer.model else answer.level
    verified = sum(claim["status"] == "verified" for claim in answer.claims)
    return (
        f"{answer.verdict} · {writer} · {verified} of {len(answer.claims)} claims verified · "
        f"release {answer.release[:12]} · {answer.latency_ms:,.0f} ms"
    ) + (f" · run {answer.run_id[:12]}" if answer.level == "model" else "")  # what `clew examples accept` takes
