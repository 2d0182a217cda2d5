"""JSDoc comments: their text, and what their tags declare and give types to in JavaScript.

Source: the JSDoc reference of the TypeScript handbook.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tree_sitter import Node

from indexers.facts import Assignment, Flag, Import, ScopeKind
from indexers.languages.ecmascript.comments import TaggedText, plain
from indexers.languages.ecmascript.jsdoc_types import Place, parse_type
from indexers.languages.ecmascript.walk import Walk

LONGEST_TYPE = 600

_TAG = re.compile(r"@(param|arg|argument|returns?|type|typedef|property|prop|extends|augments|import)\b[ \t]*")
_PARAMETER_NAME = re.compile(r"\s*\[?\s*([\w$]+)(?![\w$.])")
_NAME_AFTER = re.compile(r"\s*([\w$]+)")
_IMPORT_TAG = re.compile(r"\s*([^'\"@]*?)\s*\bfrom\s*['\"]([^'\"]+)['\"]")
_SPECIFIER = re.compile(r"[^\s,][^,]*")
_BRACE = re.compile(r"[{}]")


class Documentation(NamedTuple):
    text: str = ""
    parameters: dict[str, str] = {}
    returned: str = ""
    type: str = ""
    bases: tuple[str, ...] = ()


_NOTHING = Documentation()


def read(walk: Walk, comment: Node | None) -> Documentation:
    """Return what a comment says about the definition after it; types only where the language has no others."""
    raw = (comment.text or b"") if comment is not None else b""
    if comment is None or not raw.startswith(b"/**"):
        return _NOTHING
    documentation = plain(raw)
    if not walk.reads_jsdoc or "@" not in documentation:
        return Documentation(documentation)
    tagged = TaggedText(comment)
    text = tagged.text
    parameters: dict[str, str] = {}
    returned = declared = ""
    bases: list[str] = []
    for match in _TAG.finditer(text):
        tag = match.group(1)
        if tag in ("import", "typedef", "property", "prop") or not text.startswith("{", match.end()):
            continue
        expression, end = _braces(walk, tagged, match.end())
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
    return Documentation(documentation, parameters, returned, declared, tuple(bases))


def declare_types(walk: Walk, node: Node) -> None:
    """Bind the types that a comment brings into the module: `@typedef {import("./a").B} B`, `@import {B} from "./a"`.

    `@typedef {object} A` with its `@property` tags is an interface.
    """
    raw = node.text or b""
    if not walk.reads_jsdoc or not (b"@typedef" in raw or b"@import" in raw):
        return
    comment = TaggedText(node)
    text = comment.without_margins()
    opened = -1
    for match in _TAG.finditer(text):
        tag, start = match.group(1), match.end()
        if tag == "import":
            clause = _IMPORT_TAG.match(text, start)
            if clause is not None:
                _import_clause(walk, comment, clause.start(1), clause.end(1), clause.group(2))
        elif tag in ("typedef", "property", "prop") and text.startswith("{", start):
            expression, end = _braces(walk, comment, start)
            name = (_NAME_AFTER if tag == "typedef" else _PARAMETER_NAME).match(text, end)
            if name is None:
                continue
            word, place = name.group(1), comment.place(name.start(1))
            if tag != "typedef":
                if opened >= 0:
                    definition = _define(walk, node, "variable", opened, word, place, type=expression)
                    record = walk.facts.definitions[definition]
                    record.start_line = record.end_line = place[0]
            elif text[start + 1 : end - 1].strip() in ("object", "Object"):
                definition = _define(walk, node, "interface", 0, word, place, signature=f"@typedef {{object}} {word}")
                opened = walk.open(ScopeKind.CLASS, 0, definition)
            elif expression and expression != word:
                _alias(walk, word, expression, place)


def _define(
    walk: Walk, node: Node, kind: str, scope: int, name: str, place: Place, *, type: str = "", signature: str = ""
) -> int:
    """Record a definition that stands in the comment `node`, its name at `place`."""
    definition = walk.builder.define(node, node, kind, scope, name=name, type=type, signature=signature)
    record = walk.facts.definitions[definition]
    record.line, record.column = place
    return definition


def _alias(walk: Walk, name: str, expression: str, place: Place) -> None:
    """A typedef of one imported type is an import that others may import in turn; other typedefs are typed names."""
    head, dot, member = expression.partition(".")
    last = walk.facts.imports[-1] if walk.facts.imports else None
    if last is not None and last.alias == head and not any(mark in member for mark in "[|."):
        last.alias = name
        last.name = member if dot else ""
        last.flags = Flag.TYPE_ONLY | Flag.REEXPORT | (0 if dot else Flag.DEFAULT)
        last.line, last.column = place
    else:
        walk.facts.assignments.append(Assignment(0, name, "", expression, place[0]))


def _import_clause(walk: Walk, comment: TaggedText, start: int, end: int, module: str) -> None:
    """Bind what the clause of an `@import` tag names: `A`, `* as a`, `{ A, B as C }`."""
    text = comment.text
    brace = text.find("{", start, end)
    closed = text.find("}", start, end)
    for part in _SPECIFIER.finditer(text, brace + 1, closed if closed >= 0 else end) if brace >= 0 else ():
        words = part.group().split()
        at = part.start() + part.group().rindex(words[-1])
        _import(walk, module, words[0], words[-1], comment.place(at))
    outer = text[start : brace if brace >= 0 else end].replace(",", " ")
    words = outer.split()
    if words:
        name, alias = ("", words[-1]) if words[0] == "*" else ("default", words[0])
        _import(walk, module, name, alias, comment.place(start + outer.rindex(alias)))


def _import(walk: Walk, module: str, name: str, alias: str, place: Place) -> None:
    flags = Flag.TYPE_ONLY | (Flag.DEFAULT if name == "default" else 0)
    walk.facts.imports.append(Import(0, module, name, alias, *place, flags))


def _braces(walk: Walk, comment: TaggedText, start: int) -> tuple[str, int]:
    """Read `{...}` at `start`; return the type expression and the offset after the closing brace."""
    depth = 0
    for brace in _BRACE.finditer(comment.text, start, start + LONGEST_TYPE):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            if "\n" in comment.text[start : brace.end()]:
                comment.without_margins()
            return parse_type(walk, comment, start + 1, brace.start()), brace.end()
    return "", start + 1
