"""Go facts and the Go profile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Definition, FileFacts, Flag, Import, ScopeKind
from indexers.languages import extract, profile_for
from indexers.naming import local_names
from indexers.resolution.layout import Layout
from indexers.resolution.profile import Profile

SAMPLE = (Path(__file__).parents[3] / "fixtures/go/shop/store/shadow.go").read_bytes()


def facts_of(source: str) -> FileFacts:
    return extract("go", source.encode())


def in_function(body: str) -> FileFacts:
    return facts_of(f"package p\nfunc f() {{\n{body}\n}}\n")


def named(facts: FileFacts, name: str) -> Definition:
    return next(item for item, local in zip(facts.definitions, local_names(facts), strict=True) if local == name)


def callees(facts: FileFacts) -> list[str]:
    return [call.callee for call in facts.calls]


def types_of(facts: FileFacts) -> dict[str, tuple[str, str]]:
    return {item.target: (item.value, item.type) for item in facts.assignments}


def test_package_and_its_comment_without_directives() -> None:
    facts = facts_of("//go:build linux\n\n// Package p does\n// things.\npackage p\n\nfunc F() {}\n")
    assert (facts.package, facts.docstring) == ("p", "Package p does\nthings.")
    assert named(facts, "F").flags & Flag.CONDITIONAL


@pytest.mark.parametrize(
    ("line", "module", "name", "alias"),
    [
        ('import "fmt"', "fmt", "", "fmt"),
        ('import f "fmt"', "fmt", "", "f"),
        ('import . "strings"', "strings", "*", ""),
        ('import _ "embed"', "embed", "", ""),
        ('import (\n\t"github.com/a/b/v2"\n)', "github.com/a/b/v2", "", "b"),
        ('import "gopkg.in/yaml.v3"', "gopkg.in/yaml.v3", "", "yaml"),
        ('import "github.com/a/go-retry"', "github.com/a/go-retry", "", "retry"),
        ('import "github.com/a/go-retry"\nvar x = goretry.Do()', "github.com/a/go-retry", "", "goretry"),
    ],
)
def test_imports(line: str, module: str, name: str, alias: str) -> None:
    (item,) = facts_of(f"package p\n{line}\n").imports
    assert (item.module, item.name, item.alias) == (module, name, alias)


def test_struct_fields_embedding_and_documentation() -> None:
    facts = facts_of(
        "package p\n\n// Bucket holds\n// keys.\ntype Bucket[K any] struct {\n\t*pkg.Base\n\tMeta // trailing\n"
        '\t// Root is first.\n\tRoot, next *node `json:"r"`\n\tbyKey map[string][]*Item\n\thook func(int) error\n}\n'
    )
    bucket = named(facts, "Bucket")
    assert (bucket.kind, bucket.docstring, bucket.bases) == ("class", "Bucket holds\nkeys.", ["pkg.Base", "Meta"])
    assert bucket.signature == "type Bucket[K any] struct"
    assert named(facts, "Bucket.Base").type == "pkg.Base"
    assert (named(facts, "Bucket.Root").type, named(facts, "Bucket.Root").docstring) == ("node", "Root is first.")
    assert named(facts, "Bucket.byKey").type == "map[string,[]Item]"
    assert named(facts, "Bucket.hook").type == "func"
    assert facts.scopes[bucket.opens].kind == ScopeKind.CLASS


def test_interface_methods_are_declarations() -> None:
    facts = facts_of(
        "package p\ntype Shape interface {\n\tio.Closer\n\tArea(scale int) (float64, error)\n\t~int | string\n}\n"
    )
    assert (named(facts, "Shape").kind, named(facts, "Shape").bases) == ("interface", ["io.Closer"])
    area = named(facts, "Shape.Area")
    assert (area.kind, area.type, area.flags & Flag.DECLARATION) == ("method", "float64", Flag.DECLARATION)
    assert [(item.name, item.type) for item in area.parameters] == [("scale", "int")]


def test_methods_are_named_by_their_receiver() -> None:
    facts = facts_of(
        "package p\n// Put puts.\nfunc (b *Bucket[K, V]) Put(key []byte, rest ...string) (n int, err error) { return 0, nil }\n"
    )
    put = named(facts, "Bucket.Put")
    assert (put.kind, put.receiver, put.type, put.docstring) == ("method", "Bucket[K,V]", "int", "Put puts.")
    assert [(item.name, item.type, item.flags) for item in put.parameters] == [
        ("key", "[]byte", 0),
        ("rest", "string", Flag.VARIADIC),
    ]
    assert put.flags == Flag.EXPORTED
    assert types_of(facts)["b"] == ("", "Bucket[K,V]")
    assert types_of(facts)["n"] == ("", "int")


def test_aliases_and_defined_types() -> None:
    facts = facts_of("package p\ntype (\n\tMy = other.Type\n\tTasks []*Task\n)\n")
    assert (named(facts, "My").type, named(facts, "My").bases) == ("other.Type", ["other.Type"])
    assert (named(facts, "Tasks").type, named(facts, "Tasks").bases) == ("[]Task", [])


def test_package_variables_and_constants() -> None:
    facts = facts_of(
        'package p\nvar (\n\t// Limit is it.\n\tLimit int = 3\n\tdb, err = open()\n)\nconst name = "x"\nvar _ I = &T{}\n'
    )
    assert (named(facts, "Limit").type, named(facts, "Limit").docstring) == ("int", "Limit is it.")
    assert [item.kind for item in facts.definitions] == ["variable"] * 4
    assert types_of(facts)["db"] == ("open()", "")
    assert types_of(facts)["err"] == ("open()[1]", "")
    assert types_of(facts)["name"] == ("#str", "")


def test_closures_have_parameters_and_results_of_their_own() -> None:
    facts = facts_of(
        "package p\nfunc f() T { g := func(n int) K { if n > 0 { return a() }; return b() }; return c() }\n"
    )
    closure = next(scope for scope in facts.scopes if scope.definition < 0 and scope.parameters)
    assert [(item.name, item.type) for item in closure.parameters] == [("n", "int")]
    index = facts.scopes.index(closure)
    assert [(item.scope == index, item.value) for item in facts.returns] == [
        (True, "a()"),
        (True, "b()"),
        (False, "c()"),
    ]


def test_arguments_reads_and_writes() -> None:
    facts = facts_of(
        "package p\nvar total int\nfunc f(s *S, xs []int) {\n\ttotal += s.n\n\ts.count++\n\tif s.on && total > 3 {\n"
        "\t\tg(s, 1, s.n, func() {}, total+1)\n\t}\n\th(xs...)\n}\n"
    )
    assert [(call.callee, call.argument_count, call.arguments) for call in facts.calls] == [
        ("g", 5, ["s", "#num", "s.n", "#lambda@2"]),
        ("h", 1, ["*xs"]),
    ]
    assert [(item.path, item.line, bool(item.flags & Flag.WRITE)) for item in facts.references] == [
        ("s.n", 4, False),
        ("total", 4, True),
        ("s.count", 5, True),
        ("s.on", 6, False),
        ("total", 6, False),
        ("s.n", 7, False),
        ("total", 7, False),
    ]


def test_constants_repeat_the_type_of_their_group() -> None:
    facts = facts_of("package p\nconst (\n\tA Kind = iota\n\tB\n\tC = 3\n\tD\n)\n")
    assert [named(facts, name).type for name in "ABCD"] == ["Kind", "Kind", "", ""]


def test_further_results_stand_apart() -> None:
    facts = facts_of(
        "package p\nfunc two() (int, *T, error) { return 0, nil, nil }\ntype I interface{ Get() (a A, b B) }\n"
    )
    assert (named(facts, "two").type, named(facts, "two").results) == ("int", ["T", "error"])
    assert (named(facts, "I.Get").type, named(facts, "I.Get").results) == ("A", ["B"])


@pytest.mark.parametrize(
    ("constraint", "left_out"),
    [
        ("linux", False),
        ("!linux && !darwin", True),
        ("windows || (unix && cgo)", False),
        ("ignore", True),
        ("go1.21 && amd64", False),
        ("!(linux || darwin)", True),
    ],
)
def test_build_constraints(constraint: str, left_out: bool) -> None:
    facts = facts_of(f"//go:build {constraint}\n\npackage p\nfunc f() {{}}\n")
    assert bool(named(facts, "f").flags & Flag.INACTIVE) is left_out
    assert named(facts, "f").flags & Flag.CONDITIONAL


@pytest.mark.parametrize(
    ("statement", "target", "value", "declared"),
    [
        ("a := b.c", "a", "b.c", ""),
        ("a, err := open(x)", "a", "open()", ""),
        ("a, err := open(x)", "err", "open()[1]", ""),
        ("for k := range b.items {\n}", "k", "b.items[*]", ""),
        ("a, b := one(), two()", "b", "two()", ""),
        ("var a *pkg.T", "a", "", "pkg.T"),
        ("a := &T{X: 1}", "a", "T()", "T"),
        ("a := pkg.Set[int]{}", "a", "pkg.Set()", "pkg.Set[int]"),
        ("a := []*T{{}}", "a", "#list", "[]T"),
        ("a := make(map[string]*T, 3)", "a", "#dict", "map[string,T]"),
        ("a := new(T)", "a", "T()", ""),
        ("a := <-jobs", "a", "jobs[]", ""),
        ("a := items[0].name", "a", "items[].name", ""),
        ("a := items[1:]", "a", "items", ""),
        ("a := append(items, x)", "a", "items", ""),
        ("a, ok := b.(*pkg.T)", "a", "pkg.T()", "pkg.T"),
        ("for _, a := range b.items {\n}", "a", "b.items[]", ""),
        ("for i := 0; i < 3; i++ {\n}", "i", "#num", ""),
        ("select {\ncase a := <-jobs:\n\ta.Run()\n}", "a", "jobs[]", ""),
        ("b.cb = b.run", "b.cb", "b.run", ""),
        ("b.n++", "b.n", "#num", ""),
        ("a := func(n int) {}", "a", "#lambda@2", ""),
    ],
)
def test_assignments(statement: str, target: str, value: str, declared: str) -> None:
    assert types_of(in_function(statement))[target] == (value, declared)


def test_plain_assignment_declares_no_name() -> None:
    assert types_of(in_function("total = 3")) == {}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("defer b.mu.Unlock()", ["b.mu.Unlock"]),
        ("go run(1, 2)", ["run"]),
        ("a().b.c()", ["a", "a().b.c"]),
        ("Map[int, string](xs, f)", ["Map"]),
        ("Map[int](xs)", ["Map"]),
        ("handlers[i].Serve()", ["handlers[].Serve"]),
        ("key := 1; table[key](x)", []),
        ("x.(*T).Run()", ["T().Run"]),
        ("(*T)(nil).Run()", ["T().Run"]),
        ("(b.run)()", ["b.run"]),
        ("string(x)", []),
        ("[]byte(read())", ["read"]),
        ("return &T{Fn: make1()}", ["make1", "T"]),
        ("func() { inner() }()", ["inner"]),
        ("if a := f(); a.ok() && !g() { h() } else { k() }", ["f", "a.ok", "g", "h", "k"]),
        ("switch f() {\ncase g():\n\th()\n}", ["f", "g", "h"]),
        ("outer:\nfor {\n\tf()\n\tbreak outer\n}", ["f"]),
        ("ch <- f()", ["f"]),
        ("x[f()] = g()", ["g", "f"]),
    ],
)
def test_calls(statement: str, expected: list[str]) -> None:
    assert callees(in_function(statement)) == expected


def test_call_position_is_that_of_the_last_name() -> None:
    (call,) = in_function("\tä.client.Send(1, nil)").calls
    assert (call.line, call.column, call.argument_count) == (3, 1 + len("\tä.client.".encode()), 2)


def test_construction_is_marked() -> None:
    (call,) = in_function("_ = pkg.T{1, 2}").calls
    assert (call.callee, call.flags, call.argument_count, call.column) == ("pkg.T", Flag.CONSTRUCTION, 2, 9)


def test_references_are_names_kept_or_passed_on() -> None:
    facts = in_function(
        "local := 1\nregister(handle, local, b.serve)\nt := T{Fn: run, Key: 1}\nm := (*T).Run\nreturn finish"
    )
    assert [item.path for item in facts.references] == ["handle", "b.serve", "run", "T", "T.Run", "finish"]


def test_type_switch_types_each_case() -> None:
    facts = in_function("switch t := v.(type) {\ncase *A:\n\tt.Run()\ncase B, C:\n\tt.Go()\n}")
    assert [(item.scope, item.value, item.type) for item in facts.assignments] == [(2, "v", "A"), (3, "v", "")]
    assert [call.scope for call in facts.calls] == [2, 3]


def test_sibling_blocks_do_not_share_names() -> None:
    facts = in_function("for _, x := range a {\n\tx.A()\n}\nfor _, x := range b {\n\tx.B()\n}")
    first, second = (item.scope for item in facts.assignments if item.target == "x")
    assert first != second
    assert [call.scope for call in facts.calls] == [first, second]


def test_closures_open_a_scope_of_the_function_around() -> None:
    facts = in_function("run(func(t T) error { return t.Do() })")
    (call, _) = facts.calls
    scope = facts.scopes[call.scope]
    assert (call.callee, scope.kind, scope.definition, scope.parent) == ("t.Do", ScopeKind.FUNCTION, -1, 1)
    assert [(item.scope, item.value) for item in facts.returns] == [(call.scope, "t.Do()")]


def test_type_parameters_are_known_by_their_bound() -> None:
    facts = facts_of("package p\nfunc f[C Closer, T any](c C, t T, ts []C) C { return c }\n")
    assert [item.type for item in named(facts, "f").parameters] == ["Closer", "", "[]C"]
    assert named(facts, "f").type == "Closer"


@pytest.mark.parametrize(
    ("declaration", "is_test"),
    [
        ("func TestA(t *testing.T) {}", True),
        ("func BenchmarkA(b *testing.B) {}", True),
        ("func FuzzA(f *testing.F) {}", True),
        ("func TestA(x int) {}", False),
        ("func helper(t *testing.T) {}", False),
    ],
)
def test_tests_are_known_by_their_parameter(declaration: str, is_test: bool) -> None:
    assert bool(facts_of(f"package p\n{declaration}\n").definitions[0].flags & Flag.TEST) is is_test


def test_windows_line_ends_and_foreign_identifiers() -> None:
    facts = facts_of("package p\r\n\r\n// Größe misst.\r\nfunc Größe(ü int) int {\r\n\treturn größer(ü)\r\n}\r\n")
    assert (named(facts, "Größe").line, named(facts, "Größe").docstring) == (4, "Größe misst.")
    assert (callees(facts), facts.calls[0].line) == (["größer"], 5)


def test_broken_source_keeps_the_rest() -> None:
    facts = facts_of("package p\nfunc a() { b() }\nfunc ( {{{\nfunc c() { d() }\n")
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
        "[]" * 10_000 + "T{f()}",
        "func() {" * 3_000 + "f()" + "}" * 3_000,
        "func() { x := " * 3_000 + "f()" + "}" * 3_000,
        "T{A: " * 3_000 + "f()" + "}" * 3_000,
    ],
    ids=["parentheses", "arguments", "chain", "sum", "not", "type", "closures", "assigned", "composites"],
)
def test_deep_nesting_is_walked_without_recursion_errors(expression: str) -> None:
    facts = in_function(f"x := {expression}")
    assert any(call.callee.rpartition(".")[2] == "f" for call in facts.calls)
    assert all(len(call.callee) <= 200 for call in facts.calls)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 12), st.binary(max_size=4)), min_size=1, max_size=6)
)
def test_mutated_sources_never_raise(edits: list[tuple[int, int, bytes]]) -> None:
    source = SAMPLE
    for start, length, text in edits:
        source = source[:start] + text + source[start + length :]
    facts = extract("go", source)
    assert len(local_names(facts)) == len(facts.definitions)


def test_time_grows_with_size_alone() -> None:
    statement = "\tx, err := a.b.Call(c, d.e, func() { g() })\n\tif err != nil {\n\t\treturn err\n\t}\n"
    start = time.process_time()
    in_function(statement * 500)
    small = time.process_time() - start
    start = time.process_time()
    in_function(statement * 2_000)
    assert time.process_time() - start < 12 * small + 0.2


# the profile


def profile(paths: list[str], manifests: dict[str, str]) -> Profile:
    return profile_for("go")(Layout(paths, manifests))


def imported(subject: Profile, path: str, module: str) -> list[str]:
    return subject.import_namespaces(path, FileFacts("go", 1), Import(0, module, "", "x", 1, 1))


def test_namespace_is_the_import_path() -> None:
    subject = profile(
        ["db.go", "cmd/x/main.go", "tools/gen/gen.go"],
        {"go.mod": "module go.etcd.io/bbolt // c\n\ngo 1.21\n", "tools/go.mod": 'module "example.com/tools"\n'},
    )
    assert subject.namespace("db.go", FileFacts("go", 1, "bbolt")) == "go.etcd.io/bbolt"
    assert subject.namespace("cmd/x/main.go", FileFacts("go", 1, "main")) == "go.etcd.io/bbolt/cmd/x"
    assert subject.namespace("tools/gen/gen.go", FileFacts("go", 1, "gen")) == "example.com/tools/gen"


def test_outside_test_packages_stand_apart() -> None:
    subject = profile(["db_test.go"], {"go.mod": "module m\n"})
    assert subject.namespace("db_test.go", FileFacts("go", 1, "db_test")) == "m_test"
    assert subject.namespace("db_test.go", FileFacts("go", 1, "db")) == "m"


def test_replaced_modules_lead_to_their_folder() -> None:
    subject = profile(
        ["a.go", "fork/x/x.go"],
        {
            "go.mod": "module m\nreplace (\n\texample.com/a v1.2.3 => ./fork // why\n\texample.com/b => example.com/c v1.0.0\n)\n",
            "fork/go.mod": "module example.com/forked\n",
        },
    )
    assert imported(subject, "a.go", "example.com/a/x")[0] == "example.com/forked/x"
    assert imported(subject, "a.go", "example.com/b")[0] == "example.com/b"


def test_without_module_file_the_folder_is_matched_by_its_end() -> None:
    subject = profile(["store/db.go"], {})
    assert subject.namespace("store/db.go", FileFacts("go", 1, "store")) == "store"
    assert "store" in imported(subject, "main.go", "github.com/acme/shop/store")
    assert imported(subject, "main.go", "net/http") == ["net/http"]


def test_tests_by_name_and_place() -> None:
    subject = profile([], {})
    example = facts_of("package p\nfunc ExampleDB() {}\nfunc Testify() {}\n").definitions
    assert subject.is_test("a_test.go", example[0])
    assert not subject.is_test("a.go", example[0])
    assert not subject.is_test("a_test.go", example[1])


@pytest.mark.parametrize(
    ("call", "callee"),
    [
        ("table[key]()", "table[]"),
        ("s.hooks[0]()", "s.hooks[]"),
        ("x.(func())()", "#?"),
        ("(<-ready)()", "ready[]"),
        ("(*hook)()", "hook"),
        ("go table[key]()", "table[]"),
    ],
)
def test_a_call_of_what_a_container_or_a_pointer_holds_is_a_call(call: str, callee: str) -> None:
    """Left out, a function that runs what it is given was said to call nothing."""
    arguments = "table map[string]func(), s S, x any, ready chan func(), hook *func(), key string"
    facts = facts_of(f"package p\nfunc f({arguments}) {{\n{call}\n}}\n")
    assert callees(facts) == [callee]


@pytest.mark.parametrize("value", ["(*Order)(x)", "[]byte(x)", "func() { _ = x }()"])
def test_a_conversion_and_a_function_that_runs_where_it_stands_are_no_calls_of_a_value(value: str) -> None:
    assert callees(facts_of(f"package p\nfunc f(x []byte) {{\n_ = {value}\n}}\n")) == []
