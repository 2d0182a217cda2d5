"""Expressions and patterns of Rust: visited once, answered with an access path. Statements stand here, their parts in `branches`,
`calls`, `operands` and `patterns`.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag
from indexers.languages.rust.branches import Branches
from indexers.languages.rust.operands import IMPLICIT, OPERATORS
from indexers.languages.rust.patterns import are_pairs, places
from indexers.languages.rust.types import type_expression


class Expressions(Branches):
    """Walks expressions and statements."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "assignment_expression": self._assignment,
            "compound_assignment_expr": self._assignment,
            "return_expression": self._return,
            "let_declaration": self._let,
            "let_condition": self._let_condition,
            "for_expression": self._for,
        }

    def _assignment(self, node: Node, scope: int) -> str:
        """A plain name has its value from its `let`; only one that was declared without a value gets it here."""
        parts = node.named_children
        target = self._written(parts[0], scope)
        if node.type == "compound_assignment_expr" and target[0] != "#":
            method = OPERATORS.get(node.children[1].type.removesuffix("="))
            if method is not None:
                self.builder.call(parts[0], scope, f"{target}.{method}_assign", 1, IMPLICIT)
        home = scope if "." in target else self.late.get(target, -1)
        for value in self.values(parts[-1], scope):
            if home >= 0 and target[0] != "#" and value[0] != "#" and target[-1] not in ")]":
                self.builder.assign(node, home, target, value)
        return "#?"

    def _written(self, node: Node, scope: int) -> str:
        """Visit the target of an assignment; a field or a static is a reference that writes."""
        if node.type == "field_expression":
            path = self._field(node, scope)
        else:
            path = self.visit(node, scope)
            if node.type not in ("identifier", "scoped_identifier") or (self.names is not None and path in self.names):
                return path
        if path[0] != "#" and self.last is not None:
            self.builder.refer(self.last, scope, path, int(Flag.WRITE))
        return path

    def _return(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            for path in self.values(child, scope):
                if self.returns_scope >= 0 and not path.startswith("#"):
                    self.builder.returns(self.returns_scope, path)
        return "#?"

    def _let(self, node: Node, scope: int) -> str:
        pattern: Node | None = None
        typed = ""
        value: Node | None = None
        alternative: Node | None = None
        is_typed = is_value = False
        for child in node.children:
            kind = child.type
            if kind == ":":
                is_typed = True
            elif kind == "=":
                is_value = True
            elif kind == "else":
                is_value, is_typed = False, False
            elif kind == "_" and pattern is None:
                pattern = child  # it binds nothing
            elif not child.is_named or kind in ("mutable_specifier", "line_comment", "block_comment"):
                continue
            elif pattern is None:
                pattern = child
            elif is_value and value is None:
                value = child
            elif is_typed and not typed and not is_value:
                typed = type_expression(child, self.generics)
            else:
                alternative = child
        if alternative is not None:
            self.visit(alternative, scope)
        if pattern is not None and value is not None and are_pairs(pattern, value):
            return self._let_pairs(pattern, value, scope)
        paths = self.values(value, scope) if value is not None else [""]
        if pattern is not None:
            known = [path for path in paths if not path.startswith("#?")] or [paths[0] if paths else "#?"]
            inner = self.bind(pattern, known[0], typed, scope)
            if pattern.type == "identifier" and inner == scope:
                for path in known[1:]:
                    self.builder.assign(pattern, inner, text_of(pattern), path, typed)
            self.shadow = inner if inner != scope else -1
            if pattern.type == "identifier" and value is None and not typed:
                self.late[text_of(pattern)] = inner
        return "#?"

    def _let_pairs(self, pattern: Node, value: Node, scope: int) -> str:
        """Visit `let (a, b) = (x, y);`: each name has its own value."""
        paths = [self.passed(part, scope) for part in value.named_children]
        inner = scope
        for part, position in places(pattern):
            inner = self.bind(part, paths[position] if 0 <= position < len(paths) else "#?", "", inner)
        self.shadow = inner if inner != scope else -1
        return "#?"

    def _let_condition(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) == 2:
            value = self.visit(parts[1], scope)
            inner = self.bind(parts[0], value, "", scope)
            self.shadow = inner if inner != scope else -1
        return "#?"

    def _for(self, node: Node, scope: int) -> str:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        body = node.child_by_field_name("body")
        if pattern is None or value is None or body is None:
            self.inside(node.named_children, scope)
            self.shadow = -1
            return "#?"
        path = self.visit(value, scope)
        if path[0] != "#":
            self.builder.call(value, scope, f"{path}.into_iter", 0, IMPLICIT)
            self.builder.call(value, scope, f"{path}.into_iter().next", 0, IMPLICIT)
        scope = self.bind(pattern, "#?" if path.startswith("#") else path + "[*]", "", scope)
        self.visit(body, scope)
        self.shadow = -1
        return "#?"
