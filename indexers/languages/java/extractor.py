"""Java source to neutral facts, in one pass over the syntax tree.

Owns the shape of the tree-sitter-java grammar and Java's own notions: nested and anonymous classes, records, enums,
constructors, method references, patterns. Resolves nothing. Source: The Java Language Specification, edition 21.

Blocks that declare names open a BLOCK scope: sibling blocks reuse names with other types. A lambda opens a FUNCTION
scope without a definition: its calls belong to the method around. An expression whose type the source states is written
as the construction of that type: `((Foo) x).run()` and `Foo.this.run()` have the access path `Foo().run`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import last_length, operands, passed_name
from indexers.facts import Assignment, Call, FileFacts, Flag, Parameter, Reference, ScopeKind
from indexers.languages.java.comments import javadoc
from indexers.languages.java.types import TypeReader

MAX_DEPTH = 100
"""Tree levels walked by recursion; what is nested deeper is walked later, from the top, and its value stays `#?`."""
MAX_CHAIN_BYTES = 120
MAX_PATH = 180

_CHAIN = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*(?:\.[A-Za-z_$\x80-\xff][\w$\x80-\xff]*)*")
_TEST_ANNOTATIONS = frozenset(
    {"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Theory", "Property"}
)

_PRIMITIVE_NAMES = """
boolean byte char double float int long short void
"""
PRIMITIVES = frozenset(_PRIMITIVE_NAMES.split())
_PRIMITIVE_MARKS = {"boolean": "#bool"}
_MODIFIERS = {
    "static": Flag.STATIC,
    "abstract": Flag.ABSTRACT,
    "public": Flag.EXPORTED,
    "private": Flag.PRIVATE,
}
_LITERALS = {
    "decimal_integer_literal": "#int",
    "hex_integer_literal": "#int",
    "octal_integer_literal": "#int",
    "binary_integer_literal": "#int",
    "decimal_floating_point_literal": "#double",
    "hex_floating_point_literal": "#double",
    "character_literal": "#char",
    "string_literal": "#str",
    "true": "#bool",
    "false": "#bool",
    "null_literal": "#none",
    "class_literal": "#class",
}
_SUFFIXED = frozenset({"#int", "#double", "#class"})
_TYPE_KINDS = """
type_identifier scoped_type_identifier generic_type array_type integral_type floating_point_type boolean_type
void_type annotated_type
"""
_TYPES = frozenset(_TYPE_KINDS.split())
_IGNORED_KINDS = """
, ( ) { } [ ] ; . : :: -> = @ ? ... new if else for while do switch case default return throw throws try catch finally
synchronized instanceof line_comment block_comment break_statement continue_statement type_arguments type_parameters
dimensions modifiers integral_type floating_point_type boolean_type void_type type_identifier scoped_type_identifier
generic_type array_type annotated_type super import_declaration
"""
_IGNORED = frozenset(_IGNORED_KINDS.split())
"""Leaves and types: nothing in them is executed."""
_SILENT = _IGNORED | _LITERALS.keys() | {"identifier", "this"}
"""What says nothing when its value is not kept."""
_DECLARING = frozenset(
    {
        "local_variable_declaration",
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
    }
)
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_SHIFTS = frozenset({"<<", ">>", ">>>"})
_IMPLICIT_BASES = {"enum_declaration": "java.lang.Enum[{}]", "record_declaration": "java.lang.Record"}
"""Superclasses that the language gives (JLS 8.9, 8.10)."""
_METHODS = frozenset({"method_declaration", "constructor_declaration", "annotation_type_element_declaration"})
_TYPE_DECLARATIONS = frozenset(
    {
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
    }
)


def extract_java(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one Java file; places that do not parse are reported and the rest is kept."""
    return _JavaExtractor(source).run(root)


class _JavaExtractor:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.builder = FactsBuilder("java", source)
        self.facts = self.builder.facts
        self.depth = 0
        self.deferred: list[tuple[Node, int]] = []
        self.locals: set[str] = set()
        """Names of parameters and variables of the method being walked: they never mean a symbol by themselves."""
        self.extends: list[bool] = []
        """Whether the source names a superclass, of the classes around."""
        self.classes: list[tuple[str, dict[str, str]]] = []
        """Name, and field -> declared type, of the classes around, innermost last."""
        self.type_of = TypeReader(source).read
        self.rules: dict[str, Callable[[Node, int], str]] = {
            "method_invocation": self.invocation,
            "object_creation_expression": self.creation,
            "field_access": self.field_access,
            "array_access": self.array_access,
            "array_creation_expression": self.array_creation,
            "cast_expression": self.cast,
            "parenthesized_expression": self.parenthesized,
            "ternary_expression": self.ternary,
            "assignment_expression": self.assignment,
            "lambda_expression": self.lambda_expression,
            "method_reference": self.method_reference,
            "instanceof_expression": self.instance_of,
            "type_pattern": self.type_pattern,
            "record_pattern_component": self.type_pattern,
            "binary_expression": self.binary,
            "unary_expression": self.unary,
            "update_expression": self.update,
            "argument_list": self.values,
            "array_initializer": self.values,
            "block": self.block,
            "constructor_body": self.block,
            "switch_block_statement_group": self.block,
            "switch_rule": self.block,
            "local_variable_declaration": self.local_variables,
            "enhanced_for_statement": self.for_each,
            "for_statement": self.scoped,
            "try_with_resources_statement": self.scoped,
            "resource": self.resource,
            "catch_clause": self.scoped,
            "catch_formal_parameter": self.caught,
            "return_statement": self.return_statement,
            "yield_statement": self.values,
            "explicit_constructor_invocation": self.constructor_call,
            "labeled_statement": self.labeled,
            **dict.fromkeys(_TYPE_DECLARATIONS, self.nested_type),
        }

    # the file

    def run(self, root: Node) -> FileFacts:
        comment: Node | None = None
        for child in root.children:
            kind = child.type
            if kind == "block_comment":
                comment = child
                continue
            if kind == "package_declaration":
                self.facts.package = "".join(
                    text_of(item) for item in child.named_children if item.type in ("identifier", "scoped_identifier")
                )
                self.facts.docstring = javadoc(comment)
            elif kind == "import_declaration":
                self.import_declaration(child)
            elif kind in _TYPE_DECLARATIONS:
                self.type_declaration(child, 0, comment)
            elif kind == "method_declaration":
                self.method(child, 0, comment)
            elif kind not in _SILENT:
                self.walk(child, 0)
            if kind != "line_comment":
                comment = None
            self.drain()
        self.builder.report_syntax(root)
        return self.facts

    def drain(self) -> None:
        """Walk what was nested too deeply, each piece from depth 0."""
        while self.deferred:
            node, scope = self.deferred.pop()
            self.walk(node, scope)

    def import_declaration(self, node: Node) -> None:
        static = star = False
        name_node: Node | None = None
        for child in node.children:
            kind = child.type
            if kind == "static":
                static = True
            elif kind == "asterisk":
                star = True
            elif kind in ("scoped_identifier", "identifier"):
                name_node = child
        if name_node is None:
            return
        name = "".join(text_of(name_node).split())
        flags = int(Flag.STATIC) if static else 0
        if star:
            self.builder.add_import(name_node, 0, name, "*", "", flags)
        else:
            module, _, last = name.rpartition(".")
            self.builder.add_import(name_node, 0, module, last, last, flags)

    # types and their members

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

    def head(self, node: Node, body: Node | None) -> str:
        """Return the declaration without its annotations and its body."""
        start = node.start_byte
        first = node.children[0] if node.child_count else None
        if first is not None and first.type == "modifiers":
            for child in first.children:
                if "annotation" not in child.type and "comment" not in child.type:
                    start = child.start_byte
                    break
                start = child.end_byte
        end = body.start_byte if body is not None else node.end_byte
        return self.source[start : min(end, start + 1000)].decode("utf-8", "replace").rstrip("; \n\t")

    def type_list(self, node: Node) -> list[str]:
        found: list[str] = []
        for child in node.named_children:
            if child.type == "type_list":
                found.extend(self.type_list(child))
            elif child.type in _TYPES:
                found.append(self.type_of(child))
        return [item for item in found if item]

    def bounds(self, node: Node) -> list[Parameter]:
        """Return the type parameters, each with its first bound as its type."""
        found: list[Parameter] = []
        for parameter in node.named_children:
            name, bound = "", ""
            for child in parameter.named_children:
                if child.type in ("type_identifier", "identifier") and not name:
                    name = text_of(child)
                elif child.type == "type_bound":
                    bound = next(iter(self.type_list(child)), "")
            if name:
                found.append(Parameter(name, bound))
        return found

    def implicit_super(self, name: Node, scope: int, body: Node | None) -> None:
        """A class without a constructor has one that calls its superclass's (JLS 8.8.9)."""
        for member in body.named_children if body is not None else ():
            if member.type == "constructor_declaration":
                return
        self.emit(scope, "super", [], *name.start_point, int(Flag.IMPLICIT))

    def modifiers(self, node: Node, scope: int) -> tuple[int, list[str]]:
        """Return flags and annotations; each annotation is a use of its type."""
        flags = 0
        decorators: list[str] = []
        for child in node.children:
            kind = child.type
            if kind == "marker_annotation" or kind == "annotation":
                name_node = next(
                    (item for item in child.named_children if item.type in ("identifier", "scoped_identifier")), None
                )
                if name_node is None:
                    continue
                name = "".join(text_of(name_node).split())
                decorators.append(f"{name}()" if kind == "annotation" else name)
                row, column = name_node.end_point
                self.facts.references.append(Reference(scope, name, row + 1, column + 1 - last_length(name)))
                if name.rpartition(".")[2] in _TEST_ANNOTATIONS:
                    flags |= Flag.TEST
            elif kind in _MODIFIERS:
                flags |= _MODIFIERS[kind]
        return int(flags), decorators

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
            if kind in _METHODS:
                self.method(member, scope, comment)
            elif kind == "compact_constructor_declaration":
                self.method(member, scope, comment, components)
            elif kind == "field_declaration" or kind == "constant_declaration":
                self.fields(member, scope, comment)
            elif kind in _TYPE_DECLARATIONS:
                self.type_declaration(member, scope, comment)
            elif kind == "enum_constant":
                self.enum_constant(member, scope, comment, name)
            elif kind == "static_initializer":
                self.walk_children(member, scope)
            elif kind not in _SILENT and kind != "enum_body_declarations":
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
            elif kind in _TYPES and result is None:
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

    def parameters(self, node: Node) -> list[Parameter]:
        found: list[Parameter] = []
        for child in node.named_children:
            if child.type == "formal_parameter":
                name = next((item for item in child.named_children if item.type == "identifier"), None)
                found.append(Parameter(text_of(name) if name is not None else "_", self.parameter_type(child)))
            elif child.type == "spread_parameter":
                declarator = next((item for item in child.named_children if item.type == "variable_declarator"), None)
                name = declarator.named_children[0] if declarator is not None and declarator.named_child_count else None
                found.append(
                    Parameter(
                        text_of(name) if name is not None else "_", self.parameter_type(child), int(Flag.VARIADIC)
                    )
                )
        return found

    def parameter_type(self, node: Node) -> str:
        declared = self.variable_type(node)
        return f"[]{declared}" if any(child.type == "dimensions" for child in node.children) else declared

    def variable_type(self, node: Node) -> str:
        """Return the declared type of a field, local variable or parameter, empty for `var`."""
        for child in node.children:
            if child.type in _TYPES:
                declared = self.declared_type(child)
                return "" if declared == "var" else declared
        return ""

    def declared_names(self, node: Node) -> list[Node]:
        return [
            child.children[0]
            for child in node.children
            if child.type == "variable_declarator" and child.child_count and child.children[0].type == "identifier"
        ]

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
                    if value.type not in _SILENT:
                        self.value(value, scope)

    # statements

    def walk(self, node: Node, scope: int) -> str:
        """Visit one node and return its access path."""
        kind = node.type
        if kind == "identifier":
            return node.text.decode("utf-8", "replace")  # type: ignore[union-attr]
        literal = _LITERALS.get(kind)
        if literal is not None:
            return literal if literal not in _SUFFIXED else self.literal(node, literal)
        if kind in _IGNORED:
            return "super" if kind == "super" else "#?"
        if kind == "this":
            return "this"
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope))
            return "#?"
        self.depth += 1
        rule = self.rules.get(kind)
        path = rule(node, scope) if rule is not None else self.walk_children(node, scope)
        self.depth -= 1
        return path

    def literal(self, node: Node, mark: str) -> str:
        """Return the mark of a number by its suffix, of a class literal with the type."""
        if mark == "#class":
            declared = self.type_of(node.children[0])
            return "#class" if "[" in declared or len(declared) > MAX_PATH // 2 else f"#class@{declared}"
        last = self.source[node.end_byte - 1 : node.end_byte].lower()
        if mark == "#int":
            return "#long" if last == b"l" else mark
        return "#float" if last == b"f" else mark

    def walk_children(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind in _SILENT:
                continue
            if kind == "expression_statement":
                self.walk_children(child, scope)
            else:
                self.walk(child, scope)
        return "#?"

    def block(self, node: Node, scope: int) -> str:
        if any(child.type in _DECLARING for child in node.children):
            scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
        return self.walk_children(node, scope)

    def scoped(self, node: Node, scope: int) -> str:
        return self.walk_children(node, self.builder.open_scope(ScopeKind.BLOCK, scope))

    def labeled(self, node: Node, scope: int) -> str:
        for child in node.children[1:]:
            if child.type not in _SILENT:
                self.walk(child, scope)
        return "#?"

    def declare(self, node: Node, scope: int, name: str, value: str, declared: str) -> None:
        self.locals.add(name)
        self.facts.assignments.append(Assignment(scope, name, value[:MAX_PATH], declared, node.start_point[0] + 1))

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

    def array_type(self, node: Node) -> str:
        """Return the type of `new T[n]`."""
        element, depth = "", 0
        for child in node.named_children:
            if child.type in _TYPES:
                element = element or self.type_of(child)
            elif child.type == "dimensions_expr":
                depth += 1
            elif child.type == "dimensions":
                depth += text_of(child).count("[")
        return "[]" * depth + element if element and depth else ""

    def for_each(self, node: Node, scope: int) -> str:
        scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
        name = body = value = None
        for child in node.named_children:
            kind = child.type
            if kind in _TYPES or kind == "modifiers" or kind.endswith("comment"):
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
            if child.type in _TYPES or child.type == "modifiers":
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
            if child.type not in _IGNORED:
                path = self.value(child, scope)
                self.builder.returns(scope, path)
        return "#?"

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
            elif kind not in _SILENT:
                self.walk(child, scope)
        row, column = at.start_point
        if own == "super":
            self.emit(scope, "super", passed, row, column)
        elif own and self.classes:
            self.emit(scope, self.classes[-1][0], passed, row, column, int(Flag.CONSTRUCTION))
        return "#?"

    # expressions

    def values(self, node: Node, scope: int) -> str:
        for child in node.children:
            if child.type not in _IGNORED and child.type not in _LITERALS:
                self.value(child, scope)
        return "#?"

    def value(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is kept or passed on: a bare name may be a field or a class."""
        kind = node.type
        if kind == "identifier":
            return passed_name(self.builder, node, scope, self.locals)
        if kind == "field_access":
            path = self.field_access(node, scope)
            if path[0] != "#" and path[-1] != ")":
                row, column = node.end_point
                self.facts.references.append(Reference(scope, path, row + 1, column + 1 - last_length(path)))
            return path
        return self.walk(node, scope)

    def emit(self, scope: int, path: str, arguments: list[str], row: int, column: int, flags: int = 0) -> None:
        count = len(arguments)
        while arguments and arguments[-1] == "#?":
            arguments.pop()
        self.facts.calls.append(Call(scope, path, count, row + 1, column + 1, flags, arguments))

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

    def creation(self, node: Node, scope: int) -> str:
        """Visit `new T(...)`, with or without the body of an anonymous class."""
        type_node = arguments = body = None
        for child in node.children:
            kind = child.type
            if kind in _TYPES:
                type_node = child
            elif kind == "argument_list":
                arguments = child
            elif kind == "class_body":
                body = child
            elif kind not in _SILENT:
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

    def field_access(self, node: Node, scope: int) -> str:
        start, end = node.start_byte, node.end_byte
        if end - start <= MAX_CHAIN_BYTES:
            text = self.source[start:end]
            if _CHAIN.fullmatch(text):
                path = text.decode("utf-8", "replace")
                # `Outer.this` is an instance of Outer.
                if ".this" in path:
                    before, _, after = path.partition(".this")
                    return f"{before}(){after}"
                return path
        children = node.children
        path = self.walk(children[0], scope)
        field = text_of(children[-1])
        return f"{path}.{field}" if len(path) + len(field) < MAX_PATH else f"#?.{field}"[:MAX_PATH]

    def array_access(self, node: Node, scope: int) -> str:
        children = [child for child in node.named_children if "comment" not in child.type]
        for child in children[1:]:
            self.value(child, scope)
        path = self.value(children[0], scope) if children else "#?"
        return "#?" if path[:2] == "#?" else f"{path}[]"

    def array_creation(self, node: Node, scope: int) -> str:
        for child in node.children:
            if child.type not in _SILENT:
                self.walk(child, scope)
        return _array(self.array_type(node))

    def cast(self, node: Node, scope: int) -> str:
        declared, path = "", "#?"
        for child in node.children:
            if child.type in _TYPES:
                declared = declared or self.declared_type(child)
            elif child.type not in _IGNORED:
                path = self.value(child, scope)
        if declared in PRIMITIVES:
            return _PRIMITIVE_MARKS.get(declared, f"#{declared}")
        if declared[:2] == "[]":
            return _array(declared)
        head = declared.partition("[")[0]
        return f"{head}()" if head else path

    def parenthesized(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.children:
            if child.type not in _IGNORED:
                path = self.value(child, scope)
        return path

    def ternary(self, node: Node, scope: int) -> str:
        parts = [child for child in node.named_children if "comment" not in child.type]
        if len(parts) != 3:
            return self.walk_children(node, scope)
        self.walk(parts[0], scope)
        first, second = self.value(parts[1], scope), self.value(parts[2], scope)
        return second if first[:2] == "#?" or first == "#none" else first

    def assignment(self, node: Node, scope: int) -> str:
        children = [child for child in node.children if "comment" not in child.type]
        if len(children) != 3:
            return self.walk_children(node, scope)
        target = self.target(children[0], scope)
        value = self.value(children[2], scope)
        name = target.removeprefix("this.")
        fields = self.classes[-1][1] if self.classes else {}
        if name in fields and (target != name or name not in self.locals):
            self.facts.assignments.append(
                Assignment(scope, f"this.{name}", value, fields[name], node.start_point[0] + 1)
            )
        return value

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
        path = self.type_of(left).partition("[")[0] if left.type in _TYPES else self.walk(left, scope)
        if not path or path[:2] == "#?" or len(path) > MAX_PATH // 2:
            return "#lambda"
        row, column = last.start_point
        constructs = last.type == "new"
        path = path if constructs else f"{path}.{text_of(last)}"
        self.builder.refer(left if constructs else last, scope, path)
        flags = int(Flag.CONSTRUCTION) if constructs else 0
        self.facts.calls.append(Call(scope, path, -1, row + 1, column + 1, flags))
        return path

    def instance_of(self, node: Node, scope: int) -> str:
        type_node: Node | None = None
        seen = False
        for child in node.children:
            kind = child.type
            if kind == "instanceof":
                seen = True
            elif not seen:
                if kind not in _SILENT:
                    self.walk(child, scope)
            elif kind in _TYPES:
                type_node = child
            elif kind == "identifier" and type_node is not None:
                self.declare(child, scope, text_of(child), "", self.declared_type(type_node))
            elif kind not in _SILENT:
                self.walk(child, scope)
        return "#bool"

    def type_pattern(self, node: Node, scope: int) -> str:
        """Visit `T name` in a `case` or a record pattern."""
        declared = self.variable_type(node)
        for child in node.children:
            if child.type == "identifier":
                self.declare(child, scope, text_of(child), "" if declared else "#?", declared)
            elif child.type not in _SILENT:
                self.walk(child, scope)
        return "#?"

    def binary(self, node: Node, scope: int) -> str:
        """Visit an operation; a chain of them in a loop. The value says what is known of its type."""
        operator = node.children[1].type if node.child_count == 3 else ""
        parts: list[str] = []
        for operand in operands(node, _IGNORED):
            path = self.value(operand, scope)
            if path not in parts:
                parts.append(path)
        if operator in _COMPARISONS:
            return "#bool"
        if operator in _SHIFTS:
            parts = parts[:1]
        if "#str" in parts and operator == "+":
            return "#str"
        if any(part[:2] == "#?" for part in parts) and operator == "+":
            return "#?"
        joined = "|".join(parts)
        return f"#+{joined}" if "#+" not in joined and len(joined) < MAX_PATH // 2 else "#?"

    def unary(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.children:
            if child.type not in _IGNORED and child.is_named:
                path = self.value(child, scope)
        return "#bool" if node.children[0].type == "!" else path

    def update(self, node: Node, scope: int) -> str:
        """Visit `x++`: it assigns."""
        path = "#?"
        for child in node.named_children:
            path = self.target(child, scope)
        return path

    def target(self, node: Node, scope: int) -> str:
        """Visit what is assigned to; a field is written."""
        kind = node.type
        if kind == "identifier":
            name = text_of(node)
            if name not in self.locals:
                self.builder.refer(node, scope, name, int(Flag.WRITE))
            return name
        if kind == "field_access":
            path = self.field_access(node, scope)
            if path[0] != "#" and path[-1] != ")":
                row, column = node.end_point
                at = column + 1 - last_length(path)
                self.facts.references.append(Reference(scope, path, row + 1, at, int(Flag.WRITE)))
            return path
        return self.walk(node, scope)

    # types

    def declared_type(self, node: Node) -> str:
        return self.type_of(node)


def _array(declared: str) -> str:
    """Return the path of a new array of this type; type arguments of its elements are left out."""
    if not declared:
        return "#?"
    depth = declared.count("[]")
    return f"#array@{'[]' * (depth - 1)}{declared[2 * depth :].partition('[')[0]}"


def _calls_constructor(body: Node) -> bool:
    """Whether a constructor starts with `this(...)` or `super(...)`."""
    return any(child.type == "explicit_constructor_invocation" for child in body.named_children[:3])
