"""Java's statements: blocks and their scopes, local variables, loops, resources, caught exceptions."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import ScopeKind
from indexers.languages.java.invocations import Invocations
from indexers.languages.java.walk import IGNORED, SILENT, TYPES

DECLARING = frozenset(
    {
        "local_variable_declaration",
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
    }
)


class Statements(Invocations):
    def block(self, node: Node, scope: int) -> str:
        if any(child.type in DECLARING for child in node.children):
            scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
        return self.walk_children(node, scope)

    def scoped(self, node: Node, scope: int) -> str:
        return self.walk_children(node, self.builder.open_scope(ScopeKind.BLOCK, scope))

    def labeled(self, node: Node, scope: int) -> str:
        for child in node.children[1:]:
            if child.type not in SILENT:
                self.walk(child, scope)
        return "#?"

    def local_variables(self, node: Node, scope: int) -> str:
        declared = self.variable_type(node)
        for child in node.children:
            if child.type == "variable_declarator":
                items = child.children
                own, value = declared, ""
                for item in items[1:]:
                    if item.type == "dimensions":
                        own = f"[]{declared}"
                    elif item.type != "=":
                        value = self.value(item, scope)
                self.declare(child, scope, text_of(items[0]), value or ("" if own else "#?"), own)
        return "#?"

    def for_each(self, node: Node, scope: int) -> str:
        scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
        name = body = value = None
        for child in node.named_children:
            kind = child.type
            if kind in TYPES or kind == "modifiers" or kind.endswith("comment"):
                continue
            if name is None:
                name = child
            elif value is None:
                value = child
            else:
                body = child
        path = self.value(value, scope) if value is not None else "#?"
        if name is not None:
            element = "#?" if path[:2] == "#?" else f"{path}[]"
            self.declare(node, scope, text_of(name), element, self.variable_type(node))
        if body is not None:
            self.walk(body, scope)
        return "#?"

    def resource(self, node: Node, scope: int) -> str:
        name, value = "", ""
        for child in node.named_children:
            if child.type in TYPES or child.type == "modifiers":
                continue
            if child.type == "identifier" and not name:
                name = text_of(child)
            else:
                value = self.value(child, scope)
        if value:
            self.declare(node, scope, name, value, self.variable_type(node))
        return "#?"

    def caught(self, node: Node, scope: int) -> str:
        declared, name = "", ""
        for child in node.named_children:
            if child.type == "catch_type":
                declared = "|".join(self.type_list(child))
            elif child.type == "identifier":
                name = text_of(child)
        if name:
            self.declare(node, scope, name, "", declared)
        return "#?"

    def return_statement(self, node: Node, scope: int) -> str:
        for child in node.children:
            if child.type not in IGNORED:
                path = self.value(child, scope)
                self.builder.returns(scope, path)
        return "#?"
