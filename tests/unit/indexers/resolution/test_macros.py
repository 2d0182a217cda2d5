from __future__ import annotations

import pytest

from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.macros import MAX_CALLS, filled
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from knowledge.schema import RelationKind


def calls(**sources: str) -> list[tuple[str, str, str]]:
    """Return (caller, callee, tier) of the calls of some C files, in order."""
    files = [ProgramFile(f"{name}.c", extract("c", text.encode())) for name, text in sources.items()]
    resolution = Resolution("r", files, profile_for("cfamily")(Layout([file.path for file in files], {})))
    symbols = resolution.symbols
    return [
        (symbols[row[4]].name, symbols[row[5]].name, row[2].value)
        for row in resolution.relations()
        if row[0] is RelationKind.CALLS and row[5] >= 0
    ]


@pytest.mark.parametrize(
    ("path", "given", "path_after"),
    [
        ("run", {}, "run"),
        ("f", {"f": "run"}, "run"),
        ("p.run", {"p": "a.b"}, "a.b.run"),
        ("list_##name##_init", {"name": "x"}, "list_x_init"),
        ("a##name", {"name": "#?"}, "#?"),
        ("f", {"f": "#?"}, "#?"),
        ("a##name", {"name": "b.c"}, "#?"),
    ],
)
def test_parameters_are_filled_in(path: str, given: dict[str, str], path_after: str) -> None:
    assert filled(path, given) == path_after


def test_the_last_definition_above_the_use_counts() -> None:
    source = (
        "void a(void) {}\nvoid b(void) {}\n"
        "#define X() a()\nvoid f(void) { X(); }\n#undef X\n#define X() b()\nvoid g(void) { X(); }\n"
    )
    assert calls(m=source) == [("f", "a", "exact"), ("g", "b", "exact")]


def test_variants_of_a_macro_are_inferred_where_they_differ() -> None:
    source = (
        "void a(void) {}\nvoid b(void) {}\nvoid c(void) {}\n"
        "#if LEVEL > 2\n#define X() do { a(); c(); } while (0)\n#else\n#define X() do { b(); c(); } while (0)\n#endif\n"
        "void f(void) { X(); }\n"
    )
    assert calls(m=source) == [("f", "a", "inferred"), ("f", "b", "inferred"), ("f", "c", "exact")]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("#ifdef FAST\n#define run fast\n#else\n#define run slow\n#endif\n", [("slow", "inferred")]),
        (
            "#if LEVEL > 2\n#define run fast\n#else\n#define run slow\n#endif\n",
            [("fast", "inferred"), ("slow", "inferred")],
        ),
        ("#ifdef __linux__\n#define run() fast()\n#else\nvoid run(void);\n#endif\n", [("fast", "exact")]),
        ("#ifdef HAVE_POLL\n#define run() fast()\n#else\nvoid run(void);\n#endif\n", [("fast", "inferred")]),
        (
            "#if LEVEL > 2\n#define run() fast()\n#else\nvoid run(void);\n#endif\n",
            [("fast", "inferred"), ("run", "inferred")],
        ),
        (
            "#if LEVEL > 2\n#define run fast\n#else\nvoid run(void);\n#endif\n",
            [("fast", "inferred"), ("run", "inferred")],
        ),
        ("#ifdef _WIN32\nvoid run(void);\n#else\n#define run() (0)\n#endif\n", []),
        (
            "#ifdef OFF\n#define one() (void)0\n#elif LEVEL\n#define one() fast()\n#else\n#define one() slow()\n#endif\n"
            "#define run() one()\n",
            [("slow", "inferred")],
        ),
    ],
)
def test_what_a_condition_decides_is_exact_only_where_linux_decides_it(
    header: str, found: list[tuple[str, str]]
) -> None:
    run = "#ifdef _WIN32\nvoid run(void) {}\n#endif\n" if "_WIN32" in header else "void run(void) {}\n"
    assert [
        (callee, tier)
        for caller, callee, tier in calls(
            m="void fast(void) {}\nvoid slow(void) {}\n" + header + "void f(void) { run(); }\n", n=run
        )
        if caller == "f"
    ] == found


def test_a_macro_within_a_macro_is_as_sure_as_its_condition() -> None:
    source = (
        "void a(void) {}\nvoid b(void) {}\n#if LEVEL > 2\n#define Y() a()\n#else\n#define Y() b()\n#endif\n"
        "#define X() Y()\nvoid f(void) { X(); }\n"
    )
    assert calls(m=source) == [("f", "a", "inferred"), ("f", "b", "inferred")]


def test_a_function_of_the_library_is_not_the_one_that_stands_in_for_it() -> None:
    source = (
        "#ifndef HAVE_STRSEP\nchar *strsep(char **a, char *b) { return 0; }\n#endif\nvoid f(void) { strsep(0, 0); }\n"
    )
    assert calls(m=source) == []


def test_macros_of_files_that_are_not_included_are_not_meant() -> None:
    found = calls(one="void a(void) {}\n#define X() a()\n", two="void f(void) { X(); }\n")
    assert found == [("f", "X", "ambiguous")]


def test_macros_that_use_each_other_come_to_an_end() -> None:
    tower = "".join(f"#define M{n}(x) M{n + 1}(x) M{n + 1}(x) a(x)\n" for n in range(40))
    found = calls(m="void a(int x) {}\n" + tower + "void f(void) { M0(1); }\n")
    assert found == [("f", "a", "exact")]
    circle = "#define A(x) B(x)\n#define B(x) A(x)\nint f(void) { return A(1); }\n"
    assert calls(m=circle) == []
    assert MAX_CALLS > 1


JOIN = (
    "void one(int a) {}\nvoid two(int a) {}\nint join(int a, int b) { return a; }\n"
    "#define JOIN_1(a) one(a)\n#define JOIN_2(a, b) join(JOIN_1(a), b)\n#define EACH_3(f, a, b) f(a); f(b)\n"
    "#define IDX(_1, _2, _3, NAME, ...) NAME\n"
    "#define JOIN(...) \\\n  IDX(__VA_ARGS__, EACH_3, JOIN_2, JOIN_1, end) \\\n  (__VA_ARGS__)\n"
)


@pytest.mark.parametrize(
    ("use", "callees"),
    [
        ("JOIN(1)", ["one"]),
        ("JOIN(x + 1, y * 2)", ["join", "one"]),
        ("JOIN(two, 1, 2 + x)", ["two"]),
        ("JOIN(1, 2, 3, 4)", []),
        ("OUTER(1, x)", ["join", "one"]),
    ],
)
def test_a_macro_may_choose_another_by_the_number_of_arguments(use: str, callees: list[str]) -> None:
    found = calls(m=f"{JOIN}#define OUTER(a, ...) JOIN(a, __VA_ARGS__)\nvoid f(int x, int y) {{ {use}; }}\n")
    assert sorted((callee, tier) for caller, callee, tier in found if caller == "f") == [
        (name, "exact") for name in callees
    ]


def test_a_macro_before_a_block_does_what_it_expands_to() -> None:
    source = (
        "void a(void) {}\nvoid b(void) {}\n#define ACTION do { a(); } while (0);\n#define SETUP \\\n  ACTION\n"
        'int f(int n) {\n  switch (n) {\n  case 1:\nSETUP\n#line 3 "x.l"\n{ b(); }\n  break;\n  }\n  return 0;\n}\n'
    )
    assert calls(m=source) == [("f", "b", "exact"), ("f", "a", "inferred")]
    facts = extract("c", source.encode())
    assert [(item.line, item.column) for item in facts.references if item.path == "SETUP"] == [(9, 1)]
