"""Whatever is written in a JavaScript or TypeScript file: its facts come, soon, hold together, and survive encoding."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, decode_facts, encode_facts
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution

FIXTURES = Path(__file__).parents[1] / "fixtures"
SOURCES = sorted(
    path
    for language in ("javascript", "typescript")
    for path in (FIXTURES / language).rglob("*")
    if path.suffix in (".js", ".mjs", ".ts", ".tsx")
)
LANGUAGES = {".js": "javascript", ".mjs": "javascript", ".ts": "typescript", ".tsx": "tsx"}
TOKENS = (
    *("{", "}", "(", ")", "[", "]", "<", ">", "=>", "...", "?.", "`${", "}`", "/**", "*/", ";", ",", "=", "@", "#", "\\", "\0"),
    *("class A extends ", "function ", "async ", "import ", "export default ", "new ", "return ", "this.", "super.", "é", "\r\n"),
    *("Object.assign(", "Object.create(", "Object.defineProperty(exports, 'a', {", "require('", ": typeof ", " as ", "{ [a]: "),
)  # fmt: skip
NESTED = (
    ("(", ")"), ("[", "]"), ("{a:", "}"), ("f(", ")"), ("x => ", ""), ("function(){return ", "}"), ("new A(", ")"),
    ("`${", "}`"), ("a ? b : ", ""), ("a || (", ")"), ("!", ""), ("a[", "]"), ("class { x = ", "}"), ("Object.assign(", ")"),
    ("await ", ""), ("a.b(c).", "d"), ("<A>{", "}</A>"), ("(<T>", ")"), ("x as (", ")"),
)  # fmt: skip
MAX_SECONDS = 5.0
"""For one file of a few kilobytes; the machine may be busy with other tests."""


def extracted(source: str, language: str) -> FileFacts:
    started = time.process_time()
    facts = extract(language, source.encode("utf-8", "replace"))
    assert time.process_time() - started < MAX_SECONDS
    return facts


def check(facts: FileFacts) -> None:
    """Every index that a fact holds is one of the file."""
    scopes = range(len(facts.scopes))
    assert all(
        scope.parent < index and scope.definition < len(facts.definitions) for index, scope in enumerate(facts.scopes)
    )
    uses = {call.scope for call in facts.calls} | {reference.scope for reference in facts.references}
    uses |= {assignment.scope for assignment in facts.assignments} | {item.scope for item in facts.imports}
    uses |= {returned.scope for returned in facts.returns} | {container.scope for container in facts.containers}
    assert uses <= set(scopes)
    assert all(item.scope in scopes and item.opens in range(-1, len(scopes)) for item in facts.definitions)
    assert decode_facts(encode_facts(facts)) == facts


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """A real file with parts cut out, doubled, moved, and tokens put in."""
    path = draw(st.sampled_from(SOURCES))
    text = path.read_text("utf-8")
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 200)))
        kind = draw(st.sampled_from(("cut", "double", "move", "insert")))
        part = text[start:end]
        if kind == "cut":
            text = text[:start] + text[end:]
        elif kind == "double":
            text = text[:end] + part + text[end:]
        elif kind == "move":
            rest = text[:start] + text[end:]
            at = draw(st.integers(0, len(rest)))
            text = rest[:at] + part + rest[at:]
        else:
            text = text[:start] + draw(st.sampled_from(TOKENS)) + text[start:]
    return text, LANGUAGES[path.suffix]


@settings(max_examples=120, deadline=None)
@given(mutated())
def test_mutated_files_give_facts_that_resolve(sample: tuple[str, str]) -> None:
    source, language = sample
    facts = extracted(source, language)
    check(facts)
    profile = profile_for("ecmascript")(Layout(["a.ts"], {}))
    resolution = Resolution("fuzz", [ProgramFile("a.ts", facts)], profile)
    assert all(row[4] < len(resolution.symbols) for row in resolution.relations())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(NESTED), min_size=1, max_size=3),
    st.integers(1, 3_000),
    st.sampled_from(("javascript", "typescript", "tsx")),
)
def test_depth_costs_neither_stack_nor_patience(parts: list[tuple[str, str]], depth: int, language: str) -> None:
    repeats = max(1, depth // len(parts))
    opening, closing = "".join(part for part, _ in parts), "".join(part for _, part in reversed(parts))
    check(extracted(f"const v = {opening * repeats}x{closing * repeats};\n", language))


@pytest.mark.parametrize("unit", ["a.b().", "a||", "a+", "x?y:", "if(a)b();else ", "A|", "a,"])
def test_long_lines_are_read_in_linear_time(unit: str) -> None:
    text = "type T = " if unit == "A|" else "v = "
    check(extracted(text + unit * 4_000 + "z;", "typescript"))
