"""Java facts and the Java profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Definition, FileFacts, Flag, Import, ScopeKind
from indexers.languages import extract, profile_for
from indexers.naming import local_names
from indexers.resolution.layout import Layout
from indexers.resolution.profile import Profile

SAMPLE = (Path(__file__).parents[3] / "fixtures/java/shop/src/main/java/org/shop/store/Order.java").read_bytes()


def facts_of(source: str) -> FileFacts:
    return extract("java", source.encode())


def in_class(members: str) -> FileFacts:
    return facts_of(f"package p;\nclass C {{\n{members}\n}}\n")


def in_method(body: str) -> FileFacts:
    return in_class(f"void m() {{\n{body}\n}}")


def named(facts: FileFacts, name: str) -> Definition:
    return next(item for item, local in zip(facts.definitions, local_names(facts), strict=True) if local == name)


def callees(facts: FileFacts) -> list[str]:
    return [call.callee for call in facts.calls]


def types_of(facts: FileFacts) -> dict[str, tuple[str, str]]:
    return {item.target: (item.value, item.type) for item in facts.assignments}


@pytest.mark.parametrize(
    ("line", "module", "name", "alias", "flags"),
    [
        ("import java.util.List;", "java.util", "List", "List", 0),
        ("import java.util.*;", "java.util", "*", "", 0),
        ("import java.util.Map.Entry;", "java.util.Map", "Entry", "Entry", 0),
        ("import static java.lang.Math.max;", "java.lang.Math", "max", "max", Flag.STATIC),
        ("import static org.x.Y.*;", "org.x.Y", "*", "", Flag.STATIC),
    ],
)
def test_imports(line: str, module: str, name: str, alias: str, flags: int) -> None:
    facts = facts_of(f"package a . b;\n{line}\n")
    (item,) = facts.imports
    assert (item.module, item.name, item.alias, item.flags) == (module, name, alias, flags)
    assert facts.package.replace(" ", "") == "a.b"


def test_class_with_bases_annotations_and_javadoc() -> None:
    facts = facts_of(
        'package p;\n/**\n * Holds {@code\n * keys} of <b>one</b> kind.\n * More.\n *\n * @since 1\n */\n@Entity(name = "x")\n'
        "public abstract class Box<T extends Item> extends Base<T> implements A, q.B<String> {\n}\n"
    )
    box = named(facts, "Box")
    assert (box.kind, box.bases, box.implements) == ("class", ["Base[T]"], ["A", "q.B[String]"])
    assert box.docstring == "Holds keys of one kind.\nMore."
    assert box.decorators == ["Entity()"]
    assert box.signature == "public abstract class Box<T extends Item> extends Base<T> implements A, q.B<String>"
    assert (box.line, box.start_line, box.flags) == (10, 9, Flag.EXPORTED | Flag.ABSTRACT)
    assert [item.path for item in facts.references] == ["Entity"]


def test_fields_have_their_types() -> None:
    facts = in_class(
        "/** All. */\nprivate static final Map<String, List<? extends B>> all = make();\nint a, b[];\nq.R r;"
    )
    assert (named(facts, "C.all").type, named(facts, "C.all").docstring) == ("Map[String,List[B]]", "All.")
    assert named(facts, "C.all").flags == Flag.STATIC | Flag.PRIVATE
    assert (named(facts, "C.a").type, named(facts, "C.b").type, named(facts, "C.r").type) == ("int", "[]int", "q.R")
    assert callees(facts) == ["make"]


def test_methods_and_constructors() -> None:
    facts = in_class(
        "C(int x) { super(x); }\n<R extends Item> R run(final A.B b, int[] z, String... rest) { return b.make(); }\nabstract void none();"
    )
    run = named(facts, "C.run")
    assert (run.kind, run.type) == ("method", "R")
    assert [(item.name, item.type) for item in run.type_parameters] == [("R", "Item")]
    assert [(item.name, item.type, item.flags) for item in run.parameters] == [
        ("b", "A.B", 0),
        ("z", "[]int", 0),
        ("rest", "String", Flag.VARIADIC),
    ]
    assert (named(facts, "C.C").kind, named(facts, "C.none").type) == ("method", "")
    assert named(facts, "C.none").flags == Flag.ABSTRACT | Flag.DECLARATION
    assert [item.value for item in facts.returns] == ["b.make()"]
    assert callees(facts) == ["super", "b.make"]


def test_overloads_keep_their_own_names() -> None:
    facts = in_class("void a() {}\nvoid a(int x) {}")
    assert local_names(facts) == ["C", "C.a", "C.a~2"]


def test_nested_and_anonymous_classes() -> None:
    facts = in_class(
        "static class In { enum E { A(1), B { void b() {} }; E(int... n) {} } }\nObject o = new Base(1) { void inner() { outer(); } };"
    )
    assert [name for name in local_names(facts) if "." in name] == [
        "C.In",
        "C.In.E",
        "C.In.E.A",
        "C.In.E.B",
        "C.In.E.<anonymous>",
        "C.In.E.<anonymous>.b",
        "C.In.E.E",
        "C.o",
        "C.<anonymous>",
        "C.<anonymous>.inner",
    ]
    assert named(facts, "C.<anonymous>").bases == ["Base"]
    assert named(facts, "C.In.E.A").type == "E"
    assert callees(facts) == ["E", "E", "#anonymous@5", "Base", "#anonymous@9", "outer"]


def test_records_have_fields_and_accessors() -> None:
    facts = facts_of(
        "package p;\nrecord R(int a, List<B> b) implements I {\n  R { check(); }\n  public int a() { return a; }\n}\n"
    )
    assert local_names(facts) == ["R", "R.a", "R.b", "R.b~2", "R.R", "R.a~2"]
    assert named(facts, "R.b~2").kind == "method"
    assert [item.type for item in named(facts, "R.R").parameters] == ["int", "List[B]"]


def test_interfaces_and_annotations() -> None:
    facts = facts_of(
        'package p;\ninterface I extends J, K<T> { int K = 1; void a(); default void b() {} }\n@interface N { String value() default ""; }\n'
    )
    assert (named(facts, "I").kind, named(facts, "I").bases) == ("interface", ["J", "K[T]"])
    assert named(facts, "I.a").flags & Flag.DECLARATION
    assert not named(facts, "I.b").flags & Flag.DECLARATION
    assert (named(facts, "N").kind, named(facts, "N.value").type) == ("interface", "String")


@pytest.mark.parametrize(
    ("statement", "target", "value", "declared"),
    [
        ("Foo a = b.c;", "a", "b.c", "Foo"),
        ("var a = open(x).get();", "a", "open().get()", ""),
        ("final List<Foo> a;", "a", "", "List[Foo]"),
        ("var a = new q.Foo<>(1);", "a", "q.Foo()", ""),
        ("var a = new Foo[3];", "a", "#array@Foo", ""),
        ("Foo[] a = {b};", "a", "#?", "[]Foo"),
        ("var a = (Foo) b;", "a", "Foo()", ""),
        ("var a = b ? c() : d();", "a", "c()", ""),
        ("for (Foo a : b.all()) {}", "a", "b.all()[]", "Foo"),
        ("for (var a : b) {}", "a", "b[]", ""),
        ("try (Reader a = open()) {}", "a", "open()", "Reader"),
        ("try {} catch (A | B a) {}", "a", "", "A|B"),
        ("if (x instanceof Foo a && a.ok()) {}", "a", "", "Foo"),
        ("if (x instanceof Pair(Foo a, var b)) {}", "a", "", "Foo"),
        ("switch (x) { case Foo a -> a.run(); default -> {} }", "a", "", "Foo"),
    ],
)
def test_local_variables(statement: str, target: str, value: str, declared: str) -> None:
    assert types_of(in_method(statement))[target] == (value, declared)


def test_assigned_fields_keep_their_declared_type() -> None:
    facts = in_class("Foo foo; Bar bar;\nvoid m(Bar bar) { foo = make(); this.bar = bar; bar = null; }")
    assert [(item.target, item.value, item.type) for item in facts.assignments] == [
        ("this.foo", "make()", "Foo"),
        ("this.bar", "bar", "Bar"),
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("this.x.run(); super.run();", ["this.x.run", "super.run"]),
        ("C.this.run(); A.super.run();", ["C().run", "A.run"]),
        ("((Foo) o).run();", ["Foo().run"]),
        ("a().b.c(d());", ["a", "d", "a().b.c"]),
        ("new Foo(x).bar();", ["Foo", "Foo().bar"]),
        ("outer.new Inner();", ["Inner"]),
        ('"a".trim();', ["#str.trim"]),
        ("items[0].run();", ["items[].run"]),
        ("Map.<String>of();", ["Map.of"]),
        ("assert a() : b();", ["a", "b"]),
        ("synchronized (a()) { b(); }", ["a", "b"]),
        ("int v = switch (a()) { case 1 -> b(); default -> { yield c(); } };", ["a", "b", "c"]),
        ("do { a(); } while (b());", ["a", "b"]),
        ("l: for (int i = a(); b(); c()) { d(); }", ["a", "b", "c", "d"]),
        ("throw new Failure(a());", ["a", "Failure"]),
    ],
)
def test_calls(statement: str, expected: list[str]) -> None:
    assert callees(in_method(statement)) == expected


def test_own_constructor_calls_name_the_class() -> None:
    (call,) = in_class("C() { this(1, 2); }").calls
    assert (call.callee, call.argument_count, call.flags) == ("C", 2, Flag.CONSTRUCTION)


def test_call_position_is_that_of_the_last_name() -> None:
    (call,) = in_method("  größe.client\n    .send(1, null);").calls
    assert (call.callee, call.line, call.column, call.argument_count) == ("größe.client.send", 5, 6, 2)


def test_references_are_names_kept_or_passed_on() -> None:
    facts = in_method(
        "int local = 1;\nrun(Handler.INSTANCE, local, shared);\neach(this::go);\neach(Foo::new);\neach(a.b.Foo::of);"
    )
    assert [item.path for item in facts.references] == ["Handler.INSTANCE", "shared", "this.go", "Foo", "a.b.Foo.of"]


def test_lambdas_open_a_scope_of_the_method_around() -> None:
    facts = in_method("run(x -> x.go());")
    call = next(call for call in facts.calls if call.callee == "x.go")
    scope = facts.scopes[call.scope]
    assert (scope.kind, scope.definition) == (ScopeKind.FUNCTION, -1)
    assert [item.name for item in scope.parameters] == ["x"]
    assert facts.calls[-1].arguments == [f"#lambda@{call.scope}"]
    assert [(item.scope, item.value) for item in facts.returns] == [(call.scope, "x.go()")]


def test_sibling_blocks_do_not_share_names() -> None:
    facts = in_method("for (A x : a) { x.a(); }\nfor (B x : b) { x.b(); }")
    scopes = [item.scope for item in facts.assignments if item.target == "x"]
    assert len(set(scopes)) == 2


@pytest.mark.parametrize("annotation", ["Test", "ParameterizedTest", "org.junit.Test", "Test(timeout = 1)"])
def test_tests_are_known_by_their_annotation(annotation: str) -> None:
    facts = in_class(f"@{annotation}\npublic void works() {{}}\nvoid helper() {{}}")
    assert named(facts, "C.works").flags & Flag.TEST
    assert not named(facts, "C.helper").flags & Flag.TEST


def test_windows_line_ends_and_foreign_identifiers() -> None:
    facts = facts_of("package p;\r\n/** Misst\r\n * alles. */\r\nclass Maß {\r\n  void größe() { länge(); }\r\n}\r\n")
    assert (named(facts, "Maß").docstring, named(facts, "Maß.größe").line) == ("Misst\nalles.", 5)
    assert callees(facts) == ["länge"]


def test_broken_source_keeps_the_rest() -> None:
    facts = facts_of("package p;\nclass A { void a() { b(); } void ( {{ }\nclass B { void c() { d(); } }\n")
    assert facts.issues
    assert "b" in callees(facts)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 10_000 + "f()" + ")" * 10_000,
        "f(" * 10_000 + ")" * 10_000,
        "f()" + ".f()" * 10_000,
        "f()" + " + 1" * 10_000,
        "!" * 10_000 + "f()",
        "x -> " * 3_000 + "f()",
        "a ? b : " * 3_000 + "f()",
        "new A() { Object o = " * 1_000 + "f()" + "; }" * 1_000,
    ],
    ids=["parentheses", "arguments", "chain", "sum", "not", "lambdas", "ternaries", "anonymous"],
)
def test_deep_nesting_is_walked_without_recursion_errors(expression: str) -> None:
    facts = in_method(f"Object x = {expression};")
    assert any(call.callee.rpartition(".")[2] == "f" for call in facts.calls)
    assert all(len(call.callee) <= 200 for call in facts.calls)


@pytest.mark.parametrize(
    "opening", ["class A { ", "class A { void m() { ", "if (x) { ", "{ "], ids=["classes", "locals", "ifs", "blocks"]
)
def test_deep_blocks_are_walked_without_recursion_errors(opening: str) -> None:
    depth = 1_000
    facts = in_method(opening * depth + "f();" + "}" * (depth * opening.count("{")))
    assert facts.line_count


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 12), st.binary(max_size=4)), min_size=1, max_size=6)
)
def test_mutated_sources_never_raise(edits: list[tuple[int, int, bytes]]) -> None:
    source = SAMPLE
    for start, length, text in edits:
        source = source[:start] + text + source[start + length :]
    facts = extract("java", source)
    assert len(local_names(facts)) == len(facts.definitions)


# the profile


def profile() -> Profile:
    return profile_for("java")(Layout([], {}))


def test_namespace_is_the_package() -> None:
    facts = FileFacts("java", 1, "org.shop")
    assert profile().namespace("src/main/java/org/shop/A.java", facts) == "org.shop"
    assert profile().display_name("A.java", facts) == "org.shop"


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (Import(0, "java.util", "List", "List", 1, 1), "java.util.List"),
        (Import(0, "java.util", "*", "", 1, 1), "java.util"),
    ],
)
def test_external_names(item: Import, name: str) -> None:
    assert profile().external_name(item) == name


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("src/test/java/org/A.java", True),
        ("src/main/java/org/AContestant.java", False),
        ("org/OrderTest.java", True),
        ("org/TestOrder.java", True),
        ("org/Testament.java", False),
        ("org/OrderIT.java", True),
    ],
)
def test_test_paths(path: str, is_test: bool) -> None:
    assert profile().is_test_path(path) is is_test
