"""Preprocessor branches that cut through a statement, which no grammar of C can read.

`#if A` / `for (;x;) {` / `#else` / `for (;;) {` / `#endif` opens two braces and closes one. For such a group the first
branch that Linux may read is kept and the rest blanked out, directives too; lines and columns stay. Groups that hold whole
statements are left alone, so that both of their branches are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from indexers.languages.cfamily.conditions import Conditions, condition_of

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b(?:\\\r?\n|[^\n])*", re.M)
_OTHER_DIRECTIVE = re.compile(rb"^[ \t]*#(?:\\\r?\n|[^\n])*", re.M)
_NOISE = re.compile(rb"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
_LONG = 4_000
"""Bytes beyond which a branch is taken to be whole: an include guard, a platform's half of a file."""
_CONTINUES = (b"else", b"||", b"&&", b"?", b":", b",", b"+", b"|", b"=", b".", b"->", b")", b"}", b'"')
_WRAPPED = re.compile(
    rb"^([A-Z][A-Z0-9_]*\()((?:static|extern|inline|const|void|int|struct|unsigned|char)\b[^(){};]*\([^(){};]*\)\s*)(\))(?=\s*[{;])",
    re.M,
)


_ANNOTATION = re.compile(
    rb"\b[A-Z_]*(?:GUARDED_BY|GUARDED_VAR|LOCKS?_REQUIRED|LOCKS_EXCLUDED|LOCK_FUNCTION|LOCK_RETURNED|ACQUIRED_AFTER|ACQUIRED_BEFORE|"
    rb"NO_THREAD_SAFETY_ANALYSIS|SCOPED_LOCKABLE|LOCKABLE|REQUIRES|EXCLUDES|PRINTF_FORMAT|ATTRIBUTE_[A-Z_]+|NOEXCEPT)\b"
    rb"(?:[ \t]*\([^()\n]*\))?(?=[ \t\r\n]*[;={,)])"
)
"""Annotations behind a declarator, which people write as macros."""


@dataclass(slots=True)
class _Group:
    """An open `#if`: the spans of its directives so far."""

    directives: list[tuple[int, int]] = field(default_factory=list)


def mended(source: bytes, *, is_cplusplus: bool = False) -> tuple[bytes, list[int]]:
    """Return the source with cut-through branches reduced to one, and the 1-based lines of what was left out."""
    text = bytearray(_without_macros(source))
    dropped: list[int] = []
    open_groups: list[_Group] = []
    conditions = Conditions(is_cplusplus)
    for match in _DIRECTIVE.finditer(source):
        word = match.group(1)
        if word.startswith(b"if"):
            open_groups.append(_Group([match.span()]))
        elif open_groups:
            open_groups[-1].directives.append(match.span())
            if word == b"endif":
                _close(text, open_groups.pop(), dropped, conditions)
    return bytes(text), sorted(dropped)


def _close(text: bytearray, group: _Group, dropped: list[int], conditions: Conditions) -> None:
    spans = group.directives
    branches = [(before[1], after[0]) for before, after in pairwise(spans)]
    if all(end - start > _LONG or _is_whole(bytes(text[start:end])) for start, end in branches):
        return
    kept = _kept([bytes(text[start:end]).decode("utf-8", "replace") for start, end in spans[:-1]], conditions)
    for start, end in spans:
        _blank(text, start, end)
    for start, end in branches[:kept] + branches[kept + 1 :]:
        if text[start:end].strip():
            dropped.append(text.count(b"\n", 0, start) + 2)
        _blank(text, start, end)


def _kept(directives: list[str], conditions: Conditions) -> int:
    """Return the place of the first branch that may hold on Linux, 0 where none does."""
    for place, directive in enumerate(directives):
        condition = condition_of(directive)
        if not condition or conditions.truth(condition) is not False:
            return place
    return 0


def _is_whole(branch: bytes) -> bool:
    """Whether a branch holds whole statements or declarations, or nothing."""
    code = _NOISE.sub(_plain, _OTHER_DIRECTIVE.sub(b"", branch)).strip()
    if not code:
        return True
    if code.count(b"{") != code.count(b"}") or code.count(b"(") != code.count(b")"):
        return False
    return code.endswith((b";", b"}", b":")) and not code.startswith(_CONTINUES)


def _plain(match: re.Match[bytes]) -> bytes:
    """A comment is nothing, a literal is a value."""
    return b" " if match.group()[:1] == b"/" else b" 0 "


def _blank(text: bytearray, start: int, end: int) -> None:
    text[start:end] = re.sub(rb"[^\r\n]", b" ", text[start:end])


def _without_macros(source: bytes) -> bytes:
    """Take the macro off `UNUSED(static int f(void)) {` and annotations off declarations."""
    plain = _WRAPPED.sub(lambda match: b" " * len(match.group(1)) + match.group(2) + b" ", source)
    return _ANNOTATION.sub(lambda match: re.sub(rb"[^\r\n]", b" ", match.group()), plain)
