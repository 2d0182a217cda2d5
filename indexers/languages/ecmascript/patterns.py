"""Destructuring: `const {a, b: {c}} = x` binds a to `x.a` and c to `x.b.c`."""

from __future__ import annotations

from tree_sitter import Node

from indexers.languages.ecmascript.expressions import NAME, access_path, value
from indexers.languages.ecmascript.walk import Walk, name_text, string_text

MAX_DEPTH = 30


def assign_pattern(
    walk: Walk, node: Node, scope: int, source: str, *, declares: bool, target: int = -1, depth: int = 0
) -> None:
    """Bind what a pattern takes out of `source`, an access path in `scope`. target: where the names are declared."""
    if depth > MAX_DEPTH:
        return
    target = scope if target < 0 else target
    kind = node.type
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        _bind(walk, node, target, source, declares)
    elif kind in ("object_pattern", "array_pattern"):
        position = 0
        for child in node.children:
            if not child.is_named:
                position += child.type == ","
                continue
            path = _part(child, source, position if kind == "array_pattern" else -1)
            inner = _inner(walk, child, scope)
            if inner is not None:
                assign_pattern(walk, inner, scope, path, declares=declares, target=target, depth=depth + 1)
    elif kind in ("assignment_pattern", "object_assignment_pattern", "rest_pattern"):
        inner = _inner(walk, node, scope)
        if inner is not None:
            assign_pattern(walk, inner, scope, source, declares=declares, target=target, depth=depth + 1)
    elif kind in ("member_expression", "subscript_expression"):
        walk.builder.assign(node, scope, access_path(walk, node, scope), source)


def _bind(walk: Walk, node: Node, target: int, source: str, declares: bool) -> None:
    name = walk.text(node)
    if declares:
        walk.declare(target, name)
        if walk.names_symbols(target):
            walk.builder.define(node, node, "variable", target)
    walk.builder.assign(node, target, name, source)


def _part(node: Node, source: str, position: int) -> str:
    """Return the access path of what one element of a pattern takes out; `position` in a list, -1 in an object."""
    if source[0] == "#" and "@" not in source:
        return "#?"
    if position >= 0:
        return source if node.type == "rest_pattern" else f"{source}[{position}]"
    name = node
    while name.type in ("object_assignment_pattern", "pair_pattern", "assignment_pattern") and name.named_children:
        name = name.named_children[0]
    if node.type == "rest_pattern":
        return source
    if name.type in ("shorthand_property_identifier_pattern", "property_identifier", "identifier"):
        return f"{source}.{name_text(name)}"
    if name.type == "string" and NAME.fullmatch(string_text(name)):
        return f"{source}.{string_text(name)}"
    return "#?"


def _inner(walk: Walk, node: Node, scope: int) -> Node | None:
    """Return the pattern below a pair, a default or a rest; a default value is recorded."""
    kind = node.type
    children = [child for child in node.named_children if child.type != "comment"]
    if kind == "pair_pattern":
        if children and children[0].type == "computed_property_name":
            walk.push(children[0], scope)
        return children[-1] if len(children) > 1 else None
    if kind in ("object_assignment_pattern", "assignment_pattern"):
        if len(children) > 1:
            value(walk, children[-1], scope)
        return children[0] if children else None
    if kind == "rest_pattern":
        return children[0] if children else None
    return None if kind == "comment" else node
