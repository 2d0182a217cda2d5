"""Who makes a function run that nothing calls by its name: tables and arguments."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from knowledge.evidence import Verdict
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench
from tools.structure import callers
from tools.ways import path_between

SERVER = """
struct command { const char *name; void (*proc)(int); };
static void get(int c) {}
static void put(int c) {}
static void idle(int c) {}
struct command table[] = { {"get", get}, {"put", put} };
void start(void) { put(1); }
"""


def test_a_function_of_a_table_is_handed_on_there(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"server.c": SERVER})
        bench.index()
        handed = callers(bench.graph, EVERYTHING, "get")
        assert [(row.relation, row.site.line if row.site else 0) for row in handed.results] == [
            (RelationKind.REFERENCES, 6)
        ]
        called = callers(bench.graph, EVERYTHING, "put")
        assert [(row.relation, row.site.line if row.site else 0) for row in called.results] == [(RelationKind.CALLS, 7)]
        assert callers(bench.graph, EVERYTHING, "idle").verdict is Verdict.NONE


def test_a_way_through_what_a_field_holds_is_unknown_and_not_none(tmp_path: Path) -> None:
    """Redis runs `c->cmd->proc(c)`: whether that leads to a command of the table cannot be seen."""
    source = SERVER + "void run(struct command *c) { c->proc(1); }\nvoid calm(void) { }\n"
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"server.c": source})
        bench.index()
        way = path_between(bench.graph, EVERYTHING, "run", "get")
        assert way.verdict is Verdict.UNKNOWN
        assert [(place.path, place.line) for place in way.uncovered] == [("server.c", 8)]
        assert path_between(bench.graph, EVERYTHING, "calm", "get").verdict is Verdict.NONE
        assert path_between(bench.graph, EVERYTHING, "run", "idle").verdict is Verdict.NONE


def test_an_import_hands_nothing_on(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"a.py": "def run(): ...\n", "b.py": "from a import run\n"})
        bench.index()
        assert callers(bench.graph, EVERYTHING, "run").verdict is Verdict.NONE
