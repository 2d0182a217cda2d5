"""Who makes a function run that nothing calls by its name: tables and arguments."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.rendering.structure import summary
from knowledge.evidence import Verdict
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench
from tools.structure import callees, callers
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


def test_many_imports_of_a_function_do_not_hide_where_it_is_handed_on(tmp_path: Path) -> None:
    files = {f"a{number}.py": "from hooks import click\n" for number in range(12)}
    files["hooks.py"] = "def click():\n    end()\n\n\ndef end(): ...\n"
    files["z.py"] = "from hooks import click\nimport ui\n\nui.on(click)\n\n\ndef run(hook):\n    hook()\n"
    with closing(Bench(tmp_path)) as bench:
        bench.repository(files)
        bench.index()
        handed = callers(bench.graph, EVERYTHING, "click", limit=1)
        assert (handed.verdict, handed.truncated) == (Verdict.FOUND, False)
        assert [(row.site.path, row.site.line) for row in handed.results if row.site] == [("z.py", 4)]
        assert path_between(bench.graph, EVERYTHING, "run", "end").verdict is Verdict.UNKNOWN


CALLING = """
struct held { void (*each[3])(void); };
static void end(void) {}
static void click(void) { end(); }
static void (*table[])(void) = { click };
void parameter(void (*hook)(void)) { hook(); }
void pointer(void (**hook)(void)) { (*hook)(); }
void local(struct held *h) { void (*hook)(void) = *h->each; hook(); }
void element(struct held *h) { h->each[1](); }
void global(int at) { table[at](); }
void foreign(void) { hook(); }
"""


@pytest.mark.parametrize("start", ["parameter", "pointer", "local", "element", "global"])
def test_a_way_through_a_parameter_a_local_or_an_element_is_unknown(tmp_path: Path, start: str) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"server.c": CALLING})
        bench.index()
        assert path_between(bench.graph, EVERYTHING, start, "end").verdict is Verdict.UNKNOWN
        assert path_between(bench.graph, EVERYTHING, "foreign", "end").verdict is Verdict.NONE


def test_a_way_through_what_the_function_round_it_was_given_is_unknown(tmp_path: Path) -> None:
    source = "def end(): ...\n\n\ndef click():\n    end()\n\n\nui.on(click)\n\n\n"
    source += "def once(hook):\n    def wrapper(state):\n        hook(state)\n    return wrapper\n"
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"a.py": source})
        bench.index()
        assert path_between(bench.graph, EVERYTHING, "once.wrapper", "end").verdict is Verdict.UNKNOWN


def test_what_is_handed_on_may_be_as_far_from_the_end_as_a_way_is_long(tmp_path: Path) -> None:
    steps = "".join(f"static void step{at}(void) {{ step{at - 1}(); }}\n" for at in range(1, 10))
    source = f"static void step0(void) {{}}\n{steps}static void (*table[])(void) = {{ step9 }};\n"
    source += "void run(int at) { table[at](); }\n"
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"server.c": source})
        bench.index()
        assert path_between(bench.graph, EVERYTHING, "run", "step0").verdict is Verdict.UNKNOWN
        assert path_between(bench.graph, EVERYTHING, "run", "step0", max_depth=8).verdict is Verdict.NONE


def test_a_call_of_what_an_expression_gives_is_told_without_our_own_marks(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"a.go": "package a\n\nfunc run(x any) { x.(func())() }\n"})
        bench.index()
        answer = callees(bench.graph, EVERYTHING, "run")
        assert answer.verdict is Verdict.UNKNOWN
        assert [place.reason for place in answer.uncovered] == [
            "a call of what an expression gives could not be resolved"
        ]


def test_a_macro_of_rust_is_used_where_it_is_expanded_and_not_where_it_is_imported(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\n',
        "src/lib.rs": "mod mac {\n    macro_rules! twice { ($e:expr) => { $e; $e } }\n    pub(crate) use twice;\n}\nmod other;\n",
        "src/other.rs": "use crate::mac::twice;\npub fn h() { twice!(k()); }\nfn k() {}\n",
    }
    with closing(Bench(tmp_path)) as bench:
        bench.repository(files)
        bench.index()
        answer = callers(bench.graph, EVERYTHING, "twice")
        assert [(row.site.path, row.site.line) for row in answer.results if row.site] == [("src/other.rs", 2)]
        assert summary("callers", "twice", answer).startswith("1 call site")
