"""Damaged, foreign, newer, missing, full and contended stores: each a clear error or a clean wait, nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreTimeout, StoreTooNew, StoreUnavailable
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_file import LOOKED_EVERY_S, begin_log
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import RelationRow
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import chain

ROOT = Path(__file__).parents[3]
READER = """
import sys
from pathlib import Path
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.scope import EVERYTHING
graph = SqliteCodeGraph(Path(sys.argv[1]), read_only=True)
for line in sys.stdin:
    info, = graph.repositories(EVERYTHING)
    print(info.generation, sum(1 for _ in graph.iter_symbols(EVERYTHING)), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed store that holds one repository of 300 symbols and a module."""
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as graph:
        graph.replace_repository(chain("c", 300))
    return tmp_path / "graph.db"


def symbol_count(path: Path) -> int:
    with closing(SqliteCodeGraph(path, read_only=True)) as graph:
        return sum(1 for _ in graph.iter_symbols(EVERYTHING))


# Opening


def test_a_missing_store_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="Nothing is indexed yet") as error:
        SqliteCodeGraph(tmp_path / "none" / "graph.db", read_only=True)
    assert "clew index PATH" in error.value.next_step
    assert not (tmp_path / "none").exists()


def test_an_empty_file_holds_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / "graph.db").touch()
    with pytest.raises(StoreUnavailable, match="Nothing is indexed yet"):
        SqliteCodeGraph(tmp_path / "graph.db", read_only=True)
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as graph:
        assert graph.repositories(EVERYTHING) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        SqliteCodeGraph(tmp_path / "file" / "graph.db")


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        SqliteCodeGraph(tmp_path)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_format_is_left_alone(path: Path, read_only: bool) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew, match="format 99"):
        SqliteCodeGraph(path, read_only=read_only)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM symbols").fetchone() == (301,)


def test_an_older_format_is_refused_with_the_way_out(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(StoreCorrupt, match="format 0") as error:
        SqliteCodeGraph(path)
    assert "clew index" in error.value.next_step


def test_a_foreign_database_is_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "graph.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreCorrupt, match="not a store of Clew"):
        SqliteCodeGraph(tmp_path / "graph.db")
    with pytest.raises(StoreCorrupt, match="not a store of Clew"):
        SqliteFactsCache(tmp_path / "graph.db")


def test_a_store_of_another_kind_is_refused(path: Path) -> None:
    with pytest.raises(StoreCorrupt, match="not a store of Clew"):
        SqliteFactsCache(path)


def test_a_file_of_noise(tmp_path: Path) -> None:
    (tmp_path / "graph.db").write_bytes(b"this is no database at all" * 400)
    with pytest.raises(StoreCorrupt, match="damaged") as error:
        SqliteCodeGraph(tmp_path / "graph.db")
    assert isinstance(error.value.__cause__, sqlite3.DatabaseError)
    assert error.value.next_step


def test_pages_overwritten_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(StoreCorrupt):
        symbol_count(path)


def test_a_truncated_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 3])
    with pytest.raises(StoreCorrupt):
        symbol_count(path)


def test_a_lost_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE relations")
    with pytest.raises(StoreCorrupt, match="no such table"), closing(SqliteCodeGraph(path)) as graph:
        graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=[RelationKind.CALLS], max_depth=1)


def test_a_damaged_text(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE texts SET text = x'00'")
    with pytest.raises(StoreCorrupt, match=r"chain\.py"), closing(SqliteCodeGraph(path)) as graph:
        graph.read_text(EVERYTHING, "c", "chain.py")


def test_a_closed_store_says_so(path: Path) -> None:
    graph = SqliteCodeGraph(path)
    graph.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        graph.repositories(EVERYTHING)


def test_a_read_only_store_does_not_write(path: Path) -> None:
    with (
        closing(SqliteCodeGraph(path, read_only=True)) as graph,
        pytest.raises(StoreUnavailable, match="for reading only"),
    ):
        graph.forget_repository("c")


def test_two_processes_may_create_the_store_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from knowledge.backends.sqlite_graph import SqliteCodeGraph;"
        "sys.stdin.read(1); SqliteCodeGraph(Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "graph.db")]
    started = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) for _ in range(2)]
    for process in started:
        process.communicate(b"x", timeout=30)
    assert [process.returncode for process in started] == [0, 0]
    with closing(SqliteCodeGraph(tmp_path / "graph.db", read_only=True)) as graph:
        assert graph.repositories(EVERYTHING) == []


@pytest.mark.parametrize(
    "opened", [lambda path: SqliteCodeGraph(path).close(), begin_log], ids=["store", "checkpoints"]
)
def test_a_file_that_another_is_laying_out_is_waited_for(
    opened: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "graph.db"
    waited: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # beside it SQLite refuses a change to the log at once

        def wait(seconds: float) -> None:
            waited.append(seconds)
            other.rollback()

        monkeypatch.setattr("knowledge.backends.sqlite_file.time.sleep", wait)
        opened(path)
    assert waited == [LOOKED_EVERY_S]
    with closing(sqlite3.connect(path)) as known:
        assert known.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_laid_out_by_another_while_its_marks_are_read_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, connect = tmp_path / "graph.db", sqlite3.connect
    seen: list[str] = []
    with closing(connect(path)) as empty:
        empty.execute("PRAGMA journal_mode = WAL")

    def lay_out(statement: str) -> None:
        if not seen and "user_version" in statement:
            seen.append(statement)
            SqliteCodeGraph(path).close()

    def watched(*args: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(lay_out)
        return connection

    monkeypatch.setattr("sqlite3.connect", watched)
    with closing(SqliteCodeGraph(path)) as graph:
        assert graph.repositories(EVERYTHING) == []
    assert seen


# Space and time


def test_a_full_disk_keeps_the_previous_generation(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def small_disk(*args: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        return connection

    with closing(SqliteCodeGraph(path)) as graph:
        monkeypatch.setattr("sqlite3.connect", small_disk)
        with pytest.raises(StoreFull, match="previous index is unchanged") as error:
            graph.replace_repository(chain("c", 5_000))
        assert error.value.retryable
        monkeypatch.undo()
        (info,) = graph.repositories(EVERYTHING)
        assert (info.generation, info.symbol_count) == (1, 301)
        assert graph.replace_repository(chain("c", 5_000)).generation == 2


def test_a_read_that_takes_too_long(path: Path) -> None:
    with closing(SqliteCodeGraph(path, timeout_s=0.0)) as graph, pytest.raises(StoreTimeout):
        graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=[RelationKind.CALLS], max_depth=300)


def test_the_write_ahead_log_is_folded_back(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    assert not log.exists() or log.stat().st_size == 0


# Two at once


def test_a_second_process_reads_while_this_one_writes(path: Path) -> None:
    with (
        closing(SqliteCodeGraph(path)) as graph,
        subprocess.Popen(
            [sys.executable, "-c", READER, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as reader,
    ):
        assert reader.stdin is not None
        assert reader.stdout is not None

        def ask() -> str:
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write("?\n")
            reader.stdin.flush()
            return reader.stdout.readline().strip()

        assert ask() == "1 301"
        snapshot = chain("c", 900)
        rows = snapshot.relations
        seen: list[str] = []

        def relations() -> Iterator[RelationRow]:
            yield from rows
            seen.append(ask())  # the symbols are written by now, and nothing is committed

        snapshot.relations = relations()
        graph.replace_repository(snapshot)
        assert seen == ["1 301"]
        assert ask() == "2 901"
        reader.stdin.close()


def test_a_second_writer_waits_and_then_says_busy(path: Path) -> None:
    with closing(SqliteCodeGraph(path)) as first, closing(SqliteCodeGraph(path, timeout_s=0.05)) as second:
        snapshot = chain("c", 10)
        rows = snapshot.relations

        def relations() -> Iterator[RelationRow]:
            with pytest.raises(StoreBusy, match="another process"):
                second.replace_repository(chain("d", 3))
            yield from rows

        snapshot.relations = relations()
        first.replace_repository(snapshot)
        assert [info.name for info in second.repositories(EVERYTHING)] == ["c"]
        assert second.replace_repository(chain("d", 3)).generation == 1


def test_two_writers_both_land(path: Path) -> None:
    def write(name: str) -> None:
        with closing(SqliteCodeGraph(path)) as graph:
            for _ in range(3):
                graph.replace_repository(chain(name, 50))

    together([lambda: write("a"), lambda: write("b")])
    with closing(SqliteCodeGraph(path, read_only=True)) as graph:
        assert [(info.name, info.generation) for info in graph.repositories(EVERYTHING)] == [
            ("a", 3),
            ("b", 3),
            ("c", 1),
        ]


def test_one_graph_serves_many_threads(path: Path) -> None:
    with closing(SqliteCodeGraph(path, build_after=20)) as graph:

        async def ask(n: int) -> int:
            walk = await asyncio.to_thread(
                graph.walk, EVERYTHING, [f"c:chain.py#f{n}"], "out", kinds=[RelationKind.CALLS], max_depth=500
            )
            return len(walk.steps)

        async def ask_all() -> list[int]:
            return await asyncio.gather(*(ask(n) for n in range(12)))

        assert asyncio.run(ask_all()) == [299 - n for n in range(12)]


def test_readers_see_whole_generations_only(path: Path) -> None:
    counts: set[tuple[int, int]] = set()
    done = threading.Event()
    with closing(SqliteCodeGraph(path)) as graph:

        def read() -> None:
            while not done.is_set():
                symbols = list(graph.iter_symbols(EVERYTHING))
                counts.add((len(symbols), len({symbol.path for symbol in symbols})))

        def write() -> None:
            for n in range(6):
                graph.replace_repository(chain("c", 100 if n % 2 else 200, module=f"m{n}.py"))
            done.set()

        together([read, write])
    assert counts <= {(301, 1), (201, 1), (101, 1)}
    assert counts


def together(tasks: list[Callable[[], None]]) -> None:
    failures: list[StoreError] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except StoreError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
