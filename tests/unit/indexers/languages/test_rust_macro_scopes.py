"""Which macro of another file a name means in Rust, and what a file says about its own."""

from __future__ import annotations

import pytest

from indexers.facts import Call, FileFacts
from indexers.languages import extract
from indexers.languages.rust import macro_scopes
from indexers.languages.rust.macro_scopes import MacroScopes
from indexers.macro_links import MacroDefinition, MacroImport, MacroLinks, ModuleLine, SharedMacro
from indexers.resolution.layout import Layout

MANIFESTS = {"Cargo.toml": '[package]\nname = "kit"\n'}
MAKE = "macro_rules! make { () => { a() } }\n"


def links_of(source: str) -> MacroLinks:
    return extract("rust", source.encode()).macros


def scopes(files: dict[str, str], manifests: dict[str, str] = MANIFESTS) -> MacroScopes:
    return MacroScopes(Layout(files, manifests), {path: links_of(source) for path, source in files.items()})


def seen(files: dict[str, str], path: str, manifests: dict[str, str] = MANIFESTS) -> dict[str, str]:
    return {macro.name: macro.path for macro in scopes(files, manifests).shared_with(path)}


# what a file says


def test_what_a_file_says_of_macros() -> None:
    links = links_of(
        "#[macro_use]\nmod kit;\nmod plain;\nuse crate::kit::{make as build, other};\n"
        "mod inside {\n    #[macro_export]\n    macro_rules! make { () => {} }\n    pub(crate) use make;\n}\n"
        '#[cfg(windows)]\nmacro_rules! there { () => {} }\nfn f() { build!(); kit::far!(); println!("x"); macro_rules! near { () => {} } near!(); }\n'
    )
    assert links.modules == [ModuleLine("kit", 1, shares=True), ModuleLine("plain", 2)]
    assert links.definitions == [
        MacroDefinition("make", "macro_rules! make { () => {} }", 6, 4, "inside", exported=True),
        MacroDefinition("there", "macro_rules! there { () => {} }", 10, 0, inactive=True),
    ]
    assert links.used == ["build", "kit.far"]
    assert links.imports == [MacroImport("crate::kit", "make", "build"), MacroImport("", "make", "make")]


def test_modules_written_out_under_macro_use_are_as_their_surroundings() -> None:
    links = links_of("mod a { #[macro_use] mod b { macro_rules! m { () => {} } mod c { mod d; } } }")
    assert [macro.module for macro in links.definitions] == ["a"]
    assert [line.module for line in links.modules] == ["a::c"]


# what a name means

TEXTUAL = {
    "src/lib.rs": f"mod early;\n{MAKE}mod late;\n#[macro_use]\nmod kit;\nmod last;\n",
    "src/kit.rs": "#[macro_use]\nmod deep;\nmacro_rules! shared { () => { b() } }\n",
    "src/kit/deep.rs": "macro_rules! below { () => { c() } }\n",
    **{f"src/{name}.rs": "fn f() { make!(); shared!(); below!(); }\n" for name in ("early", "late", "last")},
    "src/last/inner.rs": "fn f() { make!(); }\n",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("src/early.rs", {}),
        ("src/late.rs", {"make": "src/lib.rs"}),
        ("src/last.rs", {"make": "src/lib.rs", "shared": "src/kit.rs", "below": "src/kit/deep.rs"}),
        ("src/last/inner.rs", {}),  # no file declares it
        ("src/kit.rs", {}),
    ],
)
def test_textual_scope(path: str, found: dict[str, str]) -> None:
    assert seen(TEXTUAL, path) == found


def test_the_last_definition_above_counts_and_one_outside_of_the_build_does_not() -> None:
    files = {
        "src/lib.rs": f"{MAKE}macro_rules! make {{ () => {{ b() }} }}\n#[cfg(windows)]\nmacro_rules! make {{ () => {{ c() }} }}\nmod user;\n{MAKE}",
        "src/user.rs": "fn f() { make!(); }\n",
    }
    (macro,) = scopes(files).shared_with("src/user.rs")
    assert (macro.row, macro.column, macro.text) == (1, 0, "macro_rules! make { () => { b() } }")


@pytest.mark.parametrize(
    ("kit", "user", "found"),
    [
        (f"{MAKE}pub(crate) use make;\n", "use crate::kit::make;\nfn f() { make!(); }\n", {"make": "src/kit.rs"}),
        (
            f"{MAKE}pub(crate) use make;\n",
            "use crate::kit::make as build;\nfn f() { build!(); }\n",
            {"build": "src/kit.rs"},
        ),
        (f"{MAKE}pub(crate) use make;\n", "fn f() { crate::kit::make!(); }\n", {"make": "src/kit.rs"}),
        (f"#[macro_export]\n{MAKE}", "fn f() { crate::make!(); }\n", {"make": "src/kit.rs"}),
        (f"#[macro_export]\n{MAKE}", "use elsewhere::make;\nfn f() { make!(); }\n", {}),
        (f"#[macro_export]\n{MAKE}", "fn f() { elsewhere::make!(); }\n", {}),
        (f"#[macro_export]\n{MAKE}", f"{MAKE}fn f() {{ make!(); }}\n", {}),
        (MAKE, "fn f() { make!(); }\n", {}),
        (
            f"mod a {{ {MAKE} pub use make; }} mod b {{ {MAKE} pub use make; }}",
            "fn f() { crate::kit::a::make!(); }\n",
            {},
        ),
    ],
)
def test_paths(kit: str, user: str, found: dict[str, str]) -> None:
    files = {"src/lib.rs": "mod user;\nmod kit;\n", "src/kit.rs": kit, "src/user.rs": user}
    assert seen(files, "src/user.rs") == found


def test_other_crates_of_the_tree_and_tests_name_what_is_exported() -> None:
    manifests = {f"{name}/Cargo.toml": f'[package]\nname = "{name}"\n' for name in ("core-kit", "app")}
    files = {
        "core-kit/src/lib.rs": "#[macro_use]\nmod kit;\n",
        "core-kit/src/kit.rs": f"#[macro_export]\n{MAKE}macro_rules! hidden {{ () => {{}} }}\n",
        "core-kit/tests/all.rs": "use core_kit::make;\nfn f() { make!(); core_kit::hidden!(); }\n",
        "app/src/main.rs": "fn main() { core_kit::make!(); }\n",
    }
    assert seen(files, "app/src/main.rs", manifests) == {"make": "core-kit/src/kit.rs"}
    assert seen(files, "core-kit/tests/all.rs", manifests) == {"make": "core-kit/src/kit.rs"}


def test_macros_that_a_body_uses_come_with_it_as_its_file_sees_them() -> None:
    files = {
        "src/lib.rs": "#[macro_use]\nmod kit;\nmod user;\n",
        "src/kit.rs": "macro_rules! inner { () => { a() } }\nmacro_rules! outer { () => { inner!(); println!(); other!() } }\n",
        "src/user.rs": "fn f() { outer!(); }\n",
    }
    assert seen(files, "src/user.rs") == {"outer": "src/kit.rs", "inner": "src/kit.rs"}


# bounds


def test_modules_in_circles_and_macros_that_use_each_other_end() -> None:
    loop = "#[macro_use]\nmod a;\n"
    files = {
        "src/lib.rs": f"{loop}mod user;\n",
        "src/a.rs": loop,
        "src/a/a.rs": loop + "macro_rules! m { () => { n!() } }\nmacro_rules! n { () => { m!() } }\n",
        "src/user.rs": "fn f() { m!(); unknown!(); }\n",
    }
    assert seen(files, "src/user.rs") == {"m": "src/a/a.rs", "n": "src/a/a.rs"}


def test_what_one_file_is_handed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number:02}" for number in range(30)]
    files = {
        "src/lib.rs": "".join(f"macro_rules! {name} {{ () => {{ a() }} }}\n" for name in names) + "mod user;\n",
        "src/user.rs": "fn f() {" + "".join(f"{name}!();" for name in names) + "}\n",
    }
    assert len(seen(files, "src/user.rs")) == 30
    monkeypatch.setattr(macro_scopes, "MAX_MACROS", 10)
    assert sorted(seen(files, "src/user.rs")) == names[:10]
    monkeypatch.setattr(macro_scopes, "MAX_BYTES", 100)
    assert len(seen(files, "src/user.rs")) == 2


# what is made of it

SHARED = SharedMacro(
    "make", "src/kit.rs", "macro_rules! make {\n ($n:ident) => { fn $n() { helper(); } fn own() {} } }", 4, 2
)


def made(source: str) -> FileFacts:
    return extract("rust", source.encode(), [SHARED])


def test_what_a_macro_of_another_file_makes_stands_where_it_is_used() -> None:
    facts = made("mod x;\n  make!(late);\n")
    assert [(item.name, item.line, item.column) for item in facts.definitions] == [("late", 2, 9), ("own", 2, 8)]
    assert facts.texts == ["src/kit.rs"]
    (call, use) = facts.calls
    assert (call.callee, call.line, call.column, call.written) == ("helper", 2, 8, (0, 6, 28))
    assert (use.callee, use.line, use.written) == ("make", 2, None)


def test_a_definition_of_the_files_own_hides_it_from_there_on() -> None:
    facts = made("make!(one);\nmacro_rules! make { ($n:ident) => { fn $n() { mine(); } } }\nmake!(two);\n")
    found: list[Call] = [call for call in facts.calls if call.callee in ("helper", "mine")]
    assert [(call.callee, call.line, call.written is None) for call in found] == [
        ("helper", 1, False),
        ("mine", 2, True),
    ]


def test_without_the_macros_of_others_facts_are_as_before() -> None:
    source = b"fn f() { other!(x.go()); }\n"
    assert extract("rust", source, []) == extract("rust", source)
