"""JSDoc comments: their text, and the types they give to JavaScript.

Types follow the TypeScript notation inside braces; what is not understood says nothing.
Source: the JSDoc reference of the TypeScript handbook.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tree_sitter import Node

from indexers.facts import Assignment, Flag, Import, ScopeKind
from indexers.languages.ecmascript.annotations import TYPE_LIMIT, generic, joined, list_of
from indexers.languages.ecmascript.walk import Walk

DOCSTRING_BYTES = 4_000
MAX_DEPTH = 20
LONGEST_TYPE = 600

_MARGIN = re.compile(r"^[ \t]*\*+ ?", re.MULTILINE)
_TAG = re.compile(r"@(param|arg|argument|returns?|type|typedef|property|prop|extends|augments|import)\b[ \t]*")
_PARAMETER_NAME = re.compile(r"\s*\[?\s*([\w$]+)(?![\w$.])")
_NAME_AFTER = re.compile(r"\s*([\w$]+)")
_TOKEN = re.compile(
    r"\s*(import\(\s*['\"]([^'\"]+)['\"]\s*\)|[\w$]+(?:\.<|(?:\.[\w$]+)*)|'[^']*'|\"[^\"]*\"|=>|\.\.\.|\S)"
)
_IMPORT_TAG = re.compile(r"\s*([^'\"@]*?)\s*\bfrom\s*['\"]([^'\"]+)['\"]")
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
_BRACE = re.compile(r"[{}]")
_PLAIN_NAME = re.compile(r"[^\W\d][\w$]*(?:\.[\w$]+)*")
_FUNCTIONS = frozenset({"function", "Function"})


class Documentation(NamedTuple):
    text: str = ""
    parameters: dict[str, str] = {}
    returned: str = ""
    type: str = ""
    bases: tuple[str, ...] = ()


_NOTHING = Documentation()


def read(walk: Walk, comment: bytes) -> Documentation:
    """Return what a comment says about the definition after it; types only where the language has no others."""
    if not comment.startswith(b"/**"):
        return _NOTHING
    text = plain(comment)
    if not walk.reads_jsdoc or "@" not in text:
        return Documentation(text)
    parameters: dict[str, str] = {}
    returned = declared = ""
    bases: list[str] = []
    for match in _TAG.finditer(text):
        tag = match.group(1)
        if tag in ("import", "typedef", "property", "prop") or not text.startswith("{", match.end()):
            continue
        expression, end = _braces(walk, text, match.end())
        if tag in ("param", "arg", "argument"):
            name = _PARAMETER_NAME.match(text, end)
            if name is not None and expression:
                parameters[name.group(1)] = expression
        elif tag in ("return", "returns"):
            returned = expression
        elif tag == "type":
            declared = expression
        elif expression:
            bases.append(expression)
    return Documentation(text, parameters, returned, declared, tuple(bases))


def plain(comment: bytes) -> str:
    """Return a comment's text without its marks and margins."""
    text = comment[:DOCSTRING_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    text = text.removeprefix("/**").removeprefix("/*").removesuffix("*/")
    return _MARGIN.sub("", text).strip()


def declare_types(walk: Walk, node: Node) -> None:
    """Bind the types that a comment brings into the module: `@typedef {import("./a").B} B`, `@import {B} from "./a"`.

    `@typedef {object} A` with its `@property` tags is an interface.
    """
    comment = node.text or b""
    if not walk.reads_jsdoc or not (b"@typedef" in comment or b"@import" in comment):
        return
    text = plain(comment)
    opened = -1
    for match in _TAG.finditer(text):
        tag, start = match.group(1), match.end()
        if tag == "import":
            clause = _IMPORT_TAG.match(text, start)
            if clause is not None:
                _import_clause(walk, clause.group(1), clause.group(2))
        elif tag in ("typedef", "property", "prop") and text.startswith("{", start):
            expression, end = _braces(walk, text, start)
            name = (_NAME_AFTER if tag == "typedef" else _PARAMETER_NAME).match(text, end)
            if name is None:
                continue
            if tag != "typedef":
                if opened >= 0:
                    walk.builder.define(node, node, "variable", opened, name=name.group(1), type=expression)
            elif text[start + 1 : end - 1].strip() in ("object", "Object"):
                signature = f"@typedef {{object}} {name.group(1)}"
                definition = walk.builder.define(node, node, "interface", 0, name=name.group(1), signature=signature)
                opened = walk.open(ScopeKind.CLASS, 0, definition)
            elif expression and expression != name.group(1):
                _alias(walk, name.group(1), expression)


def _alias(walk: Walk, name: str, expression: str) -> None:
    """A typedef of one imported type is an import that others may import in turn; other typedefs are typed names."""
    head, dot, member = expression.partition(".")
    last = walk.facts.imports[-1] if walk.facts.imports else None
    if last is not None and last.alias == head and not any(mark in member for mark in "[|."):
        last.alias = name
        last.name = member if dot else ""
        last.flags = Flag.TYPE_ONLY | Flag.REEXPORT | (0 if dot else Flag.DEFAULT)
    else:
        walk.facts.assignments.append(Assignment(0, name, "", expression, 1))


def _import_clause(walk: Walk, clause: str, module: str) -> None:
    outer, brace, inner = clause.partition("{")
    for part in inner.rstrip().removesuffix("}").split(",") if brace else ():
        words = part.split()
        if words:
            _import(walk, module, words[0], words[-1])
    words = outer.replace(",", " ").split()
    if words and words[0] == "*":
        _import(walk, module, "", words[-1])
    elif words:
        _import(walk, module, "default", words[0])


def _import(walk: Walk, module: str, name: str, alias: str) -> None:
    flags = Flag.TYPE_ONLY | (Flag.DEFAULT if name == "default" else 0)
    walk.facts.imports.append(Import(0, module, name, alias, 1, 1, flags))


# the type notation


def _braces(walk: Walk, text: str, start: int) -> tuple[str, int]:
    """Read `{...}` at `start`; return the type expression and the offset after the closing brace."""
    depth = 0
    for brace in _BRACE.finditer(text, start, start + LONGEST_TYPE):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return parse_type(walk, text[start + 1 : brace.start()]), brace.end()
    return "", start + 1


def parse_type(walk: Walk, text: str) -> str:
    """Return the type expression of a JSDoc type."""
    if _PLAIN_NAME.fullmatch(text):
        return "" if text in _NOT_TELLING else "func" if text in _FUNCTIONS else text
    tokens = [(match.group(1), match.group(2)) for match in _TOKEN.finditer(text)]
    expression, position = _union(walk, tokens, 0, 0)
    while position < len(tokens) and tokens[position][0] in ("=", "!", "?"):
        position += 1
    return expression if position == len(tokens) and len(expression) <= TYPE_LIMIT else ""


Tokens = list[tuple[str, str | None]]


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
    word, module = tokens[position]
    if word in ("typeof", "keyof", "new", "asserts"):
        _, position = _primary(walk, tokens, position + 1, depth + 1)
        return "", position
    if word == "(":
        return _parenthesised(walk, tokens, position, depth)
    if word in ("{", "["):
        return "", _skip(tokens, position)
    if module is not None:
        return _imported(walk, tokens, position + 1, module, depth)
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
        tokens[position] = ("<", None)
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


def _imported(walk: Walk, tokens: Tokens, position: int, module: str, depth: int) -> tuple[str, int]:
    """`import("./a").B`: bind the module to a name of its own; by itself it is the module's default."""
    alias = walk.fresh("type")
    member = ""
    if position + 1 < len(tokens) and tokens[position][0] == ".":
        member = tokens[position + 1][0]
        position += 2
    walk.facts.imports.append(Import(0, module, "", alias, 1, 1, Flag.TYPE_ONLY | Flag.DEFAULT))
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
