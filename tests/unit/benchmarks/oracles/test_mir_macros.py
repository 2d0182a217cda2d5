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


TRAITS = """macro_rules! declare {
    ($($above:tt)*) => {
        pub trait Fault: Sized $($above)* {
            fn made<T>(text: T) -> Self where T: Copy;
            fn other(&self) -> u8 { helper(&[1]); 2 }
        }
    };
}
pub trait Plain { fn made(&self); }
"""


def test_traits_in_the_bodies_of_macros(tmp_path: Path) -> None:
    path = tmp_path / "lib.rs"
    path.write_text(TRAITS, "utf-8")
    source = Source(str(path))
    assert source.traits["Fault"] == {"made": (str(path), 3), "other": (str(path), 4)}
    assert source.required == {(str(path), 3), (str(path), 8)}


def test_a_reference_forwards_to_what_it_refers_to(tmp_path: Path) -> None:
    path = tmp_path / "lib.rs"
    path.write_text(
        "struct Buffer;\nimpl AsRef<[u8]> for Buffer {\n    fn as_ref(&self) -> &[u8] { &[] }\n}\n", "utf-8"
    )
    crates = Crates()
    crates.names.add("k")
    crates.add_function("k", f"<impl at {path}:2:1: 2:31>::as_ref", str(path), 2, 24, "&Buffer) -> &[u8] {")
    assert crates.callee("k", "<&mut m::Buffer as std::convert::AsRef<[u8]>>::as_ref") == [(str(path), 2)]
    assert crates.callee("k", "<&mut m::Buffer as std::io::Read>::read") is None


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


def test_a_bare_name_is_a_type_of_the_root_or_a_type_parameter(tmp_path: Path) -> None:
    (tmp_path / "lib.rs").write_text("pub struct Plain;\n")
    (tmp_path / "error.rs").write_text("pub struct Error;\npub trait Makes {\n    fn make() {}\n}\n")
    crates = Crates()
    for name in ("lib.rs", "error.rs"):
        assert crates.source(str(tmp_path / name)) is not None
    trait = (str(tmp_path / "error.rs"), 2)
    crates.of_trait["Makes", "make"] = [
        (Impl("Makes", name, name, False), (f"{name}.rs", 1)) for name in ("Plain", "Error")
    ]
    assert crates.callee("kit", "<Plain as error::Makes>::make") == [("Plain.rs", 1)]
    assert crates.callee("kit", "<error::Error as error::Makes>::make") == [("Error.rs", 1)]
    assert crates.callee("kit", "<Error as error::Makes>::make") == [trait], "whoever stands for the parameter"


def test_functions_inside_of_closures_and_of_methods_of_other_types(tmp_path: Path) -> None:
    path = tmp_path / "lib.rs"
    path.write_text("fn outer() {\n    || {\n        fn inner() {}\n    };\n}\n")
    crates = Crates()
    assert crates.add_function("kit", "outer::{closure#0}::inner", str(path), 2, 20) == (str(path), 2)
    assert crates.callee("kit", "outer::{closure#0}::inner") == [(str(path), 2)]
    assert crates.callee("kit", "a::<impl std::fmt::Display for Thing>::fmt::inner") == [(str(path), 2)]


GIVEN = """trait_of! {
    pub trait Counted : Sized {
        @section all
        fn counted(self: &Self) -> usize;
    }
}
pub struct Both<A, B>(A, B);
pub type Pair<A> = Both<A, u8>;
impl<A> Pair<A> {
    fn none() -> Self { todo!() }
}
pub struct Address;
impl From<outer::Address> for Address {
    fn from(value: outer::Address) -> Self { todo!() }
}
impl From<Address> for outer::Address {
    fn from(value: Address) -> Self { todo!() }
}
pub struct Bits;
op!(Add, add);
use outer::Fault as Failing;
impl Failing for Bits { fn made(&self) {} }
trait Only { fn only(&self); }
impl<T> Only for T { fn only(&self) {} }
impl Bits { fn holder() {
    struct Inner;
    impl Inner { fn pop(&self) {} }
} }
"""


def test_callees_that_only_their_place_explains(tmp_path: Path) -> None:
    root = tmp_path / "lib.rs"
    root.write_text(GIVEN, "utf-8")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "alone.rs").write_text("pub trait Alone { fn alone(&self); }\n", "utf-8")
    file, crates = str(root), Crates()
    crates.names.add("a")
    added = {
        f"m::<impl at {file}:9:1: 9:16>::none": (9, 18, ""),
        f"<impl at {file}:13:1: 13:39>::from": (13, 37, "outer::Address"),
        f"<impl at {file}:16:1: 16:39>::from": (16, 30, "Address"),
        f"<impl at {file}:20:1: 20:14>::add": (19, 5, "Bits, _2: Bits) -> Bits {"),
        f"<impl at {file}:22:1: 22:22>::made": (21, 35, "&Bits"),
        f"<impl at {file}:24:1: 24:21>::only": (23, 33, "&T"),
        f"<impl at {file}:25:1: 25:10>::holder::<impl at {file}:27:5: 27:15>::pop": (26, 29, "&Bits::holder::Inner"),
    }
    for path, (line, column, first) in added.items():
        crates.add_function("a", path, file, line, column, first)
    crates.read_declarations()
    assert crates.root_types == {"Both", "Address", "Bits", "Only", "Inner"}  # no alias: MIR does not name it
    assert crates.callee("a", "<G as Counted>::counted") == [(file, 3)]
    assert crates.callee("a", "m::<impl Both<A, u8>>::none") == [(file, 9)]
    assert crates.callee("a", "<Address as From<outer::Address>>::from") == [(file, 13)]
    assert crates.callee("a", "<a::Bits as std::ops::Add>::add") == []
    assert crates.callee("a", "<T as Only>::only") == [(file, 22), (file, 23)]
    assert crates.callee("a", "Bits::holder::Inner::pop") == [(file, 26)]
    assert crates.callee("a", "<a::Bits as outer::Fault>::made") == [(file, 21)]
    assert crates.callee("a", "<O as alone::Alone>::alone") == [(str(tmp_path / "part" / "alone.rs"), 0)]
