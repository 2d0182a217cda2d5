"""Questions about a whole repository: hotspots, cycles between modules, candidates for deletion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import FileIssue, RelationKind, SymbolKind, Tier
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen
from tools.cycles import cycles, shortest_ring, strongly_connected
from tools.dead_code import dead_code, is_public
from tools.ranking import hotspots, page_rank


def test_ranks_sum_to_one_and_follow_the_links() -> None:
    sources, targets = np.array([0, 1, 2], np.int32), np.array([2, 2, 3], np.int32)
    ranks = page_rank(4, sources, targets)
    assert ranks.sum() == pytest.approx(1.0)
    assert ranks[3] > ranks[2] > ranks[0] == pytest.approx(ranks[1])


def test_ranks_of_a_ring_are_equal() -> None:
    ranks = page_rank(3, np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32))
    assert ranks == pytest.approx([1 / 3] * 3)


def test_hotspots_leave_tests_out(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = hotspots(graph, EVERYTHING, limit=3)
    assert len(answer.hotspots) == 3
    assert answer.truncated
    assert all(not one.symbol.is_test for one in answer.hotspots)
    by_name = {one.symbol.local_name: one.users for one in hotspots(graph, EVERYTHING, limit=50).hotspots}
    assert by_name["Stove.heat"] == 2
    assert "Stove.__init__" not in by_name


def test_vendored_code_comes_last_among_hotspots_and_dead_code(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("db")
    builder.file("deps/lua.c", "_unused\n" * 9, language="c")
    builder.file("src/core.c", "_left\n" * 9, language="c")
    theirs = builder.symbol("deps/lua.c", "push", line=1, signature="static void push()")
    builder.symbol("deps/lua.c", "idle", line=7, signature="static void idle()")
    ours = builder.symbol("src/core.c", "run", line=1, signature="static void run()")
    builder.symbol("src/core.c", "unused", line=7, signature="static void unused()")
    for number in range(3):
        builder.relate(builder.symbol("deps/lua.c", f"call{number}", line=2 + number), theirs, line=2 + number)
    builder.relate(builder.symbol("src/core.c", "main", line=3), ours, line=3)
    graph.replace_repository(builder.build())
    answer = hotspots(graph, EVERYTHING, limit=1)
    assert ([one.symbol.name for one in answer.hotspots], answer.truncated) == (["run"], True)
    assert [one.symbol.name for one in hotspots(graph, EVERYTHING).hotspots] == ["run", "push"]
    assert [one.symbol.name for one in dead_code(graph, EVERYTHING).candidates] == ["unused", "idle"]


def test_hotspots_of_nothing(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert hotspots(graph, Scope(frozenset())).hotspots == ()


def ring_of_modules() -> SnapshotBuilder:
    builder = SnapshotBuilder("ring")
    a, b, c, alone = (builder.file(f"{name}.py", "x\n" * 9) for name in ("a", "b", "c", "alone"))
    test = builder.file("tests/test_a.py", "x\n", is_test=True)
    for source, target, line in ((a, b, 1), (b, c, 2), (c, a, 3), (b, a, 4), (a, alone, 5), (a, test, 6), (test, a, 1)):
        builder.relate(source, target, RelationKind.IMPORTS, line)
    return builder


def test_a_cycle_shows_its_shortest_way_round(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(ring_of_modules().build())
    (cycle,) = cycles(graph, EVERYTHING).cycles
    assert [module.qualified_name for module in cycle.modules] == ["a", "b", "c"]
    assert [(link.site.path, link.site.line) for link in cycle.way] == [("a.py", 1), ("b.py", 4)]


def test_files_of_a_folder_count_as_their_package(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("mod")
    builder.file("a/one.go", "x\n" * 3, language="go")
    builder.file("a/two.go", "x\n" * 3, language="go")
    builder.file("b/one.go", "x\n" * 3, language="go")
    package_a = builder.symbol("a/one.go", "package a", SymbolKind.PACKAGE)
    package_b = builder.symbol("b/one.go", "package b", SymbolKind.PACKAGE)
    builder.relate("mod:a/two.go#", package_b, RelationKind.IMPORTS, 1)
    builder.relate("mod:b/one.go#", package_a, RelationKind.IMPORTS, 2)
    graph.replace_repository(builder.build())
    (cycle,) = cycles(graph, EVERYTHING).cycles
    assert [module.kind for module in cycle.modules] == [SymbolKind.PACKAGE, SymbolKind.PACKAGE]
    assert {link.site.path for link in cycle.way} == {"a/two.go", "b/one.go"}


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_groups_are_those_that_reach_each_other(pairs: set[tuple[int, int]]) -> None:
    nexts: dict[str, list[str]] = {}
    for source, target in sorted(pairs):
        if source != target:
            nexts.setdefault(str(source), []).append(str(target))
    groups = strongly_connected(nexts)
    reach = {name: _reachable(name, nexts) for name in map(str, range(8))}
    for one in reach:
        for other in reach:
            together = any(one in group and other in group for group in groups)
            assert one == other or together == (other in reach[one] and one in reach[other])
    for group in groups:
        ring = shortest_ring(group, nexts)
        assert all(after in nexts[before] for before, after in zip(ring, [*ring[1:], ring[0]], strict=True))


def _reachable(start: str, nexts: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        for other in nexts.get(pending.pop(), ()):
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return seen


SOURCE = """def _used(): return _named
def _unused(): return 1
def _named(): return 2
def _only_tested(): return 3
def public(): return 4
def _recursive(): return _recursive()
def outer():
    def inner(): return 1
    return inner
@register
def _decorated(): return 5
def _maybe(): return 6
"""


def yard() -> SnapshotBuilder:
    builder = SnapshotBuilder("yard")
    path, test = "yard/gate.py", "tests/test_gate.py"
    builder.file(path, SOURCE)
    builder.file(test, "def test_it(): _only_tested()\n", is_test=True)
    places = {"_used": 1, "_unused": 2, "_named": 3, "_only_tested": 4, "public": 5, "_recursive": 6, "outer": 7}
    ids = {name: builder.symbol(path, name, line=line) for name, line in places.items()}
    builder.symbol(path, "outer.inner", line=8)
    builder.symbol(path, "_decorated", line=11, start_line=10)
    maybe = builder.symbol(path, "_maybe", line=12)
    test_it = builder.symbol(test, "test_it", is_test=True)
    builder.relate(ids["public"], ids["_used"], line=5)
    builder.relate(test_it, ids["_only_tested"], line=1, tier=Tier.INFERRED)
    builder.relate(ids["_recursive"], ids["_recursive"], line=6)
    builder.call_unresolved(maybe, "thing._maybe", 12)
    return builder


def test_dead_code_is_what_nothing_uses(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(yard().build())
    answer = dead_code(graph, EVERYTHING)
    assert [(one.symbol.name, one.mentions, one.only_tests) for one in answer.candidates] == [
        ("_unused", 0, False),
        ("_named", 1, False),
        ("_recursive", 1, False),
        ("_only_tested", 1, True),
    ]
    everything = {one.symbol.name for one in dead_code(graph, EVERYTHING, include_public=True).candidates}
    assert everything >= {"public", "outer"}
    assert "inner" not in everything


def test_a_method_whose_name_the_product_writes_elsewhere_may_be_reached_through_any_object(
    graph: SqliteCodeGraph,
) -> None:
    builder = SnapshotBuilder("yard")
    builder.file("yard/base.py", "class _Base:\n    def keep(self):\n        return retry(self._keep)\n")
    builder.file("yard/mongo.py", "class _Mongo:\n    def _keep(self): ...\n    def _lose(self): ...\n")
    builder.file("tests/test_mongo.py", "def test_it(mongo): mongo._lose()\n", is_test=True)
    used = builder.symbol("yard/mongo.py", "_Mongo", SymbolKind.CLASS, 1, 3)
    builder.symbol("yard/mongo.py", "_Mongo._keep", SymbolKind.METHOD, 2, 2)
    builder.symbol("yard/mongo.py", "_Mongo._lose", SymbolKind.METHOD, 3, 3)
    builder.relate(builder.symbol("yard/base.py", "_Base.keep", SymbolKind.METHOD, 2, 3), used, line=3)
    graph.replace_repository(builder.build())
    assert "_lose" in {one.symbol.name for one in dead_code(graph, EVERYTHING).candidates}
    assert "_keep" not in {one.symbol.name for one in dead_code(graph, EVERYTHING).candidates}


def test_what_an_interface_declares_and_what_a_program_wrote_is_not_dead(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("yard")
    builder.file("yard/api.go", "package yard\n")
    builder.file("yard/api.pb.go", "// Code generated by protoc. DO NOT EDIT.\n")
    builder.symbol("yard/api.go", "keeper", SymbolKind.INTERFACE, 1, 3)
    builder.symbol("yard/api.go", "keeper.keep", SymbolKind.METHOD, 2)
    builder.symbol("yard/api.go", "_idle", line=5)
    builder.symbol("yard/api.pb.go", "_made", line=5)
    builder.issues = [FileIssue("yard/api.pb.go", "generated", "says so in line 1", covered=True)]
    graph.replace_repository(builder.build())
    names = {one.symbol.local_name for one in dead_code(graph, EVERYTHING, include_public=True).candidates}
    assert names == {"keeper", "_idle"}


def test_dead_code_names_what_could_not_be_read(graph: SqliteCodeGraph) -> None:
    builder = yard()
    builder.issues = [FileIssue("yard/odd.py", "encoding", "UTF-16")]
    graph.replace_repository(builder.build())
    cut = dead_code(graph, EVERYTHING, limit=1)
    assert (len(cut.candidates), cut.truncated) == (1, True)
    assert [place.path for place in cut.uncovered] == ["yard/odd.py"]


def test_methods_that_answer_to_a_foreign_base_are_left_out(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    names = {one.symbol.local_name for one in dead_code(graph, EVERYTHING, include_public=True).candidates}
    assert "idle" in names
    assert not {"Base.heat", "Stove.heat", "main"} & names


@pytest.mark.parametrize(
    ("language", "local_name", "signature", "public"),
    [
        ("python", "_Hidden.run", "def run(self)", False),
        ("python", "Shown.run", "def run(self)", True),
        ("go", "Server.Start", "func (s *Server) Start()", True),
        ("go", "start", "func start()", False),
        ("rust", "run", "pub(crate) fn run()", True),
        ("rust", "run", "fn run()", False),
        ("java", "A.run", "private static void run()", False),
        ("java", "A.run", "void run()", True),
        ("c", "run", "static int run(void)", False),
        ("cpp", "run", "int run()", True),
        ("typescript", "run", "export function run()", True),
        ("typescript", "A.run", "private run()", False),
    ],
)
def test_what_a_language_shows_to_the_outside(language: str, local_name: str, signature: str, public: bool) -> None:
    builder = SnapshotBuilder("words")
    builder.file("a.x", "x\n", language=language)
    builder.symbol("a.x", local_name, signature=signature)
    assert is_public(builder.symbols[-1]) is public
