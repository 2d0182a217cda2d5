"""C and C++ sources that were cut, doubled and mixed up: extraction and resolution go through, and in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, decode_facts, encode_facts
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution

FIXTURES = Path(__file__).parents[1] / "fixtures"
SNIPPETS = [
    ("cpp" if folder == "cpp" or path.suffix == ".h" else "c", path.read_text("utf-8"))
    for folder in ("c", "cpp")
    for path in sorted((FIXTURES / folder).rglob("*"))
    if path.is_file()
]
PIECES = [
    *"{}()[];,<>:#\\&*=|~",
    *("\n#if X\n", "\n#else\n", "\n#endif\n", "\n#define M(a, ...) a##b(M(a)) \\\n  f(__VA_ARGS__)\n", "/*", "//", '"', "'"),
    *("->", "::", "template <typename T> ", "class A : public A {", "namespace a { ", "using namespace a;", "operator()", "...", "é"),
    *("typedef struct a a;", "MACRO(x) {", "A a(b());", "[&](auto x) {", "#include <a.h>\n", "\0", "\r\n", "extern \"C\" {", "= default;"),
]  # fmt: skip
LIMIT_S = 5.0


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """A fixture with up to twelve edits: a cut, a piece put in, a stretch said twice or moved."""
    language, text = draw(st.sampled_from(SNIPPETS))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.integers(0, 60)))
        stretch = text[at:until]
        put_in = draw(st.sampled_from(PIECES))
        edits = [
            text[:at] + text[until:],
            text[:at] + put_in + text[at:],
            text[:at] + stretch * 3 + text[until:],
            stretch + text[:at] + text[until:],
        ]
        text = draw(st.sampled_from(edits))
    return language, text


def resolved(sources: list[tuple[str, str]]) -> tuple[list[FileFacts], list[tuple[object, ...]]]:
    facts = [extract(language, text.encode("utf-8", "surrogatepass")) for language, text in sources]
    files = [ProgramFile(f"f{number}/a.{item.language}", item) for number, item in enumerate(facts)]
    resolution = Resolution("fuzz", files, profile_for("cfamily")(Layout([file.path for file in files], {})))
    return facts, list(resolution.relations())


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_mixed_up_sources_are_extracted_and_resolved(sources: list[tuple[str, str]]) -> None:
    started = time.process_time()
    facts, rows = resolved(sources)
    assert time.process_time() - started < LIMIT_S
    for item in facts:
        assert decode_facts(encode_facts(item)) == item
        assert all(0 <= call.scope < len(item.scopes) and call.line <= item.line_count + 1 for call in item.calls)
    assert rows == resolved(sources)[1]


DEPTH = 2_000
TOWERS = {
    "calls": "int f(int); int g() { return " + "f(" * DEPTH + "1" + ")" * DEPTH + "; }",
    "members": "struct A { A* next(); }; void f(A* a) { a" + "->next()" * DEPTH + "; }",
    "braces": "void f() { " + "{" * DEPTH + "g();" + "}" * DEPTH + " }",
    "sums": "int f() { return " + " + ".join(["g(1)"] * DEPTH) + "; }",
    "templates": "void f() { " + "A<" * 300 + "int" + ">" * 300 + " a; a.go(); }",
    "conditions": "#if (" + "!(" * DEPTH + "A" + ")" * DEPTH + ")\nint a;\n#else\nint b;\n#endif\n",
    "branches": "#if A\n" * 400 + "int a;\n" + "#endif\n" * 400,
    "lambdas": "void f() { g(" + "[=](int a) { return h(" * 150 + "1" + "); }" * 150 + "); }",
    "bases": "".join(f"class C{n} : public C{n + 1} {{ void m() {{ n(); }} }};\n" for n in range(300)),
    "circle": "class A : public B { void m() { n(); } }; class B : public A { A a; void n() { a.m(); } };",
    "macros": "".join(f"#define M{n}(x) M{n + 1}(x) M{n + 1}(x)\n" for n in range(60))
    + "int f() { return M0(g()); }\n",
    "same macro": "#define F(x) F(x) G(x)\n#define G(x) F(x)\nint h() { F(1); return 0; }\n",
    "pasted": "#define P(a) a##a##a(a)\n" + "void f() { " + "P(x);" * 500 + " }",
    "declarators": "int " + "(*" * 500 + "f" + ")(void)" * 500 + ";",
    "assignments": "void f(A a) { " + "a = " * DEPTH + "a; }",
}


@pytest.mark.parametrize("name", TOWERS)
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_towers_end_in_time(name: str, language: str) -> None:
    started = time.process_time()
    facts, _ = resolved([(language, TOWERS[name])])
    assert time.process_time() - started < LIMIT_S
    assert facts[0].line_count >= 1
