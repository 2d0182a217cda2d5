"""Declarations of variables, fields and prototypes, and the statements that bind names: `for (auto x : xs)`, `catch`.

Source: ISO C 6.7, ISO C++ [dcl.dcl] and [stmt].
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, ScopeKind
from indexers.languages.cfamily.declarators import (
    DECLARATORS,
    RECORDS,
    TYPES,
    Declared,
    declared_type,
    is_type,
    parameters_of,
    plain_name,
    qualified_parts,
    type_expression,
    unwrap,
)
from indexers.languages.cfamily.functions import Functions, made_class
from indexers.languages.cfamily.known_names import KEYWORDS
from indexers.languages.cfamily.operands import last_type_name
from indexers.languages.cfamily.operators import local_type
from indexers.languages.cfamily.records import Records


class Variables(Functions, Records):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "declaration": self._declaration,
            "field_declaration": self._declaration,
            "for_range_loop": self._for_range,
            "catch_clause": self._catch,
            "condition_clause": self._condition_clause,
            "expression_statement": self._expression_statement,
        }

    def _declaration(self, node: Node, scope: int) -> str:
        if self._is_made(node, scope):
            return "#?"
        typed: Node | None = None
        flags = self._flags()
        mended = ""
        found: list[Declared] = []
        is_field = node.type == "field_declaration"
        for child in node.named_children:
            kind = child.type
            if typed is None and not found and is_type(child):
                typed = child
            elif kind in DECLARATORS:
                found.append(unwrap(child))
            elif kind == "storage_class_specifier":
                flags |= self._static(child, scope)
                if child.text == b"extern":
                    flags |= Flag.DECLARATION
            elif kind == "ERROR" and typed is not None and not found:
                mended = text_of(child)
            elif kind == "ERROR":
                self.inside(child.named_children, scope)
            elif found and kind not in ("comment", "bitfield_clause", "type_qualifier", "attribute_specifier"):
                found[-1].value = child
        base = mended if mended.isidentifier() else type_expression(typed, self.hidden)
        if typed is not None and typed.type in RECORDS:
            base = self._declared_record(typed, scope, found, base)
        documentation = self._documentation()
        span, self.span = self.span or node, None
        for declared in found:
            if declared.function is not None:
                given = type_expression(declared.typed, self.hidden) if declared.typed is not None else base
                self._prototype(node, span, scope, declared, typed, given, flags, documentation)
            elif declared.name is not None and declared.name.type == "structured_binding_declarator":
                self._structured_binding(declared, scope)
            elif declared.name is not None:
                self._variable(span, scope, declared, typed, base, flags, documentation, is_field)
        return "#?"

    def _declared_record(self, typed: Node, scope: int, found: list[Declared], base: str) -> str:
        """Define the struct that a declaration writes out; a nameless one is named `<variable>`."""
        pending, self.pending = self.pending, []
        if typed.type == "enum_specifier":
            self._enum(typed, scope)
        elif base or not found or found[0].name is None or typed.child_by_field_name("body") is None:
            self.pending = pending if not found else []
            self._record(typed, scope)
        else:
            base = f"<{text_of(found[0].name)}>"
            self._record(typed, scope, found[0].name, base)
        self.pending = pending
        return base

    def _prototype(
        self,
        node: Node,
        span: Node,
        scope: int,
        declared: Declared,
        typed: Node | None,
        base: str,
        flags: int,
        documentation: str,
    ) -> None:
        name = declared.name
        if name is None or name.text in KEYWORDS:
            return
        if self.names is None:
            pure = declared.value is not None and declared.value.type == "number_literal"
            flags |= Flag.DECLARATION | (Flag.ABSTRACT if pure else 0)
            self._define_function(node, span, scope, declared, typed, base, flags, documentation, None)
            return
        parameters = parameters_of(declared.parameters)
        if (
            self.is_cplusplus
            and parameters
            and typed is not None
            and all(not parameter.name for parameter in parameters)
        ):
            # `A a(b);` inside a function: the grammar cannot tell it from a prototype; people mean a variable.
            text = text_of(name)
            self.builder.assign(name, scope, text, base + "()", base)
            self.names[text] = base
            paths = self._misread_arguments(declared, scope)
            self.builder.call(
                last_type_name(typed), scope, base.partition("[")[0], len(parameters), Flag.CONSTRUCTION, paths
            )

    def _misread_arguments(self, declared: Declared, scope: int) -> list[str]:
        """Return the arguments of `A a(b, f());` from what the grammar takes for parameters."""
        listing = declared.parameters.child_by_field_name("parameters") if declared.parameters is not None else None
        paths: list[str] = []
        for child in listing.named_children if listing is not None else ():
            if not child.type.endswith("parameter_declaration"):
                continue
            parts = child.named_children
            path = type_expression(parts[0], self.hidden).partition("[")[0] or "#?"
            if len(parts) > 1 and parts[1].type == "abstract_function_declarator" and path != "#?":
                inner = self._misread_arguments(unwrap(parts[1]), scope)
                self.builder.call(last_type_name(parts[0]), scope, path, len(inner), 0, list(inner))
                path += "()"
            elif path != "#?" and parts[0].type == "type_identifier":
                self.read(parts[0], scope)
            paths.append(path)
        return paths

    def _variable(
        self,
        span: Node,
        scope: int,
        declared: Declared,
        typed: Node | None,
        base: str,
        flags: int,
        documentation: str,
        is_field: bool,
    ) -> None:
        name, value = declared.name, declared.value
        assert name is not None
        builder = self.builder
        type_text = declared_type(base, declared)
        scopes, last = qualified_parts(name)
        text, receiver = plain_name(last), ".".join(scopes)
        if self.names is None:
            end = value.start_byte if value is not None else span.end_byte
            builder.define(
                last,
                span,
                "variable",
                scope,
                name=text,
                signature=self._signature(span, end).rstrip("= {("),
                docstring=documentation,
                type=type_text,
                receiver=receiver,
                flags=flags | Flag.POINTER if declared.by_address else flags,
            )
            if value is None:
                return
            if receiver:
                self.values(value, scope)
                return
        values = self._initial_values(typed, base, declared, text, scope)
        if self.names is not None:
            scope = self._local(text, f"*{type_text}" if declared.by_address else type_text, scope, values)
        for path in values or [""]:
            if path or self.names is not None:
                builder.assign(name, scope, text, path, type_text)

    def _local(self, name: str, type_text: str, scope: int, values: list[str]) -> int:
        """Note a local; one of another type under the same name opens a scope that shadows the first."""
        assert self.names is not None
        known = self.names.get(name)
        self.names[name] = type_text
        same = known is None and name not in self.called
        if same or (known == type_text and type_text) or self.conditional:
            return scope
        opened = self.builder.open_scope(ScopeKind.BLOCK, scope)
        self.shadow = opened
        for index, path in enumerate(values):
            head = path.partition(".")[0].rstrip("()[]")
            if head == name:
                values[index] = "#?"
        return opened

    def _initial_values(self, typed: Node | None, base: str, declared: Declared, text: str, scope: int) -> list[str]:
        """Visit the initialiser of a variable; return the access paths it may hold."""
        value = declared.value
        made = base.partition("[")[0]
        is_class = self.is_cplusplus and bool(made) and typed is not None and typed.type != "primitive_type"
        is_object = is_class and not declared.is_pointer and not declared.is_callable and not declared.is_array
        if value is None:
            if (
                is_object
                and self.names is not None
                and typed is not None
                and not made.startswith("std.")
                and not made.endswith("_t")
            ):
                self.builder.call(last_type_name(typed), scope, made, 0, Flag.CONSTRUCTION)
            return []
        if value.type in ("argument_list", "initializer_list"):
            if is_object and typed is not None and value.start_point >= typed.end_point:
                paths = self.initialised(value, scope, text)
                self.builder.call(last_type_name(typed), scope, made, len(paths), Flag.CONSTRUCTION, paths)
                return [made + "()"]
            self.initialised(value, scope, text)
            return []
        paths = self.values(value, scope)
        if is_object and (copied := made_class(base, typed)):
            for path in paths:
                self.made_of(value, scope, copied, path)
        return [path for path in paths if path[:1] != "#" or path.startswith("#lambda@")]

    def _structured_binding(self, declared: Declared, scope: int) -> None:
        if declared.value is not None:
            self.values(declared.value, scope)
        if self.names is not None and declared.name is not None:
            for child in declared.name.named_children:
                self.names[text_of(child)] = ""
                self.builder.assign(child, scope, text_of(child), "#?")

    # statements that bind

    def _for_range(self, node: Node, scope: int) -> str:
        typed: Node | None = None
        declared: Declared | None = None
        rest: list[Node] = []
        for child in node.named_children:
            kind = child.type
            if typed is None and (kind in TYPES or kind == "qualified_identifier"):
                typed = child
            elif declared is None and typed is not None and kind in DECLARATORS:
                declared = unwrap(child)
            elif kind not in ("type_qualifier", "comment"):
                rest.append(child)
        if declared is None or declared.name is None or not rest:
            self.inside(rest, scope)
            return "#?"
        path = self.visit(rest[0], scope)
        self.iterated(rest[0], scope, path)
        if declared.name.type == "structured_binding_declarator":
            self._structured_binding(declared, scope)
        else:
            base = type_expression(typed, self.hidden)
            name, values = text_of(declared.name), ["#?" if path.startswith("#") else path + "[]"]
            if self.names is not None:
                scope = self._local(name, base, scope, values)
                self.shadow = -1
            self.builder.assign(declared.name, scope, name, values[0], base)
        self.inside(rest[1:], scope)
        self.shadow = -1
        return "#?"

    def _catch(self, node: Node, scope: int) -> str:
        for parameter in parameters_of(node):
            if parameter.name and self.names is not None:
                scope = self._local(parameter.name, local_type(parameter), scope, [])
                self.shadow = -1
                self.builder.assign(node, scope, parameter.name, "", parameter.type)
        body = node.child_by_field_name("body")
        if body is not None:
            self.visit(body, scope)
        return "#?"

    def _asked(self, child: Node, scope: int) -> None:
        """Record that a condition asks an object for its truth: `if (result)`, `if (const Result r = f())`."""
        name: Node | None = child if child.type == "identifier" else None
        if child.type == "declaration":
            name = next((part for part in child.named_children if part.type == "identifier"), None)
        if name is not None and (text := text_of(name)) in (self.names or ()):
            self.operator_of(name, scope, text, " bool", "")

    def _expression_statement(self, node: Node, scope: int) -> str:
        """`POST;` runs the statements of an object-like macro: a call without parentheses."""
        for child in node.named_children:
            path = self.visit(child, scope)
            if child.type == "identifier" and self.names is not None and path not in self.names:
                self.builder.call(child, scope, path, 0, Flag.MACRO)
        return "#?"

    def _condition_clause(self, node: Node, scope: int) -> str:
        """A local declared in a condition is seen by the statement's branches: the scope stays open for the caller."""
        for child in node.named_children:
            self.visit(child, scope)
            scope = self.shadow if self.shadow >= 0 else scope
            if self.is_cplusplus and self.names is not None:
                self._asked(child, scope)
        return "#?"
