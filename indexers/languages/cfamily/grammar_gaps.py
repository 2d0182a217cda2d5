"""What tree-sitter's C++ grammar does not read although it is C++, written in a form of equal length that it reads.

Only texts that do not parse come here. Source: the productions of tree-sitter-cpp 0.23.
"""

from __future__ import annotations

import re

from indexers.languages.cfamily.conditions import truth_of

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
_TEMPLATE_MEMBER = re.compile(rb"(\.|->)template\b")
_COMMA_VOID = re.compile(rb",[ \t]*void\(\)(?=[ \t]*\))")
_SPACED_PACK = re.compile(rb"([&*])(\s+)\.\.\.(?=\s*\w)")
_CONDITION = re.compile(rb"^([ \t]*#[ \t]*(?:el)?if\b[ \t]*)((?:\\\r?\n|[^\n\\])*)", re.M)
_READ_CONDITION = re.compile(rb"(?:[\w\s!&|()<>=+*/-]|//.*|\\\r?\n)*")


def readable(source: bytes) -> bytes:
    """Return the source with such forms replaced; length and lines stay."""
    text = _FRIEND.sub(rb"\1  ", source)
    text = _UNNAMED_DEFAULT.sub(rb"\1_\2", text)
    text = _EMPTY_DEFAULT.sub(rb"\1 0", text)
    text = _MEMBER_OPERATOR.sub(lambda match: match.group(1) + b"_" * len(match.group(2)), text)
    text = _TYPENAME.sub(rb"\1        ", text)
    text = _NEW_CONST.sub(b"new      ", text)
    text = _TO_MEMBER.sub(b" ", text)
    text = _OF_MEMBER.sub(_blank, text)
    text = _NAMELESS_ENUM.sub(lambda match: match.group(1) + re.sub(rb"[^\r\n]", b" ", match.group(2)), text)
    text = _THROWN.sub(rb"\1     ", text)
    text = _BRACED_NUMBER.sub(rb"\1(\2)", text)
    text = _TEMPLATE_MEMBER.sub(rb"\1        ", text)
    text = _COMMA_VOID.sub(_blank, text)
    text = _SPACED_PACK.sub(rb"\1...\2", text)
    return _CONDITION.sub(_plain_condition, text)


def _plain_condition(match: re.Match[bytes]) -> bytes:
    """Write a condition that is more than names and numbers as one name, which a compiler on Linux judges the same way."""
    head, condition = match.groups()
    if b"(<" not in condition and _READ_CONDITION.fullmatch(condition):
        return match.group()
    truth = truth_of(condition.decode("utf-8", "replace"), True)
    name = b"___" if truth is None else (b"__linux__" if truth else b"_WIN32")
    blank = re.sub(rb"[^\r\n]", b" ", condition)
    return (
        head + name + blank[len(name) :]
        if blank[: len(name)].strip() == b"" and len(blank) > len(name)
        else match.group()
    )


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match.group())
