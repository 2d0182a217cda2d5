"""Strings and arrays that the lexical index packs are what it gives back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.backends.lexical.container import open_arrays, write_arrays
from knowledge.backends.lexical.layout import PackedStrings, pack_strings


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=6), st.text("ab", max_size=400).map(str.encode))))
def test_strings_are_given_back_and_found(strings: list[bytes]) -> None:
    in_order = sorted(set(strings))
    for given_strings in (strings, in_order):
        strings_again = PackedStrings(pack_strings("words", given_strings), "words")
        assert [strings_again[number] for number in range(len(strings_again))] == given_strings
    assert [strings_again.find(string) for string in in_order] == list(range(len(in_order)))
    assert strings_again.find(b"\xff" * 7) == -1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 2**63), max_size=300),
    st.sampled_from(["<u2", "<u4", "<u8", "<i8", "<f4", "|u1"]),
    st.booleans(),
)
def test_arrays_are_the_same_deflated_or_not(numbers: list[int], kind: str, alike: bool) -> None:
    array = (np.array(numbers, np.uint64) % (7 if alike else 2**15)).astype(kind)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.bin"
        write_arrays(path, {"of": "test"}, {"one": array, "none": array[:0], "two": array[::-1].copy()}, {"two"})
        meta, arrays = open_arrays(path)
        assert meta == {"of": "test"}
        assert [arrays[name].tolist() for name in ("one", "none", "two")] == [array.tolist(), [], array[::-1].tolist()]
        assert all(found.dtype == array.dtype and not found.flags.writeable for found in arrays.values())
        del arrays
