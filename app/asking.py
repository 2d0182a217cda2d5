"""What every door hands to the assistant: one checked question with the run's choices, and the port that answers it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from agents.events import Progress
from configs.errors import InputError


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and how it shall be answered.

    repositories: names to look into, None for all. model: auto, extractive, or the name of an LLM. thread_id: the conversation it
    continues, None for a question of its own. earlier: the turns before it as (role, text), when the caller keeps them. rerank: a model
    puts the first results of a search in order. may_ask: somebody is there to answer when a name means several things; replies:
    what they chose, or will choose, each time it is asked back. ask_before_tokens: a model's call that may take more needs a yes. project: whose budget is used too, None for that of the settings.
    depth: auto, brief, normal or deep. diagram: draw the relations as well. door: where it came in, for the Ledger.
    """

    question: str
    repositories: tuple[str, ...] | None
    model: str
    release: str
    thread_id: str | None = None
    earlier: tuple[tuple[str, str], ...] = ()
    rerank: bool = False
    may_ask: bool = False
    replies: tuple[str, ...] = ()
    ask_before_tokens: int | None = None
    project: str | None = None
    depth: str = "auto"
    diagram: bool = False
    door: str = "cli"


class Assistant(Protocol):
    """Answers. Closing the iterator early cancels the run."""

    def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        """Yield progress; the last event is `AnswerReady`, or `AskedBack` where one may ask. Raises ClewError when no answer can be given at all."""
        ...


def checked_question(question: str, longest: int) -> str:
    """Return the question as it may be asked. `longest` counts characters.

    Raises:
        InputError: it is empty or too long.
    """
    if not any(one.isprintable() and not one.isspace() for one in question):
        raise InputError("the question is empty", next_step='ask something: clew ask "who calls Task.run?"')
    if len(question) > longest:
        raise InputError(
            f"the question has {len(question):,} characters; at most {longest:,} are read",
            next_step="ask for less at once, or raise CLEW_RUN__MAX_QUESTION_CHARACTERS",
        )
    return question
