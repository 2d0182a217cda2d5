"""The reader of SCIP indexes against bytes written by hand."""

from __future__ import annotations

import pytest

from benchmarks.callgraph.oracles.scip_index import Occurrence, documents
from tests.unit.benchmarks.oracles.scip_writing import index, message, varint


def test_occurrences_with_their_place_symbol_and_role() -> None:
    content = index({"a.py": [(300, 4, "pkg f().", True), (2, 7, "pkg f().", False)], "b.py": []})
    assert list(documents(content)) == [
        ("a.py", [Occurrence(300, 4, "pkg f().", True), Occurrence(2, 7, "pkg f().", False)]),
        ("b.py", []),
    ]


def test_numbers_of_fixed_width_are_skipped() -> None:
    fixed = varint(9 << 3 | 1) + b"\0" * 8 + varint(10 << 3 | 5) + b"\0" * 4
    assert list(documents(fixed + message(2, message(1, b"a.py")))) == [("a.py", [])]


@pytest.mark.parametrize("cut", [1, 7])
def test_a_cut_index_is_refused(cut: int) -> None:
    content = index({"a.py": [(1, 2, "pkg f().", False)]})
    with pytest.raises(ValueError, match="cut"):
        list(documents(content[:-cut]))


def test_other_wire_types_are_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        list(documents(varint(2 << 3 | 3)))
