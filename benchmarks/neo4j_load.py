"""Measures the load of a graph of a given size into a real Neo4j, and the questions asked of it afterwards.

    python -m benchmarks.neo4j_load [--symbols 200000] [--relations 900000] [--limit 120]

The graph is made up, the same one every time: files of forty symbols, calls that stay near or go anywhere, a few symbols
that everybody calls, a tenth of all calls to what is outside. The server is the one of the tests (Java 17, Maven), started
and thrown away here. Prints the figures; exits with 1 when the load took longer than the limit.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress
from knowledge.ports.graph import RelationRow, RepositorySnapshot
from knowledge.schema import RelationKind, SourceFile, Strategy, Symbol, SymbolKind, Tier, pack_text
from knowledge.scope import EVERYTHING
from tests.servers.neo4j_server import Neo4jProcess, running
from tools.structure import callers, impact

NAME = "made-up"
IN_A_FILE = 40
HOT = 20
KINDS = (RelationKind.CALLS, RelationKind.CALLS, RelationKind.CALLS, RelationKind.REFERENCES)


def path_of(n: int) -> str:
    return f"package_{n // IN_A_FILE // 50}/module_{n // IN_A_FILE}.py"


def symbol(n: int) -> Symbol:
    """Return symbol `n`; the first of each file is its module."""
    path = path_of(n)
    module = path.removesuffix(".py").replace("/", ".")
    first = n % IN_A_FILE == 0
    local = "" if first else f"function_{n}"
    name = module.rpartition(".")[2] if first else local
    line = n % IN_A_FILE * 10 + 1
    kind = SymbolKind.MODULE if first else SymbolKind.FUNCTION
    qualified = module if first else f"{module}.{local}"
    signature, docstring = ("", "") if first else (f"def {local}(first, second): ...", f"Do what {local} is for.")
    parent = None if first else f"{NAME}:{path}#"
    return Symbol(
        *(f"{NAME}:{path}#{local}", NAME, kind, name, local, qualified, path, line, 5, line, line + 9, "python"),
        *(signature, docstring, False, parent),
    )


def relations(symbols: int, count: int) -> Iterator[RelationRow]:
    """Yield relations in the order of their sources."""
    dice = random.Random(20)
    for n in range(count):
        source = n * symbols // count
        sort = dice.random()
        near = min(max(source + dice.randrange(-IN_A_FILE, IN_A_FILE), 0), symbols - 1)
        hot, anywhere = dice.randrange(HOT) * IN_A_FILE + 1, dice.randrange(symbols)
        target = -1 if sort < 0.1 else hot if sort < 0.13 else near if sort < 0.7 else anywhere
        kind, line = KINDS[n % len(KINDS)], source % IN_A_FILE * 10 + 1 + n % 9
        if target < 0:
            outside = f"library.module_{dice.randrange(5_000)}.name"
            yield kind, Strategy.IMPORT, Tier.EXTERNAL, 0.98, source, -1, outside, path_of(source), line, 9
        elif n % 5 == 0:
            yield kind, Strategy.ASSIGNMENT, Tier.INFERRED, 0.85, source, target, None, path_of(source), line, 9
        else:
            yield kind, Strategy.IMPORT, Tier.EXACT, 0.98, source, target, None, path_of(source), line, 9


def snapshot(symbols: int, count: int) -> RepositorySnapshot:
    paths = dict.fromkeys(path_of(n) for n in range(0, symbols, IN_A_FILE))
    text = b"some = line of code\n" * 10 * IN_A_FILE
    files = (
        SourceFile(path, "python", f"hash of {path}", len(text), 10 * IN_A_FILE, pack_text(text)) for path in paths
    )
    made = [symbol(n) for n in range(symbols)]
    return RepositorySnapshot(NAME, "/made/up", "none", (), files, made, relations(symbols, count), (), ())


def timed_ms(ask: Callable[[str], object], asked: list[str]) -> str:
    """Return p50, p95 and the slowest of the questions, in milliseconds, as text."""
    times = []
    for name in asked:
        started = time.perf_counter()
        ask(name)
        times.append((time.perf_counter() - started) * 1_000)
    cuts = statistics.quantiles(times, n=20)
    return f"p50 {statistics.median(times):.1f} ms, p95 {cuts[18]:.1f} ms, slowest {max(times):.1f} ms ({len(times)})"


def measure(graph: Neo4jCodeGraph, server: Neo4jProcess, symbols: int, count: int) -> float:
    """Print all figures; return the seconds of the load."""
    loaded = snapshot(symbols, count)
    wall, cpu, server_cpu = time.perf_counter(), time.process_time(), server.cpu_s()
    info = graph.replace_repository(loaded)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    server_cpu = server.cpu_s() - server_cpu
    print(f"load: {info.symbol_count:,} symbols, {info.relation_count:,} relations: {wall:.1f} s wall", flush=True)
    print(f"load, CPU: client {cpu:.1f} s, server {server_cpu:.1f} s", flush=True)
    dice = random.Random(7)
    some = [symbol(dice.randrange(symbols)) for _ in range(200)]
    names = [one.qualified_name for one in some]
    hot = [symbol(n * IN_A_FILE + 1).qualified_name for n in range(HOT)]
    for name in names[:20]:
        impact(graph, EVERYTHING, name, max_depth=6)  # the server compiles each statement once
    questions: list[tuple[str, Callable[[str], object], list[str]]] = [
        ("find, qualified name", lambda name: graph.find(EVERYTHING, name), names),
        ("find, suffix", lambda name: graph.find(EVERYTHING, name), [n.partition(".")[2] for n in names]),
        ("callers", lambda name: callers(graph, EVERYTHING, name), names),
        ("callers, 20 hottest", lambda name: callers(graph, EVERYTHING, name), hot),
        ("impact, depth 3", lambda name: impact(graph, EVERYTHING, name, max_depth=3), names),
        ("impact, depth 6", lambda name: impact(graph, EVERYTHING, name, max_depth=6), names),
        ("impact, depth 6, 20 hottest", lambda name: impact(graph, EVERYTHING, name, max_depth=6), hot),
    ]
    for title, ask, asked in questions:
        print(f"{title}: {timed_ms(ask, asked)}", flush=True)
    started = time.perf_counter()
    graph.relation_columns(EVERYTHING, kinds=[RelationKind.CALLS])
    print(f"all calls as columns: {time.perf_counter() - started:.1f} s")
    return wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=200_000)
    parser.add_argument("--relations", type=int, default=900_000)
    parser.add_argument("--limit", type=float, default=120.0, help="most seconds that the load may take (120)")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), brief=False) as server,
        closing(Neo4jCodeGraph(Neo4jAddress(server.url))) as graph,
    ):
        wall_s = measure(graph, server, arguments.symbols, arguments.relations)
    return 0 if wall_s <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
