"""A conversation as the state carries it: its messages, what each was about, and the digests of old ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from agents.channels import Fresh

MAX_TURNS = 20
"""Messages of a thread that are kept word for word; older ones are summarised (`agents.memory.summarising`)."""


class Entity(TypedDict):
    """What a question speaks of. kind: symbol, path, service, error, version; symbol: its id in the graph, empty if unknown."""

    kind: str
    text: str
    symbol: str


class AboutTurn(TypedDict):
    """What an answer was about: kinds of question, the symbol that a follow-up means, what it came to, first places.

    entities: what the question spoke of. repositories: those that the answer cites; absent where nobody knows.
    """

    intents: list[str]
    subject: str
    verdict: str
    places: list[str]
    entities: NotRequired[list[Entity]]
    repositories: NotRequired[list[str]]


class Turn(TypedDict):
    """A message. `about` is with our own answers only."""

    role: str
    content: str
    about: NotRequired[AboutTurn]


class Digest(AboutTurn):
    """One old turn in a line: what was asked, and the first line of what was answered."""

    question: str
    found: str


class Summary(TypedDict):
    """The turns before the messages that are kept: how many, and the digests of the last of them."""

    turns: int
    digests: list[Digest]


def join_turns(left: list[Turn] | None, right: Sequence[Any] | Any | None) -> list[Turn]:
    """Append one message; several at once are a whole conversation and replace what was there, as `Fresh` ones do.

    Takes chat messages in any common form: `{"role", "content"}`, `{"type", "content"}`, pairs, LangChain messages.
    """
    if right is None:
        return list(left or [])
    incoming = [turn_of(message) for message in (right if isinstance(right, list) else [right])]
    appended = len(incoming) == 1 and not isinstance(right, Fresh)
    return [*(left or []), *incoming] if appended else incoming


def turn_of(message: Any) -> Turn:
    """Return a chat message of any common form as role (`user`, `assistant`, `system`) and plain text."""
    if isinstance(message, str):
        return Turn(role="user", content=message)
    if isinstance(message, list | tuple) and len(message) == 2:
        role, content = message
    elif isinstance(message, dict):
        role, content = message.get("role") or message.get("type", "user"), message.get("content", "")
    else:
        role, content = getattr(message, "type", "user"), getattr(message, "content", "")
    if isinstance(content, list):
        parts = (part if isinstance(part, str) else str(part.get("text", "")) for part in content)
        content = "\n".join(part for part in parts if part)
    turn = Turn(role={"human": "user", "ai": "assistant"}.get(str(role), str(role)), content=str(content))
    if isinstance(message, dict) and message.get("about"):
        turn["about"] = message["about"]
    return turn
