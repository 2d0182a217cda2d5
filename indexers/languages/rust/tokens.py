"""Calls inside macro arguments and macro bodies, which the grammar leaves as tokens.

A name before `(` is a call, `.` and `::` chain names, `!` makes a macro. What stands between cannot be told from a type
or a pattern, so no other facts are taken from tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.languages.rust.known_names import words

_NAMES = frozenset({"identifier", "self", "crate", "super", "metavariable", "type_identifier", "field_identifier"})
_ANGLES = {"<": 1, "<<": 2, ">": -1, ">>": -2}
_KEYWORDS = words(
    "if match while for in let return loop fn pub mod use impl struct enum trait move mut ref as else where unsafe async break "
    "continue const static type dyn box yield Some Ok Err"
)


def calls_in(tree: Node) -> Iterator[tuple[Node, str, int, bool]]:
    """Yield (last name, callee path, argument count, whether it is a macro) in token order, nested trees included."""
    stack = [tree]
    while stack:
        node = stack.pop()
        inner: list[Node] = []
        path, last, is_joined, is_macro = "", node, False, False
        children, behind = node.children, 0
        for place, child in enumerate(children):
            kind = child.type
            if place < behind:
                continue
            if kind == "<" and is_joined and (behind := _behind_arguments(children, place)):
                is_joined = False  # `a::<T>`: type arguments
                continue
            if kind in _NAMES:
                text = text_of(child)
                if kind == "metavariable":
                    text = "crate" if text == "$crate" else "#?"
                if text == "await" and is_joined:
                    is_joined = False
                    continue
                path = f"{path}.{text}" if is_joined and path else text
                last, is_joined, is_macro = child, False, False
            elif kind in (".", "::"):
                is_joined = bool(path)
            elif kind == "!":
                is_macro = bool(path)
            elif kind == "?":
                continue
            elif kind == "token_tree":
                inner.append(child)
                opening = child.children[0].type if child.children else ""
                if path and not is_joined and (opening == "(" or is_macro) and path not in _KEYWORDS:
                    if last.type != "metavariable":
                        yield last, path, argument_count(child), is_macro
                    path = "#?" if is_macro else path + "()"
                elif path and opening == "[":
                    path += "[]"
                else:
                    path = ""
                is_macro = is_joined = False
            else:
                path, is_joined, is_macro = "", False, False
        stack.extend(reversed(inner))


def _behind_arguments(children: Sequence[Node], place: int) -> int:
    """Return the place behind the type arguments that begin at a `<`, 0 where they have no end."""
    depth = 0
    for index in range(place, len(children)):
        depth += _ANGLES.get(children[index].type, 0)
        if depth <= 0:
            return index + 1
    return 0


def argument_count(tree: Node) -> int:
    """Return the number of comma-separated arguments of a token tree."""
    parts = tree.children[1:-1]
    if not parts:
        return 0
    commas = sum(part.type == "," for part in parts)
    return commas if parts[-1].type == "," else commas + 1
