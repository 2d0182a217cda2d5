"""`macro_rules!` of Rust: tokens, fragments, arms, and where the facts of an expansion stand."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Call, FileFacts, Flag
from indexers.languages import extract
from indexers.languages.rust.fragments import ENDS
from indexers.languages.rust.lexing import Kind, Token, rendered, spaced, tokens_of
from indexers.languages.rust.macro_rules import Fuel, NoExpansion, macro_rules
from indexers.naming import local_names


def lexed(source: str) -> list[Token]:
    text = source.encode()
    found = tokens_of(text, 0, len(text), 0, 0)
    assert found is not None, source
    return found


def texts(tokens: list[Token]) -> list[str]:
    return [{Kind.BEGIN: "⟨", Kind.END: "⟩"}.get(token.kind, token.text) for token in tokens]


def expanded(definition: str, invocation: str, fuel: int = 100_000) -> str:
    rules = macro_rules("m", lexed("macro_rules! m {" + definition + "}"))
    assert rules is not None
    return " ".join(texts(rules.expanded(lexed(invocation), Fuel(fuel))[1]))


def facts_of(source: str) -> FileFacts:
    return extract("rust", source.encode())


def named(facts: FileFacts) -> list[str]:
    return [
        name for name, item in zip(local_names(facts), facts.definitions, strict=True) if not item.flags & Flag.MACRO
    ]


def calls(facts: FileFacts) -> list[tuple[str, int]]:
    kept: list[Call] = [call for call in facts.calls if not call.flags & (Flag.MACRO | Flag.IMPLICIT)]
    return [(call.callee, call.line) for call in kept]


# tokens


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a::b(c)", ["a", "::", "b", "(", "c", ")"]),
        ("'a 'b' b'c' '\\n' '\\u{1F}' 'é'", ["'a", "'b'", "b'c'", "'\\n'", "'\\u{1F}'", "'é'"]),
        ('"x\\"y" r#"a"b"# b"z" c"q"', ['"x\\"y"', 'r#"a"b"#', 'b"z"', 'c"q"']),
        ("0x1F 1.5e-3 1..2 x.0.1 2. 1_000u64", ["0x1F", "1.5e-3", "1", "..", "2", "x", ".", "0.1", "2.", "1_000u64"]),
        ("a /* b */ + // c\n d", ["a", "+", "d"]),
        ("x >>= y..=z => |a| b", ["x", ">>=", "y", "..=", "z", "=>", "|", "a", "|", "b"]),
        ("r#type größe", ["r#type", "größe"]),
        ('/// Says "so".\nx', ["#", "[", "doc", "=", '" Says \\"so\\"."', "]", "x"]),
    ],
)
def test_tokens(source: str, found: list[str]) -> None:
    assert texts(lexed(source)) == found


@pytest.mark.parametrize("source", ["(", "a)", "(]", '"open', "\x00"])
def test_what_is_no_token_tree(source: str) -> None:
    assert tokens_of(source.encode(), 0, len(source), 0, 0) is None


def test_places_of_tokens_and_of_the_rows_of_their_text() -> None:
    tokens = lexed('a\n  b "x\ny" c')
    assert [token.place[:2] for token in tokens] == [(0, 0), (1, 2), (1, 4), (2, 3)]
    text, rows = rendered(tokens)
    assert text == b'a\nb\n"x\ny"\nc'
    assert [place[:2] for place in rows] == [(0, 0), (1, 2), (1, 4), (1, 4), (2, 3)]


def test_a_signature_gets_its_usual_white_space() -> None:
    text = "pub\nfn\nrun\n<\nT\n>\n(\n&\nself\n,\nall\n:\n&\n[\nT\n]\n)\n->\na\n::\nB"
    assert spaced(text) == "pub fn run<T>(&self, all: &[T]) -> a::B"


# fragments


@pytest.mark.parametrize(
    ("fragment", "source", "rest"),
    [
        ("expr", "a + b, c", ", c"),
        ("expr", "f::<A, B>(x, y); z", "; z"),
        ("expr", "|a, b| a + b, c", ", c"),
        ("expr", "move || x, c", ", c"),
        ("expr", "a | b, c", ", c"),
        ("expr", "a as HashMap<A, B>, c", ", c"),
        ("expr", "<A<B, C> as D>::run(x), c", ", c"),
        ("expr", "a < b, c", ", c"),
        ("expr", "match x { a => 1, _ => 2 } => y", "=> y"),
        ("ty", "&'a mut [u8], x", ", x"),
        ("ty", "Vec<Vec<u8>>, x", ", x"),
        ("ty", "dyn Fn(A, B) -> C + Send + 'a, x", ", x"),
        ("ty", "fn(A) -> B { x }", "{ x }"),
        ("ty", "<A as B>::C = x", "= x"),
        ("ty", "*const u8; x", "; x"),
        ("path", "a::b::<C>::d, x", ", x"),
        ("pat", "Some(A { x, .. }) | None if y", "if y"),
        ("pat_param", "A | B", "| B"),
        ("pat", "x @ 1..=3 => y", "=> y"),
        ("stmt", "let x: A = b; c", "; c"),
        ("item", "#[a] pub fn x() -> A { b } c", "c"),
        ("item", "pub(crate) const X: A = B { c }; d", "d"),
        ("item", "struct A; b", "b"),
        ("vis", "pub(in a::b) c", "c"),
        ("vis", "struct A", "struct A"),
        ("meta", "derive(A, B)], c", None),
        ("meta", 'doc = "x", c', ", c"),
        ("literal", "-1, x", ", x"),
        ("lifetime", "'a, x", ", x"),
        ("ident", "r#type, x", ", x"),
        ("block", "{ a; b } c", "c"),
        ("tt", "(a b) c", "c"),
    ],
)
def test_how_far_a_fragment_reaches(fragment: str, source: str, rest: str | None) -> None:
    if rest is None:
        tokens = lexed("[" + source.replace("]", "", 1) + "]")[1:]
        rest = ", c ]"
    else:
        tokens = lexed(source)
    end = ENDS[fragment](tokens, 0)
    assert end >= 0
    assert texts(tokens[end:]) == (texts(lexed(rest)) if rest[-1] != "]" else [",", "c", "]"])


@pytest.mark.parametrize(
    ("fragment", "source"),
    [
        ("ident", "1"),
        ("ty", "1"),
        ("expr", ", a"),
        ("expr", "let x"),
        ("literal", "a"),
        ("block", "(a)"),
        ("item", "a + b"),
        ("path", "&a"),
    ],
)
def test_what_is_no_such_fragment(fragment: str, source: str) -> None:
    assert ENDS[fragment](lexed(source), 0) == -1


# arms


@pytest.mark.parametrize(
    ("definition", "invocation", "made"),
    [
        ("() => { a }", "", "a"),
        ("($x:expr) => { f($x) }", "a + b", "f ( ⟨ a + b ⟩ )"),
        ("($x:expr) => { f($x) }", "a.b(c)", "f ( a . b ( c ) )"),
        ("($($x:ident),*) => { $(f($x);)* }", "a, b", "f ( a ) ; f ( b ) ;"),
        ("($($x:ident),* $(,)?) => { [$($x),*] }", "a, b,", "[ a , b ]"),
        ("($($k:ident: $v:expr);+) => { $($k = $v)+ }", "a: 1; b: 2", "a = 1 b = 2"),
        ("($($m:ident($($a:ident),*))*) => { $(fn $m($($a),*);)* }", "f(a, b) g()", "fn f ( a , b ) ; fn g ( ) ;"),
        ("($n:ident: $($x:ident)*) => { $($n.$x;)* }", "s: a b", "s . a ; s . b ;"),
        ("(a $x:ident) => { 1 }; (b $x:ident) => { $x }", "b y", "y"),
        ("($x:ident) => { 1 }; ($($x:tt)*) => { $($x)* }", "a b", "a b"),
        ("($x:ident) => { $crate::f($x) }", "a", "crate :: f ( a )"),
        (
            "($(#[$m:meta])* $v:vis $n:ident) => { $(#[$m])* $v fn $n(); }",
            "/// D\npub a",
            '# [ doc = " D" ] pub fn a ( ) ;',
        ),
        ("($x:ident $(= $d:expr)?) => { $x $(or $d)? }", "a", "a"),
        ("($x:ident) => { $x }", "1", None),
        ("($($x:ident),*) => { $y }", "a", "$ y"),
    ],
)
def test_an_invocation_becomes_the_body_of_its_arm(definition: str, invocation: str, made: str | None) -> None:
    if made is None:
        with pytest.raises(NoExpansion):
            expanded(definition, invocation)
    else:
        assert expanded(definition, invocation) == made


@pytest.mark.parametrize("definition", ["", "a", "(a) =>", "($x:nothing) => {}", "($x) => {}", "($(a)) => {}"])
def test_a_definition_that_is_not_followed(definition: str) -> None:
    assert macro_rules("m", lexed("macro_rules! m {" + definition + "}")) is None


def test_fuel_ends() -> None:
    with pytest.raises(NoExpansion):
        expanded("($($x:ident)*) => { $($x)* }", "a " * 500, fuel=100)


# facts


def test_what_is_given_keeps_its_line_and_what_the_body_says_has_its_own() -> None:
    facts = facts_of(
        "macro_rules! make {\n    ($name:ident, $value:expr) => {\n        fn $name() {\n            run($value)\n        }\n"
        "        fn fixed() {}\n    };\n}\nmake!(\n    first,\n    given()\n);\n"
    )
    found = {
        name: (item.line, item.start_line, item.end_line)
        for name, item in zip(local_names(facts), facts.definitions, strict=True)
    }
    assert found == {"make": (1, 1, 8), "first": (10, 10, 11), "fixed": (6, 6, 6)}
    assert sorted(calls(facts)) == [("given", 11), ("run", 4)]


def test_a_call_of_a_name_that_the_macro_is_given_stands_in_the_body() -> None:
    facts = facts_of(
        "macro_rules! ask {\n    ($x:ident, $m:ident) => { $x.$m() };\n}\nfn f(a: A) {\n    ask!(a,\n        run)\n}\n"
    )
    assert calls(facts) == [("a.run", 2)]


def test_documentation_and_signature_of_what_is_made() -> None:
    facts = facts_of(
        "macro_rules! m { ($(#[$a:meta])* $n:ident) => { $(#[$a])* pub fn $n(x: &u8) -> u8 { 1 } } }\nm! {\n    /// Says.\n    /// More.\n    made\n}\n"
    )
    item = facts.definitions[1]
    assert (item.name, item.docstring, item.signature) == ("made", "Says.\nMore.", "pub fn made(x: &u8) -> u8")


@pytest.mark.parametrize(
    "source",
    [
        "macro_rules! m { () => { m!() } } fn f() { m!() }",
        "macro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)*) } } fn f() { m!(a) }",
        "macro_rules! m { ($($x:tt)*) => { n!($($x)* $($x)*); } } macro_rules! n { ($($x:tt)*) => { m!($($x)*); m!($($x)*); } } m!(a b);",
        "macro_rules! m { ($($($x:ident)*),*) => { $($($x)*)* } } fn f() { m!(" + "a b, " * 900 + ") }",
        "macro_rules! m { (" + "(" * 400 + ")" * 400 + ") => {} } m!(" + "(" * 400 + ")" * 400 + ");",
        "macro_rules! m { ($x:ty) => {} } m!(" + "&" * 4_000 + "u8);",
    ],
    ids=["endless", "doubling", "two that grow", "long", "deep", "deep type"],
)
def test_limits(source: str) -> None:
    started = time.process_time()
    facts_of(source)
    assert time.process_time() - started < 4


def test_an_expansion_that_does_not_parse_is_dropped() -> None:
    facts = facts_of(
        "macro_rules! m { ($x:expr) => { fn ] $x } }\nmacro_rules! n { ($x:expr) => { fn fn $x } }\nfn f() { n!(run(1)) }\n"
    )
    assert ("run", 3) in calls(facts)


_PIECES = st.sampled_from(
    [
        "$",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        "=>",
        "$x:expr",
        "$y:ident",
        "$t:ty",
        "$($x:tt)*",
        "$($y:ident),+",
        "$x",
        "$y",
        "$t",
        "$($x)*",
        "$($y),+",
        "a",
        "1",
        "+",
        "::",
        "<",
        ">",
        "&",
        "'",
        "'a",
        '"',
        "fn",
        "impl",
        "for",
        "let",
        "=",
        "|",
        ".",
        "!",
        "#",
        "m!",
    ]
)


@given(st.lists(_PIECES, max_size=14), st.lists(_PIECES, max_size=14), st.lists(_PIECES, max_size=14))
@settings(max_examples=120, deadline=None)
def test_any_macro_gives_sound_facts(matcher: list[str], body: list[str], given_tokens: list[str]) -> None:
    source = (
        f"macro_rules! m {{ ({' '.join(matcher)}) => {{ {' '.join(body)} }}; }}\nm!({' '.join(given_tokens)});\n"
        f"fn f() {{ let v = m!({' '.join(given_tokens)}); v.run() }}\n"
    )
    facts = facts_of(source)
    for item in facts.definitions:
        assert 1 <= item.start_line <= item.line <= item.end_line <= facts.line_count
    for call in facts.calls:
        assert 1 <= call.line <= facts.line_count
        assert len(call.arguments) <= max(call.argument_count, 0)


def test_behind_the_branch_of_a_cfg_if_that_is_taken_nothing_is_in_the_build() -> None:
    facts = facts_of(
        'cfg_if::cfg_if! {\n    if #[cfg(windows)] { fn one() {} }\n    else if #[cfg(feature = "fast")] { fn two() {} mod fast; }\n'
        '    else if #[cfg(all(unix, target_os = "linux"))] { fn three() {} mod linux; }\n    else { fn four() {} mod other; }\n}\n'
    )
    flags = {item.name: item.flags & (Flag.INACTIVE | Flag.CONDITIONAL) for item in facts.definitions}
    assert flags == {"one": Flag.INACTIVE, "two": Flag.CONDITIONAL, "three": 0, "four": Flag.INACTIVE}
    assert {item.alias: item.flags & Flag.INACTIVE for item in facts.imports} == {
        "fast": 0,
        "linux": 0,
        "other": Flag.INACTIVE,
    }


def test_a_cfg_if_inside_a_function_is_looked_at_as_tokens() -> None:
    assert calls(facts_of("fn f() { cfg_if! { if #[cfg(unix)] { a(1) } else { b(2) } } }")) == [
        ("cfg", 1),
        ("a", 1),
        ("b", 1),
    ]


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ("a::<B, Vec<C>>::go(x::<D>(1))", ["a.go", "x"]),
        ("if a < b(c), d > e(f)", ["b", "e"]),
        ("a::<b(c)", ["b"]),
        ("a::<Vec<u8>>(1) < b(2)", ["a", "b"]),
    ],
)
def test_calls_in_tokens(tokens: str, found: list[str]) -> None:
    assert [name for name, _ in calls(facts_of(f"fn f() {{ other!(=> {{{tokens}}}); }}"))] == found


def test_arguments_of_macros_at_the_end_of_a_body_are_read_as_expressions() -> None:
    source = 'macro_rules! m { ($e:expr) => { println!("{}", $e.a(|x| x.b())) } }\nfn f() { m!(y) }\n'
    assert ("y.a", 1) in calls(facts_of(source))
    assert any(scope.parameters for scope in facts_of(source).scopes), "the closure has a scope of its own"
