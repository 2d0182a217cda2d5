"""Blocks, loops and handlers: what scopes the names declared inside."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import ScopeKind
from indexers.languages.ecmascript.expressions import access_path
from indexers.languages.ecmascript.functions import visit_statements
from indexers.languages.ecmascript.narrowing import narrow, narrow_branches, narrow_cases
from indexers.languages.ecmascript.patterns import assign_pattern
from indexers.languages.ecmascript.walk import UNKNOWN, Walk

_SCOPED = frozenset(
    {
        "lexical_declaration",
        "class_declaration",
        "function_declaration",
        "generator_function_declaration",
        "abstract_class_declaration",
    }
)


def visit_block(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """A block opens a scope only if it declares something."""
    if any(child.type in _SCOPED for child in node.named_children):
        scope = walk.open(ScopeKind.BLOCK, scope)
    visit_statements(walk, node, scope, None)


def visit_for(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """`for (;;)`: the head's names live in the loop."""
    inner = (
        walk.open(ScopeKind.BLOCK, scope)
        if any(c.type == "lexical_declaration" for c in node.named_children)
        else scope
    )
    visit_statements(walk, node, inner, None)


def visit_for_in(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """`for (const x of xs)` binds x to `xs[]`, with `in` to a string."""
    operator, parts, declares, target = "in", [], False, scope
    for child in node.children:
        kind = child.type
        if kind in ("const", "let", "var"):
            declares = True
            target = walk.hoists_to[scope] if kind == "var" else walk.open(ScopeKind.BLOCK, scope)
            scope = scope if kind == "var" else target
        elif kind == "of":
            operator = "of"
        elif child.is_named and kind != "comment":
            parts.append(child)
    if len(parts) < 3:
        for child in parts:
            walk.push(child, scope)
        return
    source = access_path(walk, parts[1], scope)
    element = "#str" if operator == "in" else UNKNOWN if source.startswith("#") else f"{source}[]"
    assign_pattern(walk, parts[0], scope, element, declares=declares, target=target)
    walk.push(parts[2], scope)


def visit_catch(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    children = [child for child in node.named_children if child.type != "comment"]
    inner = scope
    if len(children) > 1:
        inner = walk.open(ScopeKind.BLOCK, scope)
        assign_pattern(walk, children[0], inner, UNKNOWN, declares=True)
    if children:
        walk.push(children[-1], inner)


def visit_if(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """What the condition says of a name holds inside, the contrary in `else` and behind what leaves."""
    narrow_branches(walk, node, scope)
    for child in node.named_children:
        walk.push(child, scope)


def visit_while(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    condition = node.child_by_field_name("condition")
    if condition is not None:
        narrow(walk, condition, scope, node.child_by_field_name("body"), True)
    for child in node.named_children:
        walk.push(child, scope)


def visit_switch(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """The cases of a switch share one scope."""
    subject, body = node.child_by_field_name("value"), node.child_by_field_name("body")
    if subject is None or body is None:
        return
    if not walk.reads_jsdoc:
        narrow_cases(walk, subject, body, scope)
    walk.push(subject, scope)
    walk.push(body, scope)


def visit_cases(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    visit_statements(walk, node, walk.open(ScopeKind.BLOCK, scope), None)
