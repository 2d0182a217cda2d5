"""`clew chat`: a conversation on the terminal. Questions in, cited answers out, in one thread until it is said otherwise.

Ctrl-C gives up the answer and keeps the conversation; Ctrl-D ends it. Where input is no terminal, every line is a question and nothing
is asked back: `clew chat < questions.txt`.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from app.asking import Asked, checked_question
from app.cli.answering import Choose, answered, can_be_asked, choose_on_terminal
from app.cli.composition import opened
from app.cli.lines import LineReader
from app.cli.pager import paged, pager_of
from app.cli.progress import StatusLine
from app.cli.threads import show_threads, write_export
from app.errors import FOUND
from app.looking_up import Outline, look_up
from app.rendering.answers import show
from app.rendering.lines import show as show_place
from app.rendering.screen import Screen, counted, is_terminal
from app.wiring import Wiring
from configs.errors import ClewError, InputError
from configs.settings import pager_wished
from graph.conversations import as_markdown
from knowledge.evidence import Span, place_of
from knowledge.scope import EVERYTHING, Scope
from ops.ledger.events import FeedbackGiven
from tools.reading import read_span

HISTORY_FILE = "chat.history"
HELP = """\
/open [N|PLACE]  show the lines of the answer's place N, or of PATH:LINE; alone: list the places
/threads         list the conversations
/thread [NAME]   show the conversation's name, or go on in another
/repo [NAME]     show which repository is asked, or ask another; `/repo all` asks all
/export [FILE]   write the conversation as Markdown
/help            this
/quit            leave (Ctrl-D does too); Ctrl-C gives up an answer
Several lines: paste them, or begin and end with \"\"\"."""


THREADS_SHOWN = 20


def run(
    repo: str | None,
    thread: str | None,
    model: str | None,
    ask: bool | None,
    plain: bool,
    unpaged: bool,
    store: str | None,
) -> int:
    """Return 0 when the person has left."""
    with opened(store, {"model": {"writer": model}}) as wiring, asyncio.Runner() as runner:
        wiring.assistant()  # says what is wrong before the first question is typed
        terminal = is_terminal(sys.stdin) and is_terminal(sys.stdout)
        screen = Screen(colour=False) if plain else Screen()
        granted = wiring.scope(repo).repositories
        chat = Chat(
            wiring,
            runner,
            screen,
            thread or f"chat-{time.strftime('%Y%m%d-%H%M')}-{uuid.uuid4().hex[:4]}",
            None if granted is None else tuple(sorted(granted)),
            may_ask=can_be_asked(ask),
            line=StatusLine() if terminal and not plain else None,
            pager=pager_of(pager_wished()) if terminal and not plain and not unpaged else None,
        )
        if terminal:
            screen.line(("Ask about the code. /help says what else there is.", "dim"))
        with LineReader(wiring.settings.home / HISTORY_FILE, terminal=terminal) as lines:
            while (text := lines.read(chat.prompt)) is not None:
                if not chat.take(text):
                    break
    return FOUND


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citation points."""

    repository: str
    path: str
    start_line: int
    end_line: int
    symbol: str

    @classmethod
    def of(cls, citation: Mapping[str, Any]) -> Place:
        c = citation
        return cls(c["repository"], c["path"], c["start_line"], c["end_line"], c["symbol"] or "")

    @property
    def shown(self) -> str:
        return place_of(self.path, self.symbol or None, self.start_line, self.end_line)


@dataclass(slots=True)
class Chat:
    """One person's conversation with the assistant."""

    wiring: Wiring
    runner: asyncio.Runner
    screen: Screen
    thread: str
    repositories: tuple[str, ...] | None
    may_ask: bool = False
    line: StatusLine | None = None
    pager: tuple[str, ...] | None = None
    choose: Choose = field(default=choose_on_terminal)
    places: tuple[Place, ...] = ()
    """What the last answer cites, in order."""
    answered: tuple[str, str] = ("", "")
    """The run of the last answer, and its release."""

    @property
    def prompt(self) -> str:
        where = "all" if self.repositories is None else ", ".join(self.repositories)
        return f"{where}> "

    def take(self, text: str) -> bool:
        """Do what a line says; False when it says to leave. What goes wrong is told, and the conversation goes on."""
        text = text.strip()
        if not text:
            return True
        try:
            if text in ("/quit", "/exit"):
                return False
            if text.startswith("/") and "\n" not in text and "/" not in text[1:].split(" ")[0]:
                self._command(*text[1:].split(None, 1))
            else:
                self._ask(text)
        except ClewError as error:
            self.screen.line((f"error: {error.message}", "bad"))
            if error.next_step:
                self.screen.line((f"next: {error.next_step}", "dim"))
        except (KeyboardInterrupt, EOFError, click.Abort):  # the last: Ctrl-C where a choice is asked for
            self.screen.line(("given up; the conversation goes on", "warn"))
        self.screen.flush()
        return True

    def _ask(self, text: str) -> None:
        settings = self.wiring.settings
        asked = Asked(
            checked_question(text, settings.run.max_question_characters),
            self.repositories,
            settings.model.writer,
            settings.run.release,
            self.thread,
            rerank=settings.retrieval.rerank,
            may_ask=self.may_ask,
            ask_before_tokens=settings.run.ask_before_tokens or None,
        )
        answer = answered(self.runner, self.wiring.assistant(), asked, self.choose, self.line)
        self.places = tuple(dict.fromkeys(Place.of(citation) for citation in answer.citations))
        self.answered = answer.run_id, answer.release
        with paged(self.screen, self.pager) as page:
            show(page, answer)
            page.line()

    def _command(self, name: str, argument: str = "") -> None:
        argument = argument.strip()
        match name:
            case "open":
                self._open(argument)
            case "threads":
                found = self.runner.run(self.wiring.conversations.find(THREADS_SHOWN))
                with paged(self.screen, self.pager) as page:
                    show_threads(page, found)
            case "thread":
                self.thread = argument or self.thread
                self.screen.line(("thread ", "dim"), self.thread)
            case "repo":
                self._repo(argument)
            case "export":
                self._export(argument)
            case "help":
                self.screen.line(HELP)
            case _:
                raise InputError(f"there is no command /{name}", next_step="/help lists them")

    def _open(self, argument: str) -> None:
        if not argument:
            rows = [(f"{number}.", (place.shown, "path"), place.symbol) for number, place in enumerate(self.places, 1)]
            self.screen.table(rows)
            self.screen.line((counted(len(rows), "cited place"), "dim"))
            return
        found = self._cited(int(argument)) if argument.isdecimal() else self._named(argument)
        with paged(self.screen, self.pager) as page:
            show_place(page, found)
        if argument.isdecimal():
            self._tell_opened(int(argument) - 1)

    def _tell_opened(self, rank: int) -> None:
        """Tell the Ledger which place of the answer somebody looked at."""
        (run, release), place = self.answered, self.places[rank]
        shown = f"{place.path}:{place.start_line}"
        self.wiring.journal.tell(
            FeedbackGiven(
                user=self.wiring.user, run=run, door="cli", signal="opened", rank=rank, propensity=1.0, release=release, place=shown
            )
        )  # fmt: skip

    def _cited(self, number: int) -> Span:
        """Return the lines of the last answer's place. Raises InputError where it has none of that number."""
        if not 1 <= number <= len(self.places):
            cited = counted(len(self.places), "place")
            raise InputError(f"the last answer cites {cited}, none is number {number}", next_step="/open lists them")
        place = self.places[number - 1]
        scope = Scope(frozenset({place.repository}))
        lines = place.start_line, place.end_line
        return read_span(self.wiring.graph, scope, place.repository, place.path, *lines, check_stale=True)

    def _named(self, place: str) -> Span | Outline:
        scope = EVERYTHING if self.repositories is None else Scope(frozenset(self.repositories))
        return look_up(self.wiring.graph, scope, place)

    def _repo(self, argument: str) -> None:
        if argument == "all":
            self.repositories = None
        elif argument:
            self.repositories = (self.wiring.repository(argument).name,)
        self.screen.line(("asking ", "dim"), "all repositories" if self.repositories is None else self.prompt[:-2])

    def _export(self, argument: str) -> None:
        found = self.runner.run(self.wiring.conversations.get(self.thread))
        path = Path(argument or f"{self.thread}.md")
        write_export(path, as_markdown(*found))
        self.screen.line(("written to ", "dim"), str(path))
