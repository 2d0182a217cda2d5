"""Declarations: variables, functions, classes, types and namespaces."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag, ScopeKind
from indexers.languages.ecmascript import jsdoc
from indexers.languages.ecmascript.annotations import declare_type_parameters, literal_type, type_expression
from indexers.languages.ecmascript.assignments import assign_target
from indexers.languages.ecmascript.binding import assigns_this, bind_value, constructor_function
from indexers.languages.ecmascript.classes import define_class, member_name
from indexers.languages.ecmascript.expressions import FUNCTIONS, alternatives, required_module
from indexers.languages.ecmascript.functions import define_function, visit_statements
from indexers.languages.ecmascript.patterns import assign_pattern
from indexers.languages.ecmascript.walk import UNKNOWN, Walk


def declare_function(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """Record a function declaration or an overload signature; return its name."""
    name_node = next((child for child in node.named_children if child.type == "identifier"), None)
    if name_node is None:
        return ""
    name = walk.text(name_node)
    walk.declare(scope, name)
    if name in walk.prototyped or (name[:1].isupper() and assigns_this(node)):
        constructor_function(walk, node, scope, name, name_node, comment=comment, flags=flags, span=span)
    else:
        define_function(walk, node, scope, name, name_node, span=span, comment=comment, flags=flags)
    return name


def declare_class(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """Record a class, interface or enum declaration; return its name."""
    name_node = next((child for child in node.named_children if child.type in ("identifier", "type_identifier")), None)
    if name_node is None:
        return ""
    name = walk.text(name_node)
    walk.declare(scope, name)
    define_class(walk, node, scope, name, name_node, span=span, comment=comment, flags=flags)
    return name


def declare_type(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """Record a type alias: of an object type an interface, of other types a name with the type they stand for."""
    name_node = body = parameters = None
    for child in node.named_children:
        kind = child.type
        if kind == "type_identifier" and name_node is None:
            name_node = child
        elif kind == "type_parameters":
            parameters = child
        elif kind != "comment":
            body = child
    if name_node is None or body is None:
        return ""
    name = walk.text(name_node)
    if body.type == "object_type":
        define_class(walk, node, scope, name, name_node, span=span, comment=comment, flags=flags)
        return name
    span = span or node
    definition = walk.builder.define(
        name_node,
        span,
        "interface",
        scope,
        name=name,
        signature=walk.slice(span.start_byte, span.end_byte),
        docstring=jsdoc.read(walk, comment).text,
        flags=flags,
    )
    opened = walk.open(ScopeKind.CLASS, scope, definition, returns_to=-1)
    if parameters is not None:
        declare_type_parameters(walk, parameters, opened)
    declared = type_expression(walk, body, opened)
    walk.facts.definitions[definition].type = declared
    return name


def declare_namespace(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """Record `namespace A.B {}`; the body of `declare module "m"` stays in a block of its own."""
    name_node = body = None
    for child in node.named_children:
        if child.type in ("identifier", "nested_identifier", "string"):
            name_node = child
        elif child.type == "statement_block":
            body = child
    if body is None or name_node is None:
        return ""
    if name_node.type == "string":
        visit_statements(walk, body, walk.open(ScopeKind.BLOCK, scope, hoists=True), None)
        return ""
    names = walk.text(name_node).split(".")[:8]
    for name in names:
        definition = walk.builder.define(
            name_node,
            span or node,
            "package",
            scope,
            name=name.strip(),
            signature=walk.slice(node.start_byte, body.start_byte).rstrip("{ \n\t"),
            docstring=jsdoc.read(walk, comment).text,
            flags=flags,
        )
        scope = walk.open(ScopeKind.NAMESPACE, scope, definition, hoists=True, this_class=-1, returns_to=-1)
    visit_statements(walk, body, scope, None)
    return names[0]


def declare_ambient(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """`declare ...`: the declaration inside; the body of `declare global {}` counts to the module."""
    for child in node.named_children:
        declare = DECLARATIONS.get(child.type)
        if declare is not None:
            return declare(walk, child, scope, comment, flags, span or node)
        if child.type == "statement_block":
            visit_statements(walk, child, scope, None)
    return ""


def declare_variables(
    walk: Walk, node: Node, scope: int, comment: Node | None, flags: int = 0, span: Node | None = None
) -> str:
    """Record `const`, `let` and `var`; return the name of the first variable."""
    target = walk.hoists_to[scope] if node.type == "variable_declaration" else scope
    declarators = [child for child in node.named_children if child.type == "variable_declarator"]
    whole = span or node
    first = ""
    for declarator in declarators:
        name = _declarator(
            walk,
            declarator,
            scope,
            target,
            comment,
            flags,
            whole if len(declarators) == 1 else declarator,
            is_constant=node.children[0].type == "const",
        )
        first = first or name
    return first


def _declarator(
    walk: Walk,
    node: Node,
    scope: int,
    target: int,
    comment: Node | None,
    flags: int,
    span: Node,
    *,
    is_constant: bool,
) -> str:
    annotation = initialiser = None
    children = node.children
    name_node = children[0]
    for child in children[1:]:
        if child.type == "type_annotation":
            annotation = child
        elif child.is_named and child.type != "comment":
            initialiser = child
    declared = type_expression(walk, annotation, scope)
    if name_node.type != "identifier":
        _destructure(walk, name_node, initialiser, scope, target, declared)
        return ""
    name = walk.text(name_node)
    walk.declare(target, name)
    if initialiser is None:
        documentation = jsdoc.read(walk, comment)
        declared = declared or documentation.type
        if walk.names_symbols(target):
            walk.builder.define(
                name_node,
                span,
                "variable",
                target,
                name=name,
                signature=walk.slice(span.start_byte, span.end_byte),
                docstring=documentation.text,
                type=declared,
                flags=flags,
            )
        walk.builder.assign(name_node, target, name, "", declared)
        return name
    initialiser = _assigned_through(walk, initialiser, scope, name)
    if _keeps_its_value(declared, initialiser) and bind_value(
        walk,
        initialiser,
        scope,
        name,
        name_node,
        home=target,
        span=span,
        comment=comment,
        flags=flags,
        declared=declared,
    ):
        return name
    documentation = jsdoc.read(walk, comment)
    declared = declared or documentation.type
    if not declared and is_constant and not walk.reads_jsdoc and walk.names_symbols(target):
        declared = literal_type(walk, initialiser)
    if walk.names_symbols(target):
        walk.builder.define(
            name_node,
            span,
            "variable",
            target,
            name=name,
            signature=walk.slice(span.start_byte, span.end_byte),
            docstring=documentation.text,
            type=declared,
            flags=flags,
        )
    walk.expect(initialiser, declared)
    for path in alternatives(walk, initialiser, scope):
        walk.builder.assign(name_node, target, name, path, declared)
    return name


def _keeps_its_value(declared: str, initialiser: Node) -> bool:
    """Whether a variable is what it is initialised with: a function always, other values where no type is declared."""
    return not declared or initialiser.type in FUNCTIONS


def _assigned_through(walk: Walk, node: Node, scope: int, name: str) -> Node:
    """`const a = exports.b = value`: bind the targets on the way to the name; return the value."""
    while node.type == "assignment_expression":
        left, node = node.children[0], node.children[-1]
        assign_target(walk, left, scope, [name], node)
    return node


def _destructure(walk: Walk, pattern: Node, initialiser: Node | None, scope: int, target: int, declared: str) -> None:
    if initialiser is not None and initialiser.type == "call_expression":
        module = required_module(initialiser.children[0], initialiser.children[-1])
        if module is not None and pattern.type == "object_pattern":
            _require_names(walk, pattern, scope, target, module)
            return
    source = UNKNOWN
    if declared:
        source = walk.fresh("pattern")
        walk.builder.assign(pattern, target, source, "", declared)
        if initialiser is not None:
            walk.push(initialiser, scope)
    elif initialiser is not None:
        source = alternatives(walk, initialiser, scope)[0]
    assign_pattern(walk, pattern, scope, source, declares=True, target=target)


def _require_names(walk: Walk, pattern: Node, scope: int, target: int, module: str) -> None:
    """`const {a, b: c} = require("m")`: imports of a, and of b as c."""
    builder = walk.builder
    for child in pattern.named_children:
        kind = child.type
        if kind == "shorthand_property_identifier_pattern":
            name = alias = walk.text(child)
        elif kind == "pair_pattern" and child.named_children[-1].type == "identifier":
            name, alias = member_name(child.named_children[0]), walk.text(child.named_children[-1])
        else:
            whole = walk.fresh("require")
            builder.add_import(child, target, module, "", whole, Flag.DEFAULT)
            wrapped = child.named_children[-1] if kind == "pair_pattern" else child
            name = member_name(child.named_children[0]) if kind == "pair_pattern" else ""
            source = f"{whole}.{name}" if name else whole
            if kind == "object_assignment_pattern":
                source = f"{whole}.{walk.text(child.named_children[0])}"
            assign_pattern(walk, wrapped, scope, source, declares=True, target=target)
            continue
        walk.declare(target, alias)
        builder.add_import(child, target, module, name, alias)


def visit_declaration(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    DECLARATIONS[node.type](walk, node, scope, comment)


DECLARATIONS = {
    "function_declaration": declare_function,
    "generator_function_declaration": declare_function,
    "function_signature": declare_function,
    "class_declaration": declare_class,
    "abstract_class_declaration": declare_class,
    "interface_declaration": declare_class,
    "enum_declaration": declare_class,
    "type_alias_declaration": declare_type,
    "internal_module": declare_namespace,
    "module": declare_namespace,
    "ambient_declaration": declare_ambient,
    "lexical_declaration": declare_variables,
    "variable_declaration": declare_variables,
}
