"""What stands behind the use of a macro goes on with what its body comes to (C++)."""

from __future__ import annotations

import pytest

from indexers.facts import Flag
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from knowledge.schema import RelationKind

CLASS = (
    "class Task {\n public:\n  Task* arg(int a) { return this; }\n  Task* threads(int n) { return this; }\n};\n"
    "Task* enter(int f) { return new Task(); }\nint count(int a) { return a; }\n"
)


def called(source: str) -> dict[int, set[str]]:
    """Return line -> qualified names that a C++ file calls there, what is ambiguous left out."""
    files = [ProgramFile("m.cc", extract("cpp", source.encode()))]
    resolution = Resolution("r", files, profile_for("cfamily")(Layout(["m.cc"], {})))
    symbols = resolution.symbols
    found: dict[int, set[str]] = {}
    for row in resolution.relations():
        if row[0] is RelationKind.CALLS and row[5] >= 0 and row[2].value in ("exact", "inferred"):
            found.setdefault(row[8], set()).add(symbols[row[5]].qualified_name)
    return found


@pytest.mark.parametrize(
    "macro",
    [
        "#define TASK(f) enter(f)",
        "#define TASK(f) static Task* UNIQUE(f) = (enter(f))",
        "#define TASK(f) UNIQUE(f) = enter(f)",
        "#define TASK(f) count(f); enter(f);",
    ],
)
def test_members_behind_a_macro_are_those_of_its_value(macro: str) -> None:
    line = (CLASS + macro).count("\n") + 2
    found = called(f"{CLASS}{macro}\nTASK(1)->arg(8)\n  ->threads(2);\n")
    assert {"Task::arg", "enter"} <= found[line]
    assert found[line + 1] == {"Task::threads"}


@pytest.mark.parametrize(
    "macro", ["#define TASK(f) do { enter(f); } while (0)", "#define TASK(f) 1", "#define TASK(f)"]
)
def test_a_macro_without_a_value_has_no_members(macro: str) -> None:
    found = called(f"{CLASS}{macro}\nvoid f() {{\n  TASK(1)->arg(8);\n}}\n")
    assert not any("Task::arg" in names for names in found.values())


def test_what_a_declaration_is_given_is_called_though_a_macro_makes_its_name() -> None:
    macro = "#define CASES(...) const int JOIN(dummy, __LINE__) = ::count(__VA_ARGS__)"
    line = (CLASS + macro).count("\n") + 2
    assert called(f"{CLASS}{macro}\nCASES(1);\n")[line] == {"count"}


def test_a_loop_over_an_object_calls_what_its_iterators_have() -> None:
    source = (
        "struct At {\n  int operator*() const { return 1; }\n  At& operator++() { return *this; }\n"
        "  bool operator!=(At const& other) const { return false; }\n};\n"
        "struct All {\n  At begin() { return At(); }\n  At end() { return At(); }\n};\n"
        "void f(All& all, int* many) {\n  for (auto one : all) {\n  }\n}\n"
    )
    assert called(source)[11] == {"All::begin", "All::end", "At::operator*", "At::operator++", "At::operator!="}


def test_compilers_take_cplusplus_17_where_nothing_else_is_said() -> None:
    source = (
        "#include <memory>\n#if __cplusplus < 201402L\nint make() { return 1; }\n#else\nint make() { return 2; }\n#endif\n"
        "int f() {\n  return make();\n}\n"
    )
    facts = extract("cpp", source.encode())
    assert [item.line for item in facts.definitions if item.name == "make" and not item.flags & Flag.INACTIVE] == [5]
    assert called(source)[8] == {"make"}
