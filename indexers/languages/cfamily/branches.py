"""Preprocessor branches that cut through a statement, which no grammar of C can read.

`#if A` / `for (;x;) {` / `#else` / `for (;;) {` / `#endif` opens two braces and closes one. For such a group the first
branch is kept and the rest blanked out, directives too; lines and columns stay. Groups that hold whole statements are
left alone, so that both of their branches are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

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


_TYPE = rb"[A-Za-z_][\w:]*(?:<[^;{}()\n]*>)?"
_SPECIFIER = re.compile(
    rb"^([ \t]*(?:(?:static|inline|constexpr|virtual|friend|extern|" + _TYPE + rb"[ \t*&])[ \t]*)?)([A-Z][A-Z0-9_]{3,})"
    rb"(?=[ \t]+(?:(?:const|static|inline|constexpr|virtual|explicit|unsigned)[ \t]+)*(?:"
    + _TYPE
    + rb"[ \t*&]+)?[~\w:]+[ \t]*\()",
    re.M,
)
"""`API std::shared_ptr<log> get(`, `void INLINE pool::run(`: a macro in place of a specifier."""
_BRACKETING = rb"PUSH|POP|BEGIN|END|DISABLE|ENABLE|WARNING|DIAGNOSTIC|NAMESPACE"
_ALONE = re.compile(
    rb"^(?:[ \t]*[A-Z][A-Z0-9_]{3,}|[A-Z][A-Z0-9_]*(?:" + _BRACKETING + rb")[A-Z0-9_]*\([^()]{0,200}\))[ \t]*\r?$", re.M
)
"""A macro that makes up a whole line."""
_USE = re.compile(rb"^([ \t]*[A-Z][A-Z0-9_]{2,}\()([^();{}\n]*)", re.M)
_TYPE_WORD = re.compile(
    rb"\b(?:int|bool|char|short|long|unsigned|signed|float|double|void|const|struct|enum)\b|[*&]\s*(?:,|$)"
)
_TYPE_ARGUMENT = re.compile(
    rb"(?:(?:const|unsigned|signed|struct|enum|long|short)[ \t]+)*[A-Za-z_][\w:]*(?:[ \t]+(?:int|char|long|short|double))?[ \t]*[*&]*"
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


def mended(source: bytes) -> tuple[bytes, list[int]]:
    """Return the source with cut-through branches reduced to their first, and the 1-based lines of what was left out."""
    text = bytearray(_without_macros(source))
    dropped: list[int] = []
    open_groups: list[_Group] = []
    for match in _DIRECTIVE.finditer(source):
        word = match.group(1)
        if word.startswith(b"if"):
            open_groups.append(_Group([match.span()]))
        elif open_groups:
            open_groups[-1].directives.append(match.span())
            if word == b"endif":
                _close(text, open_groups.pop(), dropped)
    return bytes(text), sorted(dropped)


def _close(text: bytearray, group: _Group, dropped: list[int]) -> None:
    spans = group.directives
    branches = [(before[1], after[0]) for before, after in pairwise(spans)]
    if all(end - start > _LONG or _is_whole(bytes(text[start:end])) for start, end in branches):
        return
    for start, end in spans:
        _blank(text, start, end)
    for start, end in branches[1:]:
        if text[start:end].strip():
            dropped.append(text.count(b"\n", 0, start) + 2)
        _blank(text, start, end)


def _is_whole(branch: bytes) -> bool:
    """Whether a branch holds whole statements or declarations, or nothing."""
    code = _NOISE.sub(b" 0 ", _OTHER_DIRECTIVE.sub(b"", branch)).strip()
    if not code:
        return True
    if code.count(b"{") != code.count(b"}") or code.count(b"(") != code.count(b")"):
        return False
    return code.endswith((b";", b"}", b":")) and not code.startswith(_CONTINUES)


def _blank(text: bytearray, start: int, end: int) -> None:
    text[start:end] = re.sub(rb"[^\r\n]", b" ", text[start:end])


def _without_macros(source: bytes) -> bytes:
    """Take the macro off `UNUSED(static int f(void)) {` and annotations off declarations."""
    plain = _WRAPPED.sub(lambda match: b" " * len(match.group(1)) + match.group(2) + b" ", source)
    plain = _SPECIFIER.sub(lambda match: match.group(1) + b" " * len(match.group(2)), plain)
    plain = _ALONE.sub(_blanked_between_declarations, plain)
    plain = _ANNOTATION.sub(lambda match: b" " * len(match.group()), plain)
    return _USE.sub(_with_plain_arguments, plain)


def _blanked_between_declarations(match: re.Match[bytes]) -> bytes:
    """Blank out `BEGIN_NAMESPACE` on a line of its own, where a declaration ends before it and another begins after."""
    text, start, end = match.string, match.start(), match.end()
    before = text[max(start - 200, 0) : start].rstrip()
    last_line = before[before.rfind(b"\n") + 1 :].lstrip()
    after = text[end : end + 200].lstrip()[:1]
    ended = not before or before[-1:] in b";{}" or last_line.startswith((b"#", b"//")) or before.endswith(b"*/")
    goes_on = after.isalpha() or after in (b"_", b"#", b"/", b"~", b"[")
    return re.sub(rb"[^\r\n]", b" ", match.group()) if ended and goes_on else match.group()


def _with_plain_arguments(match: re.Match[bytes]) -> bytes:
    """Write names for the types among the arguments of `FLAG(unsigned int, size, 3)`: a call takes values only."""
    head, listed = match.group(1), match.group(2)
    if not _TYPE_WORD.search(listed):
        return match.group()
    return head + b",".join(_as_name(argument) for argument in listed.split(b","))


def _as_name(argument: bytes) -> bytes:
    text = argument.strip()
    if not _TYPE_ARGUMENT.fullmatch(text):
        return argument
    return argument.replace(text, b"T" * len(text))
