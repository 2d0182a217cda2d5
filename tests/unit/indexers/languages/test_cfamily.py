"""C and C++ facts, one language fact a test; resolution is tested by the annotated fixtures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Definition, FileFacts, Flag, ScopeKind, decode_facts, encode_facts
from indexers.languages import extract
from indexers.languages.cfamily.branches import mended
from indexers.languages.cfamily.profile import CFamilyProfile
from indexers.naming import local_names
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from knowledge.schema import RelationKind


def c(source: str) -> FileFacts:
    return extract("c", source.encode())


def cpp(source: str) -> FileFacts:
    return extract("cpp", source.encode())


def names(facts: FileFacts, kind: str = "") -> list[str]:
    return [name for name, item in zip(local_names(facts), facts.definitions, strict=True) if kind in ("", item.kind)]


def the(facts: FileFacts, name: str) -> Definition:
    return next(item for item in facts.definitions if item.name == name)


def callees(facts: FileFacts) -> list[str]:
    return [call.callee for call in facts.calls]


def assigned(facts: FileFacts) -> list[tuple[str, str, str]]:
    return [(item.target, item.value, item.type) for item in facts.assignments]


def test_function_with_its_signature_and_docstring() -> None:
    item = the(c("/* Opens it. */\nstatic int open_it(const char *path, int flags)\n{\n  return 1;\n}\n"), "open_it")
    assert (item.kind, item.type, item.line, item.column, item.start_line, item.end_line) == (
        "function",
        "int",
        2,
        12,
        2,
        5,
    )
    assert item.signature == "static int open_it(const char *path, int flags)"
    assert item.docstring == "Opens it."
    assert [(part.name, part.type) for part in item.parameters] == [("path", "char"), ("flags", "int")]
    assert item.flags & Flag.PRIVATE


def test_comment_with_a_gap_or_behind_code_is_no_docstring() -> None:
    facts = c("int a; // of a\nint b(void);\n// apart\n\nint d(void);\n")
    assert [item.docstring for item in facts.definitions] == ["", "", ""]


def test_prototype_is_a_declaration_and_void_is_no_parameter() -> None:
    item = the(c("extern int f(void);"), "f")
    assert item.flags & Flag.DECLARATION
    assert item.parameters == []
    assert len(the(c("int f(void *);"), "f").parameters) == 1


def test_old_style_definition_gets_its_parameter_types() -> None:
    item = the(c("int f(a, b) int a; struct s *b; { return 0; }"), "f")
    assert [(part.name, part.type) for part in item.parameters] == [("a", "int"), ("b", "s")]


def test_return_type_behind_an_export_macro() -> None:
    assert the(c("API_EXTERN int f(void);"), "f").type == "int"


def test_struct_fields_and_nameless_structs() -> None:
    facts = c("struct a { int x; int (*run)(int); struct { int y; } in; union { int z; }; struct b *list[3]; };")
    assert names(facts) == ["a", "a.x", "a.run", "a.<in>", "a.<in>.y", "a.in", "a.z", "a.list"]
    assert [the(facts, name).type for name in ("run", "in", "list")] == ["func", "<in>", "[]b"]


def test_typedefs_are_aliases_and_name_nameless_types() -> None:
    facts = c("typedef struct { int x; } point_t, *point_p; typedef int (*cb)(void); typedef struct s s;")
    assert names(facts, "class") == ["point_t"]
    assert the(facts, "point_p").type == "point_t"
    assert the(facts, "cb").type == "func"
    assert "s" not in names(facts)


def test_a_typedef_of_a_struct_is_a_type_of_its_own() -> None:
    facts = c("/* A loop. */\ntypedef struct loop_s loop_t, *loop_p, loop_a[2];\ntypedef unsigned int size_type;\n")
    loop = the(facts, "loop_t")
    assert (loop.kind, loop.type, loop.line, loop.column, loop.docstring) == ("class", "loop_s", 2, 23, "A loop.")
    assert loop.signature == "typedef struct loop_s loop_t, *loop_p, loop_a[2]"
    assert facts.scopes[loop.opens].kind == ScopeKind.CLASS
    assert names(facts, "variable") == ["loop_p", "loop_a", "size_type"]
    assert the(cpp("typedef struct loop_s loop_t;"), "loop_t").kind == "variable"


def test_enum_constants_live_around_the_enum() -> None:
    assert names(c("enum colour { RED = 1, GREEN };")) == ["colour", "RED", "GREEN"]
    assert names(cpp("enum class Colour { Red };")) == ["Colour", "Colour.Red"]


def test_includes_keep_their_brackets() -> None:
    facts = c('#include "a/b.h"\n#include <stdio.h>\n')
    assert [(item.module, item.name, item.alias) for item in facts.imports] == [
        ("a/b.h", "", ""),
        ("<stdio.h>", "", ""),
    ]


def test_macros_and_the_calls_in_their_bodies() -> None:
    facts = c('#define ALIAS real\n#define TWICE(f, x) (f(x) + helper(x, "no(1)") + \\\n  a->run())\n')
    assert the(facts, "ALIAS").flags & Flag.MACRO
    assert ("ALIAS", "real", "") in assigned(facts)
    assert [(call.callee, call.argument_count, call.line, call.column) for call in facts.calls] == [
        ("f", 1, 2, 22),
        ("helper", 2, 2, 29),
        ("a.run", 0, 3, 6),
    ]
    assert facts.calls[0].arguments == ["x"]
    assert facts.scopes[facts.calls[0].scope].definition == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("void* data; \\\n  int type;", "function"),
        ("do { run(); } while (0)", "function"),
        ("3", "variable"),
        ('";"', "variable"),
        ("run(1) /* first; then */", "variable"),
    ],
)
def test_object_like_macro_that_holds_code_is_no_variable(body: str, kind: str) -> None:
    item = the(c(f"#define FIELDS {body}\n"), "FIELDS")
    assert (item.kind, item.line) == (kind, 1)
    assert item.flags & Flag.MACRO


def test_object_like_macro_used_as_a_statement_is_called() -> None:
    facts = c("#define POST do { submit(); } while (0)\nvoid f(void) { POST; }")
    assert [(call.callee, bool(call.flags & Flag.MACRO)) for call in facts.calls] == [("submit", False), ("POST", True)]


def test_calls_through_fields_pointers_and_casts() -> None:
    facts = c("void f(struct s *p) { p->ops->open(1); (*p->cb)(2); ((struct t *)p)->go(); table[0].run(g(h())); }")
    assert callees(facts) == ["p.ops.open", "p.cb", "t().go", "h", "g", "table[].run"]
    assert [call.column for call in facts.calls[:2]] == [31, 45]


def test_functions_as_values_are_references_but_locals_are_not() -> None:
    facts = c("void f(int x) { int y; on(cb, x, y, &other, (cast_t) third); }")
    assert [item.path for item in facts.references] == ["cb", "other", "third"]


def test_initialiser_tables_assign_fields() -> None:
    facts = c('struct ops o = { .open = my_open, .sub.close = my_close };\nstruct cmd list[] = {{"a", run_a}};')
    assert ("o.open", "my_open", "") in assigned(facts)
    assert ("o.sub.close", "my_close", "") in assigned(facts)
    assert [item.path for item in facts.references] == ["my_open", "my_close", "run_a"]


def test_both_branches_of_a_condition_are_read() -> None:
    facts = c("#ifdef A\nint f(void) { a(); }\n#else\nint f(void) { b(); }\n#endif\n")
    assert [bool(item.flags & Flag.CONDITIONAL) for item in facts.definitions] == [True, True]
    assert callees(facts) == ["a", "b"]


def test_include_guard_is_no_condition() -> None:
    facts = c("#ifndef A_H\n#define A_H\nint f(void);\n#endif\n")
    assert not the(facts, "f").flags & Flag.CONDITIONAL


def test_branch_that_cuts_through_a_statement_is_reduced() -> None:
    source = (
        "void f(void) {\n#if A\n  for (;x();) {\n#else\n  for (;;) {\n#endif\n    y();\n  }\n}\nvoid g(void) { z(); }\n"
    )
    facts = c(source)
    assert callees(facts) == ["x", "y", "z"]
    assert names(facts) == ["f", "g"]
    assert [(issue.line, issue.reason) for issue in facts.issues] == [(5, "syntax")]


def test_mending_keeps_length_lines_and_whole_branches() -> None:
    whole = b"#if A \\\n  || B\nint a;\n#else\nint b;\n#endif\n"
    assert mended(whole) == (whole, [])
    cut = b"int a =\n#if X\n1\n#else\n2\n#endif\n;\n"
    text, dropped = mended(cut)
    assert len(text) == len(cut)
    assert text.split() == [b"int", b"a", b"=", b"1", b";"]
    assert dropped == [5]


def test_functions_made_by_macros() -> None:
    facts = c("TEST_IMPL(fork_works) { run(); }\nUNUSED(static int hidden(int a)) { return a; }")
    test = the(facts, "fork_works")
    assert test.flags & Flag.TEST
    assert test.decorators == ["TEST_IMPL()"]
    gtest = cpp("TEST(Suite, Works) { a(); }\nTEST_F(Fixture, Fits) { b(); }")
    assert names(gtest) == ["Suite.Works", "Fixture.Fits"]
    assert the(gtest, "Fits").receiver == "Fixture"
    assert all(item.flags & Flag.TEST for item in gtest.definitions)


def test_header_with_cplusplus_is_read_as_such() -> None:
    assert c("namespace a { class B { void f(); }; }").language == "cpp"
    guarded = '#ifdef __cplusplus\nextern "C" {\nclass A;\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n'
    assert c(guarded).language == "c"


def test_namespaces_nest_and_anonymous_ones_are_private() -> None:
    facts = cpp("namespace a::b { void f(); namespace { int g() { return 1; } } }")
    assert names(facts) == ["a", "a.b", "a.b.f", "a.b.g"]
    assert the(facts, "g").flags & Flag.PRIVATE
    assert [scope.kind for scope in facts.scopes[:3]] == [ScopeKind.MODULE, ScopeKind.NAMESPACE, ScopeKind.NAMESPACE]


def test_using_and_namespace_aliases_are_imports() -> None:
    facts = cpp("using namespace std;\nusing a::b::C;\nnamespace fs = std::filesystem;")
    assert [(item.module, item.name, item.alias) for item in facts.imports] == [
        ("std", "*", "*"),
        ("a::b", "C", "C"),
        ("std::filesystem", "", "fs"),
    ]


def test_class_with_bases_members_and_export_macro() -> None:
    facts = cpp(
        "class LIB_EXPORT Widget final : public ns::Base<int>, Other {\n public:\n  explicit Widget(int a = 0);\n"
        "  ~Widget();\n  virtual void run() = 0;\n  static int count;\n  bool operator==(const Widget& o) const;\n"
        "  Widget(const Widget&) = delete;\n  template <class T> void each(T t) { t.go(); }\n};"
    )
    assert names(facts) == [
        f"Widget{rest}" for rest in ("", ".Widget", ".-Widget", ".run", ".count", ".operator==", ".each")
    ]
    assert the(facts, "Widget").bases == ["ns.Base[int]", "Other"]
    assert the(facts, "run").flags & Flag.ABSTRACT
    assert the(facts, "count").flags & Flag.STATIC
    assert the(facts, "each").parameters[0].type == ""


def test_methods_outside_their_class_have_a_receiver() -> None:
    facts = cpp(
        "A::A(int x) : Base(x), m_(x) {}\nint ns::B<int>::f() const { return 1; }\nA::operator bool() { return m_; }"
    )
    assert [(item.name, item.receiver, item.kind) for item in facts.definitions] == [
        ("A", "A", "method"),
        ("f", "ns.B", "method"),
        ("operator bool", "A", "method"),
    ]
    assert [(call.callee, call.flags) for call in facts.calls] == [
        ("Base", Flag.CONSTRUCTION),
        ("this.m_", Flag.CONSTRUCTION | Flag.IMPLICIT),
    ]


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("A a(1);", 1),
        ("A a{1, 2};", 2),
        ("A a;", 0),
        ("auto a = new A(1);", 1),
        ("auto a = std::make_unique<A>(1);", 1),
        ("A a(b);", 1),
    ],
)
def test_construction(statement: str, count: int) -> None:
    facts = cpp(f"void f() {{ {statement} }}")
    made = [call for call in facts.calls if call.flags & Flag.CONSTRUCTION]
    assert [(call.callee, call.argument_count) for call in made] == [("A", count)]
    target, value, declared = assigned(facts)[0]
    assert target == "a"
    assert "A" in (declared, value.removesuffix("()"))


def test_plain_types_construct_nothing() -> None:
    assert callees(cpp("void f() { int a; std::string s; A* p; A& r = x; size_t n; }")) == []


def test_casts_templates_and_lambdas() -> None:
    facts = cpp(
        "void f() { static_cast<B*>(x)->go(); ns::g<int>(1); o.m<int>(2); (*this)(3);\n"
        " auto l = [this, k = h()](A& a) { a.run(k); return 1; }; for (auto& i : list) i.go(); }"
    )
    loop = [f"list.{member}" for member in ("begin", "end", *(f"begin().operator{sign}" for sign in ("!=", "++", "*")))]
    assert callees(facts) == ["B().go", "ns.g", "o.m", "this.operator()", "h", "a.run", *loop, "i.go"]
    place = next(number for number, scope in enumerate(facts.scopes) if scope.parameters)
    assert [(one.name, one.type) for one in facts.scopes[place].parameters] == [("a", "A")]
    assert ("l", f"#lambda@{place}", "") in assigned(facts)
    assert ("i", "list[]", "") in assigned(facts)
    assert facts.returns == []


def test_local_of_another_type_shadows_in_a_scope_of_its_own() -> None:
    facts = cpp("void f() { A x = a(); { B x = b(); x.go(); } x.run(); }")
    by_callee = {call.callee: call.scope for call in facts.calls if "." in call.callee}
    assert by_callee["x.go"] != by_callee["x.run"]
    assert facts.scopes[by_callee["x.go"]].kind == ScopeKind.BLOCK


def test_unicode_crlf_and_invalid_bytes() -> None:
    facts = extract("c", "int größe(void)\r\n{\r\n  return /* ü */ höhe();\r\n}\r\n".encode() + b"\xff\xfe\n")
    assert names(facts)[0] == "größe"
    assert (facts.calls[0].callee, facts.calls[0].line, facts.calls[0].column) == ("höhe", 3, 19)


@pytest.mark.parametrize(
    "source",
    [
        "int f(){return " + "(" * 10_000 + "g()" + ")" * 10_000 + ";}",
        "int f(){return " + "+".join(["g(a)"] * 5_000) + ";}",
        "void f(){" + "if(a)g();else " * 5_000 + "h();}",
        "void f(){" + "{" * 5_000 + "g();" + "}" * 5_000 + "}",
        "namespace a {" * 400 + "}" * 400,
        "A<" * 2_000 + "int" + ">" * 2_000 + " x;",
        "int " + "*" * 5_000 + "p;",
    ],
)
def test_deep_nesting_is_survived(source: str) -> None:
    facts = extract("cpp", source.encode())
    assert decode_facts(encode_facts(facts)) == facts
    if "g(" in source:
        assert "g" in callees(facts)


_SEED = (
    b"#if A\nstruct s { int x; } t = { .x = f };\n#endif\nnamespace n { template <class T> class C : public B<T> { C() : B(1) {} }; }\n"
    b"int g(int (*p)(int), ...) { for (auto& x : y) x->z[1](p, &g); return (T*)new C{1}; }\n#define M(a) a##b(a)\n"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SEED)), st.binary(max_size=6), st.integers(0, 12)), max_size=8))
def test_broken_source_never_raises(edits: list[tuple[int, bytes, int]]) -> None:
    source = _SEED
    for at, insert, cut in edits:
        source = source[:at] + insert + source[at + cut :]
    for language in ("c", "cpp"):
        facts = extract(language, source)
        assert len(local_names(facts)) == len(set(local_names(facts)))
        assert all(0 <= call.scope < len(facts.scopes) for call in facts.calls)


def test_includes_are_found_beside_below_roots_and_by_suffix() -> None:
    profile = CFamilyProfile(
        Layout(["src/a.c", "src/a.h", "include/lib/x.h", "deep/unique/y.h", "one/z.h", "two/z.h"], {})
    )
    assert profile.included_path("src/a.c", "a.h") == "src/a.h"
    assert profile.included_path("src/a.c", "<lib/x.h>") == "include/lib/x.h"
    assert profile.included_path("src/a.c", "unique/y.h") == "deep/unique/y.h"
    assert profile.included_path("src/a.c", "z.h") == ""
    assert profile.included_path("src/a.c", "../../etc.h") == ""


def test_visible_paths_follow_includes_and_cycles() -> None:
    profile = CFamilyProfile(Layout(["a.c", "a.h", "b.h", "c.h"], {}))
    facts_of = {"a.c": c('#include "a.h"'), "a.h": c('#include "b.h"'), "b.h": c('#include "a.h"'), "c.h": c("")}
    assert profile.visible_paths("a.c", facts_of) == {"a.c", "a.h", "b.h"}


def test_using_a_name_of_a_namespace_loads_none_of_its_files() -> None:
    sources = {
        "shape.h": "namespace s { class Canvas {}; }",
        "main.cc": '#include "shape.h"\nusing s::Canvas;\nusing namespace s;',
    }
    sources["other.cc"] = "namespace s { int area() { return 1; } }"
    files = [ProgramFile(path, extract("cpp", text.encode())) for path, text in sources.items()]
    resolution = Resolution("r", files, CFamilyProfile(Layout([file.path for file in files], {})))
    found = [(row[5], row[8]) for row in resolution.relations() if row[0] is RelationKind.IMPORTS]
    assert [(resolution.symbols[target].path, line) for target, line in found] == [("shape.h", 1)]
