"""Sixteen threads read a store while another process writes it, whole and by parts: no error, one generation an answer."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.lexical import LexicalSearch
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.integration.processes import DEADLINE_S, ROOT, clew_json, environment

pytestmark = pytest.mark.integration

READERS = 16
GENERATIONS = 10
MODULES = 40
WRITER = """
import sys
from contextlib import closing
from pathlib import Path
from tests.unit.indexers.bench import Bench, write
from tests.integration.test_readers_and_writer import GENERATIONS, tree

folder = Path(sys.argv[1])
with closing(Bench(folder)) as bench:
    for number in range(2, GENERATIONS + 1):
        write(folder / "repo", tree(number))
        bench.index(force=number % 3 == 0)
"""


def tree(number: int) -> dict[str, str | bytes]:
    """Return a tree whose every name bears its number: an answer that mixes two generations shows."""
    modules: dict[str, str | bytes] = {
        f"m{n}.py": f"from m{(n + 1) % MODULES} import step_{number}_{(n + 1) % MODULES}\n\n\n"
        f"def step_{number}_{n}():\n    return step_{number}_{(n + 1) % MODULES}()\n"
        for n in range(MODULES)
    }
    return modules


class Reader(threading.Thread):
    """Asks over and over, and keeps what went wrong."""

    def __init__(self, store: Path, graph: SqliteCodeGraph, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.store, self.graph, self.stop = store, graph, stop
        self.answers = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        try:
            with closing(LexicalSearch(self.store / "lexical", self._generations)) as search:
                while not self.stop.is_set() or self.answers == 0:
                    self._ask(search)
                    self.answers += 1
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.wrong.append(f"{type(error).__name__}: {error}")

    def _generations(self, scope: object) -> dict[str, int]:
        return {info.name: info.generation for info in self.graph.repositories(EVERYTHING)}

    def _ask(self, search: LexicalSearch) -> None:
        names = {symbol.name.split("_")[1] for symbol in self.graph.iter_symbols(EVERYTHING) if "_" in symbol.name}
        calls = list(self.graph.iter_relations(EVERYTHING, kinds=[RelationKind.CALLS]))
        seen = {link.source.name.split("_")[1] for link in calls}
        first = self.graph.find(EVERYTHING, "m0", limit=1)
        walked = self.graph.walk(EVERYTHING, [first[0].id], "out", kinds=list(RelationKind), max_depth=99)
        if len(names) != 1 or len(seen) != 1 or len(calls) != MODULES or not walked.steps:
            self.wrong.append(f"{names} {seen} {len(calls)} {len(walked.steps)}")
        if not search.search(EVERYTHING, "step m7", kind="file", top_k=5):
            self.wrong.append("no hit")


def test_sixteen_readers_while_another_process_writes(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for path, text in tree(1).items():
        target = tmp_path / "repo" / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(str(text))
    clew_json(store, "index", str(tmp_path / "repo"))
    stop = threading.Event()
    with closing(SqliteCodeGraph(store / "graph.db", read_only=True)) as graph:
        readers = [Reader(store, graph, stop) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        writer = subprocess.run(
            command, cwd=ROOT, env=environment(store), capture_output=True, text=True, timeout=DEADLINE_S
        )
        stop.set()
        for reader in readers:
            reader.join(DEADLINE_S)
        assert writer.returncode == 0, writer.stderr
        assert [wrong for reader in readers for wrong in reader.wrong] == []
        assert all(reader.answers for reader in readers)
        assert graph.repositories(EVERYTHING)[0].generation == GENERATIONS
