"""Java sources that were cut, doubled and mixed up: extraction and resolution go through, and in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, decode_facts, encode_facts
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution

SNIPPETS = [
    path.read_text("utf-8") for path in sorted((Path(__file__).parents[1] / "fixtures" / "java").rglob("*.java"))
]
PIECES = [
    *"{}()[];.,<>?:@&|",
    *(" -> ", "::", "new ", "class X extends X ", "record R(R r) ", "super", "this", "enum E { A { } }", "var v = v;"),
    *('"', "'", "/*", "//", "...", "List<? super T>", "import static a.b.*;", "x -> y -> z", "é", "\0", "\r\n"),
    *("(A & B) c", "case A a -> ", "switch (o) {", "<T extends T>", "#", "\\u0041", "int[]::new", "yield 1;"),
]
LIMIT_S = 5.0


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A fixture with up to twelve edits: a cut, a piece put in, a stretch said twice or moved."""
    text = draw(st.sampled_from(SNIPPETS))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.integers(0, 60)))
        stretch = text[at:until]
        text = draw(
            st.sampled_from(
                [
                    text[:at] + text[until:],
                    text[:at] + draw(st.sampled_from(PIECES)) + text[at:],
                    text[:at] + stretch * 3 + text[until:],
                    stretch + text[:at] + text[until:],
                ]
            )
        )
    return text


def relations(sources: list[str]) -> tuple[list[FileFacts], int]:
    facts = [extract("java", source.encode("utf-8", "surrogatepass")) for source in sources]
    files = [ProgramFile(f"f{number}/A.java", item) for number, item in enumerate(facts)]
    resolution = Resolution("fuzz", files, profile_for("java")(Layout([file.path for file in files], {})))
    return facts, sum(1 for _ in resolution.relations())


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_mixed_up_sources_are_extracted_and_resolved(sources: list[str]) -> None:
    started = time.process_time()
    facts, _ = relations(sources)
    assert time.process_time() - started < LIMIT_S
    for item in facts:
        assert decode_facts(encode_facts(item)) == item
        assert all(0 <= call.scope < len(item.scopes) and call.line <= item.line_count + 1 for call in item.calls)


def test_towers_of_generics_lambdas_and_chains_end_in_time() -> None:
    depth = 200
    towers = [
        "class A { void m() { " + "f(x -> " * depth + "g()" + ")" * depth + "; } }",
        "class A { Object o = b" + ".next(1, 'c')" * 5_000 + "; }",
        "class A { " + "Map<String," * depth + "A" + ">" * depth + " m; void r() { m.get(0).get(0); } }",
        "".join(f"class C{n} extends C{n + 1} {{ void m() {{ super.m(); n(); }} }}\n" for n in range(depth)),
        "".join(f"interface I{n} extends I{n + 1}, I{n + 2} {{ void m(I{n} x); }}\n" for n in range(depth)),
        "class T<A extends B, B extends A> extends T<T<A, B>, T<B, A>> { A a; void m() { a.m(); } }",
        "class L extends L.M { class M extends L { void r() { q(); } } }",
        "class A { void f(int x) {} void f(long x) {} void m() { " + "f(1 + " * depth + "1" + ")" * depth + "; } }",
        "class A { void m() { var a = b; var b = a; a.run(() -> b.run(() -> a.run())); } }",
    ]
    started = time.process_time()
    _, count = relations(towers)
    assert count > depth
    assert time.process_time() - started < 2 * LIMIT_S
