"""What stays of a long conversation: the last messages word for word, one line for each turn before them.

A line is extracted, not written by a model: what was asked, of which kind, about what, what was found and where. Nothing is dropped in
silence: turns beyond `MAX_DIGESTS` are counted.
"""

from __future__ import annotations

import re

from agents.records import place
from agents.state import MAX_TURNS, AboutTurn, AssistantState, Digest, Summary, Turn

MAX_DIGESTS = 60
_QUESTION_CHARACTERS = 160
_FOUND_CHARACTERS = 200
_PLACES = 3
_PLACE = re.compile(r"`([^`\s]+:\d+(?:-\d+)?)`")


def spoken(state: AssistantState) -> Turn:
    """Return the answer as a message of the conversation, with what its digest will need once it is old."""
    citations = [
        citation for block in state["draft"]["blocks"] for claim in block["claims"] for citation in claim["citations"]
    ]
    about = AboutTurn(
        intents=list(dict.fromkeys(step["intent"] for step in state["plan"]["steps"])),
        subject=state.get("subject") or "",
        verdict=state.get("verdict") or "",
        places=list(dict.fromkeys(place(citation) for citation in citations if citation["path"]))[:_PLACES],
    )
    return Turn(role="assistant", content=state["answer"]["answer"], about=about)


def folded(summary: Summary | None, turns: list[Turn]) -> tuple[Summary | None, list[Turn]]:
    """Return the summary with the oldest turns in it, and the messages that stay: at most `MAX_TURNS`, from a question on."""
    if len(turns) <= MAX_TURNS:
        return summary, turns
    first = len(turns) - MAX_TURNS
    while first < len(turns) - 1 and turns[first]["role"] != "user":
        first += 1
    known = summary or Summary(turns=0, digests=[])
    digests = digests_of(turns[:first])
    summarised = Summary(turns=known["turns"] + len(digests), digests=[*known["digests"], *digests][-MAX_DIGESTS:])
    return summarised, turns[first:]


def digests_of(turns: list[Turn]) -> list[Digest]:
    """Return a digest for each question among the messages, with the answer that follows it."""
    digests: list[Digest] = []
    for index, turn in enumerate(turns):
        if turn["role"] != "user":
            continue
        following = turns[index + 1] if index + 1 < len(turns) else None
        reply = following if following is not None and following["role"] == "assistant" else None
        text = "" if reply is None else reply["content"]
        nothing = AboutTurn(intents=[], subject="", verdict="", places=[])
        about = nothing if reply is None else reply.get("about", nothing)
        digests.append(
            Digest(
                question=_cut(" ".join(turn["content"].split()), _QUESTION_CHARACTERS),
                found=_cut(next((line.strip() for line in text.splitlines() if line.strip()), ""), _FOUND_CHARACTERS),
                intents=about["intents"],
                subject=about["subject"],
                verdict=about["verdict"],
                places=about["places"] or list(dict.fromkeys(_PLACE.findall(text)))[:_PLACES],
            )
        )
    return digests


def last_subject(summary: Summary | None) -> str:
    """Return the id of the symbol that the summarised turns were about last, empty when they were about none."""
    return next(
        (digest["subject"] for digest in reversed((summary or {"digests": []})["digests"]) if digest["subject"]), ""
    )


def summary_text(summary: Summary) -> str:
    """Return the summary as lines that a person, or a model, can read."""
    untold = summary["turns"] - len(summary["digests"])
    lines = [f"- {untold} earlier turns"] if untold > 0 else []
    for digest in summary["digests"]:
        kind = f" ({', '.join(digest['intents'])})" if digest["intents"] else ""
        where = f" [{', '.join(digest['places'])}]" if digest["places"] else ""
        found = f": {digest['verdict'] + ': ' if digest['verdict'] else ''}{digest['found']}" if digest["found"] else ""
        lines.append(f"- {digest['question']}{kind}{found}{where}")
    return "\n".join(lines)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
