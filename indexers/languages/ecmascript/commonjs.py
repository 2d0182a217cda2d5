"""CommonJS exports: `exports.a = b`, `module.exports = {a, b() {}}`. What is exported becomes a name of the module."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag
from indexers.languages.ecmascript.binding import bind_value
from indexers.languages.ecmascript.classes import member_name
from indexers.languages.ecmascript.expressions import alternatives, required_module, value
from indexers.languages.ecmascript.functions import define_function
from indexers.languages.ecmascript.walk import MODULE, Walk, name_text


def is_exports(walk: Walk, node: Node, scope: int) -> bool:
    """Whether an expression is the CommonJS `exports` or `module.exports`."""
    if node.type == "identifier":
        return node.text == b"exports" and walk.declaring_scope(scope, "exports") < 0
    return node.type == "member_expression" and node.text == b"module.exports"


def exported_object(walk: Walk, node: Node, scope: int, comment: Node | None) -> bool:
    """`module.exports = {a, b: c, d() {}}`: names of the module."""
    builder = walk.builder
    before = comment
    for child in node.named_children:
        kind = child.type
        if kind == "comment":
            before = child
            continue
        if kind == "shorthand_property_identifier":
            name = walk.text(child)
            builder.refer(child, scope, name)
            export_name(walk, child, scope, name, name)
        elif kind == "pair":
            _exported_pair(walk, child, scope, before)
        elif kind == "method_definition":
            _exported_method(walk, child, scope, before)
        elif kind == "spread_element" and child.named_children:
            _exported_spread(walk, child.named_children[0], scope)
        before = None
    return True


def export_name(walk: Walk, node: Node, scope: int, name: str, path: str) -> None:
    """Make `path`, read in `scope`, a name of the module."""
    if name == path and walk.declaring_scope(scope, name) in (0, -1):
        walk.exported.add(name)
    elif not path.startswith("#?"):
        walk.builder.assign(node, 0 if walk.hoists_to[scope] == 0 else scope, name, path)


def _exported_pair(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    children = [child for child in node.named_children if child.type != "comment"]
    name = member_name(children[0]) if len(children) > 1 else ""
    if not name:
        for child in children:
            value(walk, child, scope)
        return
    first = len(walk.facts.definitions)
    if bind_value(walk, children[1], scope, name, children[0], home=0, span=node, comment=comment, flags=Flag.EXPORTED):
        walk.exported.add(name)
        if children[1].type != "arrow_function":
            walk.bind_this(first, MODULE)
        return
    for path in alternatives(walk, children[1], scope):
        export_name(walk, children[0], scope, name, path)


def _exported_method(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    """A method of the exported object; a getter that only loads a module is an import."""
    name_node = next((child for child in node.named_children if child.type != "comment"), None)
    name = member_name(name_node)
    if name_node is None or not name:
        walk.push(node, scope)
        return
    module = _loaded_module(node)
    walk.exported.add(name)
    if module is not None:
        walk.builder.add_import(
            name_node, 0, module[0], module[1], name, Flag.REEXPORT | (0 if module[1] else Flag.DEFAULT)
        )
        return
    is_getter = any(child.type == "get" and not child.is_named for child in node.children[:2])
    flags = Flag.EXPORTED | (Flag.PROPERTY if is_getter else 0)
    first = len(walk.facts.definitions)
    define_function(walk, node, 0, name, name_node, comment=comment, flags=flags, lexical_scope=scope)
    walk.bind_this(first, MODULE)


def _loaded_module(node: Node) -> tuple[str, str] | None:
    """Return module and name of `{ return require("m").name }`."""
    body = node.children[-1]
    statements = body.named_children if body.type == "statement_block" else []
    if len(statements) != 1 or statements[0].type != "return_statement" or not statements[0].named_children:
        return None
    expression, name = statements[0].named_children[0], ""
    if expression.type == "member_expression":
        expression, name = expression.children[0], name_text(expression.children[-1])
    if expression.type != "call_expression":
        return None
    module = required_module(expression.children[0], expression.children[-1])
    return (module, name) if module is not None else None


def _exported_spread(walk: Walk, node: Node, scope: int) -> None:
    """`...require("m")` takes all names of a module."""
    if node.type == "call_expression":
        module = required_module(node.children[0], node.children[-1])
        if module is not None:
            walk.builder.add_import(node, 0, module, "*", "*", Flag.REEXPORT)
            return
    walk.push(node, scope)
