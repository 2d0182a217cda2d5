"""What the walks over expressions share."""

from __future__ import annotations

import pytest
from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import last_length, operands, passed_name
from indexers.languages import parser_for


def expression(source: str) -> Node:
    """Return the node of a Go expression."""
    node = parser_for("go").parse(f"package a\nvar b = {source}\n".encode()).root_node
    while node.type != "binary_expression":
        node = node.named_children[-1]
    return node


def test_operands_come_in_source_order_without_the_silent_ones() -> None:
    node = expression("f() + 1 * g() - h() + x")
    assert [text_of(operand) for operand in operands(node, {"identifier"})] == ["f()", "1 * g()", "h()"]


def test_operands_of_a_long_sum_cost_no_stack() -> None:
    node = expression(" + ".join(f"f{number}()" for number in range(2_000)))
    found = [text_of(operand) for operand in operands(node, ())]
    assert (len(found), found[0], found[-1]) == (2_000, "f0()", "f1999()")


@pytest.mark.parametrize(("path", "length"), [("run", 3), ("self.app.send", 4), ("a.é", 2), ("", 0)])
def test_the_last_name_is_measured_in_bytes(path: str, length: int) -> None:
    assert last_length(path) == length


def test_only_a_name_that_is_not_local_is_a_reference() -> None:
    source = b"package a\nvar b = c\n"
    builder = FactsBuilder("go", source)
    node = parser_for("go").parse(source).root_node
    while node.named_children:
        node = node.named_children[-1]
    assert passed_name(builder, node, 0, {"c"}) == "c"
    assert builder.facts.references == []
    assert passed_name(builder, node, 0, None) == "c"
    assert [(item.path, item.line, item.column) for item in builder.facts.references] == [("c", 2, 9)]
