"""Sources that the grammar does not read whole are read after mending, and nothing else about them changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.languages import extract, parsed, unread
from indexers.languages.ecmascript.mending import mended

TRAPS = Path(__file__).parents[3] / "fixtures" / "typescript" / "traps" / "src"

PIECES = st.sampled_from(
    [
        *"\n \t<>[](){};:,`'\"/*",
        "\n  <",
        "A",
        "in ",
        "out ",
        "//",
        "/*",
        "*/",
        "type T =",
        "import('x')",
        "typeof ",
        "\\`",
    ]
)


@pytest.mark.parametrize(
    "source",
    [
        "interface A {\n  <B>(b: B): C\n  <D>(d: D): E\n}",
        "interface A {\n  // one\n  <B>(b: B): C\n\n  // another\n  <\n    D extends B,\n  >(d: D): E\n}",
        "interface A {\n  a: string\n  [b: string]: string\n}",
        "interface A<in B, out C, in out D> {}",
        "export type * from './a'",
        "abstract class A { abstract override readonly b: C }",
        "f<typeof import('a')>()",
        "let a: readonly import('@b/c').D[]",
        "type A = `\\`b\\` ${c}`",
    ],
)
def test_what_the_grammar_lacks_is_read(source: str) -> None:
    assert extract("typescript", source.encode()).issues == []


def test_the_fixture_is_read_whole() -> None:
    source = (TRAPS / "grammar.ts").read_bytes()
    assert mended(source) != source
    assert extract("typescript", source).issues == []


def test_a_source_stays_as_it_is_where_mending_does_not_help() -> None:
    for source in (b"const a = 'in out'", b"class {{{", b"let a = b\n  <c>(d)"):
        assert parsed("typescript", source)[1] == source


def test_comments_and_strings_are_left_alone() -> None:
    source = b"/* <in out A> */ 'abstract override x' // export type * from\n`import('a').B[]`"
    assert mended(source) == source


def test_a_member_is_told_from_what_goes_on() -> None:
    for source in (b"return\n  <A>(b)", b"function f\n  <A>(b)", b"(a) =>\n  <A>(b)", b"{ // word\n  [a.b]() {}"):
        assert mended(source) == source


def test_long_lines_of_slashes_cost_no_more_than_others() -> None:
    source = b"interface A {\n  a: B\n" + b"//" * 20_000 + b"\n  c: D\n}"
    assert mended(source) == source


@given(st.lists(PIECES, max_size=40).map("".join))
def test_places_never_move(source: str) -> None:
    content = source.encode()
    changed = mended(content)
    assert len(changed) == len(content)
    assert [at for at, byte in enumerate(changed) if byte == 10] == [
        at for at, byte in enumerate(content) if byte == 10
    ]
    _, text, root = parsed("typescript", content)
    assert len(text) == len(content) and unread(root) <= len(content) + 64
