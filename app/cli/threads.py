"""`clew threads`: what conversations there are, what was said in them, another title, an end, a Markdown document."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, is_terminal, write_json
from app.shapes.threads import thread_shape, whole_thread_shape
from configs.errors import InputError
from graph.conversations import Conversations, as_markdown
from guardrails.visible import shown
from knowledge.threads import Thread


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises UnknownThread."""
    with opened(store) as wiring:
        conversations = wiring.conversations
        match command:
            case "list":
                return _list(conversations, as_json, options["limit"])
            case "show":
                return _show(conversations, as_json, options["thread"])
            case "rename":
                return _rename(conversations, as_json, options["thread"], options["title"])
            case "export":
                return _export(conversations, as_json, options["thread"], options["output"])
            case _:
                return _delete(conversations, as_json, options["thread"], options["everything"], options["yes"])


def _list(conversations: Conversations, as_json: bool, limit: int) -> int:
    found = asyncio.run(conversations.find(limit))
    if as_json:
        write_json({"threads": [thread_shape(one) for one in found]})
        return FOUND if found else NONE
    show_threads(Screen(), found)
    return FOUND if found else NONE


def show_threads(screen: Screen, found: list[Thread]) -> None:
    if not found:
        screen.line("none: no conversation is kept; `clew chat` begins one")
        return
    screen.table(
        [
            (one.id, (_when(one.updated_at), "dim"), counted(one.turns, "turn"), ", ".join(one.repositories), one.title)
            for one in found
        ]
    )
    screen.line((counted(len(found), "thread"), "dim"))


def _show(conversations: Conversations, as_json: bool, thread_id: str) -> int:
    thread, turns = asyncio.run(conversations.get(thread_id))
    if as_json:
        write_json(whole_thread_shape(thread, turns))
        return FOUND
    screen = Screen()
    screen.line((thread.title, "title"), (f"  {thread.id} · {_when(thread.updated_at)}", "dim"))
    for turn in turns:
        screen.line()
        screen.line((f"> {turn.question}", "title"))
        screen.line()
        screen.prose(turn.answer)
    return FOUND


def _rename(conversations: Conversations, as_json: bool, thread_id: str, title: str) -> int:
    if not title.strip():
        raise InputError("the title is empty", next_step='say how it shall be called: clew threads rename NAME "..."')
    asyncio.run(conversations.rename(thread_id, title.strip()))
    if as_json:
        write_json({"id": thread_id, "title": title.strip()})
    else:
        Screen().line(f"{thread_id} is called {title.strip()!r} now")
    return FOUND


def _delete(conversations: Conversations, as_json: bool, thread_id: str | None, everything: bool, yes: bool) -> int:
    if (thread_id is None) is not everything:
        raise InputError("name one thread, or say --all", next_step="see `clew threads list`")
    if everything and not yes:
        if not is_terminal(sys.stdin):
            raise InputError("deleting all needs a yes", next_step="add --yes when no one is there to answer")
        click.confirm("Delete all conversations?", abort=True, err=True)
    if thread_id is not None:
        asyncio.run(conversations.delete(thread_id))
    count = asyncio.run(conversations.delete_all()) if everything else 1
    if as_json:
        write_json({"deleted": count})
    else:
        Screen().line(f"{counted(count, 'thread')} deleted")
    return FOUND


def _export(conversations: Conversations, as_json: bool, thread_id: str, output: str | None) -> int:
    text = as_markdown(*asyncio.run(conversations.get(thread_id)))
    if output is not None:
        write_export(Path(output), text)
    if as_json:
        write_json({"id": thread_id, "path": output} if output else {"id": thread_id, "markdown": text})
    elif output is None:
        sys.stdout.write(shown(text))
    else:
        Screen().line(f"written to {output}")
    return FOUND


def write_export(path: Path, text: str) -> None:
    """Raises InputError when the file cannot be written, or is there already."""
    try:
        with path.expanduser().open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as exc:
        raise InputError(f"{str(path)!r} cannot be written: {exc.strerror}", next_step="name another file") from exc


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
