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
