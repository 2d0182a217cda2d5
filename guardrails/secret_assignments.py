"""Finds values given to secret-sounding names: `password = "..."`, `"apiKey": "..."`, `export TOKEN=...`, comments.

Speed: the text is lowered once and keywords are found by substring search; a regular expression runs only where one
stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrails.secret_values import is_secret_name, is_secret_value

Span = tuple[int, int, str]
"""start, end (bytes, half open), kind."""

_KEYWORDS = (b"passw", b"passphrase", b"pwd", b"secret", b"token", b"credential", b"key")
_KEY_PREFIX = re.compile(
    rb"(?:api|access|auth|private|secret|encryption|signing|master|account|storage|shared)[_\- ]?$", re.I
)
_NAME = rb"(?i:passw(?:or)?d|passphrase|pwd|secret|token|credential|key)([\w\-]{0,30})"
_QUOTED = re.compile(
    _NAME
    + rb"""["'`]?\]?(?:[ \t]*:[ \t]*[&*]?[A-Za-z][\w.\[\]|?<>']{0,40}?)?"""
    + rb"""(?:[ \t]*(=>|:=|={1,3}|:)\s{0,40}\(?\s{0,40}|[ \t]*([(,])[ \t]*|[ \t]+)[rRbBuUL@]{0,2}("{3}|'{3}|["'`])"""
    + rb"""((?:(?!\4)[^\s\\]|\\[^\s]){6,512})\4"""
)
_UNQUOTED = re.compile(_NAME + rb"[ \t]*(=|:)[ \t]*([^\s\"'`,;()\[\]{}<>]{6,512})[ \t]*(?:\r?$)", re.M)
_SCOPED = re.compile(rb"::[\w\-]*\Z")
"""The name of a type (`AWS::IAM::AccessKey`), not of a value."""
_ENV_START = re.compile(rb"\s*(?:export\s+|set\s+)?[\w.\-]*\Z")
_COMMENT_START = re.compile(rb"\s*(?:#|//|/?\*|--|;|>)[^\"'=:]{0,60}\Z")
_DEFINE = re.compile(rb"[ \t]*#[ \t]*define[ \t]+\w*\Z")
_TEXT_SUFFIXES = (
    ".md",
    ".markdown",
    ".rst",
    ".txt",
    ".env",
    ".yml",
    ".yaml",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
)


def iter_assignments(text: bytes, path: str) -> Iterator[Span]:
    """Yield the values of assignments that look like secrets. `path` tells prose and settings files from code."""
    lowered = text.lower()
    is_prose = path.lower().endswith(_TEXT_SUFFIXES)
    for keyword in _KEYWORDS:
        at = lowered.find(keyword)
        while at >= 0:
            if keyword != b"key" or _KEY_PREFIX.search(text, max(0, at - 12), at):
                found = _quoted_at(text, at) or _unquoted_at(text, at, is_prose)
                if found:
                    yield found
            at = lowered.find(keyword, at + len(keyword))


def _quoted_at(text: bytes, at: int) -> Span | None:
    match = _QUOTED.match(text, at)
    if match is None:
        return None
    tail, operator, call, _, value = match.groups()
    if _SCOPED.search(text, max(0, at - 40), at):
        return None
    if operator is None and call is None and not _DEFINE.match(text, text.rfind(b"\n", 0, at) + 1, at):
        return None
    keyword = text[at : match.start(1)].decode("ascii")
    return _judge(match.span(5), keyword, tail, value, strict=call is not None)


def _unquoted_at(text: bytes, at: int, is_prose: bool) -> Span | None:
    match = _UNQUOTED.match(text, at)
    if match is None:
        return None
    tail, operator, value = match.groups()
    # Of a longer line only its last part is looked at: never the text from the start of the file on.
    line_start = max(text.rfind(b"\n", max(0, at - 200), at) + 1, at - 200)
    spaced = match.start(3) - match.end(1) > 1
    is_setting = _ENV_START.match(text, line_start, at) is not None and (is_prose or (operator == b"=" and not spaced))
    if not is_setting and _COMMENT_START.match(text, line_start, at) is None:
        return None
    keyword = text[at : match.start(1)].decode("ascii")
    return _judge(match.span(3), keyword, tail, value, strict=False)


def _judge(span: tuple[int, int], keyword: str, tail: bytes, value: bytes, strict: bool) -> Span | None:
    if not is_secret_name(tail.decode("ascii", "replace"), keyword.isupper()):
        return None
    password = keyword[:1] in "pP"
    if not is_secret_value(value.decode("utf-8", "replace"), password=password, strict=strict):
        return None
    return (*span, "Password" if password else "Secret Value")
