"""What the walks over expressions of several languages share; knows no grammar beyond `binary_expression`."""

from __future__ import annotations

from collections.abc import Container, Iterator

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of


def operands(node: Node, silent: Container[str]) -> Iterator[Node]:
    """Yield the operands of nested binary expressions in source order, without those whose kind is `silent`.

    A sum of a thousand literals nests to the left a thousand deep: that side is followed in a loop.
    """
    right: list[Node] = []
    current = node
    while current.type == "binary_expression":
        children = current.children
        if children[-1].type not in silent:
            right.append(children[-1])
        current = children[0]
    if current.type not in silent:
        yield current
    yield from reversed(right)


def last_length(path: str) -> int:
    """Return the length in bytes of the last name of an access path."""
    name = path[path.rfind(".") + 1 :]
    return len(name) if name.isascii() else len(name.encode())


def passed_name(builder: FactsBuilder, node: Node, scope: int, local_names: Container[str] | None) -> str:
    """Return the name of an identifier that is handed on; one that is not local may be a function: a reference."""
    path = text_of(node)
    if local_names is None or path not in local_names:
        builder.refer(node, scope, path)
    return path
