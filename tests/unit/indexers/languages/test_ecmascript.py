"""Facts of JavaScript and TypeScript source, and how module specifiers find files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, Flag, decode_facts, encode_facts
from indexers.languages import extract
from indexers.languages.ecmascript.lookup import ModuleLookup, parse_jsonc
from indexers.languages.ecmascript.profile import EcmaScriptProfile
from indexers.naming import local_names
from indexers.resolution.layout import Layout

SAMPLE = """
import React, { useState as state, type Props } from "react";
const { a, b: c } = require("./y"), path = require("node:path");
/** Runs. */
export class Runner extends Base<Job> implements Startable {
  #jobs: Job[] = [];
  constructor(private log: Log, public size = 3) { super(log); }
  static async open<T extends Job>(first: T, ...rest: T[]): Promise<Runner> { return new Runner(first); }
  get jobs(): Job[] { return this.#jobs; }
  run = (job) => job.start()?.then((done) => done.close());
}
Runner.prototype.stop = function () { this.run(); };
export const api = { open, close() { return this.open(); }, get size() { return 1; } };
export default api;
for (const [key, { value = 1 }] of Object.entries(api)) value[key]`x${key}`;
label: switch (a) { case b(): let d = c ?? b || a; }
"""


def facts(source: str, language: str = "typescript") -> FileFacts:
    return extract(language, source.encode())


def calls(source: str, language: str = "typescript") -> list[str]:
    return [call.callee for call in facts(source, language).calls]


def assignments(source: str, language: str = "typescript") -> list[tuple[str, str, str]]:
    return [(item.target, item.value, item.type) for item in facts(source, language).assignments]


def imports(source: str, language: str = "typescript") -> list[tuple[str, str, str, int]]:
    return [(item.module, item.name, item.alias, int(item.flags)) for item in facts(source, language).imports]


def definitions(source: str, language: str = "typescript") -> list[tuple[str, str]]:
    found = facts(source, language)
    return list(zip(local_names(found), [item.kind for item in found.definitions], strict=True))


def test_a_class_carries_members_types_signatures_and_documentation() -> None:
    found = facts(
        "/** Keeps. */\n@Dec()\nexport class A<T extends B> extends C.D<T> implements E {\n  x: Map<string, T>;\n}\n"
    )
    kept, field = found.definitions
    assert (kept.name, kept.kind, kept.line, kept.column, kept.start_line, kept.end_line) == ("A", "class", 3, 14, 2, 5)
    assert kept.signature == "@Dec() export class A<T extends B> extends C.D<T> implements E"
    assert kept.docstring == "Keeps."
    assert (kept.bases, kept.implements, kept.flags) == (["C.D"], ["E"], Flag.EXPORTED)
    assert kept.decorators == ["Dec()"]
    assert (field.name, field.kind, field.type) == ("x", "variable", "Map[string,B]")


def test_methods_say_what_they_are() -> None:
    source = "abstract class A { static async a() {} get b(): X { return 1 } set b(v) {} abstract c(): void; #d() {} [e]() {} }"
    found = {(item.name, int(item.flags)) for item in facts(source).definitions[1:]}
    assert found == {
        ("a", Flag.STATIC | Flag.ASYNC),
        ("b", Flag.PROPERTY),
        ("b", Flag.PROPERTY | Flag.DECLARATION),
        ("c", Flag.ABSTRACT | Flag.DECLARATION),
        ("#d", 0),
    }


def test_parameters_have_types_defaults_and_patterns() -> None:
    found = facts("function f(a: A | null, b?: B[], { c, d: e = 1 }: Opts = {}, ...rest: Array<G>): Promise<H> {}")
    (definition,) = found.definitions
    assert [(p.name, p.type, int(p.flags)) for p in definition.parameters] == [
        ("a", "A", 0),
        ("b", "[]B", Flag.DEFAULT),
        ("$2", "Opts", Flag.DEFAULT),
        ("rest", "G", Flag.VARIADIC),
    ]
    assert definition.type == "Promise[H]"
    assert [(item.target, item.value) for item in found.assignments] == [("c", "$2.c"), ("e", "$2.d")]


def test_a_parameter_property_is_an_attribute() -> None:
    source = "class A { constructor(private b: B, readonly c = make(), d: D) {} }"
    assert definitions(source) == [
        ("A", "class"),
        ("A.constructor", "method"),
        ("A.b", "variable"),
        ("A.c", "variable"),
    ]
    assert ("this.c", "c", "") in assignments(source)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("A.B<C, D[]>", "A.B[C,[]D]"),
        ("readonly (A | B)[]", "[]A|[]B"),
        ("A & B | undefined", "A|B"),
        ("Set<A>", "[]A"),
        ("(this: T, a: A, b: any) => B", "func[A,any,=>B]"),
        ("() => void", "func"),
        ("typeof a.b", "typeof[a.b]"),
        ("[A, B | C]", "tuple[A,B|C]"),
        ("ReturnType<typeof f>", "result[typeof[f]]"),
        ("{ [k: string]: A }", "Record[string,A]"),
        ("this", "this"),
        ("'x' | 'y'", "string"),
        ("A['b']", "A.b"),
        ("Record<string, any>", "Record[string,any]"),
        ("unknown", ""),
    ],
)
def test_type_expressions(annotation: str, expected: str) -> None:
    assert facts(f"let x: {annotation};").definitions[0].type == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.b?.c!.d()", ["a.b.c.d"]),
        ("new A.B<C>(1).run()", ["A.B", "typed$1.run"]),
        ("(await f(g())).h()", ["g", "f", "f().h"]),
        ("a[0].b(c)['d'](e)", ["a[0].b", "a[0].b().d"]),
        ("'x'.trim().split()", ["#str.trim", "#str.trim().split"]),
        ("tag`a${b()}`", ["tag", "b"]),
        ("(0, a.b)(1)", ["a.b"]),
        ("(x as Foo).y(); (x as any).z()", ["typed$1.y", "x.z"]),
        ("f.call(this, 1); hooks.call(x); g.apply(null)", ["f", "hooks.call", "g"]),
        ("A.prototype.run.call(this)", ["A.run"]),
        ("f.bind(x)(1)", ["f"]),
        ("(() => g())()", ["g", "#lambda@1"]),
        ("/x/.test(y)", ["RegExp().test"]),
        ("a[b]()", ["a[]"]),
        ("x.map(y => y.z())", ["y.z", "x.map"]),
    ],
)
def test_calls_are_access_paths(source: str, expected: list[str]) -> None:
    assert calls(source) == expected


def test_a_call_stands_where_its_last_name_stands() -> None:
    (first, second) = facts("é.a(\n  1,\n).\n  bc(2, 3)").calls
    assert (first.line, first.column, first.argument_count) == (1, 4, 1)
    assert (second.line, second.column, second.argument_count) == (4, 3, 2)


def test_construction_and_decoration_are_marked() -> None:
    found = facts("@a @b.c() class D { e = new F }").calls
    assert [(call.callee, int(call.flags)) for call in found] == [
        ("a", Flag.DECORATOR),
        ("b.c", 0),
        ("F", Flag.CONSTRUCTION),
    ]


def test_this_is_unknown_in_a_plain_function_inside_a_method() -> None:
    assert calls("class A { m() { this.a(); (() => this.b())(); x(function () { this.c() }) } }") == [
        "this.a",
        "this.b",
        "#lambda@3",
        "x",
        "#?.c",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a, { b as c, type D, default as e } from './m'",
         [("./m", "default", "a", Flag.DEFAULT), ("./m", "b", "c", 0), ("./m", "D", "D", Flag.TYPE_ONLY),
          ("./m", "default", "e", Flag.DEFAULT)]),
        ("import * as ns from 'm'; import 'side'; import type { T } from 't'",
         [("m", "", "ns", 0), ("side", "", "", 0), ("t", "T", "T", Flag.TYPE_ONLY)]),
        ("import fs = require('fs')", [("fs", "", "fs", Flag.DEFAULT)]),
        ("export { a as b, default as c } from './m'; export * from './n'; export * as o from './o'",
         [("./m", "a", "b", Flag.REEXPORT), ("./m", "default", "c", Flag.REEXPORT | Flag.DEFAULT),
          ("./n", "*", "*", Flag.REEXPORT), ("./o", "", "o", Flag.REEXPORT)]),
        ("import { a } from './m'; export { a }", [("./m", "a", "a", Flag.REEXPORT)]),
        ("const { a, b: c } = require('./m'), d = require('n')",
         [("./m", "a", "a", 0), ("./m", "b", "c", 0), ("n", "", "d", Flag.DEFAULT)]),
        ("module.exports = { get A() { return require('./A') }, ...require('./b') }",
         [("./A", "", "A", Flag.REEXPORT | Flag.DEFAULT), ("./b", "*", "*", Flag.REEXPORT)]),
        ("const lazy = () => import('./m')", [("./m", "", "require$1", Flag.DEFAULT)]),
    ],
)  # fmt: skip
def test_imports(source: str, expected: list[tuple[str, str, str, int]]) -> None:
    assert imports(source) == expected


@pytest.mark.parametrize(
    ("source", "names", "bound"),
    [
        ("export default function () {}", ["default"], []),
        ("export default class A {}", ["A"], [("default", "A", "")]),
        ("export default { a() {} }", ["default", "default.a"], []),
        ("export default make()", [], [("default", "make()", "")]),
        ("export { a as default }", [], [("default", "a", "")]),
        ("module.exports = function f() {}", ["f"], [("default", "f", "")]),
        ("module.exports = A", [], [("default", "A", "")]),
        ("exports.a = () => 1; exports.b = c", ["a"], [("b", "c", "")]),
        (
            "var app = exports = module.exports = {}; app.use = function () {}",
            ["app", "app.use"],
            [("default", "app", "")],
        ),
        ("module.exports = { a, b: c, d() {} }", ["d"], [("b", "c", "")]),
    ],
)
def test_exports(source: str, names: list[str], bound: list[tuple[str, str, str]]) -> None:
    assert [name for name, _ in definitions(source, "javascript")] == names
    assert assignments(source, "javascript") == bound


def test_object_literals_hold_methods_and_values() -> None:
    source = "const api = { run() { this.stop() }, stop: () => 1, log: console.log, inner: { deep() {} }, go };"
    assert definitions(source) == [
        ("api", "variable"),
        ("api.run", "method"),
        ("api.stop", "method"),
        ("api.inner", "variable"),
        ("api.inner.deep", "method"),
    ]
    assert assignments(source) == [("this.log", "console.log", ""), ("this.go", "go", "")]


def test_constructor_functions_are_classes() -> None:
    source = (
        "function A(x) { B.call(this); this.x = x }\nutil.inherits(A, B);\n"
        "A.prototype.run = function () { this.stop() };\nA.prototype = { stop() {} };\nA.open = () => new A();\n"
    )
    found = facts(source, "javascript")
    assert [(item.name, item.kind, item.receiver) for item in found.definitions] == [
        ("A", "class", ""),
        ("constructor", "method", ""),
        ("run", "method", "A"),
        ("stop", "method", ""),
        ("open", "method", "A"),
    ]
    assert found.definitions[0].bases == ["B"]


def test_values_and_destructuring_become_assignments() -> None:
    source = "const x = a || b.c(); const { d, e: { f = 1 } } = g; [h, ...i] = j; for (const k of l) {}"
    assert assignments(source) == [
        ("x", "a", ""),
        ("x", "b.c()", ""),
        ("d", "g.d", ""),
        ("f", "g.e.f", ""),
        ("h", "j[0]", ""),
        ("i", "j", ""),
        ("k", "l[]", ""),
    ]


def test_blocks_scope_their_names() -> None:
    found = facts("function f() { const a = 1; { const a = 2; var b = 3; } }")
    scopes = [item.scope for item in found.assignments]
    assert scopes[0] == scopes[2] != scopes[1]
    assert found.scopes[scopes[1]].parent == scopes[0]


def test_an_assignment_reaches_the_scope_that_declares() -> None:
    found = facts("let cache; function f() { cache = make() } function g(x) { cache = x }")
    assert [(item.target, item.value, item.scope) for item in found.assignments] == [
        ("cache", "", 0),
        ("cache", "make()", 0),
        ("cache", "x", 2),
    ]


def test_types_namespaces_enums_and_overloads() -> None:
    source = (
        "type A = { m(): B }; type C = D | E; enum F { G, H = 1 } namespace I.J { export function k() {} }\n"
        "function o(a: string): void; function o(a: any) {}\ninterface P extends Q { r: S }"
    )
    assert definitions(source) == [
        ("A", "interface"),
        ("A.m", "method"),
        ("C", "interface"),
        ("F", "class"),
        ("F.G", "variable"),
        ("F.H", "variable"),
        ("I", "package"),
        ("I.J", "package"),
        ("I.J.k", "function"),
        ("o", "function"),
        ("o~2", "function"),
        ("P", "interface"),
        ("P.r", "variable"),
    ]


def test_jsdoc_gives_types_to_javascript_only() -> None:
    source = (
        '/** @import { A as B } from "./a" */\n/** @typedef {import("./c").C<string>[]} Cs */\n/** @typedef {import("./d")} D */\n'
        "/**\n * Runs.\n * @param {Array<B> | null} first it\n * @param {D=} second it\n * @returns {Promise<D>} it\n */\n"
        "function run(first, second) {}\n"
    )
    (run,) = facts(source, "javascript").definitions
    assert [(p.name, p.type) for p in run.parameters] == [("first", "[]B"), ("second", "D")]
    assert (run.type, run.docstring.startswith("Runs.")) == ("Promise[D]", True)
    assert ("./a", "A", "B", Flag.TYPE_ONLY) in imports(source, "javascript")
    assert ("./d", "", "D", Flag.TYPE_ONLY | Flag.DEFAULT | Flag.REEXPORT) in imports(source, "javascript")
    assert [p.type for p in facts(source).definitions[0].parameters] == ["", ""]


def test_jsdoc_object_types_are_interfaces() -> None:
    source = "/**\n * @typedef {object} Options\n * @property {A[]} list it\n * @property {B=} [one] it\n */\n/** @typedef {Set<A>} As */\n"
    found = facts(source, "javascript")
    assert [(item.name, item.kind, item.type) for item in found.definitions] == [
        ("Options", "interface", ""),
        ("list", "variable", "[]A"),
        ("one", "variable", "B"),
    ]
    assert assignments(source, "javascript") == [("As", "", "[]A")]


def test_what_jsdoc_declares_stands_where_its_name_is_written() -> None:
    source = (
        "run();\n"
        '/** @import Base, { A as B } from "./a" */\n'
        "/**\n"
        " * @import {\n"
        " *   C,\n"
        " *   D as E,\n"
        ' * } from "./c"\n'
        ' * @typedef {import("./f").F} F\n'
        " * é @typedef {object} Options\n"
        " * @property {B} one it\n"
        " */\n"
        "/** @typedef {Set<B>} Bs */\n"
        '/** Gets.\n * @param {import("./g").G} first it\n */\n'
        "function get(first) {}\n"
    )
    found = facts(source, "javascript")
    assert [(item.alias, item.line, item.column) for item in found.imports] == [
        ("B", 2, 26),
        ("Base", 2, 13),
        ("C", 5, 6),
        ("E", 6, 11),
        ("F", 8, 31),
        ("type$2", 14, 12),
    ]
    assert [(item.name, item.line, item.column, item.start_line, item.end_line) for item in found.definitions] == [
        ("Options", 9, 25, 3, 11),
        ("one", 10, 18, 10, 10),
        ("get", 16, 10, 16, 16),
    ]
    assert [(item.target, item.line) for item in found.assignments][:1] == [("Bs", 12)]


def test_tests_are_functions_named_by_their_text() -> None:
    source = 'describe("A", () => { it("does a.b #1", async () => { run() }); test.each([1])(`x ${y}`, () => {}); it(name, f) });'
    found = facts(source, "javascript")
    assert [(item.name, item.kind, int(item.flags)) for item in found.definitions] == [
        ("does a b 1", "function", Flag.TEST | Flag.ASYNC),
        ("x $ y", "function", Flag.TEST),
    ]
    run = next(call for call in found.calls if call.callee == "run")
    assert found.scopes[run.scope].definition == 0


def test_call_sites_carry_their_arguments() -> None:
    found = facts(
        "f(a, b.c, 'x', 1, [g, h()], { k, l: m, n() {} }, ...rest, (p: P) => p.q(), !r); new A(this);", "typescript"
    )
    assert [(item.callee, item.argument_count, item.arguments) for item in found.calls] == [
        ("h", 0, []),
        ("p.q", 0, []),
        ("f", 9, ["a", "b.c", "#str", "#num", "#list@0", "#dict@1", "*rest", "#lambda@3"]),
        ("A", 1, []),
    ]
    assert [item.entries for item in found.containers] == [["g", "h()"], ["'k'=k", "'l'=m", "'n'=n"]]
    assert [(item.name, item.type) for item in found.scopes[3].parameters] == [("p", "P")]
    assert [(item.scope, item.value) for item in found.returns] == [(3, "p.q()")]


def test_functions_of_a_literal_have_names_that_nothing_around_sees() -> None:
    found = facts("const set = 1; f({ set() { this.get(set) }, get: () => set, other: set.x });", "javascript")
    names = {item.name: item.scope for item in found.definitions}
    assert names["set"] == names["get"] != 0
    assert [item.callee for item in found.calls] == ["f", "#dict@0.get"]
    assert found.containers[0].entries == ["'set'=set", "'get'=get"]  # `set.x` would mean the method


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const o = Object.assign(a, { b: c });", [("a.b", "#dict@0.b"), ("o", "#dict@1")]),
        ("Object.defineProperty(a, 'b', { value: c });", [("a.b", "#dict@0.value")]),
        ("Object.defineProperty(a, 'b', { get() { return c } });", [("a.b", "#dict@0.get()")]),
        ("Object.defineProperties(a, { b: { value: c } });", [("a.b", "#dict@1.b.value")]),
        ("const o = Object.create(A.prototype);", [("o", "A")]),
        ("const o = (x || y).z();", [("choice$1", "x"), ("choice$1", "y"), ("o", "choice$1.z()")]),
        ("a.f = function () { this.b = c };", [("a.b", "c")]),
    ],
)
def test_calls_that_make_objects_give_them_members(source: str, expected: list[tuple[str, str]]) -> None:
    found = [(target, value) for target, value, _ in assignments(source, "javascript")]
    assert found == expected


def test_what_compilers_wrap_around_a_module_is_the_module() -> None:
    source = 'const a = __importDefault(require("a")), b = tslib_1.__importStar(require("b")), c = wrap(require("c"));'
    assert [(module, alias) for module, _, alias, _ in imports(source, "javascript")[:2]] == [("a", "a"), ("b", "b")]


def test_references_say_who_is_written() -> None:
    source = "let n = 0; class A { x = 1; m(p) { n = 2; this.x += n; p.y++; let q = n; q = 3; return this.x } }"
    found = [(item.path, bool(item.flags & Flag.WRITE)) for item in facts(source).references]
    assert found == [("n", True), ("this.x", True), ("n", False), ("p.y", True), ("n", False), ("this.x", False)]


def test_components_are_called_and_handlers_referred_to() -> None:
    found = facts("const a = <A.B onClick={this.go} x={() => f()}><c d={e}/><D/></A.B>;", "tsx")
    assert [call.callee for call in found.calls] == ["f", "A.B", "D"]
    assert [item.path for item in found.references] == ["e"]


def test_broken_and_odd_sources_keep_what_is_around() -> None:
    found = facts("function a() {}\r\nfunction β() { a() }\r\nlet x = ;\r\n", "javascript")
    assert {"a", "β"} <= {item.name for item in found.definitions}
    assert found.issues and found.issues[0].reason == "syntax"
    assert (
        facts(
            "/* @flow */ type A = {| b: ?C |}; function f<T>(x: ?T): Array<T> { return g(x); }", "javascript"
        ).line_count
        == 1
    )


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 10_000 + "1" + ")" * 10_000,
        "x = " + "[" * 10_000 + "]" * 10_000,
        "x = " + "1+" * 10_000 + "1",
        "x" + ".f()" * 10_000,
        "x = " + "a ? b : " * 5_000 + "c",
        "a = " * 5_000 + "b",
        "let x: " + "A<" * 3_000 + "B" + ">" * 3_000,
        "const " + "{a:" * 3_000 + "b" + "}" * 3_000 + " = c",
        "x = " + "() => " * 3_000 + "1",
        "x = " + "{a:" * 3_000 + "1" + "}" * 3_000,
    ],
    ids=["parentheses", "lists", "sum", "chain", "choice", "assignments", "generics", "pattern", "arrows", "objects"],
)
def test_depth_never_crashes(source: str) -> None:
    assert facts(source).line_count == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 12), st.text(max_size=3)), max_size=6),
    st.sampled_from(["javascript", "typescript", "tsx"]),
)
def test_mutated_sources_never_raise_and_survive_encoding(edits: list[tuple[int, int, str]], language: str) -> None:
    source = SAMPLE
    for start, length, insert in edits:
        source = source[:start] + insert + source[start + length :]
    found = extract(language, source.encode("utf-8", "surrogatepass"))
    assert decode_facts(encode_facts(found)) == found
    assert len(set(local_names(found))) == len(found.definitions)
    assert all(scope.parent < index for index, scope in enumerate(found.scopes))
    lines = found.line_count
    assert all(1 <= item.line <= lines + 1 and item.start_line <= item.end_line for item in found.definitions)


# module lookup


def lookup(paths: list[str], manifests: dict[str, object]) -> ModuleLookup:
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in manifests.items()}
    return ModuleLookup(Layout(paths, texts))


def test_relative_specifiers_find_sources_and_indexes() -> None:
    found = lookup(["src/a.ts", "src/b/index.tsx", "src/c.js", "src/c.d.ts", "src/d.vue.js"], {})
    assert found.find("src/x.ts", "./a.js") == "src/a.ts"
    assert found.find("src/x.ts", "./b") == "src/b/index.tsx"
    assert found.find("src/b/index.tsx", "../c") == "src/c.js"
    assert found.find("src/b/index.tsx", "..") is None
    assert found.find("src/x.ts", "./d.vue") == "src/d.vue.js"
    assert found.find("src/x.ts", "../../../etc/passwd") is None
    assert found.find("src/x.ts", "a") is None


def test_tsconfig_paths_base_url_and_extends() -> None:
    base = '{ "compilerOptions": { "baseUrl": "./src", "paths": { "~/*": ["lib/*"], /* one */ "exact": ["lib/one.ts"], } } }'
    found = lookup(
        ["src/lib/one.ts", "src/two.ts", "app/x.ts"],
        {"tsconfig.json": base, "app/tsconfig.json": '{ "extends": "../tsconfig.json" } // end'},
    )
    assert found.find("app/x.ts", "~/one") == "src/lib/one.ts"
    assert found.find("app/x.ts", "exact") == "src/lib/one.ts"
    assert found.find("app/x.ts", "two") == "src/two.ts"
    assert found.find("app/x.ts", "exact/one") is None


def test_workspaces_find_the_sources_of_what_is_built() -> None:
    found = lookup(
        ["packages/a/src/index.ts", "packages/a/src/deep/b.ts", "packages/c/main.js"],
        {
            "packages/a/package.json": {
                "name": "@x/a",
                "exports": {".": {"import": "./dist/index.mjs"}, "./*": {"types": "./dist/deep/*.d.ts"}},
            },
            "packages/c/package.json": {"name": "c", "main": "main"},
        },
    )
    assert found.find("z.ts", "@x/a") == "packages/a/src/index.ts"
    assert found.find("z.ts", "@x/a/b") == "packages/a/src/deep/b.ts"
    assert found.find("z.ts", "c") == "packages/c/main.js"
    assert found.find("z.ts", "@x/b") is None


def test_a_folder_is_what_its_manifest_says_and_a_described_script_is_itself() -> None:
    found = lookup(
        ["main.js", "main.d.ts", "index.js", "parts/run.mjs", "parts/index.js", "types/only.d.ts", "test/a.js"],
        {
            "package.json": {"name": "whole", "types": "main.d.ts", "main": "main.js"},
            "parts/package.json": {"main": "./run"},
            "types/package.json": {"types": "only.d.ts"},
            "odd/package.json": {"main": "./"},
            "left/package.json": {"main": "../right"},
            "right/package.json": {"main": "../left"},
        },
    )
    assert found.find("test/a.js", "..") == "main.js"
    assert found.find("test/a.js", "../") == "main.js"
    assert found.find("index.js", ".") == "main.js"
    assert found.find("test/a.js", "whole") == "main.js"
    assert found.find("test/a.js", "../main.d.ts") == "main.js"
    assert found.find("test/a.js", "../parts") == "parts/run.mjs"
    assert found.find("test/a.js", "../types") == "types/only.d.ts"
    assert found.find("test/a.js", "../odd") is None
    assert found.find("test/a.js", "../left") is None


def test_a_packages_own_imports_are_found() -> None:
    found = lookup(
        ["packages/a/src/types/b.d.ts", "packages/a/src/c.ts", "packages/d/src/index.ts"],
        {
            "packages/a/package.json": {
                "name": "a",
                "imports": {"#types/*": "./src/types/*.d.ts", "#c": {"node": "./dist/c.js"}, "#d": "d"},
            },
            "packages/d/package.json": {"name": "d"},
        },
    )
    assert found.find("packages/a/src/deep/x.ts", "#types/b") == "packages/a/src/types/b.d.ts"
    assert found.find("packages/a/src/x.ts", "#c") == "packages/a/src/c.ts"
    assert found.find("packages/a/src/x.ts", "#d") == "packages/d/src/index.ts"
    assert found.find("packages/d/src/x.ts", "#c") is None


def test_paths_come_from_whatever_configuration_a_project_extends() -> None:
    paths = ["libs/a/src/index.ts", "apps/b/src/main.ts", "apps/c/src/lib/d.ts", "apps/e/src/f.ts"]
    found = lookup(
        paths,
        {
            "tsconfig.base.json": {"compilerOptions": {"baseUrl": ".", "paths": {"@x/a": ["libs/a/src/index.ts"]}}},
            "apps/b/tsconfig.json": {"extends": "../../tsconfig.base"},
            "apps/c/tsconfig.json": {"files": [], "references": [{"path": "./tsconfig.app.json"}]},
            "apps/c/tsconfig.app.json": {"compilerOptions": {"paths": {"~/*": ["./src/lib/*"]}}},
            "config/package.json": {"name": "@x/config"},
            "config/tsconfig.strict.json": {"compilerOptions": {"paths": {"%": ["../apps/e/src/f.ts"]}}},
            "apps/e/tsconfig.json": {"extends": ["@x/none", "@x/config/tsconfig.strict.json"]},
        },
    )
    assert found.find("apps/b/src/main.ts", "@x/a") == "libs/a/src/index.ts"
    assert found.find("apps/c/src/main.ts", "~/d") == "apps/c/src/lib/d.ts"
    assert found.find("apps/e/src/g.ts", "%") == "apps/e/src/f.ts"


def test_configurations_that_extend_each_other_are_read_once() -> None:
    texts = {"tsconfig.json": {"extends": "./tsconfig.a.json"}, "tsconfig.a.json": {"extends": "./tsconfig.json"}}
    assert lookup(["a.ts"], dict(texts)).find("b.ts", "x") is None


def test_jsonc_keeps_strings_whole() -> None:
    assert parse_jsonc('{ "a": "// no, }", /* x */ "b": ["\\"*/", ], // y\n }') == {"a": "// no, }", "b": ['"*/']}
    assert parse_jsonc("{ broken") == {}
    assert parse_jsonc("[1]") == {}


def test_profile_names_modules_externals_and_tests() -> None:
    profile = EcmaScriptProfile(Layout([], {}))
    empty = FileFacts("typescript", 0)
    assert profile.display_name("lib/Compiler.d.ts", empty) == "lib/Compiler"
    source = "import { debounce } from 'lodash'; import x from 'node:fs'; import { a } from '@s/p/q'"
    assert [profile.external_name(item) for item in facts(source).imports] == ["lodash.debounce", "fs", "@s/p/q.a"]
    assert profile.is_test_path("src/__tests__/a.js") and profile.is_test_path("src/a.spec.ts")
    assert not profile.is_test_path("src/latest.ts")
