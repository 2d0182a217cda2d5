"""The cache of type texts."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.types import MAX_TYPE_BYTES, CachedTypeReader
from indexers.languages import parser_for


class _Counting(CachedTypeReader):
    reads = 0

    def _new(self, node: Node, text: bytes) -> str:
        self.reads += 1
        return text.decode()


def test_the_same_text_is_read_once() -> None:
    source = b"a\nb\na"
    reader = _Counting(source)
    names = parser_for("python").parse(source).root_node.named_children
    assert [reader.read(node) for node in names] == ["a", "b", "a"]
    assert reader.reads == 2


def test_a_type_that_is_too_long_says_nothing() -> None:
    source = b"a" * (MAX_TYPE_BYTES + 1)
    reader = _Counting(source)
    assert (reader.read(parser_for("python").parse(source).root_node), reader.reads) == ("", 0)
