"""Classes, interfaces, enums and object literals: definitions that open a class scope."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag, ScopeKind
from indexers.languages.ecmascript import jsdoc
from indexers.languages.ecmascript.annotations import declare_type_parameters, literal_type, type_expression
from indexers.languages.ecmascript.expressions import (
    FUNCTIONS,
    LONGEST_PATH,
    MAX_NESTING,
    NAME,
    access_path,
    alternatives,
    decorator_path,
)
from indexers.languages.ecmascript.functions import define_function, in_place, visit_statements
from indexers.languages.ecmascript.walk import UNKNOWN, Walk, name_text, string_text

CALL_SIGNATURE = "__call__"
"""The name under which the resolver looks for what calling an instance means."""
_NAMES = frozenset({"identifier", "type_identifier"})
_BODIES = frozenset({"class_body", "interface_body", "object_type", "enum_body"})
_METHODS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_FIELDS = frozenset({"field_definition", "public_field_definition", "property_signature"})
_NOT_NAMES = frozenset({"accessibility_modifier", "override_modifier", "comment", "type_parameters"})
_MEMBER_MARKS = {
    "static": Flag.STATIC,
    "get": Flag.PROPERTY,
    "set": Flag.PROPERTY | Flag.DECLARATION,
    "abstract": Flag.ABSTRACT,
}
_KINDS = {
    "interface_declaration": "interface",
    "type_alias_declaration": "interface",
    "object_type": "interface",
}


def define_class(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    *,
    span: Node | None = None,
    comment: Node | None = None,
    receiver: str = "",
    decorators: list[str] | None = None,
    flags: int = 0,
    home: int = -1,
) -> int:
    """Record a class, interface or enum with its members; `node` holds the heritage and the body.

    home: where the name lives, when that is not the scope around.
    """
    span = span or node
    decorators = list(decorators or ())
    body = type_parameters = None
    heritage: list[Node] = []
    for child in node.children:
        kind = child.type
        if kind in _BODIES:
            body = child
        elif kind == "type_parameters":
            type_parameters = child
        elif kind in ("class_heritage", "extends_type_clause"):
            heritage.append(child)
        elif kind == "decorator":
            decorators.append(decorator_path(walk, child, scope))
        elif kind == "abstract":
            flags |= Flag.ABSTRACT
    documentation = jsdoc.read(walk, comment)
    end = body.start_byte if body is not None else node.end_byte
    definition = walk.builder.define(
        name_node,
        span,
        _KINDS.get(node.type, "class"),
        scope if home < 0 else home,
        name=name,
        signature=walk.slice(span.start_byte, end).rstrip("{ \n\t"),
        docstring=documentation.text,
        receiver=receiver,
        decorators=decorators,
        flags=flags,
    )
    opened = walk.open_class(scope, definition)
    if type_parameters is not None:
        declare_type_parameters(walk, type_parameters, opened)
    record = walk.facts.definitions[definition]
    for clause in heritage:
        record.bases += _bases(walk, clause, scope, opened, record.implements)
    if not record.bases and documentation.bases:
        record.bases = list(documentation.bases)
    walk.classes[name] = definition
    own = next((child for child in node.children if child.type in _NAMES), None)
    if own is not None and walk.text(own) != name and walk.declaring_scope(scope, walk.text(own)) < 0:
        # A class expression sees itself under the name written in it.
        walk.builder.assign(own, scope, walk.text(own), name)
    if body is not None or node.type in _BODIES:
        _members(walk, body or node, scope, opened)
    return definition


def _bases(walk: Walk, clause: Node, scope: int, opened: int, implements: list[str]) -> list[str]:
    """Return the bases of a heritage clause: type expressions, or the access path of a mixin call."""
    found: list[str] = []
    for child in clause.named_children:
        kind = child.type
        if kind in ("extends_clause", "implements_clause"):
            target = found if kind == "extends_clause" else implements
            target.extend(_bases(walk, child, scope, opened, implements))
        elif kind == "type_arguments":
            continue
        elif kind in ("identifier", "type_identifier", "generic_type", "nested_type_identifier"):
            found.append(type_expression(walk, child, opened))
        elif kind != "comment":
            path = access_path(walk, child, scope)
            found.extend(_mixed(path) if not path.startswith("#") else ())
    return [base for base in found if base]


def _mixed(path: str) -> list[str]:
    return [path] if len(path) <= LONGEST_PATH else []


def _members(walk: Walk, body: Node, scope: int, opened: int) -> None:
    initial = -1
    comment: Node | None = None
    decorators: list[str] = []
    for child in body.named_children:
        kind = child.type
        if kind == "comment":
            comment = child
            continue
        if kind == "decorator":
            decorators.append(decorator_path(walk, child, scope))
            continue
        if kind in _METHODS:
            define_method(walk, child, opened, comment=comment, decorators=decorators)
        elif kind in _FIELDS:
            if initial < 0:
                initial = walk.open(ScopeKind.BLOCK, opened)
            _field(walk, child, opened, initial, comment, decorators)
        elif kind == "class_static_block":
            block = walk.open(ScopeKind.BLOCK, opened, hoists=True)
            for part in child.named_children:
                visit_statements(walk, part, block, None)
        elif kind in ("property_identifier", "enum_assignment", "string"):
            _enum_member(walk, child, scope, opened)
        elif kind in ("call_signature", "construct_signature"):
            define_function(walk, child, opened, CALL_SIGNATURE, child, kind="method", comment=comment)
        elif kind != "index_signature":
            walk.push(child, scope)
        comment, decorators = None, []


def define_method(
    walk: Walk,
    node: Node,
    opened: int,
    *,
    comment: Node | None = None,
    decorators: list[str] | None = None,
    receiver: str = "",
    flags: int = 0,
    this_class: int | None = None,
    kind: str = "method",
    lexical_scope: int = -1,
    declared: str = "",
) -> int:
    """Record a method of a class, an interface or an object literal and return its definition.

    One with a computed name stays anonymous: -1. lexical_scope: where its body looks names up, if not in `opened`.
    """
    name_node = None
    found = list(decorators or ())
    for child in node.children:
        mark = child.type
        if mark == "formal_parameters":
            break
        if mark == "decorator":
            found.append(decorator_path(walk, child, opened))
        elif mark in _MEMBER_MARKS and not child.is_named:
            flags |= _MEMBER_MARKS[mark]
        elif child.is_named and name_node is None and mark not in _NOT_NAMES:
            name_node = child
    name = member_name(name_node)
    if name_node is None or not name:
        if name_node is not None:
            walk.push(name_node, opened)
        around = opened if lexical_scope < 0 else lexical_scope
        in_place(walk, node, around, comment, opened if this_class is None else this_class)
        return -1
    return define_function(
        walk,
        node,
        opened,
        name,
        name_node,
        kind=kind,
        comment=comment,
        receiver=receiver,
        decorators=found,
        flags=flags,
        this_class=opened if this_class is None else this_class,
        lexical_scope=lexical_scope,
        declared=declared,
    )


def method_name(node: Node) -> Node | None:
    """Return the node that names a method."""
    for child in node.children:
        if child.type == "formal_parameters":
            break
        if child.is_named and child.type not in _NOT_NAMES and child.type != "decorator":
            return child
    return None


def member_name(node: Node | None) -> str:
    """Return the name of a property key, empty for one that is computed or not a name."""
    if node is None:
        return ""
    kind = node.type
    if kind in ("property_identifier", "private_property_identifier", "identifier", "shorthand_property_identifier"):
        return name_text(node)
    if kind == "string":
        text = string_text(node)
        return text if NAME.fullmatch(text) else ""
    return ""


def _field(walk: Walk, node: Node, opened: int, initial: int, comment: Node | None, decorators: list[str]) -> None:
    """Record a field; its initialiser runs in the scope `initial`, where `this` is the instance."""
    name_node = annotation = initialiser = None
    flags = 0
    found = list(decorators)
    after_equals = is_constant = False
    for child in node.children:
        kind = child.type
        if kind == "=":
            after_equals = True
        elif kind == "readonly":
            is_constant = True
        elif kind == "decorator":
            found.append(decorator_path(walk, child, initial))
        elif kind == "type_annotation":
            annotation = child
        elif kind in _MEMBER_MARKS and not child.is_named:
            flags |= _MEMBER_MARKS[kind]
        elif child.is_named and kind not in _NOT_NAMES:
            if after_equals:
                initialiser = child
            elif name_node is None:
                name_node = child
    name = member_name(name_node)
    if name_node is None or not name:
        for part in (name_node, initialiser):
            if part is not None:
                walk.push(part, initial)
        return
    if initialiser is not None and initialiser.type in FUNCTIONS:
        define_function(
            walk,
            initialiser,
            opened,
            name,
            name_node,
            span=node,
            kind="method",
            comment=comment,
            decorators=found,
            flags=flags,
            this_class=opened,
            lexical_scope=initial,
            declared=type_expression(walk, annotation, opened),
        )
        return
    if initialiser is not None and initialiser.type == "object":
        define_object(
            walk, initialiser, opened, name, name_node, span=node, comment=comment, flags=flags, evaluated=initial
        )
        return
    documentation = jsdoc.read(walk, comment)
    declared = literal_type(walk, annotation) or type_expression(walk, annotation, opened) or documentation.type
    if not declared and is_constant and initialiser is not None:
        declared = literal_type(walk, initialiser)
    walk.builder.define(
        name_node,
        node,
        "variable",
        opened,
        name=name,
        signature=walk.slice(node.start_byte, node.end_byte),
        docstring=documentation.text,
        type=declared,
        decorators=found,
        flags=flags,
    )
    if initialiser is not None:
        for path in alternatives(walk, initialiser, initial):
            if not declared and path != UNKNOWN:
                walk.builder.assign(name_node, initial, f"this.{name}", path)


def _enum_member(walk: Walk, node: Node, scope: int, opened: int) -> None:
    name_node = node.named_children[0] if node.type == "enum_assignment" and node.named_children else node
    name = member_name(name_node)
    if name:
        walk.builder.define(
            name_node,
            node,
            "variable",
            opened,
            name=name,
            signature=walk.slice(node.start_byte, node.end_byte),
            flags=Flag.STATIC,
        )
    for child in node.named_children[1:]:
        walk.push(child, scope)


# object literals


def define_object(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    *,
    span: Node | None = None,
    comment: Node | None = None,
    declared: str = "",
    flags: int = 0,
    evaluated: int = -1,
) -> int:
    """Record an object literal under the name it is given; its functions are methods.

    evaluated: the scope in which its values are read, when that is not where the name lives.
    """
    span = span or node
    documentation = jsdoc.read(walk, comment)
    definition = walk.builder.define(
        name_node,
        span,
        "variable",
        scope,
        name=name,
        signature=walk.slice(span.start_byte, node.start_byte + 1).rstrip("{=( \n\t"),
        docstring=documentation.text,
        type=declared or documentation.type,
        flags=flags,
    )
    outer = scope if evaluated < 0 else evaluated
    opened = walk.open_class(outer, definition)
    object_members(walk, node, outer, opened)
    return definition


def object_members(walk: Walk, node: Node, outer: int, opened: int) -> None:
    """Record the members of an object literal in its class scope; plain values are read in the scope `outer`."""
    values = -1
    comment: Node | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "comment":
            comment = child
            continue
        if kind == "method_definition":
            define_method(walk, child, opened, comment=comment)
        elif kind == "pair":
            children = [part for part in child.children if part.is_named and part.type != "comment"]
            name = member_name(children[0]) if len(children) > 1 else ""
            if not name:
                for part in children:
                    walk.push(part, outer)
            elif children[1].type in FUNCTIONS:
                arrow = children[1].type == "arrow_function"
                define_function(
                    walk,
                    children[1],
                    opened,
                    name,
                    children[0],
                    span=child,
                    kind="method",
                    comment=comment,
                    this_class=-1 if arrow else opened,
                )
            elif children[1].type == "object" and walk.depth < MAX_NESTING:
                walk.depth += 1
                define_object(walk, children[1], opened, name, children[0], span=child, comment=comment)
                walk.depth -= 1
            else:
                if values < 0:
                    values = walk.open(ScopeKind.BLOCK, opened, this_class=-1)
                _entry(walk, children[0], children[1], name, values)
        elif kind == "shorthand_property_identifier":
            if values < 0:
                values = walk.open(ScopeKind.BLOCK, opened, this_class=-1)
            name = walk.text(child)
            if not walk.is_local(values, name):
                walk.builder.refer(child, values, name)
            walk.builder.assign(child, values, f"this.{name}", name)
        elif kind == "spread_element" and child.named_children:
            _add_origin(walk, opened, alternatives(walk, child.named_children[0], outer)[0])
        else:
            walk.push(child, outer)
        comment = None


def _add_origin(walk: Walk, opened: int, path: str) -> None:
    """`{...base}` and `{__proto__: base}` have the members of another object, as a class has those of its bases."""
    definition = walk.facts.scopes[opened].definition
    if path[0] != "#" and len(path) <= LONGEST_PATH:
        walk.facts.definitions[definition].bases.append(path)


def _entry(walk: Walk, key: Node, node: Node, name: str, scope: int) -> None:
    """Record one plain member: `{ name: value }`."""
    for path in alternatives(walk, node, scope):
        if name == "__proto__":
            _add_origin(walk, walk.facts.scopes[scope].parent, path)
        elif path != UNKNOWN:
            walk.builder.assign(key, scope, f"this.{name}", path)
