"""`use` trees flattened: one (module, name, alias) a leaf. The tree is walked with a stack: its depth is the writer's."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from indexers.extraction.builder import text_of


def leaves(tree: Node) -> Iterator[tuple[Node, str, str, str]]:
    """Yield (node, module, name, alias) of every name that a `use` brings; name `*` for a glob, empty for the module itself."""
    stack: list[tuple[Node, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        kind = node.type
        parts = [part for part in node.named_children if part.type not in ("line_comment", "block_comment")]
        if kind == "use_list":
            stack.extend((part, prefix) for part in reversed(parts))
        elif kind == "scoped_use_list":
            if len(parts) == 2:
                stack.append((parts[1], _joined(prefix, _path(parts[0]))))
            elif parts:
                stack.append((parts[0], prefix))
        elif kind == "use_wildcard":
            yield node, _joined(prefix, _path(parts[0])) if parts else prefix, "*", "*"
        elif kind == "use_as_clause" and len(parts) == 2:
            yield _leaf(parts[0], prefix, text_of(parts[1]))
        elif kind in ("identifier", "scoped_identifier", "self", "crate", "super"):
            yield _leaf(node, prefix, "")


def _leaf(node: Node, prefix: str, alias: str) -> tuple[Node, str, str, str]:
    path = _path(node)
    full = prefix if path == "self" and prefix else _joined(prefix, path)
    module, _, name = full.rpartition("::")
    last = node.named_children[-1] if node.type == "scoped_identifier" and node.named_children else node
    if not module or (path == "self" and prefix):
        return last, full, "", alias or name
    return last, module, name, alias or name


def _path(node: Node) -> str:
    return "".join(text_of(node).split()).removeprefix("::")


def _joined(prefix: str, path: str) -> str:
    return f"{prefix}::{path}" if prefix else path
