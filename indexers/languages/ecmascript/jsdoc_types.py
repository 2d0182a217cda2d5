"""The type notation of JSDoc -> type expressions: that of TypeScript inside braces, and the older `Array.<T>`.

What is not understood says nothing. Source: the JSDoc reference of the TypeScript handbook.
"""

from __future__ import annotations

import re

from indexers.facts import Flag, Import
from indexers.languages.ecmascript.annotations import TYPE_LIMIT, generic, joined, list_of
from indexers.languages.ecmascript.comments import TaggedText
from indexers.languages.ecmascript.walk import Walk

Place = tuple[int, int]
"""Line and column, both 1-based."""

_TOKEN = re.compile(
    r"\s*(import\(\s*['\"]([^'\"]+)['\"]\s*\)|[\w$]+(?:\.<|(?:\.[\w$]+)*)|'[^']*'|\"[^\"]*\"|=>|\.\.\.|\S)"
)
_NOT_TELLING = frozenset(
    {
        "void",
        "any",
        "unknown",
        "never",
        "undefined",
        "null",
        "object",
        "Object",
        "EXPECTED_ANY",
        "keyof",
        "typeof",
        "asserts",
    }
)
_PLAIN_NAME = re.compile(r"[^\W\d][\w$]*(?:\.[\w$]+)*")
_FUNCTIONS = frozenset({"function", "Function"})
MAX_DEPTH = 20
_NOWHERE: Place = (1, 1)


def parse_type(walk: Walk, comment: TaggedText, start: int, end: int) -> str:
    """Return the type expression of the JSDoc type in `start..end`; bind the modules that it imports from."""
    text = comment.text
    if _PLAIN_NAME.fullmatch(text, start, end):
        name = text[start:end]
        return "" if name in _NOT_TELLING else "func" if name in _FUNCTIONS else name
    tokens = [
        (match.group(1), match.group(2), comment.place(match.start(1)) if match.group(2) is not None else _NOWHERE)
        for match in _TOKEN.finditer(text, start, end)
    ]
    expression, position = _union(walk, tokens, 0, 0)
    while position < len(tokens) and tokens[position][0] in ("=", "!", "?"):
        position += 1
    return expression if position == len(tokens) and len(expression) <= TYPE_LIMIT else ""


Tokens = list[tuple[str, str | None, Place]]
"""Token, the module when it is an import, and where that is written."""


def _union(walk: Walk, tokens: Tokens, position: int, depth: int) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        part, position = _postfix(walk, tokens, position, depth)
        parts.append(part)
        if position >= len(tokens) or tokens[position][0] not in ("|", "&"):
            return joined(parts), position
        position += 1


def _postfix(walk: Walk, tokens: Tokens, position: int, depth: int) -> tuple[str, int]:
    expression, position = _primary(walk, tokens, position, depth)
    while position + 1 < len(tokens) and tokens[position][0] == "[":
        if tokens[position + 1][0] == "]":
            expression = list_of(expression)
            position += 2
        else:
            expression, position = "", _skip(tokens, position)
    return expression, position


def _primary(walk: Walk, tokens: Tokens, position: int, depth: int) -> tuple[str, int]:
    while position < len(tokens) and tokens[position][0] in ("?", "!", "...", "readonly", "|", "&"):
        position += 1
    if position >= len(tokens) or depth > MAX_DEPTH:
        return "", len(tokens)
    word, module, place = tokens[position]
    if word in ("typeof", "keyof", "new", "asserts"):
        _, position = _primary(walk, tokens, position + 1, depth + 1)
        return "", position
    if word == "(":
        return _parenthesised(walk, tokens, position, depth)
    if word in ("{", "["):
        return "", _skip(tokens, position)
    if module is not None:
        return _imported(walk, tokens, position + 1, module, place, depth)
    if not (word[0].isalpha() or word[0] in "_$"):
        return ("string" if word[0] in "'\"" else ""), position + 1
    head = word.removesuffix(".<")
    position += 1
    if word in _FUNCTIONS and position < len(tokens) and tokens[position][0] == "(":
        position = _skip(tokens, position)
        if position < len(tokens) and tokens[position][0] == ":":
            _, position = _union(walk, tokens, position + 1, depth + 1)
        return "func", position
    name = "" if head in _NOT_TELLING else "func" if head in _FUNCTIONS else head
    if word.endswith(".<"):
        position -= 1
        tokens[position] = ("<", None, _NOWHERE)
    return _arguments(walk, tokens, position, name, depth)


def _arguments(walk: Walk, tokens: Tokens, position: int, head: str, depth: int) -> tuple[str, int]:
    if position >= len(tokens) or tokens[position][0] != "<":
        return head, position
    found: list[str] = []
    position += 1
    while position < len(tokens):
        argument, position = _union(walk, tokens, position, depth + 1)
        found.append(argument)
        if position >= len(tokens) or tokens[position][0] != ",":
            break
        position += 1
    if position < len(tokens) and tokens[position][0] == ">":
        position += 1
    return (generic(head, found) if head else ""), position


def _imported(walk: Walk, tokens: Tokens, position: int, module: str, place: Place, depth: int) -> tuple[str, int]:
    """`import("./a").B`: bind the module to a name of its own; by itself it is the module's default."""
    alias = walk.fresh("type")
    member = ""
    if position + 1 < len(tokens) and tokens[position][0] == ".":
        member = tokens[position + 1][0]
        position += 2
    walk.facts.imports.append(Import(0, module, "", alias, *place, Flag.TYPE_ONLY | Flag.DEFAULT))
    return _arguments(walk, tokens, position, f"{alias}.{member}" if member else alias, depth)


def _parenthesised(walk: Walk, tokens: Tokens, position: int, depth: int) -> tuple[str, int]:
    """`(A | B)` or the parameters of a function type."""
    after = _skip(tokens, position)
    if after < len(tokens) and tokens[after][0] == "=>":
        _, after = _union(walk, tokens, after + 1, depth + 1)
        return "func", after
    inner, _ = _union(walk, tokens, position + 1, depth + 1)
    return inner, after


def _skip(tokens: Tokens, position: int) -> int:
    """Return the position after the bracket that closes the one at `position`."""
    depth = 0
    while position < len(tokens):
        word = tokens[position][0]
        if word in ("(", "{", "["):
            depth += 1
        elif word in (")", "}", "]"):
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return position
