"""What stays of a long conversation: the last messages word for word, one line for each turn before them.

A line is extracted, not written by a model: what was asked, of which kind, about what, what was found and where. A model that writes reads them
under a budget, and a name of several meanings takes the one that was talked about. Nothing is dropped in silence: turns beyond `MAX_DIGESTS` are counted.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from agents.records import counted, place
from agents.state import AssistantState
from agents.turns import MAX_TURNS, AboutTurn, Digest, Entity, Summary, Turn
from knowledge.evidence import Verdict
from models.tokens import tokens_of

MAX_DIGESTS = 60
_QUESTION_CHARACTERS = 160
_FOUND_CHARACTERS = 200
_PLACES = 3
_ENTITIES = 8
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
        entities=state["plan"].get("entities", [])[:_ENTITIES],
        repositories=sorted({citation["repository"] for citation in citations}),
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
        digest = Digest(
            question=_cut(" ".join(turn["content"].split()), _QUESTION_CHARACTERS),
            found=_cut(next((line.strip() for line in text.splitlines() if line.strip()), ""), _FOUND_CHARACTERS),
            intents=about["intents"],
            subject=about["subject"],
            verdict=about["verdict"],
            places=about["places"] or list(dict.fromkeys(_PLACE.findall(text)))[:_PLACES],
            entities=about.get("entities", []),
        )
        if "repositories" in about:
            digest["repositories"] = about["repositories"]
        digests.append(digest)
    return digests


def last_subject(summary: Summary | None) -> str:
    """Return the id of the symbol that the summarised turns were about last, empty when they were about none."""
    return next(
        (digest["subject"] for digest in reversed((summary or {"digests": []})["digests"]) if digest["subject"]), ""
    )


def talked_about(summary: Summary | None, turns: list[Turn]) -> list[Entity]:
    """Return the symbols that a conversation named or found, the last one first. What stayed ambiguous tells nothing."""
    found: list[Entity] = []
    for digest in reversed([*(summary or {"digests": []})["digests"], *digests_of(turns)]):
        if digest["subject"] and digest["verdict"] == Verdict.FOUND.value:
            found.append(Entity(kind="symbol", text="", symbol=digest["subject"]))
        found += [entity for entity in reversed(digest.get("entities", [])) if entity["symbol"]]
    return found


def earlier_text(summary: Summary | None, turns: list[Turn], repositories: Collection[str], budget_tokens: int) -> str:
    """Return a conversation as lines that a model can read, oldest first: the last turns that fit, and how many lie before.

    Args:
        repositories: those in sight. A turn that cited another one is left out, and of an answer of unknown sources nothing is told but
            the question: what a model elsewhere reads, it may only read of them.
    """
    known = summary or Summary(turns=0, digests=[])
    recent = digests_of(turns)
    lines: dict[str, None] = {}
    room = budget_tokens
    for number, digest in enumerate([*reversed(recent), *reversed(known["digests"])]):
        sources = digest.get("repositories")
        if sources is not None and not set(sources) <= set(repositories):
            continue
        line = _line(digest, with_answer=sources is not None, in_full=number < len(recent))
        room -= tokens_of(line) if line not in lines else 0  # what was asked twice is told once
        if room < 0:
            break
        lines[line] = None
    untold = known["turns"] + len(recent) - len(lines)
    if not lines:
        return ""
    return "\n".join([*([f"- {counted(untold, 'turn')} not shown"] if untold else []), *reversed(lines)])


def _line(digest: Digest, *, with_answer: bool, in_full: bool) -> str:
    """Return a turn as a line; of an old one only what it came to and where, so that more of them fit."""
    if not with_answer:
        return f"- {digest['question']}"
    kind = f" ({', '.join(digest['intents'])})" if digest["intents"] else ""
    where = f" [{', '.join(digest['places'])}]" if digest["places"] else ""
    told = [text for text in (digest["verdict"], digest["found"] if in_full else "") if text]
    return f"- {digest['question']}{kind}{': ' if told else ''}{': '.join(told)}{where}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
