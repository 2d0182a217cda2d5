from __future__ import annotations

import time

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import FileIssue, RelationKind, Strategy, SymbolKind, Tier
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen, rows, served
from tools import structure
from tools.coverage import FAMILY_SUFFIXES


def test_find_symbol(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.find_symbol(graph, EVERYTHING, "`Stove.heat()`")
    assert (answer.verdict, rows(answer), answer.candidates) == (Verdict.FOUND, [("Stove.heat", 8, 0)], ())
    assert answer.results[0].relation is RelationKind.CONTAINS


def test_find_symbol_shows_every_meaning(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.find_symbol(graph, EVERYTHING, "heat")
    assert answer.verdict is Verdict.AMBIGUOUS
    assert answer.symbol is None
    assert rows(answer) == [("Base.heat", 2, 0), ("Stove.heat", 8, 0)]
    cut = structure.find_symbol(graph, EVERYTHING, "heat", limit=1)
    assert (rows(cut), cut.truncated) == ([("Base.heat", 2, 0)], True)


def test_a_file_is_found_by_its_path(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    for path in ("kitchen/menu.py", "menu.py", "./kitchen/menu.py"):
        answer = structure.find_symbol(graph, EVERYTHING, path)
        assert [row.symbol.qualified_name for row in answer.results] == ["kitchen.menu"]


def test_a_name_that_is_nowhere(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    graph.replace_repository(builder.build())
    answer = structure.find_symbol(graph, EVERYTHING, "Stovee")
    assert (answer.verdict, answer.results) == (Verdict.NONE, ())
    assert [symbol.name for symbol in answer.candidates] == ["Stove"]
    builder.issues = [FileIssue("kitchen/oven.py", "encoding", "UTF-16")]
    graph.replace_repository(builder.build())
    answer = structure.find_symbol(graph, EVERYTHING, "Stovee")
    assert answer.verdict is Verdict.UNKNOWN
    assert [place.path for place in answer.uncovered] == ["kitchen/oven.py"]


def test_near_names_by_the_last_part(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.callers(graph, EVERYTHING, "Oven.light")
    assert (answer.symbol, answer.verdict) == (None, Verdict.UNKNOWN)
    assert [symbol.local_name for symbol in answer.candidates] == ["light"]


def test_callers_by_site(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.callers(graph, EVERYTHING, "Stove.heat")
    assert answer.verdict is Verdict.FOUND
    assert rows(answer) == [("cook", 6, 1), ("test_heat", 3, 1)]
    assert {row.tier for row in answer.results} == {Tier.INFERRED}


def test_callers_of_callers(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.callers(graph, EVERYTHING, "light", max_depth=3)
    assert rows(answer) == [("Stove.heat", 9, 1), ("cook", 6, 2), ("test_heat", 3, 2), ("main", 9, 3)]
    assert answer.truncated is False
    cut = structure.callers(graph, EVERYTHING, "light", max_depth=3, limit=2)
    assert (rows(cut), cut.truncated) == ([("Stove.heat", 9, 1), ("cook", 6, 2)], True)


def test_a_class_is_called_where_it_is_made(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert rows(structure.callers(graph, EVERYTHING, "Stove")) == [("cook", 5, 1), ("test_heat", 3, 1)]


def test_a_construction_that_names_class_and_constructor_is_one_site(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.relate("kitchen:kitchen/menu.py#cook", "kitchen:kitchen/stove.py#Stove", line=5)
    graph.replace_repository(builder.build())
    assert rows(structure.callers(graph, EVERYTHING, "Stove")) == [("cook", 5, 1), ("test_heat", 3, 1)]


def test_a_macro_is_called_where_it_is_used(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("g")
    builder.file("a.c", "\n" * 9, language="c")
    macro = builder.symbol("a.c", "CHECK", line=1, signature="#define CHECK(x) check(x)")
    user = builder.symbol("a.c", "run", line=4)
    builder.relate(user, macro, RelationKind.REFERENCES, 5)
    graph.replace_repository(builder.build())
    assert rows(structure.callers(graph, EVERYTHING, "CHECK")) == [("run", 5, 1)]


def test_several_meanings_are_never_picked_from(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.callers(graph, EVERYTHING, "heat")
    assert (answer.symbol, answer.verdict, answer.results) == (None, Verdict.AMBIGUOUS, ())
    assert [symbol.local_name for symbol in answer.candidates] == ["Base.heat", "Stove.heat"]


def test_the_same_name_in_two_repositories_is_ambiguous_until_one_is_granted(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    graph.replace_repository(kitchen("canteen").build())
    assert structure.callers(graph, EVERYTHING, "Stove.heat").verdict is Verdict.AMBIGUOUS
    answer = structure.callers(graph, Scope(frozenset({"canteen"})), "Stove.heat")
    assert {row.symbol.repository for row in answer.results} == {"canteen"}


def test_what_is_no_test_wins_and_the_test_stays_a_candidate(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.symbol("tests/test_stove.py", "light", line=9, is_test=True)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "light")
    assert answer.symbol is not None
    assert (answer.symbol.path, answer.verdict) == ("kitchen/stove.py", Verdict.FOUND)
    assert [symbol.path for symbol in answer.candidates] == ["tests/test_stove.py"]


def test_a_function_wins_over_a_variable(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.symbol("kitchen/menu.py", "light", SymbolKind.VARIABLE, 3)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "light")
    assert (answer.verdict, [symbol.kind for symbol in answer.candidates]) == (Verdict.FOUND, [SymbolKind.VARIABLE])


def test_redefinitions_of_one_name_are_one_symbol(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    again = builder.symbol("kitchen/stove.py", "light~2", line=20, end_line=30)
    builder.relate("kitchen:kitchen/menu.py#main", again, line=9)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "light")
    assert answer.symbol is not None
    assert answer.symbol.line == 20
    assert rows(answer) == [("main", 9, 1), ("Stove.heat", 9, 1)]


def test_a_class_and_its_constructor_of_the_same_name_are_one_symbol(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("j")
    builder.file("a/Pot.java", language="java")
    pot = builder.symbol("a/Pot.java", "Pot", SymbolKind.CLASS, 1, 9)
    made = builder.symbol("a/Pot.java", "Pot.Pot", SymbolKind.METHOD, 2, 3)
    maker = builder.symbol("a/Pot.java", "Pot.make", SymbolKind.METHOD, 5, 6)
    builder.relate(maker, made, line=5)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "Pot")
    assert (answer.symbol and answer.symbol.id, rows(answer)) == (pot, [("Pot.make", 5, 1)])


def test_callees(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert rows(structure.callees(graph, EVERYTHING, "Stove.heat")) == [("light", 9, 1), ("click", 10, 1)]
    deep = structure.callees(graph, EVERYTHING, "main", max_depth=3)
    assert rows(deep) == [
        ("cook", 9, 1),
        ("Stove.__init__", 5, 2),
        ("Stove.heat", 6, 2),
        ("click", 10, 3),
        ("light", 9, 3),
    ]


def test_callees_none_needs_a_body_without_unknown_calls(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert structure.callees(graph, EVERYTHING, "idle").verdict is Verdict.NONE
    answer = structure.callees(graph, EVERYTHING, "click")
    assert answer.verdict is Verdict.UNKNOWN
    assert [(place.path, place.line) for place in answer.uncovered] == [("kitchen/stove.py", 16)]
    assert "'spark'" in answer.uncovered[0].reason


def test_callees_names_what_it_could_not_resolve_beside_what_it_found(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.call_unresolved("kitchen:kitchen/stove.py#Stove.heat", "self.fuel().burn", 9)
    builder.call_unresolved("kitchen:kitchen/menu.py#main", "elsewhere", 9)
    graph.replace_repository(builder.build())
    for name in ("Stove.heat", "Stove"):
        answer = structure.callees(graph, EVERYTHING, name)
        assert answer.verdict is Verdict.FOUND
        assert {("light", 9, 1), ("click", 10, 1)} <= set(rows(answer))
        assert [(place.path, place.line) for place in answer.uncovered] == [("kitchen/stove.py", 9)]
        assert "'self.fuel().burn'" in answer.uncovered[0].reason


def test_callees_outside_the_project_are_no_blind_spot(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.unresolved.clear()
    builder.relate("kitchen:kitchen/stove.py#click", "sparks.spark", line=16)
    graph.replace_repository(builder.build())
    assert structure.callees(graph, EVERYTHING, "click").verdict is Verdict.NONE


def test_none_is_said_when_nothing_can_hide(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.callers(graph, EVERYTHING, "idle")
    assert (answer.verdict, answer.uncovered) == (Verdict.NONE, ())


@pytest.mark.parametrize(
    ("path", "reason", "hides"),
    [
        ("kitchen/oven.py", "too_large", True),
        ("kitchen/fast.pyx", "unsupported", True),
        ("bin/cook", "encoding", True),
        ("web/oven.ts", "too_large", False),
        ("node_modules", "vendored", False),
        ("link.py", "symlink", False),
    ],
)
def test_only_files_that_may_refer_to_it_hide_something(
    graph: SqliteCodeGraph, path: str, reason: str, hides: bool
) -> None:
    builder = kitchen()
    builder.issues = [FileIssue(path, reason)]
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "idle")
    assert answer.verdict is (Verdict.UNKNOWN if hides else Verdict.NONE)
    assert [place.path for place in answer.uncovered] == ([path] if hides else [])


def test_an_unresolved_call_of_the_name_hides_something(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.call_unresolved("kitchen:kitchen/menu.py#main", "thing.idle", 9)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "idle")
    assert answer.verdict is Verdict.UNKNOWN
    assert [(place.path, place.line) for place in answer.uncovered] == [("kitchen/menu.py", 9)]
    assert "thing.idle" in answer.uncovered[0].reason


def test_an_unresolved_call_in_another_language_hides_nothing(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.file("web/app.go", language="go")
    caller = builder.symbol("web/app.go", "serve")
    builder.call_unresolved(caller, "idle", 3)
    graph.replace_repository(builder.build())
    assert structure.callers(graph, EVERYTHING, "idle").verdict is Verdict.NONE


def test_an_ambiguous_relation_hides_something_unless_asked_for(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.relate(
        "kitchen:kitchen/menu.py#main",
        "kitchen:kitchen/stove.py#idle",
        line=9,
        tier=Tier.AMBIGUOUS,
        strategy=Strategy.NAME,
    )
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "idle")
    assert (answer.verdict, answer.results, answer.uncovered[0].line) == (Verdict.UNKNOWN, (), 9)
    asked = structure.callers(graph, EVERYTHING, "idle", tiers=tuple(Tier))
    assert (asked.verdict, rows(asked), asked.uncovered) == (Verdict.FOUND, [("main", 9, 1)], ())


def test_a_misread_part_hides_something_only_where_the_name_is_written(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.issues = [FileIssue("kitchen/menu.py", "syntax", "not understood", 5, covered=True)]
    graph.replace_repository(builder.build())
    assert structure.callers(graph, EVERYTHING, "idle").verdict is Verdict.NONE
    builder.issues = [FileIssue("kitchen/stove.py", "syntax", "not understood", 5, covered=True)]
    graph.replace_repository(builder.build())
    assert structure.callers(graph, EVERYTHING, "idle").verdict is Verdict.UNKNOWN


def test_impact_by_depth(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.impact(graph, EVERYTHING, "light")
    assert rows(answer) == [("Stove.heat", 9, 1), ("cook", 6, 2), ("test_heat", 3, 2), ("main", 9, 3)]


def test_impact_of_a_class_counts_its_members(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.impact(graph, EVERYTHING, "kitchen.stove.Stove", max_depth=1)
    assert {row.symbol.qualified_name for row in answer.results} == {
        "kitchen.menu",
        "kitchen.menu.cook",
        "tests.test_stove",
        "tests.test_stove.test_heat",
    }
    base = structure.impact(graph, EVERYTHING, "Base", max_depth=1)
    assert [(row.symbol.name, row.relation) for row in base.results] == [
        ("Stove", RelationKind.INHERITS),
        ("heat", RelationKind.OVERRIDES),
    ]


def test_full_impact_says_what_will_and_what_may_break(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = structure.full_impact(graph, EVERYTHING, "light")
    assert [row.symbol.local_name for row in answer.will_break] == ["Stove.heat"]
    assert [row.symbol.local_name for row in answer.may_break] == ["cook", "main"]
    assert [row.symbol.local_name for row in answer.tests] == ["test_heat"]
    assert [symbol.local_name for symbol in answer.entry_points] == ["main"]


def test_dispatch_adds_what_an_override_may_run(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    baker = builder.symbol("kitchen/menu.py", "bake", line=4)
    builder.relate(baker, "kitchen:kitchen/stove.py#Base.heat", line=5)
    graph.replace_repository(builder.build())
    plain = structure.callers(graph, EVERYTHING, "Stove.heat")
    assert "bake" not in {row.symbol.local_name for row in plain.results}
    expanded = structure.callers(graph, EVERYTHING, "Stove.heat", dispatch=True)
    assert {row.symbol.local_name for row in expanded.results if row.dispatched} == {"bake"}
    callees = structure.callees(graph, EVERYTHING, "bake", dispatch=True)
    assert [(row.symbol.local_name, row.dispatched) for row in callees.results] == [
        ("Base.heat", False),
        ("Stove.heat", True),
    ]
    felt = structure.full_impact(graph, EVERYTHING, "Stove.heat", max_depth=1)
    assert "bake" in {row.symbol.local_name for row in felt.may_break}


def test_dispatch_of_a_type_that_never_names_its_interface(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("go")
    builder.file("store.go", "x\n" * 20, language="go")
    reader = builder.symbol("store.go", "Reader", SymbolKind.INTERFACE, 1, 3)
    asked = builder.symbol("store.go", "Reader.Read", SymbolKind.METHOD, 2)
    disk = builder.symbol("store.go", "Disk", SymbolKind.CLASS, 5, 6)
    read = builder.symbol("store.go", "Disk.Read", SymbolKind.METHOD, 8, 9)
    user = builder.symbol("store.go", "use", line=11)
    builder.relate(disk, reader, RelationKind.IMPLEMENTS, 5)
    builder.relate(read, asked, RelationKind.IMPLEMENTS, 8)
    builder.relate(user, "go:store.go#Reader.Read", line=12)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "Disk.Read", dispatch=True)
    assert [(row.symbol.local_name, row.dispatched) for row in answer.results] == [("use", True)]


def test_importers_of_a_module_a_class_and_an_external_package(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    expected = [("kitchen/menu.py", 1), ("tests/test_stove.py", 1)]
    for name in ("kitchen.stove", "Stove"):
        answer = structure.importers(graph, EVERYTHING, name)
        assert [(row.symbol.path, row.site and row.site.line) for row in answer.results] == expected
    external = structure.importers(graph, EVERYTHING, "flask")
    assert (external.symbol, external.verdict, [row.symbol.path for row in external.results]) == (
        None,
        Verdict.FOUND,
        ["kitchen/menu.py"],
    )
    assert structure.importers(graph, EVERYTHING, "kitchen.menu").verdict is Verdict.NONE
    assert structure.importers(graph, Scope(frozenset()), "flask").results == ()


def test_one_statement_is_one_import(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    menu, stove = "kitchen:kitchen/menu.py#", "kitchen:kitchen/stove.py#"
    builder.relate(menu, stove, RelationKind.IMPORTS, 1, column=30)
    builder.relate(menu, "flask.json", RelationKind.IMPORTS, 2, column=30)
    graph.replace_repository(builder.build())
    assert len(structure.importers(graph, EVERYTHING, "kitchen.stove").results) == 2
    assert len(structure.importers(graph, EVERYTHING, "flask").results) == 1


def test_a_heading_is_never_taken_for_code(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.file("docs/faq.md", language="markdown")
    builder.symbol("docs/faq.md", "flask", SymbolKind.SECTION)
    builder.symbol("docs/faq.md", "idle", SymbolKind.SECTION)
    graph.replace_repository(builder.build())
    assert structure.importers(graph, EVERYTHING, "flask").verdict is Verdict.FOUND
    assert structure.callers(graph, EVERYTHING, "idle").verdict is Verdict.NONE
    assert structure.find_symbol(graph, EVERYTHING, "flask").verdict is Verdict.FOUND


def test_tests_of(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert rows(structure.tests_of(graph, EVERYTHING, "light")) == [("test_heat", 3, 2)]
    assert structure.tests_of(graph, EVERYTHING, "idle").verdict is Verdict.NONE


def test_a_file_of_tests_counts_where_none_of_its_functions_does(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    light = "kitchen:kitchen/stove.py#light"
    builder.relate("kitchen:tests/test_stove.py#", light, line=1)
    builder.relate(builder.symbol("tests/test_stove.py", "STOVES", SymbolKind.VARIABLE, 2, is_test=True), light, line=2)
    builder.relate(builder.file("tests/smoke.py", "\n" * 9, is_test=True), light, line=4)
    graph.replace_repository(builder.build())
    found = structure.tests_of(graph, EVERYTHING, "light").results
    assert [(row.symbol.path, row.symbol.local_name) for row in found] == [
        ("tests/smoke.py", ""),
        ("tests/test_stove.py", "test_heat"),
    ]


def test_tests_that_call_what_is_overridden_are_found_and_marked(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(served(kitchen()).build())
    found = structure.tests_of(graph, EVERYTHING, "click").results
    assert [(row.symbol.name, row.dispatched) for row in found] == [("test_heat", True)]
    assert structure.tests_of(graph, EVERYTHING, "idle").verdict is Verdict.NONE


def test_a_test_far_off_is_found_where_none_is_near(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    near = structure.tests_of(graph, EVERYTHING, "click", max_depth=1).results
    assert [(row.symbol.name, row.depth) for row in near] == [("test_heat", 2)]


def test_every_language_pack_belongs_to_a_family() -> None:
    languages = pytest.importorskip("indexers.languages")
    for pack in languages.PACKS.values():
        homes = [family for family in FAMILY_SUFFIXES if set(pack.suffixes) <= family]
        assert len(homes) == 1, pack.language


def test_callers_are_answered_in_milliseconds(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("big")
    for file in range(40):
        builder.file(f"m{file}.py", "x = 1\n")
        ids = [builder.symbol(f"m{file}.py", f"f{file}_{n}", line=n + 1) for n in range(100)]
        for n, source in enumerate(ids):
            builder.relate(source, ids[n * 7 % 100], line=n + 1)
            builder.call_unresolved(source, f"x.f{n}_{file}", n + 1)
    graph.replace_repository(builder.build())
    taken = []
    for n in range(60):
        start = time.perf_counter()
        structure.callers(graph, EVERYTHING, f"f{n % 40}_{n}")
        taken.append(time.perf_counter() - start)
    assert sorted(taken)[len(taken) // 2] < 0.05  # ten times what a slow core needs


def test_importers_of_what_another_package_defines(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    module = "kitchen:kitchen/menu.py#"
    builder.relate(module, "go.uber.org/zap", RelationKind.IMPORTS, 3)
    builder.relate(module, "kombu.utils.loads", RelationKind.IMPORTS, 4)
    graph.replace_repository(builder.build())

    def lines(name: str) -> list[int]:
        rows = structure.importers(graph, EVERYTHING, name).results
        return [row.site.line for row in rows if row.site is not None]

    assert lines("zap.Logger") == [3], "by the package that the name starts with"
    assert lines("kitchen.menu.loads") == [4], "by the module that passes the name on"
    assert lines("flask") == [2]
    assert lines("zip.Logger") == []
