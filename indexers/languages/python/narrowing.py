"""What `isinstance` tells of a local: where its answer holds, the name is of the class asked about.

The name goes on there under another version, which is given its old value and the class as its type; what is assigned
inside and where the ways meet is for `flow`. `self` keeps its name, and so does what is no plain local.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.languages.python.flow import Flow

_TYPES = re.compile(r"[A-Za-z_][\w.]*(?:\|[A-Za-z_][\w.]*)*")
MAX_CLASSES = 12
"""A name that may be of more classes is as good as unknown."""

Told = list[tuple[str, tuple[str, ...], tuple[str, ...]]]
"""(name, its versions before, its version inside)."""


class Narrowing(Flow):
    """The part of the walk that believes conditions."""

    def _believe(self, condition: Node | None, scope: int, *, holds: bool = True) -> Told:
        """Go on where a condition holds, or where it does not; `_doubt` takes that back."""
        told: Told = []
        own = self.versions
        if own is None or own.scope != scope or condition is None:
            return told
        for node, types in _instances(condition, holds):
            name = text_of(node)
            if name in own.names and name != own.receiver:
                before, held = self.latest.get(name, (name,)), self._current(node, name)
                version = own.next_of(name)
                self.builder.assign(node, scope, version, held, types)
                self.latest[name] = (version,)
                told.append((name, before, (version,)))
        return told

    def _doubt(self, told: Told) -> None:
        """Go on where a condition may hold or not: a name that was given nothing else is what it was."""
        for name, before, inside in reversed(told):
            if self.latest.get(name) == inside:
                self.latest[name] = before


def _instances(condition: Node, holds: bool) -> Iterator[tuple[Node, str]]:
    """Yield the names, and the classes that they are of, of every `isinstance` that is true where a condition holds."""
    kind = condition.type
    if kind == "parenthesized_expression" and condition.named_child_count == 1:
        yield from _instances(condition.named_children[0], holds)
    elif kind == "not_operator" and condition.named_children:
        yield from _instances(condition.named_children[-1], not holds)
    elif kind == "boolean_operator" and len(condition.children) == 3:
        if condition.children[1].type == ("and" if holds else "or"):
            yield from _instances(condition.children[0], holds)
            yield from _instances(condition.children[2], holds)
    elif kind == "call" and holds and len(condition.named_children) == 2:
        function, given = condition.named_children
        parts = [each for each in given.named_children if each.type != "comment"]
        if function.text == b"isinstance" and len(parts) == 2 and parts[0].type == "identifier":
            types = _classes(parts[1])
            if types:
                yield parts[0], types


def _classes(node: Node) -> str:
    """Return the classes that `isinstance` is given, as a type expression; empty where they are not written out."""
    if node.type == "tuple":
        parts = [_classes(each) for each in node.named_children if each.type != "comment"]
        return "|".join(parts) if parts and all(parts) and len(parts) <= MAX_CLASSES else ""
    text = "".join(text_of(node).split())
    return text if _TYPES.fullmatch(text) else ""
