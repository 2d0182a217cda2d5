"""Functions that macros make in C and C++: replacement as the standard has it, what comes of it, and who is lent which macro."""

from __future__ import annotations

import pytest

from indexers.facts import Definition, FileFacts, Flag
from indexers.languages import extract
from indexers.languages.cfamily import macro_scopes
from indexers.languages.cfamily.macro_expansion import (
    Fuel,
    Macro,
    NoExpansion,
    expanded,
    makes_functions,
    may_make_functions,
    names_with_brackets,
    rendered,
    tokens_of,
)
from indexers.languages.cfamily.macro_scopes import MacroScopes
from indexers.languages.cfamily.maker_uses import macros_in, makers_among, with_ended_uses
from indexers.macro_links import MacroImport, MacroLinks, SharedMacro
from indexers.resolution.layout import Layout


def replaced(use: str, *definitions: str, fuel: int = 10_000) -> str:
    """Return what a use becomes, blanks as one, none at brackets and commas."""
    macros: dict[bytes, Macro] = {}
    for text in definitions:
        name = text.removeprefix("#define ").partition("(")[0]
        macros[name.encode()] = Macro(text.encode())
    made = " ".join(rendered(expanded(use.encode(), macros, Fuel(fuel))).decode().split())
    for sign in "(),;[]":
        made = made.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    return made


# replacement

CAT = "#define CAT(a, b) a ## b"


@pytest.mark.parametrize(
    ("use", "definitions", "made"),
    [
        ("F(1)", ["#define F(x) g(x, x)"], "g(1,1)"),
        ("F(a, (b, c))", ["#define F(x, y) y x"], "(b,c)a"),
        ("CAT(a, b)", [CAT], "ab"),
        ("CAT(CAT(a, b), c)", [CAT], "CAT(a,b)c"),
        ("X(CAT(a, b), c)", [CAT, "#define X(a, b) CAT(a, b)"], "abc"),
        ("CAT(, b) CAT(a,) CAT(,);", [CAT], "b a;"),
        ('S(a  "b\\n" /* c */ d)', ["#define S(x) #x"], '"a \\"b\\\\n\\" d"'),
        ("F(f)(2)", ["#define F(x) x", "#define f(x) [x]"], "[2]"),
        ("F(1)", ["#define F(x) F(x)"], "F(1)"),
        ("A(1)", ["#define A(x) B(x)", "#define B(x) A(x)"], "A(1)"),
        ("F(1, 2, 3)", ["#define F(x, ...) g(x)(__VA_ARGS__)"], "g(1)(2,3)"),
        ("F(1)", ["#define F(x, ...) g(x, ##__VA_ARGS__)"], "g(1)"),
        ("F(1, 2)", ["#define F(x, rest...) g(x, ## rest)"], "g(1,2)"),
        ("F()", ["#define F() g()"], "g()"),
        ("F", ["#define F(x) x"], "F"),
        ("F(1", ["#define F(x) x"], "F(1"),
        ("F(x) { F(y); }", ["#define F(x) int f(x)"], "int f(x){ F(y);}"),
        ("F(-1)", ["#define F(x) -x"], "- -1"),
        ("N(a)", ["#define N(x) x##_1.5e+3"], "a_1.5e+3"),
        ("N(a)", ["#define N(x) \\\n  x /* it */ \\\n ## _b // end"], "a_b"),
    ],
)
def test_replacement(use: str, definitions: list[str], made: str) -> None:
    assert replaced(use, *definitions) == made


def test_macros_by_the_number_of_arguments() -> None:
    pick = "#define PICK(a, b, c, name, ...) name"
    count = "#define JOIN(...) PICK(__VA_ARGS__, JOIN_3, JOIN_2, JOIN_1)(__VA_ARGS__)"
    two = "#define JOIN_2(a, b) join(a, JOIN_1(b))"
    three = "#define JOIN_3(a, b, c) join(a, JOIN_2(b, c))"
    assert replaced("JOIN(x, y, z)", pick, count, two, three, "#define JOIN_1(a) a") == "join(x,join(y,z))"


@pytest.mark.parametrize("use", ["F(1)", "F(1, 2, 3)", "G(1)"])
def test_a_use_that_does_not_fit_is_not_expanded(use: str) -> None:
    with pytest.raises(NoExpansion):
        replaced(use, "#define F(x, y) x y", "#define G() 1")


def test_what_is_no_function_like_macro_is_not_expanded() -> None:
    with pytest.raises(NoExpansion):
        expanded(b"F(1)", {b"F": Macro(b"#define F (x) x")}, Fuel(100))
    with pytest.raises(NoExpansion):
        expanded(b"F(1)", {b"F": Macro(b"#define F 1")}, Fuel(100))


def test_the_work_is_bounded() -> None:
    tower = [f"#define M{n}(x) M{n + 1}(x) M{n + 1}(x)" for n in range(60)]
    with pytest.raises(NoExpansion):
        replaced("M0(1)", *tower)
    with pytest.raises(NoExpansion):
        replaced("M0(" * 60 + "1" + ")" * 60, "#define M0(x) x")
    with pytest.raises(NoExpansion):
        replaced("F(" * 4_000, "#define F(x) x")


# what tokens say


@pytest.mark.parametrize(
    ("text", "makes", "may_make"),
    [
        ("int a##_f(void) { return g(); }", True, True),
        ("attr struct t *name##_find(struct t *);", True, True),
        ("GEN_TYPE(a) GEN_FUNCTIONS(a, static)", False, True),
        ("a##b", False, True),
        ("g(x)", False, True),
        ("do { g(x); } while (0)", False, False),
        ('BEGIN g("%d", x); END', False, False),
        ("BEGIN g(x); h(); END", False, False),
        ("BEGIN each(x) { g(); } END", False, False),
        ("int a##_f() { return 1; }", True, True),
        ("int a##_f(void) __attribute__((pure));", True, True),
        ("if (x) g(x)", False, False),
        ("x = g(x);", False, False),
        ("return g(x);", False, False),
        ("(g(x) + 1)", False, False),
        ("int a##_count;", False, True),
        ("", False, False),
    ],
)
def test_what_may_make_functions(text: str, makes: bool, may_make: bool) -> None:
    tokens = Macro(f"#define M(a, attr, x) {text}".encode()).definition.body
    assert (makes_functions(tokens), may_make_functions(tokens)) == (makes, may_make)


def test_names_with_brackets_outside_of_braces() -> None:
    assert names_with_brackets(tokens_of(b"A(B(x)) int a##_f(int) { C(x); } sizeof(D)")) == {b"A", b"a_f"}


# what a file says


def the(facts: FileFacts, name: str) -> Definition:
    return next(item for item in facts.definitions if item.name == name)


MAKER = "#define MAKE(name, call) static int name##_get(struct box *box) { struct box *b = box; return call(b); }\n"


def test_a_function_that_a_macro_makes_stands_where_the_macro_is_used() -> None:
    facts = extract("c", f"{MAKER}\n\nMAKE(one,\n     run);\nint after;\n".encode())
    made = the(facts, "one_get")
    assert (made.kind, made.type, made.line, made.start_line, made.end_line) == ("function", "int", 4, 4, 5)
    assert made.signature == "MAKE(one, run)"
    assert made.decorators == ["MAKE()"]
    assert made.flags & Flag.PRIVATE
    assert [(each.name, each.type) for each in made.parameters] == [("box", "box")]
    calls = [(call.callee, call.line, call.column) for call in facts.calls if call.scope == made.opens]
    assert calls == [("run", 4, 1)]
    assert [call.callee for call in facts.calls if call.scope == 0] == []
    assert ("MAKE", 4, 0) in {(item.path, item.line, item.scope) for item in facts.references}
    assert the(facts, "after").line == 6


@pytest.mark.parametrize("use", ["MAKE(one);", "MAKE(one); MAKE(two);", "\nMAKE(one);\n\nMAKE(two)\n ;\n"])
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_uses_with_a_semicolon(language: str, use: str) -> None:
    text = f"#define MAKE(name) int name##_f(void) {{ return g(name); }}\nint g(int);\n{use}\nint last(void) {{ return 1; }}\n"
    facts = extract(language, text.encode())
    made = [item.name for item in facts.definitions if item.name.endswith("_f")]
    assert made == ["one_f", "two_f"][: use.count("MAKE")]
    assert the(facts, "last").line == text.count("\n")


@pytest.mark.parametrize(
    "uses",
    [
        "MAKE(one)\n",
        "MAKE(one)\nMAKE(two)\n",
        "\n\nMAKE(one)\n\nMAKE(two);\n",
        "/* a */ MAKE(one) // b\nMAKE(\n  two\n)",
    ],
)
@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    "behind", ["int last(void) { return 1; }", "struct a *last(int a) { return 0; }", "static int last;", ""]
)
def test_uses_that_no_semicolon_ends(language: str, uses: str, behind: str) -> None:
    text = f"int g(int);\n#define MAKE(name) int name##_f(void) {{ return g(name); }}\n{uses}\n{behind}\n"
    facts = extract(language, text.encode())
    made = [item for item in facts.definitions if item.name.endswith("_f")]
    assert [item.name for item in made] == ["one_f", "two_f"][: uses.count("MAKE")]
    assert [item.line for item in made] == [
        n for n, line in enumerate(text.split("\n"), 1) if "MAKE(" in line and "#" not in line
    ]
    assert all("name" not in item.signature for item in made)
    assert [item.line for item in facts.definitions if item.name == "last"] == [text.count("\n")] * bool(behind)
    assert facts.issues == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("MAKE(a) int b;", "MAKE(); int b;"),
        ("MAKE(a); int b;", "MAKE(a); int b;"),
        ("MAKE(a) { b(); }", "MAKE(a) { b(); }"),
        ("x = MAKE(a) b;", "x = MAKE(a) b;"),
        ("MAKE() b;", "MAKE() b;"),
        ("MAKE(\n\n) b;", "MAKE( ) b;"),
        ("namespace n { MAKE(a) }", "namespace n { MAKE(); }"),
        ("int f() { MAKE(a) b(); }", "int f() { MAKE(a) b(); }"),
        ('extern "C" { MAKE(a) int b; }', 'extern "C" { MAKE(); int b; }'),
        ("#define X MAKE(a) b\nMAKE(a", "#define X MAKE(a) b MAKE(a"),
    ],
)
def test_the_shape_of_ended_uses(source: str, expected: str) -> None:
    text, uses = with_ended_uses(source.encode(), {b"MAKE"})
    assert " ".join(text.decode().split()).replace("() ;", "();") == expected
    assert len(text) == len(source)
    assert [source[start:end] for start, end in uses.items()] == (["MAKE(a)"] if text.decode() != source else [])


def test_makers_use_makers() -> None:
    text = b"#define A(x) B(x) C(x)\n#define B(x) int x##_f(void);\n#define C(x) D(x)\n#define D(x) x\n#define E(x) A(x)\n#define F 1\n"
    assert makers_among(macros_in(text)) == {b"A", b"B", b"E"}


def test_what_makes_no_function_stays_a_call() -> None:
    facts = extract("c", b"#define REGISTER(f) int f##_mark = note(f)\nREGISTER(run);\n")
    assert [(call.callee, call.scope) for call in facts.calls if call.scope == 0] == [("REGISTER", 0)]
    assert [item.name for item in facts.definitions] == ["REGISTER"]


def test_conditions_around_a_use_are_those_of_what_it_makes() -> None:
    facts = extract("c", f"{MAKER}#ifdef _WIN32\nMAKE(one, run);\n#endif\n".encode())
    assert the(facts, "one_get").flags & Flag.INACTIVE


def test_a_macro_of_another_platform_does_not_hide_one() -> None:
    other = MAKER.replace("_get", "_fetch")
    facts = extract("c", f"{MAKER}#ifdef _WIN32\n{other}#endif\nMAKE(one, run);\n".encode())
    assert the(facts, "one_get").line == 5


def test_towers_of_macros_come_to_an_end() -> None:
    tower = "".join(f"#define M{n}(x) M{n + 1}(a##x) M{n + 1}(b##x)\n" for n in range(60))
    facts = extract("c", f"{tower}#define M60(x) int x(void) {{ return 1; }}\nM0(1);\nint last;\n".encode())
    assert the(facts, "last").name == "last"


def test_what_a_file_says_of_macros_and_includes() -> None:
    text = (
        f'#include "a.h"\n#ifdef _WIN32\n#include "w.h"\n#endif\n#include <b.h>\n{MAKER}'
        "#define LOG(x) do { log(x); } while (0)\n#define TWO(a) OTHER(a) MAKE(a, f)\nTWO(x);\nTHIRD(a, b);\n"
        "void f(void) { INSIDE(1); }\n"
    )
    links = extract("c", text.encode()).macros
    assert [macro.name for macro in links.definitions] == ["MAKE", "TWO"]
    assert links.definitions[1].text == "#define TWO(a) OTHER(a) MAKE(a, f)\n"
    assert {"OTHER", "THIRD"} <= set(links.used)
    assert "INSIDE" not in links.used
    assert links.imports == [MacroImport("a.h"), MacroImport("<b.h>")]


# what a file is lent

GENERATE = "#define GEN(name) GEN_ONE(name, static) GEN_TWO(name)\n"
ONE = "#define GEN_ONE(name, attr) attr int name##_one(void) { return name(); }\n"


def lent(files: dict[str, str], path: str) -> dict[str, str]:
    links = {each: extract("c", text.encode()).macros for each, text in files.items()}
    return {macro.name: macro.path for macro in MacroScopes(Layout(files, {}), links).shared_with(path)}


def test_macros_are_lent_through_includes_with_what_they_need() -> None:
    files = {
        "use.c": '#include "all.h"\nGEN(f);\n',
        "all.h": '#include "kit/gen.h"\n',
        "kit/gen.h": f'#include "one.h"\n{GENERATE}',
        "kit/one.h": ONE,
        "else.c": "GEN(f);\n",
        "local.c": '#include "all.h"\n#define GEN(name) int name##_own(void) {}\nGEN(f);\n',
        "calls.c": '#include "log.h"\nLOG(f);\n',
        "log.h": "#define LOG(x) note(x)\n",
    }
    assert lent(files, "use.c") == {"GEN": "kit/gen.h", "GEN_ONE": "kit/one.h"}
    assert lent(files, "else.c") == lent(files, "local.c") == lent(files, "calls.c") == {}


def test_the_first_in_the_order_of_includes_is_lent() -> None:
    other = ONE.replace("_one(", "_other(")
    files = {"use.c": '#include "b.h"\n#include "a.h"\nGEN_ONE(f,);\n', "a.h": ONE, "b.h": other}
    assert lent(files, "use.c") == {"GEN_ONE": "b.h"}
    files["b.h"] = f"#ifdef _WIN32\n{other}#else\n{ONE}#endif\n"
    links = {each: extract("c", text.encode()).macros for each, text in files.items()}
    shared = MacroScopes(Layout(files, {}), links).shared_with("use.c")
    assert [macro.text for macro in shared] == [ONE]


def test_a_file_is_lent_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"use.c": '#include "a.h"\nGEN_ONE(f,);\n', "a.h": ONE}
    monkeypatch.setattr(macro_scopes, "MAX_BYTES", len(ONE) - 1)
    assert lent(files, "use.c") == {}


def test_exchanged_links_are_taken_up() -> None:
    files = {"use.c": '#include "a.h"\nGEN_ONE(f,);\n', "a.h": "", "b.h": ONE}
    links: dict[str, MacroLinks] = {each: extract("c", text.encode()).macros for each, text in files.items()}
    scopes = MacroScopes(Layout(files, {}), links)
    assert scopes.shared_with("use.c") == []
    links["use.c"] = extract("c", files["use.c"].replace("a.h", "b.h").encode()).macros
    scopes.exchanged()
    assert scopes.shared_with("use.c") == [SharedMacro("GEN_ONE", "b.h", ONE, 0, 0)]
