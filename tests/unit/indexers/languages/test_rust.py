"""Rust facts, one language fact a test; resolution is tested by the annotated fixtures."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Definition, FileFacts, Flag, Import, ScopeKind, decode_facts, encode_facts
from indexers.languages import extract
from indexers.languages.rust.build_script import options_in_doubt, options_set_by
from indexers.languages.rust.conditions import evaluated
from indexers.languages.rust.profile import RustProfile
from indexers.naming import local_names
from indexers.resolution.layout import Layout


def rust(source: str) -> FileFacts:
    return extract("rust", source.encode())


def names(facts: FileFacts, kind: str = "") -> list[str]:
    return [name for name, item in zip(local_names(facts), facts.definitions, strict=True) if kind in ("", item.kind)]


def the(facts: FileFacts, name: str) -> Definition:
    return next(item for item in facts.definitions if item.name == name)


def callees(facts: FileFacts) -> list[str]:
    return [call.callee for call in facts.calls if not call.flags & Flag.IMPLICIT]


def assigned(facts: FileFacts) -> list[tuple[str, str, str]]:
    return [(item.target, item.value, item.type) for item in facts.assignments]


def body(source: str) -> FileFacts:
    return rust(f"fn f() {{ {source} }}")


def test_function_with_its_signature_docstring_and_flags() -> None:
    item = the(
        rust(
            "/// Sends.\n/// Twice.\npub async fn send(to: &str, all: Vec<Option<Box<dyn Tr>>>) -> Result<u8, E> {\n}\n"
        ),
        "send",
    )
    assert (item.kind, item.line, item.column, item.start_line, item.end_line) == ("function", 3, 14, 3, 4)
    assert item.docstring == "Sends.\nTwice."
    assert item.type == "Result[u8,E]"
    assert [(part.name, part.type) for part in item.parameters] == [("to", "str"), ("all", "Vec[Option[Box[Tr]]]")]
    assert item.flags == Flag.ASYNC | Flag.EXPORTED


def test_file_docstring() -> None:
    assert rust("//! About it.\n//! More.\nfn f() {}").docstring == "About it.\nMore."


def test_use_trees() -> None:
    facts = rust(
        "use std::{fs::{self, read as rd}, io::*};\npub use crate::a::B;\nuse self::x::Y;\nuse super::*;\nuse tokio;\nextern crate foo as bar;"
    )
    assert [(item.module, item.name, item.alias) for item in facts.imports] == [
        ("std::fs", "", "fs"),
        ("std::fs", "read", "rd"),
        ("std::io", "*", "*"),
        ("crate::a", "B", "B"),
        ("self::x", "Y", "Y"),
        ("super", "*", "*"),
        ("tokio", "", "tokio"),
        ("foo", "", "bar"),
    ]
    assert [bool(item.flags & Flag.REEXPORT) for item in facts.imports[:4]] == [False, False, False, True]


def test_modules_inline_and_in_files() -> None:
    facts = rust("mod inner { fn f() {} }\npub mod net;")
    assert names(facts) == ["inner", "inner.f"]
    assert facts.scopes[1].kind == ScopeKind.NAMESPACE
    assert [(item.module, item.alias) for item in facts.imports] == [("self::net", "net")]


def test_types_traits_and_their_members() -> None:
    facts = rust(
        "pub struct A<T: Tr> { pub a: T, b: Vec<T> }\nstruct P(u8, A);\nenum E { One, Two(u8), Three { x: u8 } }\n"
        "trait Tr: Base { const K: u8; fn must(&self); fn may(&self) { self.must() } }"
    )
    assert names(facts) == [
        "A",
        "A.a",
        "A.b",
        "P",
        "P.0",
        "P.1",
        "E",
        "E.One",
        "E.Two",
        "E.Three",
        "Tr",
        "Tr.K",
        "Tr.must",
        "Tr.may",
    ]
    assert the(facts, "a").type == "'T[Tr]"
    trait = the(facts, "Tr")
    assert (trait.kind, trait.bases) == ("interface", ["Base"])
    assert the(facts, "must").flags & Flag.ABSTRACT
    assert not the(facts, "may").flags & Flag.ABSTRACT


def test_impl_blocks_give_receivers_and_traits() -> None:
    facts = rust(
        "struct A;\nimpl A { pub fn new() -> Self { A } fn go(&self) {} }\nimpl fmt::Display for A { fn fmt(&self) {} }\nimpl<T> Tr for T { fn all(&self) {} }"
    )
    assert [(item.name, item.receiver, item.kind) for item in facts.definitions[1:]] == [
        ("new", "A", "method"),
        ("go", "A", "method"),
        ("fmt", "A", "method"),
        ("all", "Tr", "method"),
    ]
    assert the(facts, "A").implements == ["fmt.Display"]
    assert the(facts, "fmt").decorators == ["impl:fmt.Display"]
    assert the(facts, "new").type == "A"
    assert the(facts, "new").flags & Flag.STATIC
    assert not the(facts, "go").flags & Flag.STATIC


def test_generic_parameters_keep_their_names_and_bounds() -> None:
    item = the(
        rust("fn f<T: Tr + Send, F>(a: T, g: F, h: impl Other, i: impl Iterator<Item = A>) where F: Fn(u8) -> A {}"),
        "f",
    )
    assert [part.type for part in item.parameters] == ["'T[Tr]", "'F[func[u8,=>A]]", "Other", "[]A"]


def test_bounds_of_associated_types_and_named_ones() -> None:
    item = the(rust("fn f<I: Input, P: Par<Item = I>>(a: I, p: P, n: <I as Input>::Item) where I::Item: Chars {}"), "f")
    input_ = "'I[Input|where[Item='_[Chars]]]"
    assert [part.type for part in item.parameters] == [input_, "'P[Par[Item='I[Input]]]", f"member[Item,{input_}]"]


def test_types_and_impl_blocks_declare_their_parameters() -> None:
    facts = rust("struct W<T> { inner: T }\nimpl<A: Tr> W<A> { fn get(self) -> A {} fn own() -> Self {} }")
    assert [each.name for each in the(facts, "W").type_parameters] == ["T"]
    assert (the(facts, "get").receiver, the(facts, "get").type) == ("W['A[Tr]]", "'A[Tr]")
    assert (the(facts, "own").type, the(facts, "inner").type) == ("W['A[Tr]]", "'T[Tr]")


def test_what_is_bound_to_nothing_is_visited() -> None:
    facts = body("let _ = f(); match x { _ if g() => h(), _ => {} } if let Some(y) = unsafe { k() } { y.go(); }")
    assert callees(facts) == ["f", "g", "h", "k", "y.go"]
    assert ("y", "k().?", "") in assigned(facts)


def test_calls_paths_and_transparent_wrappers() -> None:
    facts = body(
        "a::b(1); Self::new().go()?; crate::m::f::<u8>(1).await?; (&x).run(); <Vec<T>>::new(); v[0].go(); t.0.go();"
    )
    assert callees(facts) == ["a.b", "Self.new", "Self.new().go", "crate.m.f", "x.run", "Vec.new", "v[].go", "t.0.go"]


def test_construction_and_variants() -> None:
    facts = body("let a = Foo { x: g(), ..d() }; let b = Foo(1); let c = Shape::Circle(1); let d = Some(h());")
    assert [(call.callee, bool(call.flags & Flag.CONSTRUCTION)) for call in facts.calls] == [
        ("g", False),
        ("d", False),
        ("Foo", True),
        ("Foo", True),
        ("h", False),
    ]
    assert assigned(facts) == [("a", "Foo()", ""), ("b", "Foo()", ""), ("c", "Shape()", ""), ("d", "h()", "")]
    assert [item.path for item in facts.references] == ["Shape.Circle"]


def test_patterns_bind() -> None:
    facts = body(
        "if let Some(x) = a() {} let P { y, z: w } = p; for (i, e) in l.iter().enumerate() {} match m { Ok(o) => o.go(), None => {} }"
    )
    assert assigned(facts) == [
        ("x", "a().?", ""),
        ("y", "p.::P#y", ""),
        ("w", "p.::P#z", ""),
        ("i", "l.iter().enumerate()[*][0]", ""),
        ("e", "l.iter().enumerate()[*][1]", ""),
        ("o", "m.?", ""),
    ]


def test_shadowing_opens_a_scope_and_keeps_the_older_value() -> None:
    facts = body("let x = a(); x.one(); let x = x.next(); x.two();")
    scopes = {call.callee: call.scope for call in facts.calls}
    assert scopes["x.one"] != scopes["x.two"]
    targets = assigned(facts)
    assert targets[0] == ("x", "a()", "")
    assert targets[1][1] == "x.next()"
    assert targets[2] == ("x", targets[1][0], "")


def test_items_are_seen_before_and_behind_a_shadowing_let() -> None:
    facts = body("let x = 1; let x = 2; fn inner() {} inner();")
    assert the(facts, "inner").scope == facts.definitions[0].opens


def test_closures_take_the_elements_they_are_given() -> None:
    facts = body("list.iter().map(|x| x.go()); opt.map(|y| y.run()); let c = |a: A| a.b();")
    assert ("x", "list.iter().map{0:0}", "") in assigned(facts)
    assert ("y", "opt.map{0:0}", "") in assigned(facts)
    assert ("a", "#?", "A") in assigned(facts)
    assert [(facts.scopes[item.scope].definition, item.value) for item in facts.returns] == [
        (-1, "x.go()"),
        (-1, "y.run()"),
        (-1, "a.b()"),
    ]


def test_variants_bind_what_patterns_take_out() -> None:
    facts = rust("enum E { One(A, B), Two { x: C } }\nfn f(e: E) { match e { E::One(a, _) => a, E::Two { x } => x } }")
    assert [item for item in assigned(facts) if "#" in item[0]] == [
        ("One#0", "", "A"),
        ("One#1", "", "B"),
        ("Two#x", "", "C"),
    ]
    assert [item for item in assigned(facts) if "#" in item[1]] == [
        ("a", "e.::E::One#0", ""),
        ("x", "e.::E::Two#x", ""),
    ]


def test_what_the_usual_build_leaves_out_is_marked() -> None:
    facts = rust(
        '#[cfg(windows)] fn a() {}\n#[cfg(all(unix, not(feature = "x")))] fn b() {}\n#[cfg(target_os = "linux")] fn c() {}\n'
        'fn d() { #[cfg(any(windows, test))] fn e() {} }\n#[cfg(unix)] #[path = "sys/unix.rs"] mod os;'
    )
    assert [item.name for item in facts.definitions if item.flags & Flag.INACTIVE] == ["a", "e"]
    assert the(facts, "b").decorators == ["feature:!x"]
    assert [(item.module, item.alias) for item in facts.imports] == [("self::sys::unix", "os")]


def test_what_depends_on_features_and_options_says_on_which() -> None:
    facts = rust(
        '#[cfg(all(feature = "a", not(feature = "b")))] mod x;\n#[cfg(not(set))] use x::y;\n#[cfg(all(unix, set))] fn f() {}\n'
        "#[cfg(any(set, other))] fn g() {}\n#[cfg(windows)] fn h() {}"
    )
    assert [item.conditions for item in facts.imports] == [["feature:a", "feature:!b"], ["option:!set"]]
    assert not any(item.flags & Flag.INACTIVE for item in facts.imports)
    assert [item.decorators for item in facts.definitions] == [
        ["option:set"],
        ["cfg:any(option:set,option:other)"],
        [],
    ]
    assert [item.name for item in facts.definitions if item.flags & Flag.INACTIVE] == ["h"]


def test_options_that_a_build_script_sets() -> None:
    script = 'println!("cargo:rustc-cfg=has_a"); println!("cargo::rustc-cfg=no_b"); println!("cargo:rustc-check-cfg=cfg(c)");'
    assert options_set_by(script) == {"has_a"}


def test_fields_of_a_parameter_type_have_the_bounds_of_the_impl_blocks() -> None:
    facts = rust("struct S<R> { read: R }\nimpl<'a, T: Read<'a>> S<T> { fn f(&self) {} }")
    assert the(facts, "read").type == "'R[Read]"


def test_tail_expressions_are_returned() -> None:
    facts = rust("fn f() -> A { if c { return a(); } match x { _ => b() } }\nfn g() { h(); }")
    assert [item.value for item in facts.returns] == ["a()", "b()"]


def test_arguments_reads_and_writes() -> None:
    facts = rust(
        "impl S { fn f(&mut self, o: &T) {\n self.n += LIMIT * 2;\n self.inner.on = o.on;\n let mut k = 1; k += 1;\n"
        ' g(self.n, &self.inner, |x| x, "a", k + 1);\n } }'
    )
    assert [(c.callee, c.argument_count, c.arguments) for c in facts.calls if not c.flags & Flag.IMPLICIT] == [
        ("g", 5, ["self.n", "self.inner", "#lambda@2", "#str", "k.add()"])
    ]
    assert [(item.path, item.line, bool(item.flags & Flag.WRITE)) for item in facts.references] == [
        ("self.n", 2, True),
        ("LIMIT", 2, False),
        ("self.inner.on", 3, True),
        ("o.on", 3, False),
        ("self.n", 5, False),
        ("self.inner", 5, False),
    ]


def test_operators_loops_and_subscripts_are_implicit_calls() -> None:
    facts = body("a + b; c += d; x[0] = y[1]; for e in f {} *g; h == i; 1 + j; k < l; &mut m[n];")
    assert [item.callee for item in facts.calls if item.flags & Flag.IMPLICIT] == [
        "a.add",
        "c.add_assign",
        "x.index_mut",
        "y.index",
        "f.into_iter",
        "f.into_iter().next",
        "g.deref",
        "h.eq",
        "m.index_mut",
    ]
    assert len(facts.calls) == 9


def test_assignments_bind_only_what_let_left_without_a_value() -> None:
    facts = body(
        "let a = one(); { a = a.two(); } let b; if c { b = three(); } let (d, _, e) = (x(), y(), z()); let (_, g) = h();"
    )
    assert assigned(facts) == [
        ("a", "one()", ""),
        ("b", "", ""),
        ("b", "three()", ""),
        ("d", "x()", ""),
        ("e", "z()", ""),
        ("g", "h()[1]", ""),
    ]


def test_functions_as_values_are_references() -> None:
    facts = rust('static T: &[(&str, fn())] = &[("a", run)];\nfn f(p: u8) { on(handler, p); x.map(Foo::bar); }')
    assert [item.path for item in facts.references] == ["run", "handler", "Foo.bar"]


def test_macro_calls_and_the_tokens_inside() -> None:
    facts = body('assert_eq!(a::b(1).c(), vec![d()]); println!("{}", self.e());')
    assert sorted((call.callee, call.argument_count, bool(call.flags & Flag.MACRO)) for call in facts.calls) == [
        ("a.b", 1, False),
        ("a.b().c", 0, False),
        ("assert_eq", 2, True),
        ("d", 0, False),
        ("println", 2, True),
        ("self.e", 0, False),
        ("vec", 1, True),
    ]


def test_macro_rules_body_keeps_its_calls() -> None:
    facts = rust("macro_rules! m { ($x:expr) => { $crate::a::f($x); $x.go(); g() }; }")
    assert the(facts, "m").flags & Flag.MACRO
    assert callees(facts) == ["crate.a.f", "#?.go", "g"]
    assert facts.scopes[facts.calls[0].scope].definition == 0


def test_items_inside_a_macro_call_are_read_at_their_place() -> None:
    facts = rust(
        "cfg_rt! {\n    /// Doc.\n    pub fn spawn() { run(); }\n}\nbitflags! { struct F: u8 { const A = f(1); } }"
    )
    item = the(facts, "spawn")
    assert (item.line, item.column, item.docstring) == (3, 12, "Doc.")
    assert item.flags & Flag.CONDITIONAL
    assert ("run", 3) in [(call.callee, call.line) for call in facts.calls]


def test_tests_are_marked() -> None:
    facts = rust(
        "#[cfg(test)]\nmod tests { #[test] fn a() {} }\n#[tokio::test]\nasync fn b() {}\n#[cfg(unix)]\nfn c() {}"
    )
    assert [bool(item.flags & Flag.TEST) for item in facts.definitions] == [True, True, True, False]
    assert the(facts, "c").flags & Flag.CONDITIONAL


def test_super_in_an_inline_module_gets_an_import() -> None:
    facts = rust("mod m { fn f() { super::g(); super::h(); } }\nfn k() { super::l(); }")
    assert [(item.scope, item.module, item.alias) for item in facts.imports] == [(1, "super", "super")]


def test_unicode_crlf_and_invalid_bytes() -> None:
    facts = extract("rust", "fn größe() {\r\n  /* ü */ höhe();\r\n}\r\n".encode() + b"\xff\n")
    assert names(facts)[0] == "größe"
    assert (facts.calls[0].callee, facts.calls[0].line, facts.calls[0].column) == ("höhe", 2, 12)


@pytest.mark.parametrize(
    "source",
    [
        "fn f(){" + "(" * 5_000 + "g()" + ")" * 5_000 + ";}",
        "fn f(){" + "{" * 5_000 + "g()" + "}" * 5_000 + "}",
        "fn f(){ x" + ".y()" * 5_000 + "; g() }",
        "fn f(){" + "if a {g()} else " * 3_000 + "{h()} }",
        "fn f(x: " + "Vec<" * 5_000 + "u8" + ">" * 5_000 + "){ g() }",
        "use " + "a::{" * 3_000 + "b" + "}" * 3_000 + ";",
        "fn f(){ let " + "(" * 3_000 + "x" + ",)" * 3_000 + " = g(); }",
        "fn f(){ " + "m!(" * 5_000 + "g()" + ")" * 5_000 + " }",
    ],
)
def test_deep_nesting_is_survived(source: str) -> None:
    facts = extract("rust", source.encode())
    assert decode_facts(encode_facts(facts)) == facts
    if "g()" in source:
        assert "g" in callees(facts)


@pytest.mark.parametrize("part", [".a", "[0]"])
def test_a_long_place_costs_as_much_as_it_is_long(part: str) -> None:
    """Each part was followed to the end of all of them: 60 kB took eleven seconds."""
    started = time.process_time()
    extract("rust", f"fn f() {{ x{part * 10_000}; }}".encode())
    assert time.process_time() - started < 1.5


_SEED = (
    b"use a::{b, c::*};\n#[test]\nimpl<T: Tr> A<T> for B { async fn f(&self, x: Vec<T>) -> Result<Self, E> { let S { a, b: Some(c) } = x[0]?; "
    b"m!(a.b(), c); if let Some(x) = x { for (i, y) in x.iter().enumerate() { y.map(|z| z.go()); } } match c { E::A(n) if n > g() => S { a }, _ => h() } } }\n"
    b"cfg_x! { pub fn k() {} }\nmacro_rules! n { ($x:expr) => { $x.f() } }\n"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SEED)), st.binary(max_size=6), st.integers(0, 12)), max_size=8))
def test_broken_source_never_raises(edits: list[tuple[int, bytes, int]]) -> None:
    source = _SEED
    for at, insert, cut in edits:
        source = source[:at] + insert + source[at + cut :]
    facts = extract("rust", source)
    assert len(local_names(facts)) == len(set(local_names(facts)))
    assert all(0 <= call.scope < len(facts.scopes) for call in facts.calls)


_MANIFEST = '[package]\nname = "my-lib"\n'
_PATHS = [
    "Cargo.toml",
    "src/lib.rs",
    "src/main.rs",
    "src/a.rs",
    "src/a/b.rs",
    "src/c/mod.rs",
    "src/bin/tool.rs",
    "tests/it.rs",
    "tests/common/mod.rs",
    "tools/x/src/main.rs",
]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("src/lib.rs", "my_lib"),
        ("src/main.rs", "my_lib::main"),
        ("src/a.rs", "my_lib::a"),
        ("src/a/b.rs", "my_lib::a::b"),
        ("src/c/mod.rs", "my_lib::c"),
        ("src/bin/tool.rs", "my_lib::bin::tool"),
        ("tests/it.rs", "my_lib::tests::it"),
        ("tests/common/mod.rs", "my_lib::tests::common"),
        ("tools/x/src/main.rs", "other"),
    ],
)
def test_module_paths_from_files(path: str, key: str) -> None:
    layout = Layout(_PATHS, {"Cargo.toml": _MANIFEST, "tools/x/Cargo.toml": '[package]\nname = "other"\n'})
    assert RustProfile(layout).namespace(path, rust("")) == key


def test_crate_without_manifest_is_named_by_its_folder() -> None:
    profile = RustProfile(Layout(["demo/src/lib.rs", "demo/src/x.rs"], {}))
    assert profile.namespace("demo/src/x.rs", rust("")) == "demo::x"


def test_import_paths() -> None:
    profile = RustProfile(Layout(_PATHS, {"Cargo.toml": _MANIFEST}))
    facts = rust("mod inner { }")

    def keys(module: str, scope: int = 0) -> list[str]:
        return profile.import_namespaces("src/a.rs", facts, Import(scope, module, "X", "X", 1, 1))

    assert keys("crate::c") == ["my_lib::c"]
    assert keys("super")[0] == "my_lib"
    assert keys("super", scope=1)[0] == "my_lib::a"
    assert keys("self::b")[0] == "my_lib::a::b"
    assert keys("my_lib::c")[-1] == "my_lib::c"
    assert profile.external_name(Import(0, "std::fs", "read", "read", 1, 1)) == "std.fs.read"
    assert profile.external_name(Import(0, "crate::gone", "X", "X", 1, 1)) == ""


def test_broken_manifest_is_no_package() -> None:
    profile = RustProfile(Layout(["src/lib.rs"], {"Cargo.toml": "not [toml"}))
    assert profile.namespace("src/lib.rs", rust("")) == "crate"


@pytest.mark.parametrize(
    ("condition", "is_left_out"),
    [
        ('all(target_arch = "x86_64", target_feature = "sse2")', False),
        ('target_feature = "avx2"', True),
        ('not(target_feature = "sse")', True),
    ],
)
def test_the_features_that_every_processor_of_the_build_has(condition: str, is_left_out: bool) -> None:
    (definition,) = rust(f"#[cfg({condition})]\nfn f() {{}}").definitions
    assert bool(definition.flags & Flag.INACTIVE) == is_left_out


def test_the_file_of_a_module_by_an_attribute_under_a_condition() -> None:
    facts = rust(
        '#[cfg_attr(unix, path = "sys/unix.rs")]\n#[cfg_attr(windows, path = "sys/windows.rs")]\nmod os;\nmod plain;'
    )
    assert [item.module for item in facts.imports] == ["self::sys::unix", "self::plain"]


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("all(1,any(0,feature:on))", True),
        ("not(any(feature:off,option:off))", True),
        ("all(feature:on,option:maybe)", None),
        ("any(feature:on,option:maybe)", True),
        ("all(not(feature:on),option:maybe)", False),
        ("option:maybe", None),
        ("any()", False),
    ],
)
def test_a_condition_is_read_back(expression: str, answer: bool | None) -> None:
    known = {"feature:on": True, "feature:off": False, "option:off": False}
    assert evaluated(expression, known.get) is answer


def test_options_that_a_build_script_may_set() -> None:
    script = """fn main() {
        println!("cargo:rustc-cfg=always");
        if new() { println!("cargo:rustc-cfg=newer"); }
        let Some(minor) = minor() else { return };
        println!("cargo:rustc-cfg=later");
        probe();
    }
    fn probe() { println!("cargo:rustc-cfg=probed"); }"""
    assert options_in_doubt(script) == {"newer", "later", "probed"}
    assert options_in_doubt("fn main() {}") == frozenset()
