"""Mutated real Python files and towers of nesting: facts that hold together, and a resolution that ends."""

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

SOURCES = sorted((Path(__file__).parents[1] / "fixtures" / "python").rglob("*.py"))
TOKENS = [
    "(",
    ")",
    "[",
    "]",
    "{",
    ":",
    "\n",
    "    ",
    "lambda x:",
    "*",
    "**",
    "@",
    "=",
    ":=",
    "yield ",
    "await ",
    ".",
    ",",
    "f'{",
]
LIMIT_S = 20.0
"""CPU of one small file, very generous: what is caught is work that does not end."""


def checked(source: str) -> FileFacts:
    started = time.process_time()
    facts = extract("python", source.encode("utf-8", "replace"))
    assert time.process_time() - started < LIMIT_S
    scopes = range(len(facts.scopes))
    uses = {call.scope for call in facts.calls} | {reference.scope for reference in facts.references}
    uses |= {assignment.scope for assignment in facts.assignments} | {item.scope for item in facts.imports}
    assert uses <= set(scopes)
    assert all(item.scope in scopes and item.opens in range(-1, len(scopes)) for item in facts.definitions)
    assert decode_facts(encode_facts(facts)) == facts
    return facts


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """A real file with a stretch cut out, doubled or moved, and tokens put in."""
    path = draw(st.sampled_from(SOURCES))
    text = path.read_text("utf-8")
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        stretch = draw(st.sampled_from(["", text[start:end] * 2, *TOKENS]))
        text = text[:start] + stretch + text[end:]
    return path.name, text


@settings(max_examples=60, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_mutated_files_give_facts_that_resolve(files: list[tuple[str, str]]) -> None:
    sources = {f"{number}_{name}": text for number, (name, text) in enumerate(files)}
    program = [ProgramFile(path, checked(text)) for path, text in sources.items()]
    resolution = Resolution("fuzz", program, profile_for("python")(Layout(sources, {})))
    symbols = range(-1, len(resolution.symbols))
    assert all(row[4] in symbols and row[5] in symbols for row in resolution.relations())


@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [
        ("f(", "x", ")"),
        ("[", "x", "]"),
        ("{'a': ", "x", "}"),
        ("lambda: ", "x", ""),
        ("x.a(", "y", ")"),
        ("(x, ", "y", ")"),
    ],
)
def test_depth_is_read_or_refused_in_time(opening: str, middle: str, closing: str) -> None:
    for depth in (50, 3_000):
        started = time.process_time()
        try:
            checked(f"v = {opening * depth}{middle}{closing * depth}\n")
        except RecursionError:
            assert depth > 50  # the worker reports such a file and keeps its text
        assert time.process_time() - started < LIMIT_S
