"""JSX: an opening tag is a call of its component, its properties are arguments."""

from __future__ import annotations

from tree_sitter import Node

from indexers.languages.ecmascript.expressions import asked_for, value
from indexers.languages.ecmascript.walk import Walk


def visit_jsx_tag(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    """An opening tag with a component's name is a call of the component."""
    name, count = None, 0
    for child in node.named_children:
        kind = child.type
        if name is None and kind in ("identifier", "member_expression", "nested_identifier"):
            name = child
        elif kind == "jsx_attribute":
            count = 1
            for part in child.named_children[1:]:
                visit_jsx_value(walk, part, scope, comment, _asked_of(walk, name, child))
        elif kind == "jsx_expression":
            count = 1
            visit_jsx_value(walk, child, scope, comment)
    if name is None:
        return
    if name.type == "identifier":
        tag = walk.text(name)
        if tag[:1].isupper():
            walk.builder.call(name, scope, tag, count)
    elif name.children:
        tag = "".join(walk.text(name).split())
        if tag.startswith("this."):
            tag = walk.this_path[scope] + tag[4:]
        walk.builder.call(name.children[-1], scope, tag, count)


def _asked_of(walk: Walk, tag: Node | None, attribute: Node) -> str:
    """Return the type that a component's property has, for a function that it is given."""
    text = walk.text(tag) if tag is not None else ""
    asked = asked_for(walk, text, 0) if text[:1].isupper() else ""
    key = walk.text(attribute.named_children[0])
    return f"member[{key},{asked}]" if asked and key.isidentifier() else ""


def visit_jsx_value(walk: Walk, node: Node, scope: int, _comment: Node | None, expected: str = "") -> None:
    if node.type != "jsx_expression":
        walk.push(node, scope)
        return
    for child in node.named_children:
        walk.expect(child, expected)
        value(walk, child, scope)
        walk.expected = ""
