"""Blocks, loops and handlers: what scopes the names declared inside."""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.facts import ScopeKind
from indexers.languages.ecmascript.expressions import access_path
from indexers.languages.ecmascript.functions import visit_statements
from indexers.languages.ecmascript.patterns import assign_pattern
from indexers.languages.ecmascript.walk import UNKNOWN, Walk

_CLASS_NAMES = frozenset({"identifier", "member_expression"})
_PATH = re.compile(r"[\w$]+(?:\.[\w$]+)*")
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
    """What a name is said to be an instance of, it is inside."""
    condition, consequence = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    told = _instances(walk, condition, scope) if condition is not None else []
    inner = walk.open(ScopeKind.BLOCK, scope) if told else scope
    for name, type_name in told:
        walk.builder.assign(node, inner, name, "", type_name)
    for child in node.named_children:
        walk.push(child, inner if child == consequence else scope)


def _instances(walk: Walk, condition: Node, scope: int) -> list[tuple[str, str]]:
    """Return the names, and the classes of this file or imported into it that `x instanceof A && ...` says they are of."""
    found: list[tuple[str, str]] = []
    pending = [condition]
    while pending:
        node = pending.pop()
        if node.type == "parenthesized_expression":
            pending += [child for child in node.named_children if child.type != "comment"]
        elif node.type == "binary_expression":
            left, operator, right = node.children[0], node.children[1].type, node.children[-1]
            if operator == "&&":
                pending += (left, right)
            elif operator == "instanceof" and left.type == "identifier" and right.type in _CLASS_NAMES:
                type_name = "".join(walk.text(right).split())
                if _PATH.fullmatch(type_name) and _is_of_file(walk, scope, type_name.partition(".")[0]):
                    found.append((walk.text(left), type_name))
    return found


def _is_of_file(walk: Walk, scope: int, name: str) -> bool:
    """Whether the file declares or imports a name: what the language has of itself may be anything more special."""
    declared = f"class {name}".encode()
    return walk.declaring_scope(scope, name) >= 0 or declared + b" " in walk.source or declared + b"<" in walk.source
