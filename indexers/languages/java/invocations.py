"""Java's calls: methods, constructors that call constructors, method references, and lambdas that are passed."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Call, Flag, Parameter, ScopeKind
from indexers.languages.java.expressions import Expressions
from indexers.languages.java.walk import MAX_PATH, SILENT, TYPES


class Invocations(Expressions):
    def arguments(self, node: Node, scope: int) -> list[str]:
        """Visit the arguments of a call and return their paths."""
        passed: list[str] = []
        for child in node.children:
            kind = child.type
            if kind == "," or kind == "(" or kind == ")" or kind == "line_comment" or kind == "block_comment":
                continue
            if kind == "identifier":
                name = child.text.decode("utf-8", "replace")  # type: ignore[union-attr]
                if name not in self.locals:
                    self.builder.refer(child, scope, name)
                passed.append(name)
            else:
                passed.append(self.value(child, scope))
        return passed

    def invocation(self, node: Node, scope: int) -> str:
        # Builder chains nest to the left by the hundred: go down in a loop, then come back up.
        chain = [node]
        current = node
        while True:
            first = current.children[0]
            if first.type != "method_invocation":
                break
            chain.append(first)
            current = first
        path = ""
        while chain:
            path = self.one_invocation(chain.pop(), scope, path)
        return path

    def one_invocation(self, node: Node, scope: int, receiver: str) -> str:
        name = arguments = None
        path = receiver
        owner = None
        for child in node.children:
            kind = child.type
            if kind == "argument_list":
                arguments = child
            elif kind == "identifier":
                if name is not None:
                    owner = name
                name = child
            elif (
                kind == "."
                or kind == "method_invocation"
                or kind == "type_arguments"
                or kind in ("line_comment", "block_comment")
            ):
                continue
            elif kind == "super" and (path or owner is not None or name is not None):
                continue  # `Interface.super.m()` names the interface that the method comes from
            else:
                path = self.walk(child, scope)
        if name is None:
            return "#?"
        if owner is not None:
            path = text_of(owner)
        text = text_of(name)
        callee = f"{path}.{text}" if path else text
        if len(callee) > MAX_PATH:
            callee = f"{'#chain' if path[-1] == ')' else '#?'}.{text}"[:MAX_PATH]
        row, column = name.start_point
        self.emit(scope, callee, self.arguments(arguments, scope) if arguments is not None else [], row, column)
        return f"{callee}()"

    def constructor_call(self, node: Node, scope: int) -> str:
        """Visit `this(...)` or `super(...)`, the first statement of a constructor."""
        passed: list[str] = []
        own, at = "", node
        for child in node.children:
            kind = child.type
            if kind == "this" or kind == "super":
                own, at = kind, child
            elif kind == "argument_list":
                passed = self.arguments(child, scope)
            elif kind not in SILENT:
                self.walk(child, scope)
        row, column = at.start_point
        if own == "super":
            self.emit(scope, "super", passed, row, column)
        elif own and self.classes:
            self.emit(scope, self.classes[-1][0], passed, row, column, int(Flag.CONSTRUCTION))
        return "#?"

    def lambda_expression(self, node: Node, scope: int) -> str:
        taken: list[Parameter] = []
        body: Node | None = None
        parameters = True
        for child in node.children:
            kind = child.type
            if kind == "->":
                parameters = False
            elif not parameters:
                body = child
            elif kind == "identifier":
                taken.append(Parameter(text_of(child)))
            elif kind == "inferred_parameters":
                taken.extend(Parameter(text_of(item)) for item in child.named_children if item.type == "identifier")
            elif kind == "formal_parameters":
                taken.extend(self.parameters(child))
        inner = self.builder.open_scope(ScopeKind.FUNCTION, scope, parameters=taken)
        self.locals.update(item.name for item in taken)
        if body is not None:
            if body.type == "block":
                self.walk_children(body, inner)
            else:
                self.builder.returns(inner, self.value(body, inner))
        return f"#lambda@{inner}"

    def method_reference(self, node: Node, scope: int) -> str:
        """Visit `a.b::m` or `T::new`: a use of the method, or of the class, and a call of it by whoever gets it."""
        children = [
            child for child in node.children if child.type not in ("line_comment", "block_comment", "type_arguments")
        ]
        if len(children) < 3:
            return "#lambda"
        left, last = children[0], children[-1]
        path = self.type_of(left).partition("[")[0] if left.type in TYPES else self.walk(left, scope)
        if not path or path[:2] == "#?" or len(path) > MAX_PATH // 2:
            return "#lambda"
        row, column = last.start_point
        constructs = last.type == "new"
        path = path if constructs else f"{path}.{text_of(last)}"
        self.builder.refer(left if constructs else last, scope, path)
        flags = int(Flag.CONSTRUCTION) if constructs else 0
        self.facts.calls.append(Call(scope, path, -1, row + 1, column + 1, flags))
        return path
