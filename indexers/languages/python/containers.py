"""Containers of Python: literals and comprehensions, what is put under a name, what a loop takes out of them, what is yielded."""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.languages.python.reading import IMPLICIT, Reading

LITERALS = {
    "string": "#str",
    "concatenated_string": "#str",
    "list": "#list",
    "list_comprehension": "#list",
    "dictionary": "#dict",
    "dictionary_comprehension": "#dict",
    "set": "#set",
    "set_comprehension": "#set",
    "tuple": "#tuple",
    "expression_list": "#tuple",
    "generator_expression": "#list",
}
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_INDEX = re.compile(r"-?[0-9]{1,4}")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_PLAIN_ITERABLES = ("range()", ".items()", ".keys()", ".values()", ".split()", ".splitlines()")
"""What is hardly ever a class of the project with an `__iter__` of its own."""
_EMPTIES = {
    "list": "#list",
    "dict": "#dict",
    "set": "#set",
    "defaultdict": "#dict",
    "OrderedDict": "#dict",
    "deque": "#list",
}


class Containers(Reading):
    """The part of the walk that reads containers."""

    def _sequence(self, node: Node, scope: int) -> str:
        return self._contained(node, scope, always=False)

    def _contained(self, node: Node, scope: int, *, always: bool) -> str:
        mark = LITERALS[node.type]
        entries: list[str] = []
        for child in node.named_children:
            if child.type != "comment":
                path = self._argument(child, scope)
                entries.append("=" + path if mark == "#set" and path[:1] != "*" else path)
        return self.builder.contain(mark, scope, entries, always=always)

    def _dictionary(self, node: Node, scope: int) -> str:
        return self._mapped(node, scope, always=False)

    def _mapped(self, node: Node, scope: int, *, always: bool) -> str:
        entries: list[str] = []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    self._expression(key, scope)
                    path = self._expression(value, scope)
                    if path and (path[0] != "#" or "@" in path):
                        entries.append(f"{key_of(key)}={path}")
            elif child.type == "dictionary_splat":
                entries.append("*" + self._first_child(child, scope))
        return self.builder.contain("#dict", scope, entries, always=always)

    def _comprehension(self, node: Node, scope: int) -> str:
        own = self.versions
        if own is None or own.scope != scope:
            return self._collected(node, scope)
        variables = own.names.intersection(_comprehended(node))
        latest, reserved = self.latest, own.reserved
        if variables:
            own.reserved = reserved | {name: own.next_of(name) for name in variables}
            self.latest = latest | {name: (own.reserved[name],) for name in variables}
        path = self._collected(node, scope)
        self.latest, own.reserved = latest, reserved
        return path

    def _collected(self, node: Node, scope: int) -> str:
        entry = ""
        for position, child in enumerate(node.named_children):
            if child.type == "pair":
                for part in child.named_children:
                    entry = self._expression(part, scope)
            elif position == 0:
                entry = self._expression(child, scope)
            else:
                self._expression(child, scope)
        return self.builder.contain(LITERALS[node.type], scope, ["=" + entry])

    def _stored(self, node: Node, scope: int) -> list[str]:
        """Visit a value that is given a name: an empty container keeps its identity, for what is put into it later."""
        kind = node.type
        if kind in ("list", "set", "tuple"):
            return [self._contained(node, scope, always=True)]
        if kind == "dictionary":
            return [self._mapped(node, scope, always=True)]
        values = self._values(node, scope)
        if len(values) == 1 and kind == "call" and values[0].endswith("()"):
            mark = _EMPTIES.get(values[0][:-2].rpartition(".")[2])
            if mark is not None:
                return [self.builder.contain(mark, scope, [], always=True)]
        return values

    def _for_in(self, node: Node, scope: int) -> str:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self._bind(left, scope, self._iterated(right, scope, node))
        return "#?"

    def _iterated(self, node: Node, scope: int, loop: Node) -> list[str]:
        """Visit what a loop runs over; return the paths of its elements, with the calls that the loop makes by itself."""
        elements = []
        for value in self._values(node, scope):
            if value[0] != "#" and not value.endswith(_PLAIN_ITERABLES):
                self.builder.call(loop, scope, value + ".__iter__", 0, IMPLICIT)
                self.builder.call(loop, scope, value + ".__iter__().__next__", 0, IMPLICIT)
            elements.append(value + "[*]")
        return elements

    def _yield(self, node: Node, scope: int) -> str:
        delegates = any(child.type == "from" for child in node.children)
        for child in node.named_children:
            for value in self._values(child, scope):
                self.yields.setdefault(scope, []).append(("*" if delegates else "=") + value)
        return "#?"


def key_of(node: Node) -> str:
    """Return a key as a subscript writes it: `'name'`, `3`, `-1`, a constant by its last name, a slice, empty for any other."""
    kind = node.type
    text = text_of(node)
    if kind == "string":
        content = text[1:-1]
        return f"'{content}'" if text[0] in "'\"" and _KEY.fullmatch(content) else ""
    if kind in ("integer", "unary_operator"):
        return text if _INDEX.fullmatch(text) else ""
    if kind == "slice":
        return _start_of(text)
    if kind in ("identifier", "attribute"):
        name = text.rpartition(".")[2]
        return name if _CONSTANT.fullmatch(name) else ""
    return ""


def _start_of(text: str) -> str:
    """Return a slice as a subscript writes it: `:`, `2:` from a position on, `?:` where positions are not known."""
    start, _, rest = text.partition(":")
    start = start.strip()
    if ":" in rest or not (start.isdigit() or not start):
        return "?:"
    return f"{int(start)}:" if start and len(start) < 5 and int(start) else ":" if not start.strip("0") else "?:"


def _comprehended(node: Node) -> list[str]:
    """Return the names that the clauses of a comprehension bind."""
    found: list[str] = []
    stack = [child.child_by_field_name("left") for child in node.named_children if child.type == "for_in_clause"]
    while stack:
        current = stack.pop()
        if current is not None and current.type == "identifier":
            found.append(text_of(current))
        elif current is not None and current.type not in ("attribute", "subscript"):
            stack.extend(current.named_children)
    return found
