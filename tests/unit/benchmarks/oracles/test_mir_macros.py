"""Where functions of macros are written, for the Rust oracle."""

from __future__ import annotations

from pathlib import Path

from benchmarks.callgraph.oracles.mir_index import Source
from benchmarks.callgraph.oracles.mir_macros import UNKNOWN_TYPE

TEXT = """macro_rules! area {
    ($kind:ident, $name:ident) => {
        impl Area for $kind {
            fn area(&self) -> u8 { 1 }
            fn $name() -> u8 { 2 }
        }
    };
}
area!(A, first);
area!(
    B,
    second
);
macro_rules! forward {
    ($($name:ident -> $result:ty;)*) => { $(fn $name() -> $result { 1 })* };
}
forward! {
    third -> u8;
    fourth -> u16;
}
"""


def test_places_of_what_macros_make(tmp_path: Path) -> None:
    path = tmp_path / "lib.rs"
    path.write_text(TEXT, "utf-8")
    source = Source(str(path))
    rows = {
        name: (source.function_at(row, column, name) or ("", -1))[1]
        for name, row, column in (
            ("area", 3, 30),
            ("first", 4, 26),
            ("second", 4, 26),
            ("other", 4, 26),
            ("third", 17, 13),
            ("fourth", 18, 14),
        )
    }
    assert rows == {"area": 3, "first": 8, "second": 11, "other": -1, "third": 17, "fourth": 18}
    impl = source.made_impl(2, 8)
    assert impl is not None and (impl.trait, impl.type) == ("Area", UNKNOWN_TYPE)
    assert source.made_impl(3, 8) is None
    assert source.macros.takes_self(3, 30) and not source.macros.takes_self(4, 26)
