"""What a Java file declares: types with their members, records, enums, unnamed classes, methods, fields."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.java.comments import javadoc
from indexers.languages.java.statements import Statements
from indexers.languages.java.walk import MAX_DEPTH, SILENT, TYPES

_IMPLICIT_BASES = {"enum_declaration": "java.lang.Enum[{}]", "record_declaration": "java.lang.Record"}
"""Superclasses that the language gives (JLS 8.9, 8.10)."""
METHODS = frozenset({"method_declaration", "constructor_declaration", "annotation_type_element_declaration"})
TYPE_DECLARATIONS = frozenset(
    {
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
    }
)


class Declarations(Statements):
    def nested_type(self, node: Node, scope: int) -> str:
        self.type_declaration(node, scope, None)
        return "#?"

    def type_declaration(self, node: Node, scope: int, comment: Node | None) -> None:
        name = body = components = None
        bases: list[str] = []
        implemented: list[str] = []
        flags = 0
        decorators: list[str] = []
        variables: list[Parameter] = []
        for child in node.children:
            kind = child.type
            if kind == "modifiers":
                flags, decorators = self.modifiers(child, scope)
            elif kind == "identifier" and name is None:
                name = child
            elif kind == "type_parameters":
                variables = self.bounds(child)
            elif kind == "superclass" or kind == "extends_interfaces":
                bases = self.type_list(child)
            elif kind == "super_interfaces":
                implemented = self.type_list(child)
            elif kind == "formal_parameters":
                components = child
            elif kind.endswith("_body"):
                body = child
        if name is not None:
            extends = bool(bases) and node.type == "class_declaration"
            if node.type in _IMPLICIT_BASES:
                bases = [_IMPLICIT_BASES[node.type].format(text_of(name))]
            interface = node.type in ("interface_declaration", "annotation_type_declaration")
            text = text_of(name)
            parameters = self.parameters(components) if components is not None else []
            index = self.builder.define(
                name,
                node,
                "interface" if interface else "class",
                scope,
                name=text,
                signature=self.head(node, body),
                docstring=javadoc(comment),
                bases=bases,
                implements=implemented,
                decorators=decorators,
                parameters=parameters,
                flags=flags,
                type_parameters=variables,
            )
            inner = self.builder.open_scope(ScopeKind.CLASS, scope, index)
            if extends:
                self.implicit_super(name, inner, body)
            if components is not None:
                self.record_components(components, inner, body)
            if body is not None:
                self.extends.append(extends)
                self.class_body(text, body, inner, {item.name: item.type for item in parameters}, parameters)
                self.extends.pop()

    def implicit_super(self, name: Node, scope: int, body: Node | None) -> None:
        """A class without a constructor has one that calls its superclass's (JLS 8.8.9)."""
        for member in body.named_children if body is not None else ():
            if member.type == "constructor_declaration":
                return
        self.emit(scope, "super", [], *name.start_point, int(Flag.IMPLICIT))

    def record_components(self, node: Node, scope: int, body: Node | None) -> None:
        """A component is a field and, unless the body declares one, an accessor method."""
        declared: set[str] = set()
        for member in body.named_children if body is not None else ():
            if member.type == "method_declaration":
                declared.update(text_of(child) for child in member.named_children if child.type == "identifier")
        for component in node.named_children:
            if component.type != "formal_parameter":
                continue
            name = next((child for child in component.named_children if child.type == "identifier"), None)
            if name is None:
                continue
            type_expression = self.parameter_type(component)
            text = text_of(name)
            signature = text_of(component)
            self.builder.define(
                name, component, "variable", scope, name=text, signature=signature, type=type_expression
            )
            if text not in declared:
                self.builder.define(
                    name,
                    component,
                    "method",
                    scope,
                    name=text,
                    signature=f"{signature}()",
                    type=type_expression,
                    flags=int(Flag.EXPORTED),
                )

    def class_body(
        self, name: str, body: Node, scope: int, fields: dict[str, str], components: list[Parameter]
    ) -> None:
        if self.depth >= MAX_DEPTH:
            self.deferred.append((body, scope))
            return
        self.depth += 1
        members = list(body.children)
        declarations = next((child for child in members if child.type == "enum_body_declarations"), None)
        if declarations is not None:
            members += declarations.children
        for member in members:
            if member.type == "field_declaration" or member.type == "constant_declaration":
                declared = self.variable_type(member)
                fields.update((text_of(item), declared) for item in self.declared_names(member))
        self.classes.append((name, fields))
        outer_locals = self.locals
        comment: Node | None = None
        for member in members:
            kind = member.type
            if kind == "block_comment":
                comment = member
                continue
            if kind in METHODS:
                self.method(member, scope, comment)
            elif kind == "compact_constructor_declaration":
                self.method(member, scope, comment, components)
            elif kind == "field_declaration" or kind == "constant_declaration":
                self.fields(member, scope, comment)
            elif kind in TYPE_DECLARATIONS:
                self.type_declaration(member, scope, comment)
            elif kind == "enum_constant":
                self.enum_constant(member, scope, comment, name)
            elif kind == "static_initializer":
                self.walk_children(member, scope)
            elif kind not in SILENT and kind != "enum_body_declarations":
                self.walk(member, scope)
            if kind != "line_comment" and kind != ",":
                comment = None
            self.locals = set(outer_locals) if outer_locals else set()
        self.classes.pop()
        self.depth -= 1

    def enum_constant(self, node: Node, scope: int, comment: Node | None, enum: str) -> None:
        name = body = arguments = None
        for child in node.children:
            if child.type == "identifier":
                name = child
            elif child.type == "class_body":
                body = child
            elif child.type == "argument_list":
                arguments = child
        if name is None:
            return
        self.builder.define(
            name,
            node,
            "variable",
            scope,
            signature=self.head(node, body),
            docstring=javadoc(comment),
            type=enum,
            flags=int(Flag.STATIC | Flag.EXPORTED),
        )
        passed = self.arguments(arguments, scope) if arguments is not None else []
        row, column = name.start_point
        if body is not None:
            self.anonymous_class(row, column, body, scope, enum, passed)
        else:
            self.emit(scope, enum, passed, row, column, int(Flag.CONSTRUCTION))

    def anonymous_class(self, row: int, column: int, body: Node, scope: int, base: str, passed: list[str]) -> str:
        """The class of `new T(x) {...}`: the expression constructs it, and its body starts with T's constructor (JLS 15.9.5).

        row, column: of the name T. Returns the path of the new object.
        """
        head = base.partition("[")[0]
        if head:
            self.emit(scope, head, passed, *body.start_point, int(Flag.CONSTRUCTION))
        index = self.builder.define(
            body, body, "class", scope, name="", signature=f"new {base}() {{...}}", bases=[base] if base else []
        )
        self.emit(scope, f"#anonymous@{index}", [], row, column, int(Flag.CONSTRUCTION))
        inner = self.builder.open_scope(ScopeKind.CLASS, scope, index)
        self.extends.append(False)
        self.class_body(head.rpartition(".")[2], body, inner, {}, [])
        self.extends.pop()
        return f"#anonymous@{index}()"

    def creation(self, node: Node, scope: int) -> str:
        """Visit `new T(...)`, with or without the body of an anonymous class."""
        type_node = arguments = body = None
        for child in node.children:
            kind = child.type
            if kind in TYPES:
                type_node = child
            elif kind == "argument_list":
                arguments = child
            elif kind == "class_body":
                body = child
            elif kind not in SILENT:
                self.walk(child, scope)
        if type_node is None:
            return "#?"
        declared = self.type_of(type_node)
        head = declared.partition("[")[0]
        name_node = type_node.named_children[0] if type_node.type == "generic_type" else type_node
        passed = self.arguments(arguments, scope) if arguments is not None else []
        row, column = name_node.end_point
        column -= last_length(head)
        if body is not None:
            return self.anonymous_class(row, column, body, scope, declared, passed)
        if head:
            self.emit(scope, head, passed, row, column, int(Flag.CONSTRUCTION))
        return f"{head}()" if head else "#?"

    def method(self, node: Node, scope: int, comment: Node | None, components: list[Parameter] | None = None) -> None:
        name = parameters = body = result = None
        flags = 0
        decorators: list[str] = []
        variables: list[Parameter] = []
        for child in node.children:
            kind = child.type
            if kind == "modifiers":
                flags, decorators = self.modifiers(child, scope)
            elif kind == "identifier" and name is None:
                name = child
            elif kind == "formal_parameters":
                parameters = child
            elif kind == "block" or kind == "constructor_body":
                body = child
            elif kind == "type_parameters":
                variables = self.bounds(child)
            elif kind in TYPES and result is None:
                result = child
        if name is not None:
            taken = self.parameters(parameters) if parameters is not None else list(components or ())
            declared = self.declared_type(result) if result is not None else ""
            index = self.builder.define(
                name,
                node,
                "method",
                scope,
                signature=self.head(node, body),
                docstring=javadoc(comment),
                type="" if declared == "void" else declared,
                decorators=decorators,
                parameters=taken,
                flags=flags | (0 if body is not None else Flag.DECLARATION),
                type_parameters=variables,
            )
            if body is not None:
                inner = self.builder.open_scope(ScopeKind.FUNCTION, scope, index)
                self.locals = self.locals | {item.name for item in taken}
                if body.type == "constructor_body" and self.extends[-1] and not _calls_constructor(body):
                    self.emit(inner, "super", [], *body.start_point, int(Flag.IMPLICIT))
                self.walk_children(body, inner)

    def fields(self, node: Node, scope: int, comment: Node | None) -> None:
        flags = 0
        decorators: list[str] = []
        declared = self.variable_type(node)
        signature = ""
        for child in node.children:
            kind = child.type
            if kind == "modifiers":
                flags, decorators = self.modifiers(child, scope)
            elif kind == "variable_declarator" and child.child_count:
                name = child.children[0]
                signature = signature or self.head(node, None)
                own = f"[]{declared}" if any(item.type == "dimensions" for item in child.children) else declared
                self.builder.define(
                    name,
                    node,
                    "variable",
                    scope,
                    signature=signature,
                    docstring=javadoc(comment),
                    type=own,
                    decorators=decorators,
                    flags=flags,
                )
                for value in child.children[1:]:
                    if value.type not in SILENT:
                        self.value(value, scope)


def _calls_constructor(body: Node) -> bool:
    """Whether a constructor starts with `this(...)` or `super(...)`."""
    return any(child.type == "explicit_constructor_invocation" for child in body.named_children[:3])
