"""What tree-sitter's C++ grammar does not read although it is C++, written in a form of equal length that it reads.

Only texts that do not parse come here. Source: the productions of tree-sitter-cpp 0.23.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from indexers.languages.cfamily.conditions import Conditions

_FRIEND = re.compile(rb"(\bfriend\s+(?:class|struct)\s+)::")
_UNNAMED_DEFAULT = re.compile(rb"([*&])[ ]([ ]*=)(?=\s*(?:0|nullptr|NULL|\{\})\s*[,)>])")
_EMPTY_DEFAULT = re.compile(rb"(\w\s*=\s*)\{\}(?=\s*[,)])")
_MEMBER_OPERATOR = re.compile(
    rb"(?<=->|[\w)\]]\.)(\s*operator)(\[\]|\(\)|==|!=|<=|>=|\+\+|--|[-+*/<>=&|^!~]=?)(?=\s*\()"
)
_TYPENAME = re.compile(
    rb"(?<=[(,;{}=\[])(\s*(?:return\s+)?)typename\b(?=\s+(?:\w+\s*::\s*)*\w+(?:<[^;{}()]*>)?(?:::\w+)+\s*[({])"
)
_NEW_CONST = re.compile(rb"\bnew const\b")
_TO_MEMBER = re.compile(rb"(?<=->|[\w)\]]\.)\*")
_OF_MEMBER = re.compile(rb"\b[A-Za-z_][\w:]*(?:<[\w:, ]*>)?::(?=\s*\*)")
_NAMELESS_ENUM = re.compile(rb"(\benum\s*)(:[\w:\s]+?)(?=\{)")
_THROWN = re.compile(rb"([(,?:]\s*)throw\b(?=\s+\w)")
_BRACED_NUMBER = re.compile(
    rb"((?:[(,=]|return)\s*(?:short|int|long|char|unsigned|bool|float|double|size_t))\{([^{};]*)\}"
)
_UNSIGNED = re.compile(rb"(?<![\w<])(?<!operator )unsigned\(")
_TEMPLATE_MEMBER = re.compile(rb"(\.|->)template\b")
_COMMA_VOID = re.compile(rb",[ \t]*void\(\)(?=[ \t]*\))")
_SPACED_PACK = re.compile(rb"([&*])(\s+)\.\.\.(?=\s*\w)")
_CONDITION = re.compile(rb"^([ \t]*#[ \t]*(?:el)?if\b[ \t]*)((?:\\\r?\n|[^\n\\])*)", re.M)
_READ_CONDITION = re.compile(rb"(?:[\w\s!&|()<>=+*/-]|//.*|\\\r?\n)*")


def readable(source: bytes) -> bytes:
    """Return the source with such forms replaced; length and lines stay."""
    for mark, form, written in _FORMS:
        if mark in source:
            source = form.sub(written, source)
    return source


def _plain_condition(match: re.Match[bytes]) -> bytes:
    """Write a condition that is more than names and numbers as one name, which a compiler on Linux judges the same way."""
    head, condition = match.groups()
    if b"(<" not in condition and _READ_CONDITION.fullmatch(condition):
        return match.group()
    truth = Conditions(is_cplusplus=True).truth(condition.decode("utf-8", "replace"))
    name = b"___" if truth is None else (b"__linux__" if truth else b"_WIN32")
    blank = re.sub(rb"[^\r\n]", b" ", condition)
    return (
        head + name + blank[len(name) :]
        if blank[: len(name)].strip() == b"" and len(blank) > len(name)
        else match.group()
    )


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match.group())


def _blank_behind(match: re.Match[bytes]) -> bytes:
    return match.group(1) + re.sub(rb"[^\r\n]", b" ", match.group(2))


_FORMS: tuple[tuple[bytes, re.Pattern[bytes], bytes | Callable[[re.Match[bytes]], bytes]], ...] = (
    (b"friend", _FRIEND, rb"\1  "),
    (b" =", _UNNAMED_DEFAULT, rb"\1_\2"),
    (b"{}", _EMPTY_DEFAULT, rb"\1 0"),
    (b"operator", _MEMBER_OPERATOR, lambda match: match.group(1) + b"_" * len(match.group(2))),
    (b"typename", _TYPENAME, rb"\1        "),
    (b"new const", _NEW_CONST, b"new      "),
    (b"->*", _TO_MEMBER, b" "),
    (b".*", _TO_MEMBER, b" "),
    (b"::*", _OF_MEMBER, _blank),
    (b"enum", _NAMELESS_ENUM, _blank_behind),
    (b"throw", _THROWN, rb"\1     "),
    (b"}", _BRACED_NUMBER, rb"\1(\2)"),
    (b"unsigned(", _UNSIGNED, b"int     ("),
    (b"template", _TEMPLATE_MEMBER, rb"\1        "),
    (b"void()", _COMMA_VOID, _blank),
    (b" ...", _SPACED_PACK, rb"\1...\2"),
    (b"#", _CONDITION, _plain_condition),
)
"""Text that a form cannot do without, the form, and what is written in its place."""
