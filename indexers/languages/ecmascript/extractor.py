"""JavaScript, TypeScript and TSX source -> neutral facts, in one walk.

Every visitor takes `(walk, node, scope, comment)` and puts what lies deeper on the walk's stack, so nesting costs no Python
stack. Node types without an entry below have their children visited; those with None hold nothing of interest.
Source: the node types of tree-sitter-javascript 0.25 and tree-sitter-typescript 0.23; name rules from ECMA-262.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.facts import FileFacts, Flag, ScopeKind
from indexers.languages.ecmascript import jsdoc
from indexers.languages.ecmascript.assignments import add_base, visit_assignment
from indexers.languages.ecmascript.blocks import (
    visit_block,
    visit_cases,
    visit_catch,
    visit_for,
    visit_for_in,
    visit_if,
    visit_switch,
    visit_while,
)
from indexers.languages.ecmascript.classes import define_method
from indexers.languages.ecmascript.comments import plain
from indexers.languages.ecmascript.containers import array_value, class_value, object_type, object_value, visit_made
from indexers.languages.ecmascript.declarations import DECLARATIONS, visit_declaration
from indexers.languages.ecmascript.expressions import (
    FUNCTIONS,
    access_path,
    value,
    visit_binary,
    visit_decorator,
    visit_expression,
    visit_ternary,
    visit_update,
)
from indexers.languages.ecmascript.functions import (
    define_function,
    in_place,
    visit_anonymous,
    visit_return,
    visit_statements,
)
from indexers.languages.ecmascript.jsx import visit_jsx_tag, visit_jsx_value
from indexers.languages.ecmascript.mending import mended
from indexers.languages.ecmascript.modules import visit_export, visit_import, visit_import_alias
from indexers.languages.ecmascript.walk import UNKNOWN, Maker, Visitor, Walk

_PROTOTYPE = re.compile(rb"\b([A-Za-z_$][\w$]*)\.prototype\b")
_TEST_CALLS = frozenset({"it", "test", "specify", "fit"})
_TEST_MODES = frozenset({"only", "skip", "concurrent", "each", "failing", "sequential", "serial", "todo", "for"})
_INHERITANCE_CALLS = frozenset({"inherits", "util.inherits", "inherit", "Object.setPrototypeOf"})
_NOT_IN_A_NAME = re.compile(r"[^\w$ -]+")
TEST_NAME_LIMIT = 80


def extract_javascript(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one JavaScript file. Never raises on bad source: what is not understood is an issue."""
    return _extract("javascript", source, root)


def extract_typescript(source: bytes, root: Node) -> FileFacts:
    return _extract("typescript", source, root)


def extract_tsx(source: bytes, root: Node) -> FileFacts:
    return _extract("tsx", source, root)


mend_typescript = mend_tsx = mended
"""What `indexers.languages` asks where the grammar reads a source with errors."""


def _extract(language: str, source: bytes, root: Node) -> FileFacts:
    walk = Walk(language, source, VISITORS, visit_children, MAKERS)
    if b".prototype" in source:
        walk.prototyped = frozenset(match.decode("utf-8", "replace") for match in _PROTOTYPE.findall(source))
    walk.pending.append((visit_program, root, 0, None))
    walk.run()
    _mark_exports(walk)
    walk.builder.report_syntax(root)
    return walk.facts


def _mark_exports(walk: Walk) -> None:
    """Mark what `export {a}` and `module.exports = {a}` name, wherever in the file they stand."""
    if not walk.exported:
        return
    for definition in walk.facts.definitions:
        if definition.scope == 0 and definition.name in walk.exported and not definition.receiver:
            definition.flags |= Flag.EXPORTED
    for item in walk.facts.imports:
        if item.scope == 0 and item.alias in walk.exported:
            item.flags |= Flag.REEXPORT


def visit_program(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """The module: its statements, its own comment, the types its comments declare."""
    before: Node | None = None
    is_first = True
    for child in node.named_children:
        kind = child.type
        if kind == "comment":
            before = child
            text = child.text or b""
            if text.startswith(b"/**"):
                jsdoc.declare_types(walk, child)
            if is_first and text.startswith(b"/*") and b"@license" not in text:
                walk.facts.docstring = plain(text)[:2_000]
        elif kind != "hash_bang_line":
            is_documented = before is not None and (before.text or b"").startswith(b"/**")
            if is_first and is_documented and (kind in DECLARATIONS or kind == "export_statement"):
                # The comment right above a first definition is the definition's.
                walk.facts.docstring = ""
            is_first = False
            walk.push(child, scope, before)
            before = None


def visit_children(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    visitors, fallback, pending = walk.visitors, walk.fallback, walk.pending
    for child in node.named_children:
        visit = visitors.get(child.type, fallback)
        if visit is not None:
            pending.append((visit, child, scope, None))


def visit_first(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """A cast: its expression counts, its type does not."""
    for child in node.named_children[:1]:
        walk.push(child, scope)


def visit_statement(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    """An expression as a statement passes its comment on."""
    for child in node.named_children:
        walk.push(child, scope, comment)


def visit_call(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    children = node.children
    function, arguments = children[0], children[-1]
    if arguments.type == "arguments" and not walk.in_function[scope]:
        kind = function.type
        if _test_block(walk, node, function, arguments, scope):
            return
        if kind in ("identifier", "member_expression") and walk.text(function) in _INHERITANCE_CALLS:
            inner = arguments.named_children
            if len(inner) == 2:
                add_base(walk, walk.text(inner[0]).removesuffix(".prototype"), inner[1])
    access_path(walk, node, scope)


def _test_block(walk: Walk, node: Node, function: Node, arguments: Node, scope: int) -> bool:
    """`it("does this", () => {...})` defines a test named by its text."""
    head, modes = function, 0
    while head.type in ("call_expression", "member_expression") and modes < 4:
        if head.type == "member_expression" and walk.text(head.children[-1]) not in _TEST_MODES:
            return False
        head, modes = head.children[0], modes + 1
    if head.type != "identifier" or walk.text(head) not in _TEST_CALLS:
        return False
    inner = [child for child in arguments.named_children if child.type != "comment"]
    body = next((child for child in inner[1:3] if child.type in FUNCTIONS), None)
    if body is None or not inner or inner[0].type not in ("string", "template_string"):
        return False
    title = " ".join(_NOT_IN_A_NAME.sub(" ", walk.text(inner[0])[1:-1]).split())[:TEST_NAME_LIMIT].strip()
    if not title:
        return False
    path = access_path(walk, function, scope)
    called_at = walk.last_name
    passed = [UNKNOWN if child is body else value(walk, child, scope) for child in inner]
    if called_at is not None:
        walk.builder.call(called_at, scope, path, len(inner), 0, passed)
    # Its title is no name that code could mean: it lives in a block of its own.
    aside = walk.open(ScopeKind.BLOCK, scope)
    define_function(walk, body, aside, title, inner[0], span=node, flags=Flag.TEST, lexical_scope=scope)
    return True


def visit_stray_method(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """A method outside a class, as broken source has them."""
    define_method(walk, node, scope, this_class=-1, kind="function")


_SILENT = re.findall(
    r"\w+",
    """
property_identifier private_property_identifier shorthand_property_identifier type_identifier this super
string string_fragment escape_sequence number regex regex_pattern regex_flags true false null undefined comment
hash_bang_line html_comment empty_statement break_statement continue_statement debugger_statement statement_identifier
meta_property optional_chain import type_annotation type_arguments type_parameters predefined_type
shorthand_property_identifier_pattern jsx_closing_element jsx_text jsx_namespace_name html_character_reference
accessibility_modifier override_modifier import_attribute literal_type union_type generic_type array_type function_type
object_type nested_type_identifier index_signature asserts type_predicate
""",
)

MAKERS: dict[str, Maker] = {
    **dict.fromkeys(FUNCTIONS, in_place),
    "object": object_value,
    "array": array_value,
    "class": class_value,
    "object_type": object_type,
}

VISITORS: dict[str, Visitor | None] = {
    **dict.fromkeys(_SILENT, None),
    **dict.fromkeys(DECLARATIONS, visit_declaration),
    **dict.fromkeys(FUNCTIONS, visit_anonymous),
    "program": visit_program,
    "import_statement": visit_import,
    "import_alias": visit_import_alias,
    "export_statement": visit_export,
    "expression_statement": visit_statement,
    "statement_block": visit_block,
    "switch_statement": visit_switch,
    "switch_body": visit_cases,
    "switch_case": visit_statements,
    "switch_default": visit_statements,
    "if_statement": visit_if,
    "while_statement": visit_while,
    "for_statement": visit_for,
    "for_in_statement": visit_for_in,
    "catch_clause": visit_catch,
    "return_statement": visit_return,
    "yield_expression": visit_return,
    "assignment_expression": visit_assignment,
    "call_expression": visit_call,
    "new_expression": visit_expression,
    "member_expression": visit_expression,
    "subscript_expression": visit_expression,
    "as_expression": visit_first,
    "satisfies_expression": visit_first,
    "array": visit_made,
    "object": visit_made,
    "class": visit_made,
    "identifier": visit_expression,
    "update_expression": visit_update,
    "augmented_assignment_expression": visit_update,
    "binary_expression": visit_binary,
    "ternary_expression": visit_ternary,
    "method_definition": visit_stray_method,
    "decorator": visit_decorator,
    "jsx_opening_element": visit_jsx_tag,
    "jsx_self_closing_element": visit_jsx_tag,
    "jsx_expression": visit_jsx_value,
}
