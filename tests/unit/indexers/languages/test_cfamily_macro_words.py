"""Macros in capitals by where they stand, and what the grammar lacks: length and lines always stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, Flag, ScopeKind
from indexers.languages import extract
from indexers.languages.cfamily.grammar_gaps import readable
from indexers.languages.cfamily.macro_words import _last_word, without_macro_words
from indexers.languages.cfamily.namespace_macros import opened_namespaces, with_open_namespaces


def made(source: str) -> str:
    return " ".join(without_macro_words(source.encode())[0].decode().split())


def cpp(source: str) -> FileFacts:
    return extract("cpp", source.encode())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A { API A(); };", "class A { A(); };"),
        ('class A { OLD("b") int f() const; };', "class A { int f() const; };"),
        ("class A { int f() LOCKS(mu) override; };", "class A { int f() override; };"),
        ("class A { HIDDEN: int a; };", "class A { public: int a; };"),
        ("template <> class API B<int> : C {};", "template <> class B<int> : C {};"),
        ("struct TAG variable;", "struct TAG variable;"),
        ("void INLINE pool<T>::run(int a) {}", "void pool<T>::run(int a) {}"),
        ("API spdlog::pool::pool(int a) {}", "spdlog::pool::pool(int a) {}"),
        ("static const int LIMIT = 5;", "static const int LIMIT = 5;"),
        ("DWORD f(int a);", "DWORD f(int a);"),
        ("void f() { U32 const h = g(); }", "void f() { U32 const h = g(); }"),
        ("API const char *f();", "const char *f();"),
        ("API(const char *) f(int a) {}", "const char * f(int a) {}"),
        ("API(void)\nf(int a);", "void f(int a);"),
        ("API(1 + 2) f(int a) {}", "f(int a) {}"),
        ("MAKES(one) MAKES(two)", "MAKES(two)"),
        ("char * printflike(1, 2)\nf(const char *t, ...) {}", "char * f(const char *t, ...) {}"),
        ('static old("x") int *f(int a);', 'static old("x") int *f(int a);'),
        ('int old("x", 2) *f(int a);', "int *f(int a);"),
        ("int f(int a) printflike(1, 2);", "int f(int a) printflike(1, 2);"),
        ("void f() { if (1) g(); }", "void f() { if (1) g(); }"),
        ("A::A() : a(1), b(2) { c(1); }", "A::A() : a(1), b(2) { c(1); }"),
        ("const char *const TEXT = 0;", "const char *const TEXT = 0;"),
        ("template <typename T, ENABLE_IF(sizeof(T) > 1)> void f();", "template <typename T, int > void f();"),
        ("void f(const A &a LIFETIME, int b);", "void f(const A &a , int b);"),
        ("void f() { if CONSTEXPR (a()) b(); }", "void f() { if (a()) b(); }"),
        (
            "void f() { g(x, std::bad&, A); THROWS(x, std::bad&); }",
            "void f() { g(x, std::bad&, A); THROWS(x, TTTTTTTTT); }",
        ),
        ('void f() { SECTION("a") { g(); } }', 'void f() { if ("a") { g(); } }'),
        ("void f() { TRY { g(); } CATCH(...) {} }", "void f() { { g(); } {} }"),
        ("void f() { CHECK(a)\n  g(); }", "void f() { CHECK(a) ;g(); }"),
        ("void f() { PRAGMA(diagnostic push) g(); }", "void f() { g(); }"),
        ('TEST_CASE("a b", "[tag]") { g(); }', "TEST_CASE( a_b ) { g(); }"),
        ('MATCHER_P(Holds, x, "") { g(); }', "MATCHER_P(Holds, x ) { g(); }"),
        ("WARNINGS_PUSH_(4805 4100)\nint a;", "int a;"),
        ("COMPARE(NE, !=)\nint a;", "int a;"),
        ("DEFINE(a, B)\nDEFINE(c, D)\n", "DEFINE(a, B) DEFINE(c, D)"),
        ('auto a = "x" SEPARATOR "y";', 'auto a = "x" "y";'),
    ],
)
def test_a_macro_is_what_its_place_says(source: str, expected: str) -> None:
    assert made(source) == expected


@given(
    st.lists(
        st.sampled_from(
            ["API", " ", "\n", "(", ")", "{", "}", ";", "class", "A", '"', 'TEST("x")', "<", ",", ":", "int", "'"]
        ),
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_length_and_lines_stay(parts: list[str]) -> None:
    source = "".join(parts).encode()
    for text in (without_macro_words(source)[0], readable(source), with_open_namespaces(source)[0]):
        assert len(text) == len(source)
        assert [at for at, byte in enumerate(text) if byte == 10] == [
            at for at, byte in enumerate(source) if byte == 10
        ]


@pytest.mark.parametrize(
    "source",
    [
        "class A { friend struct ::B; };",
        "void f(T *a, typename T::type * = 0);",
        "void f(L l = {});",
        "bool f(int a) { return unsigned(a) < unsigned(g()); }",
        "int f(int a) { return (a & ~m) | (unsigned(a) << 4); }",
        "int f(A *a) { return a->operator[](1); }",
        "template <class C> int f(C *c, int (C::*m)()) { return (c->*m)(); }",
        "struct A { enum : unsigned { one }; };",
        "void f() { g(throw E(1)); }",
        "void f() { g(short{4}, 5); }",
        "template <class... T> void f(T&& ... a);",
        "#if HAS(<memory>) && \\\n  defined(X)\nint a;\n#endif",
    ],
)
def test_forms_that_the_grammar_lacks_are_read(source: str) -> None:
    facts = cpp(source)
    assert [issue for issue in facts.issues if issue.reason == "syntax"] == []


def test_called_operators_keep_their_names() -> None:
    assert [call.callee for call in cpp("int f(A *a) { return a->operator[](1); }").calls] == ["a.operator[]"]


def test_a_block_of_a_macro_is_a_use_of_it() -> None:
    facts = cpp('TEST_CASE("works") {\n  SECTION("part") {\n    g();\n  }\n}')
    assert [(item.name, item.line, item.end_line) for item in facts.definitions] == [("works", 1, 5)]
    assert [call.callee for call in facts.calls] == ["SECTION", "g"]


def test_macros_open_namespaces() -> None:
    uses = cpp("LIB_BEGIN_NAMESPACE\nint f();\nLIB_END_NAMESPACE\n")
    assert [(scope.kind, scope.macro) for scope in uses.scopes[1:]] == [(ScopeKind.NAMESPACE, "LIB_BEGIN_NAMESPACE")]
    assert uses.definitions[0].scope == 1
    bodies = cpp("#define NAME lib\n#define LIB_BEGIN_NAMESPACE namespace NAME { inline namespace v1 {\n")
    opened, words = opened_namespaces([uses, bodies])
    assert opened == {"LIB_BEGIN_NAMESPACE": "lib"}
    assert "lib" in words


def test_namespace_macros_that_do_not_pair_are_left_alone() -> None:
    source = b"LIB_END_NAMESPACE\nint f();\nLIB_BEGIN_NAMESPACE\n"
    assert with_open_namespaces(source) == (source, {})


def test_inline_namespaces_add_no_name() -> None:
    facts = cpp("namespace a { inline namespace v1 { int f(); } }")
    assert [item.name for item in facts.definitions] == ["a", "f"]
    assert facts.definitions[1].scope == 1


def test_bodies_of_macros_are_read_as_statements() -> None:
    facts = cpp("#define M(a, f) BLOCK if (const A b = (a)) ; else \\\n  f(b.text())\n")
    assert [call.callee for call in facts.calls if not call.flags & Flag.CONSTRUCTION] == [
        "b.operator bool",
        "b.text",
        "f",
    ]
    assert [(call.line, call.column) for call in facts.calls if call.callee == "b.text"] == [(2, 7)]


def test_bodies_that_paste_or_define_are_read_by_their_shape() -> None:
    facts = cpp("#define M(a) f##a(b())\n#define N struct A { int a; }; g(1)\n")
    assert [call.callee for call in facts.calls] == ["f##a", "b", "g"]
    assert [item.name for item in facts.definitions] == ["M", "N"]


@given(st.binary(max_size=12).map(lambda text: text.translate(bytes(b"a1_ (Z"[byte % 6] for byte in range(256)))))
def test_the_last_word_is_what_a_search_finds(text: bytes) -> None:
    found = re.search(rb"[A-Za-z_]\w*$", text)
    assert _last_word(text) == (found.group() if found else b"")
