"""Whatever graph is stored, both backends give the same answers, after a load and after every update."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import CodeGraph
from knowledge.schema import FileIssue, RelationKind, Strategy, Tier
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tests.servers.neo4j_server import Neo4jProcess

pytestmark = pytest.mark.integration

PATHS = ("a.py", "b/a.py", "z.py")
NAMES = ("run", "Run", "stop", "run.inner")
KINDS = (RelationKind.CALLS, RelationKind.REFERENCES)
TIERS = (Tier.EXACT, Tier.INFERRED, Tier.AMBIGUOUS)
SIZE = len(PATHS) * len(NAMES)

# A graph is which symbols there are, each with its line, and which of them relate.
symbols = st.dictionaries(st.integers(0, SIZE - 1), st.integers(1, 4), min_size=1)
link = st.tuples(
    st.integers(0, SIZE - 1),
    st.integers(0, SIZE + 1),
    st.sampled_from(KINDS),
    st.sampled_from(TIERS),
    st.integers(1, 3),
)
graphs = st.tuples(symbols, st.lists(link, max_size=25))
Graph = tuple[dict[int, int], list[tuple[int, int, RelationKind, Tier, int]]]


def built(graph: Graph) -> SnapshotBuilder:
    """Return the repository of a graph: a number above all symbols stands for something outside or unresolved."""
    lines, links = graph
    builder = SnapshotBuilder("r")
    ids: dict[int, str] = {}
    for path in PATHS:
        if any(PATHS[n % len(PATHS)] == path for n in lines):
            builder.file(path, "x\n" * 5)
    for n, line in sorted(lines.items()):
        ids[n] = builder.symbol(PATHS[n % len(PATHS)], NAMES[n // len(PATHS)], line=line, end_line=line + 1)
    for source, target, kind, tier, line in links:
        if source in ids and target == SIZE:
            builder.relate(ids[source], "os.path", kind, line)
        elif source in ids and target == SIZE + 1:
            builder.call_unresolved(ids[source], "thing().lost", line)
        elif source in ids and target in ids:
            builder.relate(ids[source], ids[target], kind, line, tier=tier, strategy=Strategy.IMPORT)
    builder.issues = [FileIssue(path, "syntax", covered=True) for path in PATHS if f"r:{path}#" in builder._rows]
    return builder


def answers(graph: CodeGraph) -> list[object]:
    every = [symbol.id for symbol in graph.iter_symbols(EVERYTHING)]
    found: list[object] = [
        list(graph.iter_symbols(EVERYTHING)),
        list(graph.iter_relations(EVERYTHING)),
        graph.paths(EVERYTHING, "r"),
        graph.issues(EVERYTHING, "r"),
        graph.strategies(EVERYTHING, "r"),
        graph.unresolved(EVERYTHING, "lost"),
        graph.unresolved_in(EVERYTHING, every),
        [
            (i.file_count, i.line_count, i.symbol_count, i.relation_count, i.tiers)
            for i in graph.repositories(EVERYTHING)
        ],
    ]
    found += [graph.find(EVERYTHING, name) for name in ("run", "RUN", "a.run", "b.a", "inner", "stop")]
    found += [[graph.symbol_at(EVERYTHING, "r", path, line) for line in (1, 3)] for path in PATHS]
    for start in every[::3]:
        for direction in ("in", "out"):
            found.append(graph.walk(EVERYTHING, [start], direction, kinds=KINDS, max_depth=4, limit=5))
            found.append(graph.relations(EVERYTHING, [start], direction, kinds=KINDS, tiers=tuple(Tier)))
        found.append(graph.shortest_path(EVERYTHING, [start], every[-2:], kinds=KINDS))
    columns = graph.relation_columns(EVERYTHING, kinds=KINDS)
    found.append([columns.ids, sorted(zip(columns.sources.tolist(), columns.targets.tolist(), strict=True))])
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(graphs, min_size=2, max_size=3))
def test_every_answer_is_the_same(neo4j_server: Neo4jProcess, drawn: Sequence[Graph]) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(SqliteCodeGraph(Path(folder) / "graph.db")) as embedded,
        closing(Neo4jCodeGraph(Neo4jAddress(neo4j_server.url))) as served,
    ):
        for info in served.repositories(EVERYTHING):
            served.forget_repository(info.name)
        for graph in (embedded, served):
            graph.replace_repository(built(drawn[0]).build())
        assert answers(served) == answers(embedded)
        for generation, after in enumerate(drawn[1:], 1):
            for graph in (embedded, served):
                graph.update_repository(built(after).changes(generation, PATHS))
            assert answers(served) == answers(embedded)
