"""Go's calls, and what looks like one: conversions, `new`, `make`, `append`, instantiated functions."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length
from indexers.facts import Call
from indexers.languages.go.expressions import CONTAINERS, Expressions
from indexers.languages.go.walk import BASIC_TYPES, CHAIN, IGNORED, LITERALS, MAX_CHAIN_BYTES, MAX_PATH

GIVING_THEIR_FUNCTION = frozenset({"sync.OnceFunc", "sync.OnceValue", "sync.OnceValues"})
"""Functions of the standard library that give back a function which does what the one passed does."""


class Calls(Expressions):
    def call(self, node: Node, scope: int) -> str:
        children = node.children
        function, arguments = children[0], children[-1]
        kind = function.type
        while kind == "parenthesized_expression" and function.named_child_count == 1:
            inner = function.named_children[0]
            if inner.type not in ("identifier", "selector_expression", "index_expression", "parenthesized_expression"):
                break
            function, kind = inner, inner.type
        if kind == "identifier":
            path = text_of(function)
            if path in ("new", "make", "append") and path not in self.locals:
                return self.allocation(path, function, arguments, scope)
            row, column = function.start_point
            self.emit(scope, path, self.arguments(arguments, scope), row, column)
        elif kind == "selector_expression":
            path = self.selector(function, scope)
            row, column = function.end_point
            given = self.arguments(arguments, scope)
            wrapped = given[0] if given and path in GIVING_THEIR_FUNCTION and "sync" in self.packages else ""
            self.emit(scope, path, given, row, column - last_length(path))
            if wrapped:
                return wrapped
        elif kind == "index_expression":
            path = self.generic_call(function, arguments, scope)
        else:
            path = self.walk(function, scope)
            given = self.arguments(arguments, scope)
            if kind == "parenthesized_expression" and path[:1] != "#" and path[-1:] not in ")]":
                if path.partition(".")[0] not in self.locals:  # `(*T)(x)` converts: the value is a T
                    return f"{path}()"
                self.emit(scope, path, given, *function.start_point)
            elif kind != "func_literal":
                self.emit(scope, path, given, *function.start_point)
        if len(path) > MAX_PATH:
            return "#?"
        return f"{path}()" if path[:2] != "#?" or "." in path else "#?"

    def emit(self, scope: int, path: str, given: list[str], row: int, column: int, flags: int = 0) -> None:
        if path not in BASIC_TYPES:
            count = len(given)
            while given and given[-1] == "#?":
                given.pop()
            self.facts.calls.append(Call(scope, path, count, row + 1, column + 1, flags, given))

    def arguments(self, node: Node, scope: int) -> list[str]:
        """Visit the arguments of a call and return their access paths."""
        given: list[str] = []
        for child in node.children:
            kind = child.type
            if kind == "," or kind == "(" or kind == ")" or kind == "comment":
                continue
            if kind == "identifier":
                name = child.text.decode("utf-8", "replace")  # type: ignore[union-attr]
                if name not in self.locals:
                    self.builder.refer(child, scope, name)
                given.append(name)
            elif kind == "variadic_argument":
                given.append("*" + self.value(child.children[0], scope))
            elif kind in LITERALS:
                given.append(LITERALS[kind])
            else:
                given.append(self.value(child, scope)[:MAX_PATH] if kind not in IGNORED else "#?")
        return given

    def allocation(self, builtin: str, function: Node, arguments: Node, scope: int) -> str:
        """Visit `new(T)`, `make(T, n)` or `append(xs, ...)`: their values are a T, a container, and xs."""
        row, column = function.start_point
        self.emit(scope, builtin, self.arguments(arguments, scope), row, column)
        given = [child for child in arguments.named_children if child.type != "comment"]
        if not given:
            return "#?"
        first = given[0]
        if builtin == "append":
            start, end = first.start_byte, first.end_byte
            text = self.source[start : min(end, start + MAX_CHAIN_BYTES + 1)]
            return text.decode("utf-8", "replace") if CHAIN.fullmatch(text) else "#list"
        if builtin == "make":
            return CONTAINERS.get(first.type, "#list")
        declared = self.declared_type(first) if first.type != "identifier" else text_of(first)
        return f"{declared}()" if declared and declared[0] != "[" else "#?"

    def generic_call(self, function: Node, arguments: Node, scope: int) -> str:
        """Visit `f[x](y)`: an instantiated function when `f` may be one, an element of a container otherwise."""
        path = self.index(function, scope)
        operand = function.children[0]
        head = path.removesuffix("[]")
        instantiated = (
            path.endswith("[]") and operand.type in ("identifier", "selector_expression") and self.may_be_generic(head)
        )
        given = self.arguments(arguments, scope)
        row, column = operand.end_point
        if instantiated:
            self.emit(scope, head, given, row, column - last_length(head))
            return head
        self.emit(scope, path, given, *operand.start_point)
        return path

    def may_be_generic(self, path: str) -> bool:
        head, dot, _ = path.partition(".")
        return head in self.packages if dot else head not in self.locals

    def conversion(self, node: Node, scope: int) -> str:
        """Visit `[]byte(x)`, and `Map[int](xs)`, which the grammar takes for a conversion to a generic type."""
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return "#?"
        target = children[0]
        given = [self.value(child, scope) for child in children[1:]]
        if target.type != "generic_type":
            declared = self.declared_type(target)
            return CONTAINERS.get(target.type) or (
                f"{declared}()" if declared and declared not in BASIC_TYPES else "#?"
            )
        head = target.named_children[0]
        path = text_of(head).replace(" ", "")
        if not self.may_be_generic(path) or self.names_element(path, target):
            return f"{path}[]()"
        row, column = head.end_point
        self.emit(scope, path, given, row, column - last_length(path))
        return f"{path}()"

    def names_element(self, path: str, target: Node) -> bool:
        """Whether `path[key]` rather subscripts a variable: its key is a local variable."""
        arguments = target.named_children[-1].named_children
        return len(arguments) == 1 and text_of(arguments[0]) in self.locals

    def instantiation(self, node: Node, scope: int) -> str:
        """Visit `f[int, string]` used as a value."""
        head = node.named_children[0]
        path = text_of(head)
        self.builder.refer(head, scope, path)
        return path
