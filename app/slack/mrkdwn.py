"""Markdown to Slack's mrkdwn. Pure. What repositories say cannot link, mention or ping anybody: `&`, `<` and `>` are escaped everywhere.

Slack's rules: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

LONGEST = 2_900
"""Characters of one section; Slack takes 3,000."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)|\*\*(?P<bold>[^*]+)\*\*|(?<![\w*])\*(?P<italic>[^*\s][^*]*)\*"
)
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*$")
_BULLET = re.compile(r"(\s*)[-*+]\s+(.*)$")
_PING = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_APART = "\u200b"
_LINKED = re.compile(r"<(?:https?|mailto):[^|>]*\|([^>]*)>")
_BARE = re.compile(r"<((?:https?|mailto):[^|>]*)>")
_MENTIONED = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


def escaped(text: str) -> str:
    """Return text that Slack shows as it is."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PING.sub(f"@{_APART}", safe)


def mrkdwn(markdown: str) -> str:
    """Return Markdown as Slack writes it; tables become preformatted text."""
    return "\n".join(_lines(markdown.splitlines()))


def sections(text: str, longest: int = LONGEST) -> list[str]:
    """Return mrkdwn in parts that a section holds, cut at lines; a fence that is cut is closed and opened again."""
    parts: list[str] = []
    part: list[str] = []
    size, fenced = 0, False
    for line in (piece for whole in text.split("\n") for piece in _pieces(whole, longest // 2)):
        if part and size + len(line) + 4 > longest:
            parts.append("\n".join([*part, "```"] if fenced else part))
            part = ["```"] if fenced else []
            size = 4 * fenced
        part.append(line)
        size += len(line) + 1
        fenced ^= line == "```"
    parts.append("\n".join(part))
    return [one for one in parts if one.strip(" \n`")]


def plain(text: str) -> str:
    """Return what somebody wrote in Slack as they typed it: mentions gone, links back to their words."""
    text = _MENTIONED.sub(" ", text)
    return unescape(_BARE.sub(r"\1", _LINKED.sub(r"\1", text))).strip()


def _lines(lines: list[str]) -> Iterator[str]:
    fence = ""
    table = False
    for line in lines:
        found = _FENCE.match(line)
        is_row = not fence and line.lstrip().startswith("|")
        if is_row != table:
            table = is_row
            yield "```"
        if fence and found and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
            yield "```"
        elif not fence and found:
            fence = found.group(1)
            yield "```"
        elif fence or table:
            yield escaped(line).replace("```", f"``{_APART}`")
        else:
            yield _prose(line)
    if fence or table:
        yield "```"


def _prose(line: str) -> str:
    if heading := _HEADING.match(line):
        return f"*{_inline(heading.group(1).replace('**', ''))}*"
    if bullet := _BULLET.match(line):
        return f"{bullet.group(1)}• {_inline(bullet.group(2))}"
    return _inline(line)


def _inline(text: str) -> str:
    made, at = [], 0
    for found in _INLINE.finditer(text):
        made.append(_loose(text[at : found.start()]))
        at = found.end()
        if found["ticks"]:
            made.append(f"`{escaped(found['code'].strip('` ')) or ' '}`")
        elif found["bold"]:
            made.append(f"*{_loose(found['bold'])}*")
        else:
            made.append(f"_{_loose(found['italic'])}_")
    return "".join([*made, _loose(text[at:])])


def _loose(text: str) -> str:
    """A lone fence in the middle of a line would begin preformatted text."""
    return escaped(text).replace("```", f"``{_APART}`")


def _pieces(line: str, longest: int) -> Iterator[str]:
    """Yield a line in pieces, none of which ends within an entity."""
    while len(line) > longest:
        cut = longest
        begun = line.rfind("&", cut - 4, cut)
        if begun != -1 and ";" not in line[begun:cut]:
            cut = begun
        yield line[:cut]
        line = line[cut:]
    yield line
