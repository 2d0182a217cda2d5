from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.errors import InputError
from indexers.scip.symbols import dotted_name, is_local
from indexers.scip.wire import Document, Encoding, documents
from tests.unit.indexers.scip.writing import document, number, packed, varint, write_index

A = document("a.py", [(0, 4, "s p n v `a`/f().", 1), (300, 70_000, "local 1", 0)], encoding=2)


def test_documents_come_one_after_the_other(tmp_path: Path) -> None:
    index = write_index(tmp_path / "index.scip", [A, document("größe/b.py", [])])
    assert list(documents(index)) == [
        Document("a.py", Encoding.UTF16, [(0, 4, "s p n v `a`/f().", 1), (300, 70_000, "local 1", 0)]),
        Document("größe/b.py", Encoding.UNSPECIFIED, []),
    ]


def test_unknown_fields_are_passed_over(tmp_path: Path) -> None:
    fixed = varint(90 << 3 | 1) + b"12345678" + varint(91 << 3 | 5) + b"1234"
    index = write_index(tmp_path / "index.scip", [A + fixed + number(77, 1 << 40) + packed(99, b"later")])
    assert [one.path for one in documents(index)] == ["a.py"]
    index.write_bytes(index.read_bytes() + fixed)
    assert [one.path for one in documents(index)] == ["a.py"]


@pytest.mark.parametrize(
    "content", [b"", b"no index at all\n" * 20, varint(2 << 3 | 2) + varint(1 << 50), b"\xff" * 30]
)
def test_what_is_no_index_is_an_input_error(content: bytes, tmp_path: Path) -> None:
    index = tmp_path / "index.scip"
    index.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(repr(str(index)))):
        list(documents(index))


def test_a_missing_index_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(documents(tmp_path / "nowhere.scip"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_index_is_read_or_refused(cut: int, at: int, byte: int, tmp_path: Path) -> None:
    index = write_index(tmp_path / "index.scip", [A, A])
    content = bytearray(index.read_bytes())
    content[at % len(content)] = byte
    index.write_bytes(bytes(content[: max(cut % len(content), 1)]))
    try:
        for one in documents(index):
            assert isinstance(one.path, str)
    except InputError:
        pass


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("scip-python python requests 2.0 `requests.api`/get().", "requests.api.get"),
        ("scip-python python python-stdlib 3.11 builtins/dict#get().", "builtins.dict.get"),
        ("scip-python python x 1 `a.b`/Task#__init__().", "a.b.Task"),
        ("scip-typescript npm typescript 5.0 lib/`lib.es5.d.ts`/Array#map().", "lib.lib.es5.d.ts.Array.map"),
        ("semanticdb maven jdk 17 java/util/List#get(+1).", "java.util.List.get"),
        ("rust-analyzer cargo std v1 macros/println!", "macros.println"),
        ("scip-clang  . . std/vector#push_back(49f6e7a06ebc5aa8).", "std.vector.push_back"),
        ("scip-go gomod a  b v1 `a b/c`/Run().", "a b.c.Run"),
        ("s m p v A#[T]", "A"),
        ("not a symbol", ""),
        ("s m p v A#(broken", ""),
    ],
)
def test_the_dotted_name_of_a_symbol(symbol: str, name: str) -> None:
    assert dotted_name(symbol) == name


def test_local_symbols() -> None:
    assert is_local("local 12")
    assert not is_local("scip-python python x 1 `a`/f().")
