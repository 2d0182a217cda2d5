"""The bodies of C++ macros as statements, where they are whole ones.

A body is parsed by itself: operators, objects that it makes and locals that it declares are then known as they are in any
function. What pastes names together, opens a brace that it does not close, or defines something is left to `macros.calls_in`.
"""

from __future__ import annotations

import re

from tree_sitter import Node, Parser

from indexers.languages.cfamily.macro_words import without_macro_words

_STRINGIZED = re.compile(rb"#(?=\s*[A-Za-z_])")
_BEFORE_CONTROL = re.compile(rb"\b[A-Z_][A-Z0-9_]{2,}(?=\s+(?:if|for|while|switch|do)\b)")
"""`AMBIGUOUS_ELSE_BLOCKER if (...)`, which the grammar takes for a declaration."""
_NAME_BY_MACRO = re.compile(rb"(?<=[\w*&>] )([A-Z_][A-Z0-9_]{2,})(\s*\([^()]*\))(?=\s*=[^=])")
"""`const int UNIQUE(name, __LINE__) = ...`, which the grammar takes for a function."""
_JOINED = re.compile(rb"\\(\r?\n)")
MAX_BODY = 8_000


def statements_of(body: bytes, parser: Parser) -> Node | None:
    """Return the tree of a macro's body, its positions counted from a bracket put before it; None where it does not parse."""
    if b"##" in body or len(body) > MAX_BODY or body.count(b"{") != body.count(b"}"):
        return None
    text = _JOINED.sub(rb" \1", _STRINGIZED.sub(b" ", body))
    text = _NAME_BY_MACRO.sub(lambda match: match.group(1) + b" " * len(match.group(2)), text)
    text = _BEFORE_CONTROL.sub(lambda match: b" " * len(match.group()), text)
    for each in (text, without_macro_words(text, among_statements=True)[0]):
        root = parser.parse(b"{" + each + b"\n;}").root_node
        if not root.has_error:
            return root
    return None


def value_of_body(root: Node) -> Node | None:
    """Return the expression whose value a use of the macro has, where its last statement says one: what is assigned or declared
    there counts, for what stands behind a use goes on with it (`REGISTER(f)->Arg(8)`)."""
    blocks = [child for child in root.named_children if child.type == "compound_statement"]
    statements = [child for block in blocks for child in block.named_children if child.type != "comment"]
    while statements and not statements[-1].named_children:
        statements.pop()  # the semicolon that was put behind
    last = statements[-1] if statements else None
    if last is not None and last.type == "declaration":
        last = last.child_by_field_name("declarator")
        return last.child_by_field_name("value") if last is not None and last.type == "init_declarator" else None
    if last is None or last.type != "expression_statement":
        return None
    found: Node | None = last.named_children[0]
    while found is not None and found.type == "assignment_expression":
        found = found.child_by_field_name("right")
    return found
