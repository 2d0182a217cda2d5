"""Walks equal a naive search, by index and by adjacency, and never leave the grant; a replace equals a fresh load."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import Direction, RepositorySnapshot
from knowledge.schema import RelationKind, Strategy, Tier
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder

SIZE = 8
CALLS = (RelationKind.CALLS,)
Links = Sequence[tuple[int, int, Tier]]
links = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.sampled_from([Tier.EXACT, Tier.AMBIGUOUS])),
    max_size=20,
)


def repository(name: str, given_links: Links) -> RepositorySnapshot:
    builder = SnapshotBuilder(name)
    builder.file("a.py", "x = 1\n")
    ids = [builder.symbol("a.py", f"f{n}", line=n + 1) for n in range(SIZE)]
    for line, (source, target, tier) in enumerate(given_links, 1):
        builder.relate(ids[source], ids[target], line=line, tier=tier, strategy=Strategy.IMPORT)
    return builder.build()


def depths(given_links: Links, start: int, direction: Direction, max_depth: int) -> dict[int, int]:
    """Return symbol -> depth by the plainest search there is, over exact links."""
    pairs = {(s, t) if direction == "out" else (t, s) for s, t, tier in given_links if tier is Tier.EXACT}
    found, frontier = {start: 0}, {start}
    for depth in range(1, max_depth + 1):
        frontier = {t for s, t in pairs if s in frontier} - found.keys()
        found.update(dict.fromkeys(frontier, depth))
    del found[start]
    return found


@settings(max_examples=40, deadline=None)
@given(
    links, links, st.integers(0, SIZE - 1), st.sampled_from(["in", "out"]), st.integers(1, 5), st.sampled_from([0, 99])
)
def test_walks_equal_a_naive_search(
    own: Links, others: Links, start: int, direction: Direction, max_depth: int, build_after: int
) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(SqliteCodeGraph(Path(folder) / "graph.db", build_after=build_after)) as graph,
    ):
        graph.replace_repository(repository("canary", others))
        graph.replace_repository(repository("own", own))
        for scope in (EVERYTHING, Scope(frozenset({"own"}))):
            walk = graph.walk(scope, [f"own:a.py#f{start}"], direction, kinds=CALLS, max_depth=max_depth)
            expected = depths(own, start, direction, max_depth)
            assert {step.symbol.id: step.depth for step in walk.steps} == {
                f"own:a.py#f{n}": depth for n, depth in expected.items()
            }
            for step in walk.steps:
                near = step.relation.source if direction == "out" else step.relation.target
                assert near is not None
                assert expected.get(int(near.name[1:]), 0) == step.depth - 1
            for n, depth in depths(own, start, "out", 12).items():
                path = graph.shortest_path(scope, [f"own:a.py#f{start}"], [f"own:a.py#f{n}"], kinds=CALLS)
                assert path is not None
                assert len(path) == depth
        assert graph.walk(Scope(frozenset()), [f"own:a.py#f{start}"], direction, kinds=CALLS, max_depth=5).steps == ()


@settings(max_examples=20, deadline=None)
@given(st.lists(links, min_size=2, max_size=4))
def test_a_replace_equals_a_fresh_load(generations: Sequence[Links]) -> None:
    with TemporaryDirectory() as folder:
        with closing(SqliteCodeGraph(Path(folder) / "replaced.db")) as graph:
            for given_links in generations:
                graph.replace_repository(repository("own", given_links))
            replaced = list(graph.iter_symbols(EVERYTHING)), list(graph.iter_relations(EVERYTHING))
        with closing(SqliteCodeGraph(Path(folder) / "fresh.db")) as graph:
            graph.replace_repository(repository("own", generations[-1]))
            assert replaced == (list(graph.iter_symbols(EVERYTHING)), list(graph.iter_relations(EVERYTHING)))
