"""Where functions of macros are written, for the Rust oracle."""

from __future__ import annotations

from pathlib import Path

from benchmarks.callgraph.oracles.mir_index import Crates, Impl, Source
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
macro_rules! wrap {
    ($name:ident <$($arg:ident),*> $t:ty) => {
        impl<$($arg),*> Area for $name<$($arg),*> where $t: Area $(, $arg: Copy)* {
            fn area(&self) -> u8 { 1 }
        }
    };
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
    assert source.made_impl(22, 8) == Impl("Area", UNKNOWN_TYPE, "Macro_name", False, functions={})
    assert source.macros.takes_self(3, 30) and not source.macros.takes_self(4, 26)


def test_types_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    path = tmp_path / "lib.rs"
    path.write_text(TEXT, "utf-8")
    crates = Crates()
    one, other = (Impl("Area", "Wrap", "Wrap", False, self_path=f"{module}::Wrap<T>") for module in ("a", "b"))
    crates.of_trait["Area", "area"] = [(one, ("one.rs", 1)), (other, ("other.rs", 2))]
    assert crates.callee("kit", "<b::Wrap<u8> as Area>::area") == [("other.rs", 2)]


def test_what_a_macro_makes_in_a_module_goes_before_a_namesake_elsewhere() -> None:
    crates = Crates()
    crates.tops.add(("kit", "a"))
    crates.inherent["Wrap", "new"] = [("kit::b", ("b.rs", 1))]
    crates.inherent[UNKNOWN_TYPE, "new"] = [("kit::a", ("macros.rs", 7))]
    assert crates.callee("kit", "a::Wrap::<T>::new") == [("macros.rs", 7)]
    assert crates.callee("kit", "a::deep::Wrap::new") == [("b.rs", 1)]
