"""Go and Rust sources that were cut, doubled and mixed still give facts: no crash, bounded time, sound indices."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, decode_facts, encode_facts
from indexers.languages import extract

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAMPLES = {
    language: [path.read_bytes() for path in sorted((FIXTURES / language).rglob(f"*.{suffix}"))]
    for language, suffix in (("go", "go"), ("rust", "rs"))
}
BUDGET_S = 3.0
"""Far above what a sound extractor takes for a few kilobytes, far below what a runaway one would."""

Edit = tuple[str, int, int, int]
EDITS = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "move", "byte"]), *[st.integers(0, 10_000)] * 3),
    min_size=1,
    max_size=8,
)


def mutated(source: bytes, edits: list[Edit]) -> bytes:
    for kind, first, second, third in edits:
        size = max(len(source), 1)
        start, end = sorted((first % size, second % size))
        piece = source[start : min(end, start + 200)]
        if kind == "drop":
            source = source[:start] + source[start + len(piece) :]
        elif kind == "double":
            source = source[:end] + piece + source[end:]
        elif kind == "move":
            source = source[:start] + source[start + len(piece) :] + piece
        else:
            source = source[:start] + bytes([third % 256]) + source[start + 1 :]
    return source


def check(facts: FileFacts) -> None:
    """Every index points at something, parents come first, and the facts survive their encoding."""
    scopes, definitions = len(facts.scopes), len(facts.definitions)
    assert all(scope.parent < number and scope.definition < definitions for number, scope in enumerate(facts.scopes))
    for items in (facts.definitions, facts.imports, facts.assignments, facts.calls, facts.references, facts.returns):
        assert all(0 <= item.scope < scopes for item in items)
    assert all(len(call.arguments) <= call.argument_count for call in facts.calls)
    assert decode_facts(encode_facts(facts)) == facts


@pytest.mark.parametrize("language", ["go", "rust"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_mutated_sources_give_sound_facts(language: str, data: st.DataObject) -> None:
    source = mutated(data.draw(st.sampled_from(SAMPLES[language])), data.draw(EDITS))
    started = time.perf_counter()
    check(extract(language, source))
    assert time.perf_counter() - started < BUDGET_S


NESTED = {
    "go": [
        "package p\nfunc f() { x := " + "(" * 3000 + "1" + ")" * 3000 + " }",
        "package p\nfunc f() { " + "if a {" * 1500 + "}" * 1500 + " }",
        "package p\nvar x = " + "[]" * 2000 + "int{}",
        "package p\nfunc f() { " + "func() {" * 800 + "}()" * 800 + " }",
        "package p\nfunc f() { a" + ".b()" * 3000 + " }",
        "package p\nvar x = " + "1 + " * 5000 + "1",
        "//go:build " + "!(" * 3000 + "linux" + ")" * 3000 + "\n\npackage p\nfunc f() {}\n",
    ],
    "rust": [
        "fn f() { let x = " + "(" * 3000 + "1" + ")" * 3000 + "; }",
        "fn f() { " + "if a {" * 1500 + "}" * 1500 + " }",
        "fn f(x: " + "Option<" * 1500 + "u8" + ">" * 1500 + ") {}",
        "fn f() { " + "|x| " * 1500 + "x; }",
        "fn f() { a" + ".b()" * 3000 + "; }",
        "fn f() { " + "m!(" * 1500 + "a()" + ")" * 1500 + "; }",
        "fn f() { " + "tri!(|x| " * 100 + "a()" + ")" * 100 + "; }",
        "#[cfg(" + "not(" * 2000 + "unix" + ")" * 2000 + ")] fn f() {}",
        "fn f() { let " + "Some(" * 1500 + "x" + ")" * 1500 + " = y; }",
        "use a" + "::{b" * 1500 + "}" * 1500 + ";",
        "mod a { " * 500 + "}" * 500,
    ],
}


@pytest.mark.parametrize(
    ("language", "source"), [(language, text) for language, all_ in NESTED.items() for text in all_]
)
def test_deep_nesting_is_bounded(language: str, source: str) -> None:
    started = time.perf_counter()
    check(extract(language, source.encode()))
    assert time.perf_counter() - started < BUDGET_S
