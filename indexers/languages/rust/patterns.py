"""What the patterns of Rust bind, and to which part of the value that they are matched against. Pure functions over syntax."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.languages.rust.types import dotted, type_expression

MATCHED = ".::"
MAX_MATCHED = 100
"""What is matched is not part of the path where its own is longer."""
_CONTENT = {
    "Some": ".?",
    "Ok": ".?",
    "Ready": ".?",
    "Continue": ".?",
    "Err": ".unwrap_err()",
    "Borrowed": "",
    "Owned": "",
}
"""Variants of the standard library -> what their content is of the value that they match."""
Binding = tuple[Node, str, str]
"""A name that a pattern binds: its node, the access path of its value, its declared type."""


def bindings_of(pattern: Node, value: str, declared: str) -> list[Binding]:
    """Return what a pattern binds when it is matched against `value`."""
    found: list[Binding] = []
    stack = [(pattern, value, declared)]
    while stack:
        node, path, typed = stack.pop()
        kind = node.type
        if kind in ("identifier", "shorthand_field_identifier"):
            text = text_of(node)
            # An upper-case name in a pattern is a constant or a variant, not a new name.
            if not text[:1].isupper():
                found.append((node, path, typed))
        elif kind == "self":
            continue
        elif kind == "tuple_struct_pattern":
            stack.extend(reversed(_tuple_parts(node, path)))
        elif kind == "struct_pattern":
            parts = node.named_children
            owner = type_expression(parts[0]).partition("[")[0] if parts else ""
            for part in reversed(parts[1:]):
                names = part.named_children
                if part.type == "field_pattern" and names:
                    field = next((name for name in names if name.type != "mutable_specifier"), names[0])
                    inner = _taken(path, f"{owner}#{text_of(field)}") if owner else "#?"
                    stack.append((names[-1], inner, ""))
        elif kind in ("ref_pattern", "mut_pattern", "reference_pattern", "captured_pattern", "remaining_field_pattern"):
            parts = [part for part in node.named_children if part.type != "mutable_specifier"]
            stack.extend((part, path, typed) for part in reversed(parts))
        elif kind in ("tuple_pattern", "slice_pattern", "or_pattern", "match_pattern"):
            follows = bool(path) and path[0] != "#"
            if kind == "tuple_pattern":
                for part, at in reversed(places(node)):
                    stack.append((part, f"{path}[{at}]" if follows and at >= 0 else "#?", ""))
                continue
            inner = path if kind in ("or_pattern", "match_pattern") else path + "[]" if follows else "#?"
            stack.extend((part, inner, "") for part in reversed(node.named_children))
    return found


def places(node: Node) -> list[tuple[Node, int]]:
    """Return the parts of a tuple pattern with their positions, -1 behind `..`; `_` is no part but has a position."""
    found: list[tuple[Node, int]] = []
    position, inside = 0, False
    for child in node.children:
        kind = child.type
        if kind == "(":
            inside = True
        elif kind == "," and position >= 0:
            position += 1
        elif kind == "remaining_field_pattern" or kind == "..":
            position = -1
        elif inside and child.is_named and kind not in ("line_comment", "block_comment"):
            found.append((child, position))
    return found


def are_pairs(pattern: Node, value: Node) -> bool:
    """Whether a tuple pattern stands before a tuple."""
    return pattern.type == "tuple_pattern" and value.type == "tuple_expression"


def _tuple_parts(node: Node, path: str) -> list[tuple[Node, str, str]]:
    """Return what the parts of `Some(x)` or `Shape::Circle(centre, _)` are matched against."""
    parts = [part for part in node.named_children if part.type not in ("line_comment", "block_comment")]
    if not parts:
        return []
    variant = dotted(parts[0]) if parts[0].type == "scoped_identifier" else type_expression(parts[0]).partition("[")[0]
    content = _CONTENT.get(variant.rpartition(".")[2])
    if content is not None:
        inner = path if path.startswith("#") or not path else path + content
        return [(part, inner, "") for part in parts[1:]]
    return [(part, _taken(path, f"{variant}#{at}") if variant and at >= 0 else "#?", "") for part, at in places(node)]


def _taken(value: str, content: str) -> str:
    """Return the path of what a variant or a structure holds in a value, which says what its type arguments are."""
    if not value or value[0] == "#" or len(value) > MAX_MATCHED:
        return content
    return f"{value}{MATCHED}{content.replace('.', '::')}"
