"""Where the functions and impl blocks of `macro_rules!` are written, as far as MIR's places and the tokens of one file say so.

rustc gives a token the place where it is written: one of a macro's body stands in the definition, however often it is expanded,
one of the invocation stands there. So a function's place is that of the name in `fn name`: in the body, or in the invocation that
gives the body its `$name`. What could be several places is none.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

UNKNOWN_TYPE = "$"
METAVARIABLE = "Macro_"
"""Stands before the name of a metavariable in a header, so that it can be parsed."""

_OPENING = ("(", "[", "{")
_CLOSING = (")", "]", "}")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The tokens of a definition (`is_definition`) or an invocation of a macro."""

    name: str
    is_definition: bool
    tokens: list[Node]


class MacroTexts:
    """All macros of one file."""

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []
        self._used: list[_Stretch] = []
        """The same, and the invocations inside of definitions."""

    def add(self, node: Node) -> None:
        """Note a `macro_definition` or a `macro_invocation`."""
        names = node.named_children
        if names:
            name = _text(names[0]).rpartition(":")[2]
            tokens = list(_leaves(node))
            self._stretches.append(_Stretch(name, node.type == "macro_definition", tokens))
            self._used.append(self._stretches[-1])
            if node.type == "macro_definition":
                self._used.extend(_invocations(tokens))

    def row_of_function(self, row: int, column: int, name: str) -> int:
        """Return the row where the function's name is written whose result stands at a place; -1 for none or several."""
        around = self._around(row, column)
        if around is None:
            return -1
        before = [token for token in around.tokens if token.start_point <= (row, column)]
        if not around.is_definition:
            named = [token.start_point[0] for token in before if _text(token) == name]
            return named[-1] if named else self._only(self._written(around.name, name))
        for at in range(len(before) - 2, -1, -1):
            if _text(before[at]) == "fn":
                written = _text(before[at + 1])
                if written == name:
                    return before[at + 1].start_point[0]
                return self._only(self._given(around.name, name)) if written.startswith("$") else -1
        return -1

    def takes_self(self, row: int, column: int) -> bool:
        """Whether the function whose result stands at a place of a macro's body is a method."""
        around = self._around(row, column)
        before = [token for token in around.tokens if token.start_point <= (row, column)] if around else []
        for at in range(len(before) - 1, -1, -1):
            if _text(before[at]) == "fn":
                return any(_text(token) == "self" for token in before[at : at + 9])
        return False

    def header_at(self, row: int, column: int) -> str:
        """Return the header of the impl block that begins at a place of a macro's body; empty when there is none."""
        around = self._around(row, column)
        parts: list[str] = []
        for token in around.tokens if around is not None else ():
            if parts or (token.start_point == (row, column) and _text(token) in ("impl", "unsafe")):
                if _text(token) == "{":
                    return _without_repetitions(" ".join(parts))
                parts.append(_text(token).replace("$", METAVARIABLE))
        return ""

    def traits(self) -> Iterator[tuple[str, str, int, bool]]:
        """Yield (trait, method, row, whether it has a body) of the traits that stand in macros: in their bodies, and in what they are given."""
        for stretch in self._stretches:
            texts = [_text(token) for token in stretch.tokens]
            for at in range(len(texts) - 1):
                if texts[at] == "trait" and texts[at + 1].isidentifier():
                    for name, row, has_body in _methods(stretch.tokens, texts, at):
                        yield texts[at + 1], name, row, has_body

    def _around(self, row: int, column: int) -> _Stretch | None:
        found = [
            stretch
            for stretch in self._stretches
            if stretch.tokens and stretch.tokens[0].start_point <= (row, column) <= stretch.tokens[-1].end_point
        ]
        return max(found, key=lambda stretch: stretch.tokens[0].start_point) if found else None

    def _given(self, macro: str, name: str) -> Iterator[int]:
        """Yield the rows where a name is given to a macro, by the invocations of it first, else by any."""
        own = [stretch for stretch in self._used if not stretch.is_definition and stretch.name == macro]
        rows = {token.start_point[0] for each in own for token in each.tokens[1:] if _text(token) == name}
        if not rows:
            others = [stretch for stretch in self._used if not stretch.is_definition]
            rows = {token.start_point[0] for each in others for token in each.tokens[1:] if _text(token) == name}
        yield from rows

    def _written(self, macro: str, name: str) -> Iterator[int]:
        """Yield the rows of `fn name` in a macro's body."""
        for stretch in self._stretches:
            if stretch.is_definition and stretch.name == macro:
                pairs = zip(stretch.tokens, stretch.tokens[1:], strict=False)
                yield from {
                    after.start_point[0] for token, after in pairs if _text(token) == "fn" and _text(after) == name
                }

    @staticmethod
    def _only(rows: Iterator[int]) -> int:
        found = set(rows)
        return found.pop() if len(found) == 1 else -1


def _methods(tokens: list[Node], texts: list[str], at: int) -> Iterator[tuple[str, int, bool]]:
    """Yield (name, row, whether it has a body) of the methods in the first braces behind a token."""
    start = next((index for index in range(at, len(texts)) if texts[index] == "{"), len(texts))
    depth, method = 0, -1
    for index in range(start, len(texts)):
        if method >= 0 and depth == 1 and texts[index] in ("{", ";"):
            yield texts[method], tokens[method].start_point[0], texts[index] == "{"
            method = -1
        if depth == 1 and texts[index] == "fn" and index + 1 < len(texts):
            method = index + 1
        depth += texts[index] in _OPENING
        depth -= texts[index] in _CLOSING
        if depth == 0:
            return


_REPETITION = re.compile(METAVARIABLE + r" \((?:[^()]|\([^()]*\))*\) (?:[^\s*+?()] )?[*+?]")


def _without_repetitions(header: str) -> str:
    """Return a header without `$( .. ),*`, and without the brackets that are empty then."""
    before = ""
    while before != header:
        before, header = header, _REPETITION.sub("", header)
    return re.sub(r"<\s*>", "", header)


def functions_in_macros(root: Node) -> set[tuple[int, str]]:
    """Return (row, name) of every `fn name` in the bodies of a file's macros."""
    found: set[tuple[int, str]] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "macro_definition":
            tokens = list(_leaves(node))
            pairs = itertools.pairwise(tokens)
            found |= {(after.start_point[0], _text(after)) for token, after in pairs if _text(token) == "fn"}
        else:
            stack.extend(node.named_children)
    return found


def _invocations(tokens: list[Node]) -> Iterator[_Stretch]:
    """Yield the invocations among the tokens of a definition."""
    for at in range(1, len(tokens) - 1):
        if _text(tokens[at]) == "!" and _text(tokens[at + 1]) in _OPENING:
            depth = 0
            for end in range(at + 1, len(tokens)):
                depth += _text(tokens[end]) in _OPENING
                depth -= _text(tokens[end]) in _CLOSING
                if depth == 0:
                    yield _Stretch(_text(tokens[at - 1]), False, tokens[at - 1 : end + 1])
                    break


def _leaves(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        node = stack.pop()
        if node.children and node.type not in ("metavariable", "string_literal", "raw_string_literal"):
            stack.extend(reversed(node.children))
        elif node.type not in ("line_comment", "block_comment"):
            yield node


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
