"""Types that a file makes: structs, unions, classes, enumerations, templates of them, and other names for types.

Sources: ISO C 6.7.2, ISO C++ [class] and [temp].
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
    plain_name,
    qualified_parts,
    type_expression,
    unwrap,
)
from indexers.languages.cfamily.known_names import TRANSPARENT_TYPES
from indexers.languages.cfamily.members import Members


class Records(Members):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "type_definition": self._typedef,
            "struct_specifier": self._record,
            "union_specifier": self._record,
            "class_specifier": self._record,
            "enum_specifier": self._enum,
            "alias_declaration": self._alias,
            "template_declaration": self._template,
            "friend_declaration": self._friend,
        }

    def _template(self, node: Node, scope: int) -> str:
        was_hidden, was_span = self.hidden, self.span
        self.span = was_span or node
        for child in node.named_children:
            if child.type == "template_parameter_list":
                names = (_type_parameter(parameter) for parameter in child.named_children)
                self.hidden = self.hidden | {name for name in names if name}
            elif child.type != "comment":
                self.visit(child, scope)
        self.hidden, self.span = was_hidden, was_span
        return "#?"

    def _record(self, node: Node, scope: int, given: Node | None = None, given_name: str = "") -> str:
        name: Node | None = given
        body: Node | None = None
        bases: list[str] = []
        for child in node.named_children:
            kind = child.type
            if kind == "field_declaration_list":
                body = child
            elif kind == "base_class_clause":
                bases = [
                    base
                    for part in child.named_children
                    if part.type in TYPES or part.type == "qualified_identifier"
                    if (base := type_expression(part, self.hidden))
                ]
            elif name is None and kind in ("type_identifier", "template_type", "qualified_identifier"):
                name = child
        if body is None:
            return "#?"
        if name is None:
            self._members(body, scope)
            return "#?"
        span, self.span = self.span or node, None
        scopes, last = qualified_parts(name)
        definition = self.builder.define(
            last,
            span,
            "class",
            scope,
            name=given_name or plain_name(last),
            signature=self._signature(span, body.start_byte),
            docstring=self._documentation(),
            receiver=".".join(scopes),
            bases=bases,
            flags=self._flags(),
        )
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        state = self.owner, self.names, self.is_private, self.class_scope, self.conditional
        self.owner, self.names, self.is_private, self.class_scope, self.conditional = (
            plain_name(last),
            None,
            False,
            opened,
            0,
        )
        self._members(body, opened)
        self.owner, self.names, self.is_private, self.class_scope, self.conditional = state
        return "#?"

    def _enum(self, node: Node, scope: int, given: Node | None = None) -> str:
        name: Node | None = given
        body: Node | None = None
        for child in node.named_children:
            if child.type == "enumerator_list":
                body = child
            elif name is None and child.type in ("type_identifier", "qualified_identifier"):
                name = child
        if body is None:
            return "#?"
        builder, members = self.builder, scope
        if name is not None:
            definition = builder.define(
                name,
                node,
                "class",
                scope,
                signature=self._signature(node, body.start_byte),
                docstring=self._documentation(),
                flags=self._flags(),
            )
            opened = builder.open_scope(ScopeKind.CLASS, scope, definition)
            if any(child.type in ("class", "struct") for child in node.children):
                members = opened
        for child in body.named_children:
            if child.type == "enumerator":
                parts = child.named_children
                typed = text_of(name) if name is not None else ""
                builder.define(
                    parts[0],
                    child,
                    "variable",
                    members,
                    signature=text_of(child)[:300],
                    type=typed,
                    flags=self._flags(),
                )
            elif child.type.startswith("preproc"):
                self.visit(child, members)
        return "#?"

    def _typedef(self, node: Node, scope: int) -> str:
        record: Node | None = None
        base = ""
        names: list[Declared] = []
        for child in node.named_children:
            kind = child.type
            if kind in RECORDS and record is None:
                record = child
                base = type_expression(child)
            elif not base and record is None and (kind in TYPES or kind == "qualified_identifier"):
                base = type_expression(child, self.hidden)
            elif kind in DECLARATORS or kind == "type_identifier":
                names.append(unwrap(child))
        documentation = self._documentation()
        if record is not None:
            # `typedef struct { ... } name;`: the first name that is no pointer is the type's own.
            own = next((declared for declared in names if not declared.is_pointer and declared.name is not None), None)
            given = own.name if not base and own is not None else None
            self.pending = []
            self._typedef_record(node, record, scope, given, documentation)
            if given is not None:
                base = text_of(given)
        for declared in names:
            if declared.name is not None:
                aliased = declared_type(base, declared)
                # In C++ an alias stands for the class when it constructs: it stays a name bound to the class.
                is_record = record is not None and aliased == base and not (declared.is_pointer or self.is_cplusplus)
                self._define_alias(declared.name, node, scope, aliased, documentation, is_record)
        return "#?"

    def _typedef_record(self, node: Node, record: Node, scope: int, given: Node | None, documentation: str) -> None:
        before = len(self.builder.facts.definitions)
        if record.type == "enum_specifier":
            self._enum(record, scope, given)
        else:
            self._record(record, scope, given)
        if len(self.builder.facts.definitions) > before and documentation:
            self.builder.facts.definitions[before].docstring = documentation

    def _alias(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) >= 2:
            self._define_alias(parts[0], node, scope, type_expression(parts[-1], self.hidden), self._documentation())
        return "#?"

    def _define_alias(
        self, name: Node, span: Node, scope: int, aliased: str, documentation: str, is_record: bool = False
    ) -> None:
        """Record another name of a type; that of a C struct, union or enum is a class that stands for it."""
        text = text_of(name)
        if text == aliased:
            return
        if self.names is None:
            definition = self.builder.define(
                name,
                span,
                "class" if is_record else "variable",
                scope,
                signature=self._signature(span, span.end_byte),
                docstring=documentation,
                type=aliased,
                flags=Flag.TYPE_ONLY | self._flags(),
            )
            if is_record:
                self.builder.open_scope(ScopeKind.CLASS, scope, definition)
                return
        if aliased and aliased[0] != "[" and aliased != "func":
            head, bracket, inner = aliased.partition("[")
            last = head.rpartition(".")[2]
            if bracket and last in TRANSPARENT_TYPES:
                head = inner.partition("[")[0].rstrip("]").partition(",")[0]
            elif bracket and head.startswith("std.") and self.names is None:
                return  # the definition's type says what is inside; the template's name alone does not
            self.builder.assign(name, scope, text, head)

    def _friend(self, node: Node, scope: int) -> str:
        scopes = self.builder.facts.scopes
        outer = scope
        while scopes[outer].kind == ScopeKind.CLASS:
            outer = scopes[outer].parent
        for child in node.named_children:
            if child.type in ("function_definition", "declaration"):
                owner, self.owner = self.owner, ""
                self.visit(child, outer)
                self.owner = owner
        return "#?"


def _type_parameter(node: Node) -> str:
    """Return the name of `typename T`, empty for a value parameter."""
    if node.type in (
        "type_parameter_declaration",
        "variadic_type_parameter_declaration",
        "optional_type_parameter_declaration",
    ):
        for child in node.named_children:
            if child.type == "type_identifier":
                return text_of(child)
    return ""
