"""Namespaces of C++: what they open, other names for them, and `using`. Source: ISO C++ [namespace]."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, ScopeKind
from indexers.languages.cfamily.members import Members


class Namespaces(Members):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "namespace_definition": self._namespace,
            "namespace_alias_definition": self._namespace_alias,
            "using_declaration": self._using,
        }

    def _namespace(self, node: Node, scope: int) -> str:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if body is None:
            return "#?"
        documentation = self._documentation()
        if name is None:
            was_private, self.is_private = self.is_private, True
            self._members(body, scope)
            self.is_private = was_private
            return "#?"
        macro = self.blocks.get(name.start_byte, "")
        if macro or any(child.type == "inline" for child in node.children):
            # What an inline namespace holds is seen as if it stood around it; what a macro opens, its body says.
            self._members(body, self.builder.open_scope(ScopeKind.NAMESPACE, scope, macro=macro) if macro else scope)
            return "#?"
        parts = name.named_children if name.type == "nested_namespace_specifier" else [name]
        while parts and parts[-1].type == "nested_namespace_specifier":
            parts = parts[:-1] + parts[-1].named_children
        for part in parts:
            definition = self.builder.define(part, node, "package", scope, docstring=documentation, flags=self._flags())
            scope = self.builder.open_scope(ScopeKind.NAMESPACE, scope, definition)
        self._members(body, scope)
        return "#?"

    def _namespace_alias(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) == 2:
            self.builder.add_import(parts[0], scope, text_of(parts[1]), "", text_of(parts[0]), Flag.REEXPORT)
        return "#?"

    def _using(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if not parts or self.class_scope == scope:
            return "#?"
        written = text_of(parts[-1]).replace(" ", "").lstrip(":")
        if any(child.type == "namespace" for child in node.children):
            self.builder.add_import(parts[-1], scope, written, "*", "*", Flag.REEXPORT)
        else:
            module, _, name = written.rpartition("::")
            self.builder.add_import(parts[-1], scope, module, name, name, Flag.REEXPORT)
        return "#?"
