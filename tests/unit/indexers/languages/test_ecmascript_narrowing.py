"""What conditions say of names, as facts: versions of a name in a range of the source."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.languages import extract
from indexers.resolution.program import unversioned

BODY = "x.run()"
CONDITIONS = {
    'x.kind === "a"': ("?is[x,kind,=a]", "?not[x,kind,=a]"),
    "x.kind != 3": ("?not[x,kind,=3]", "?is[x,kind,=3]"),
    "Kind.A === x?.kind": ("?is[x,kind,Kind.A]", "?not[x,kind,Kind.A]"),
    "x['kind'] === B": ("?is[x,kind,B]", "?not[x,kind,B]"),
    "x.ok": ("?not[x,ok,=false]", "?not[x,ok,=true]"),
    "'name' in x": ("?has[x,name]", "?lacks[x,name]"),
    "x instanceof Part": ("Part", "?notof[x,Part]"),
    "lib.isPart(x)": ("?guard[x,lib.isPart]", "?unguard[x,lib.isPart]"),
    "typeof x === 'string'": ("string", ""),
    "x.kind === 'a' || x.kind === 'b'": ("?is[x,kind,=a,=b]", "?not[x,kind,=b]"),
}
UNTOLD = ["x", "x.kind === other", "x > 3", "run(x)", "x.kind === '['", "x instanceof Unheard"]


def narrowed(source: str, language: str = "typescript") -> list[str]:
    """Return the types of the version that each call of `run` sees, empty where that is x itself."""
    facts = extract(language, source.encode())
    types = {item.target: item.type for item in facts.assignments if "~" in item.target}
    heads = [call.callee.partition(".")[0] for call in facts.calls if call.callee.endswith(".run")]
    return [unversioned(types.get(head, "")) for head in heads]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_narrows_where_it_holds_and_where_it_does_not(condition: str) -> None:
    held, denied = CONDITIONS[condition]
    start = "class Part {}\n"
    assert narrowed(f"{start}if ({condition}) {{ {BODY} }} else {BODY}; {BODY}") == [held, denied, ""]
    assert narrowed(f"{start}if (!({condition})) {{ {BODY} }} else {BODY}") == [denied, held]
    assert narrowed(f"{start}const y = {condition} ? {BODY} : {BODY}") == [held, denied]
    assert narrowed(f"{start}function f(x) {{ if ({condition}) {{ return }} {BODY} }}") == [denied]
    assert narrowed(f"{start}for (const x of xs) {{ if (!({condition})) continue; {BODY} }}") == [held]
    assert narrowed(f"{start}y = ({condition}) && {BODY}; y = ({condition}) || {BODY}") == [held, denied]
    assert narrowed(f"{start}while ({condition}) {BODY}") == [held]


@pytest.mark.parametrize("condition", UNTOLD)
def test_a_condition_that_tells_nothing_narrows_nothing(condition: str) -> None:
    assert narrowed(f"if ({condition}) {BODY}; else {BODY}") == ["", ""]


def test_a_case_narrows_with_those_that_fall_into_it() -> None:
    cases = f'case "a": case 2: {BODY}; break; case K.C: {BODY}; case "d": {{ {BODY}; return }} default: {BODY}'
    assert narrowed(f"switch (x.kind) {{ {cases} }}") == [
        "?is[x,kind,=a,=2]",
        "?is[x,kind,K.C]",
        "?is[x,kind,K.C,=d]",
        "?not[x,kind,=a,=2,K.C,=d]",
    ]


def test_a_name_is_narrowed_until_it_is_given_another_value() -> None:
    assert narrowed(f"if ('a' in x) {{ {BODY}; x = next(x); {BODY} }}") == ["?has[x,a]", ""]
    assert narrowed(f"if ('a' in x) {{ ys.map((x) => {BODY}); ys.map((y) => {BODY}) }}") == ["", "?has[x,a]"]


def test_javascript_has_classes_to_narrow_by_and_no_declared_fields() -> None:
    assert narrowed(f"class A {{}}\nif (x instanceof A && x.kind === 'a') {BODY}", "javascript") == ["A"]


def test_a_guard_and_a_literal_field_are_told_in_their_types() -> None:
    facts = extract(
        "typescript",
        b"function isA(u: unknown): u is A { return true }\nclass B { readonly kind = 'b'; tag: 'x' | 'y' }",
    )
    assert [item.type for item in facts.definitions if item.type] == ["boolean[=>A]", "string[=b]", "string[=x,=y]"]


def test_a_long_condition_is_left_unread() -> None:
    chain = " || ".join(["x.kind === 'a'"] * 2_000)
    assert narrowed(f"if ({chain}) {BODY}") == [""]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*CONDITIONS, *UNTOLD]), min_size=1, max_size=5), st.sampled_from(["&&", "||"]))
def test_narrowing_changes_no_name_of_a_call(conditions: list[str], operator: str) -> None:
    source = f"class Part {{}}\nif ({f' {operator} '.join(conditions)}) {{ {BODY} }} else {BODY}; if (y) {BODY}"
    callees = [unversioned(call.callee) for call in extract("typescript", source.encode()).calls]
    assert callees.count("x.run") == 3
