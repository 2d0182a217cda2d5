"""Python expressions: records the calls and reads inside one and returns its access path, visiting no node twice.

`containers` and `calls` read those; here are names, operators and the choice of the reader for each kind of node.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.languages.python.calls import Calls
from indexers.languages.python.containers import LITERALS, key_of
from indexers.languages.python.operators import BINARY, COMPARISON, MEMBERSHIP, REFLECTED, UNARY
from indexers.languages.python.reading import IMPLICIT

MAX_DEPTH = 150
"""Nesting beyond which an expression is not followed; real code stays below 40."""

_LEAVES = {"integer": "#num", "float": "#num", "true": "#bool", "false": "#bool", "none": "#none", "ellipsis": "#?"}
_COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)


class Expressions(Calls):
    """The part of the walk that reads values."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.expressions: dict[str, Callable[[Node, int], str]] = {
            "string": self._string,
            "attribute": self._attribute,
            "call": self._call,
            "subscript": self._subscript,
            "await": self._first_child,
            "parenthesized_expression": self._parenthesized,
            "named_expression": self._walrus,
            "lambda": self._lambda,
            "binary_operator": self._binary,
            "unary_operator": self._unary,
            "comparison_operator": self._comparison,
            "interpolation": self._interpolation,
            "conditional_expression": self._choice,
            "boolean_operator": self._choice,
            "yield": self._yield,
            "keyword_argument": self._keyword_argument,
            "for_in_clause": self._for_in,
            "type": self._nothing,
            "comment": self._nothing,
            "list": self._sequence,
            "tuple": self._sequence,
            "set": self._sequence,
            "expression_list": self._sequence,
            "dictionary": self._dictionary,
            **dict.fromkeys(_COMPREHENSIONS, self._comprehension),
        }

    def _nothing(self, node: Node, scope: int) -> str:
        return "#?"

    # paths

    def _expression(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is used: a bare name or attribute is a read."""
        kind = node.type
        if kind == "identifier":
            path = text_of(node)
            if not path:  # the parser put it where broken source lacks one
                return "#?"
            if self.fresh:
                self.fresh.pop(path, None)
            if path in self.latest:
                return self._current(node, path)
            self.builder.refer(node, scope, path)
            return path
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf
        path = self._path(node, scope)
        if kind == "attribute" and path[0] != "#":
            self.builder.refer(node.children[-1], scope, path)
        return path

    def _path(self, node: Node, scope: int) -> str:
        """Visit an expression of which a member, a call or an element is meant: the name itself is no read."""
        kind = node.type
        if kind == "identifier":
            path = text_of(node) or "#?"
            if self.fresh:
                self.fresh.pop(path, None)
            return self._current(node, path) if path in self.latest else path
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            self.depth -= 1
            return "#?"
        visit = self.expressions.get(kind)
        path = visit(node, scope) if visit is not None else self._composite(node, scope)
        self.depth -= 1
        return path or "#?"

    def _values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression; return the access path of each value it may take."""
        self.depth += 1
        values = self._alternatives(node, scope) if self.depth < MAX_DEPTH else ["#?"]
        self.depth -= 1
        return values

    def _alternatives(self, node: Node, scope: int) -> list[str]:
        if node.type in ("conditional_expression", "boolean_operator"):
            parts = [child for child in node.named_children if child.type != "comment"]
            if node.type == "conditional_expression" and len(parts) == 3:
                condition = parts.pop(1)
                self._expression(condition, scope)
                told = self._believe(condition, scope)
                values = self._values(parts[0], scope)
                self._doubt(told)
                return [*values, *self._values(parts[1], scope)]
            values = self._values(parts[0], scope) if parts else []
            told = self._believe(parts[0], scope, holds=node.children[1].type == "and") if len(parts) == 2 else []
            values += [value for part in parts[1:] for value in self._values(part, scope)]
            self._doubt(told)
            return values
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._values(node.named_children[0], scope)
        return [self._expression(node, scope)]

    def _composite(self, node: Node, scope: int) -> str:
        """A literal or an operator: visit what is inside, answer with the literal's mark or `#?`."""
        for child in node.named_children:
            kind = child.type
            if kind == "assignment":
                self._assignment(child, scope)
            elif kind not in ("string_start", "string_content", "string_end"):
                self._expression(child, scope)
        return LITERALS.get(node.type, "#?")

    def _string(self, node: Node, scope: int) -> str:
        """Only a formatted string holds expressions; its prefix tells (`f`, `rf`, `t`)."""
        prefix = (node.text or b"")[:3].partition(b"'")[0].partition(b'"')[0].lower()
        return self._composite(node, scope) if b"f" in prefix or b"t" in prefix else "#str"

    def _attribute(self, node: Node, scope: int) -> str:
        children = node.children
        return f"{self._path(children[0], scope)}.{text_of(children[-1])}"

    def _subscript(self, node: Node, scope: int) -> str:
        path = self._element(node, scope)
        self._operate(node.children[1], scope, path[: path.rfind("[")], "__getitem__")
        return path

    def _operate(self, sign: Node, scope: int, path: str, method: str) -> None:
        """Note that an operator calls a method of its operand."""
        if path[:1] != "#":
            self.builder.call(sign, scope, f"{path}.{method}", 1, IMPLICIT)

    def _element(self, node: Node, scope: int) -> str:
        base, *indexes = node.named_children
        path = self._path(base, scope)
        for index in indexes:
            self._expression(index, scope)
        return f"{path}[{key_of(indexes[0]) if len(indexes) == 1 else ''}]"

    def _first_child(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            path = self._expression(child, scope)
        return path

    def _choice(self, node: Node, scope: int) -> str:
        values = self._values(node, scope)
        named = [value for value in values if value[0] != "#" or "@" in value]
        return named[0] if len(named) == 1 else "#?"

    def _parenthesized(self, node: Node, scope: int) -> str:
        """`(a or b)(x)`: each of the values may be meant."""
        parts = node.named_children
        if len(parts) != 1 or parts[0].type not in ("conditional_expression", "boolean_operator"):
            return self._first_child(node, scope)
        named = [value for value in self._values(parts[0], scope) if value[0] != "#" or "@" in value]
        if len(named) < 2:
            return named[0] if named else "#?"
        return self.builder.contain("#tuple", scope, named) + "[]"

    def _binary(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3:
            return self._composite(node, scope)
        left, right, sign = self._expression(children[0], scope), self._expression(children[2], scope), children[1]
        if left[0] != "#":
            self.builder.call(sign, scope, f"{left}.{BINARY.get(sign.type, '__add__')}", 1, IMPLICIT)
        elif right[0] != "#":
            shown = left == "#str" and sign.type == "%"
            method = "__str__" if shown else REFLECTED.get(sign.type, "__radd__")
            self.builder.call(sign, scope, f"{right}.{method}", 1, IMPLICIT)
        return "#str" if left == "#str" else "#?"

    def _unary(self, node: Node, scope: int) -> str:
        path = self._first_child(node, scope)
        self._operate(node.children[0], scope, path, UNARY.get(node.children[0].type, "__neg__"))
        return path if path == "#num" else "#?"

    def _comparison(self, node: Node, scope: int) -> str:
        left, sign = "#?", None
        for child in node.children:
            if not child.is_named:
                sign = child
                continue
            right = self._expression(child, scope)
            if sign is not None and sign.type in MEMBERSHIP:
                self._operate(sign, scope, right, "__contains__")
            elif sign is not None and sign.type in COMPARISON:
                self._operate(sign, scope, left, COMPARISON[sign.type])
            left = right
        return "#bool"

    def _interpolation(self, node: Node, scope: int) -> str:
        """`{x}` in a formatted string is `str(x)`, `{x!r}` is `repr(x)`."""
        children = node.named_children
        if children:
            is_shown = any(child.type == "type_conversion" and child.text == b"!r" for child in children)
            self._operate(node, scope, self._expression(children[0], scope), "__repr__" if is_shown else "__str__")
            for child in children[1:]:
                self._composite(child, scope)
        return "#?"

    def _walrus(self, node: Node, scope: int) -> str:
        raise NotImplementedError
