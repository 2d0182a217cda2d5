"""Reads the types of one file; the same text is read once. How a type is read is each language's own."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tree_sitter import Node

MAX_TYPE_BYTES = 300
"""A longer type is not worth a fact; bounds the recursion too."""


class CachedTypeReader(ABC):
    def __init__(self, source: bytes) -> None:
        self.source = source
        self._known: dict[bytes, str] = {}

    def read(self, node: Node) -> str:
        """Return the type expression of a type node, empty when it says nothing or is too long."""
        start, end = node.start_byte, node.end_byte
        if end - start > MAX_TYPE_BYTES:
            return ""
        key = self.source[start:end]
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._new(node, key)
        return found

    @abstractmethod
    def _new(self, node: Node, text: bytes) -> str:
        """Read a type whose text was not met before."""
