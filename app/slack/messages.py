"""What Clew says in Slack: an answer with its sources and buttons, and why there is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from agents.events import Answer
from app.slack.mrkdwn import escaped, mrkdwn, sections
from configs.errors import ClewError

Block = dict[str, Any]
UP: Final = "clew_up"
DOWN: Final = "clew_down"
MOST_SECTIONS = 40
"""Slack takes 50 blocks."""
MOST_SOURCES = 20
LONGEST_LINK = 2_000


@dataclass(frozen=True, slots=True)
class Message:
    """text: what notifications and screen readers get."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def said(markdown: str) -> Message:
    """Return words of our own."""
    parts = sections(mrkdwn(markdown)) or ["…"]
    return Message(parts[0], [_section(part) for part in parts[:MOST_SECTIONS]])


def answered(answer: Answer, links: Mapping[str, str]) -> Message:
    """Return an answer. links: repository -> address pattern of its code host; a repository without one is cited without a link."""
    parts = sections(mrkdwn(answer.answer)) or ["…"]
    blocks = [_section(part) for part in parts[:MOST_SECTIONS]]
    if len(parts) > MOST_SECTIONS:
        blocks.append(_context("The answer is longer than a message: ask for a part of it."))
    blocks += [_section(part) for part in sections("\n".join(sources(answer.citations, links)))]
    checked = sum(claim["status"] == "verified" for claim in answer.claims)
    of_claims = f" · {checked} of {len(answer.claims)} claims verified" if answer.claims else ""
    writer = f"{answer.level} ({answer.model})" if answer.model else answer.level
    blocks.append(_context(escaped(f"{answer.verdict} · {writer}{of_claims}")))
    blocks.append(
        {
            "type": "actions",
            "elements": [
                _button("Right", UP, answer.run_id, "primary"),
                _button("Wrong", DOWN, answer.run_id, "danger"),
            ],
        }
    )
    return Message(parts[0], blocks)


def failed(error: ClewError) -> Message:
    """Return why nothing could be answered, and what to do."""
    return said(f"{error.message}\n{error.next_step}".strip())


def unknown_user(slack_id: str) -> Message:
    """Return the refusal for somebody who is linked to nobody."""
    return said(
        "Sorry, I do not know you here, so I may not show you any code. An administrator can change that on Clew's server:\n"
        f"`clew slack link {slack_id} PRINCIPAL`"
    )


def sources(citations: Sequence[Mapping[str, Any]], links: Mapping[str, str]) -> list[str]:
    """Return the cited places, each once, as mrkdwn."""
    several = len({one["repository"] for one in citations}) > 1
    found = dict.fromkeys(_source(one, links, several=several) for one in citations)
    rows = list(found)[:MOST_SOURCES]
    more = [f"… and {len(found) - MOST_SOURCES} more"] if len(found) > MOST_SOURCES else []
    return ["*Sources*", *(f"• {row}" for row in rows), *more] if rows else []


def link(pattern: str, citation: Mapping[str, Any]) -> str:
    """Return the address of a cited place: every part of it is quoted, so that a path cannot lead elsewhere."""
    revision = citation["revision"] or ""
    values = {
        "{path}": quote(citation["path"], safe="/"),
        "{line}": str(citation["start_line"]),
        "{end_line}": str(citation["end_line"]),
        "{revision}": quote(revision, safe="") if revision and not revision.startswith("worktree:") else "HEAD",
    }
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern.replace("&", "&amp;")


def _source(citation: Mapping[str, Any], links: Mapping[str, str], *, several: bool) -> str:
    first, last = citation["start_line"], citation["end_line"]
    lines = f"{first}" if last in (None, first) else f"{first}-{last}"
    before = f"{citation['repository']}/" if several else ""
    label = escaped(f"{before}{citation['path']}:{lines}".replace("|", "¦").replace("\n", " "))
    pattern = links.get(citation["repository"])
    address = link(pattern, citation) if pattern else ""
    return (
        f"<{address}|{label}>"
        if 0 < len(address) + len(label) < LONGEST_LINK and address
        else f"`{label.replace('`', chr(39))}`"
    )


def _section(text: str) -> Block:
    return {"type": "section", "text": _words(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_words(text)]}


def _words(text: str) -> Block:
    """verbatim: Slack makes no links, channels or names out of what stands there."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _button(label: str, action: str, value: str, style: str) -> Block:
    words = {"type": "plain_text", "text": label}
    return {"type": "button", "text": words, "action_id": action, "value": value, "style": style}
