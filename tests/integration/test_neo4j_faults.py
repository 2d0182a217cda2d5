"""What goes wrong between Clew and a Neo4j server, on real servers: every failure is clear, and nothing half-done is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from configs.errors import (
    StoreAnswerTooLarge,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreTimeout,
    StoreTooNew,
    StoreUnavailable,
    StoreUnsupported,
)
from knowledge.backends import neo4j_reading, neo4j_updates
from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress, Neo4jServer, Writer
from knowledge.ports.graph import RelationRow, RepositorySnapshot
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder, chain
from tests.servers.fault_proxy import FaultProxy, faulty
from tests.servers.neo4j_server import PASSWORD, Neo4jProcess

pytestmark = pytest.mark.integration

CALLS = (RelationKind.CALLS,)
COUNT = "MATCH (n) WHERE n.row IS NOT NULL RETURN count(n)"


@pytest.fixture
def address(neo4j_server: Neo4jProcess) -> Neo4jAddress:
    """A server on which nothing is stored."""
    found = Neo4jAddress(neo4j_server.url)
    with closing(Neo4jCodeGraph(found)) as graph:
        for info in graph.repositories(EVERYTHING):
            graph.forget_repository(info.name)
        graph.forget_repository("c")  # an unfinished load of a test before
    return found


@pytest.fixture
def proxy(neo4j_server: Neo4jProcess, address: Neo4jAddress) -> Iterator[FaultProxy]:
    with faulty(neo4j_server.port) as found:
        yield found


def rows(address: Neo4jAddress, statement: str = COUNT) -> list[list[object]]:
    with closing(Neo4jServer(address, timeout_s=30)) as server:
        return server.read(lambda reader: reader.rows(statement))


def links(graph: Neo4jCodeGraph) -> int:
    """Return how many calls readers see."""
    return len(graph.relation_columns(EVERYTHING, kinds=CALLS).sources)


def interrupted(snapshot: RepositorySnapshot, after: int, act: Callable[[], None]) -> RepositorySnapshot:
    """Return the snapshot; when so many relations were read from it, `act` is called."""

    def relations() -> Iterator[RelationRow]:
        for n, row in enumerate(snapshot.relations):
            if n == after:
                act()
            yield row

    return replace(snapshot, relations=relations())


# Who may


def test_a_wrong_password(guarded_neo4j: Neo4jProcess) -> None:
    with pytest.raises(StoreRefused, match="refuses the user or the password") as error:
        Neo4jCodeGraph(Neo4jAddress(guarded_neo4j.url, "neo4j", "not-" + PASSWORD))
    assert "CLEW_GRAPH__PASSWORD" in error.value.next_step
    assert not error.value.retryable
    assert PASSWORD not in str(error.value)


def test_no_password(guarded_neo4j: Neo4jProcess) -> None:
    with pytest.raises(StoreRefused):
        Neo4jCodeGraph(Neo4jAddress(guarded_neo4j.url))


def test_the_right_password(guarded_neo4j: Neo4jProcess) -> None:
    with closing(Neo4jCodeGraph(Neo4jAddress(guarded_neo4j.url, "neo4j", PASSWORD))) as graph:
        assert graph.version.startswith("5.26")
    with closing(Neo4jCodeGraph(Neo4jAddress(guarded_neo4j.url, password=PASSWORD))) as graph:
        assert graph.repositories(EVERYTHING) == []


def test_a_database_that_is_not_there(neo4j_server: Neo4jProcess) -> None:
    with pytest.raises(StoreUnavailable, match="no such database") as error:
        Neo4jCodeGraph(Neo4jAddress(neo4j_server.url, database="other"))
    assert "graph.database" in error.value.next_step


def test_encryption_that_the_server_does_not_speak(neo4j_server: Neo4jProcess) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        Neo4jCodeGraph(Neo4jAddress(neo4j_server.url.replace("bolt://", "bolt+ssc://")))


@pytest.mark.parametrize("version", [b"Neo4j/4.44.18", b"Other/5.26.18"])
def test_a_server_that_is_not_supported(neo4j_server: Neo4jProcess, version: bytes) -> None:
    with (
        faulty(neo4j_server.port, replacements={b"Neo4j/5.26.18": version}) as proxy,
        pytest.raises(StoreUnsupported, match="version 5 or later") as error,
    ):
        Neo4jCodeGraph(Neo4jAddress(f"bolt://127.0.0.1:{proxy.port}"))
    assert version.decode() in str(error.value)
    assert "5.26 is tested" in error.value.next_step


def test_a_newer_format_is_left_alone(address: Neo4jAddress) -> None:
    def set_format(number: int) -> None:
        with closing(Neo4jServer(address, timeout_s=30)) as server:
            server.write_again(lambda writer: writer.rows("MATCH (c:ClewStore) SET c.format = $number", number=number))

    set_format(99)
    try:
        with pytest.raises(StoreTooNew, match="format 99"):
            Neo4jCodeGraph(address)
    finally:
        set_format(1)
    Neo4jCodeGraph(address).close()


# How much and how long


def test_a_session_for_reading_cannot_write(address: Neo4jAddress) -> None:
    with (
        closing(Neo4jServer(address, timeout_s=30)) as server,
        pytest.raises(StoreUnavailable, match="asked to write in a session for reading"),
    ):
        server.read(lambda reader: reader.rows("CREATE (:Symbol {name: 'x'})"))
    with (
        closing(Neo4jCodeGraph(address, read_only=True)) as graph,
        pytest.raises(StoreUnavailable, match="reading only"),
    ):
        graph.forget_repository("c")


def test_a_statement_that_takes_too_long(address: Neo4jAddress) -> None:
    with closing(Neo4jServer(address, timeout_s=0.2)) as server, pytest.raises(StoreTimeout) as error:
        server.read(
            lambda reader: reader.rows("UNWIND range(1, 40000) AS a UNWIND range(1, 40000) AS b RETURN sum(a * b)")
        )
    assert "graph.timeout_s" in error.value.next_step


def test_an_answer_of_too_many_rows(address: Neo4jAddress) -> None:
    with closing(Neo4jCodeGraph(address, max_rows=30)) as graph:
        graph.replace_repository(chain("c", 25))
        assert len(graph.find(EVERYTHING, "f3")) == 1
        graph.replace_repository(chain("c", 50))
        with pytest.raises(StoreAnswerTooLarge, match="more than 30 rows") as error:
            graph.outline(EVERYTHING, "c", "chain.py")
        assert error.value.next_step


# Cut in the middle


def test_a_load_that_was_cut_goes_on_where_it_stopped(address: Neo4jAddress, proxy: FaultProxy) -> None:
    with closing(Neo4jCodeGraph(address)) as direct:
        direct.replace_repository(chain("c", 10))
        with closing(Neo4jCodeGraph(replace(address, url=f"bolt://127.0.0.1:{proxy.port}"))) as graph:
            proxy.cut_after(700_000)
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                graph.replace_repository(chain("c", 6_000))
            assert proxy.cuts == 1
            assert links(direct) == 9, "readers see the generation before"
            assert [info.generation for info in direct.repositories(EVERYTHING)] == [1]
            ((step,),) = rows(address, "MATCH (l:Load {state: 'loading'}) RETURN l.step")
            assert isinstance(step, int)
            assert step >= 2
            proxy.mend()
            told: list[tuple[str, int, int]] = []
            info = graph.replace_repository(chain("c", 6_000), lambda *report: told.append(report))
        assert told[0] == ("continue the unfinished load", step, 0)
        assert (info.generation, info.symbol_count, info.relation_count) == (2, 6_001, 5_999)
        assert links(direct) == 5_999
    assert rows(address) == [[6_001 + 1]], "every symbol and the file once, nothing of the load before"
    assert rows(address, "MATCH (l:Load) RETURN l.state") == [["current"]]


def test_a_cut_that_lasts_a_moment_is_not_noticed(address: Neo4jAddress, proxy: FaultProxy) -> None:
    """The answer to a commit may be lost: the step is asked for again and made once."""
    with closing(Neo4jCodeGraph(replace(address, url=f"bolt://127.0.0.1:{proxy.port}"))) as graph:
        graph.replace_repository(interrupted(chain("c", 5_000), 2_500, proxy.cut_for_a_moment))
        assert proxy.cuts == 1
        assert links(graph) == 4_999
    assert rows(address, "MATCH (:Symbol)-[r:CALLS]->(:Symbol) RETURN count(r)") == [[4_999]]


def test_a_commit_whose_answer_was_lost_is_made_once(address: Neo4jAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    from neo4j.exceptions import ServiceUnavailable

    committed = Neo4jServer._written
    calls = 0

    def lossy(server: Neo4jServer, work: Callable[[Writer], object]) -> object:
        nonlocal calls
        calls += 1
        answer = committed(server, work)
        if calls % 2:
            raise ServiceUnavailable("the answer was lost")
        return answer

    with closing(Neo4jCodeGraph(address)) as graph:
        monkeypatch.setattr(Neo4jServer, "_written", lossy)
        for length in (1_200, 30):
            graph.replace_repository(chain("c", length))
            assert (links(graph), graph.repositories(EVERYTHING)[0].symbol_count) == (length - 1, length + 1)
        assert [info.generation for info in graph.repositories(EVERYTHING)] == [2]
        assert graph.forget_repository("c") is True
    assert calls > 20
    assert rows(address) == [[0]]


def test_an_unfinished_load_of_other_symbols_is_removed(address: Neo4jAddress) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with closing(Neo4jCodeGraph(address)) as graph:
        with pytest.raises(KeyboardInterrupt):
            graph.replace_repository(interrupted(chain("c", 3_000), 2_000, stop))
        assert graph.repositories(EVERYTHING) == []
        assert graph.find(EVERYTHING, "f1") == [], "nothing of it is ever seen"
        told: list[str] = []
        assert graph.replace_repository(chain("c", 20), lambda stage, *_: told.append(stage)).generation == 1
        assert "remove old rows" in told
    assert rows(address) == [[20 + 1 + 1]]


def test_an_unfinished_load_of_the_same_symbols_and_other_relations_is_removed(address: Neo4jAddress) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with closing(Neo4jCodeGraph(address)) as graph:
        with pytest.raises(KeyboardInterrupt):
            graph.replace_repository(interrupted(chain("c", 3_000), 2_500, stop))
        other = chain("c", 3_000)
        turned = ((*row[:4], row[5], row[4], *row[6:]) for row in list(other.relations))
        with pytest.raises(StoreBusy, match="did not fit") as error:
            graph.replace_repository(replace(other, relations=turned))
        assert "again" in error.value.next_step
        assert rows(address) == [[0]]
        assert graph.replace_repository(chain("c", 3_000)).symbol_count == 3_001


def test_forgetting_removes_an_unfinished_load_too(address: Neo4jAddress) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with closing(Neo4jCodeGraph(address)) as graph:
        with pytest.raises(KeyboardInterrupt):
            graph.replace_repository(interrupted(chain("c", 1_500), 1_200, stop))
        assert graph.forget_repository("c") is False, "readers never saw it"
    assert rows(address) == [[0]]
    assert rows(address, "MATCH (l:Load) RETURN l.id") == []


def test_of_two_who_store_a_repository_at_once_one_is_told(address: Neo4jAddress) -> None:
    with closing(Neo4jCodeGraph(address)) as first, closing(Neo4jCodeGraph(address)) as second:

        def overtake() -> None:
            second.replace_repository(chain("c", 30))

        with pytest.raises(StoreBusy, match="at the same time"):
            first.replace_repository(interrupted(chain("c", 1_500), 1_200, overtake))
        assert links(first) == 29
    assert rows(address) == [[30 + 1 + 1]]


def test_a_read_that_saw_two_generations_is_asked_again(address: Neo4jAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Neo4jCodeGraph(address)) as graph, closing(Neo4jCodeGraph(address)) as writer:
        writer.replace_repository(chain("c", 5))
        asked = neo4j_reading.rows_of_ids
        left = [chain("c", 8), chain("c", 9)]

        def overtaken(*arguments: object) -> dict[str, int]:
            found = asked(*arguments)  # type: ignore[arg-type]
            if left:
                writer.replace_repository(left.pop(0))
            return found

        def reached(graph: Neo4jCodeGraph) -> int:
            return len(graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=CALLS, max_depth=20).steps)

        monkeypatch.setattr("knowledge.backends.neo4j_graph.rows_of_ids", overtaken)
        assert reached(graph) == 8
        left.extend(chain("c", 3 + n % 2) for n in range(9))
        with pytest.raises(StoreBusy, match="5 times in a row"):
            reached(graph)


def test_readers_see_whole_generations_while_another_writes(address: Neo4jAddress) -> None:
    def sized(count: int) -> SnapshotBuilder:
        builder = SnapshotBuilder("c")
        builder.file("a.py")
        ids = [builder.symbol("a.py", f"f{n}", line=count) for n in range(count)]
        for n in range(count - 1):
            builder.relate(ids[n], ids[n + 1], line=count)
        return builder

    seen: set[tuple[int, ...]] = set()
    done = threading.Event()
    with closing(Neo4jCodeGraph(address)) as graph, closing(Neo4jCodeGraph(address)) as writer:
        writer.replace_repository(sized(40).build())

        def read() -> None:
            while not done.is_set():
                try:
                    symbols = graph.outline(EVERYTHING, "c", "a.py")
                except StoreBusy:
                    continue
                lines = sorted({symbol.line for symbol in symbols if symbol.local_name})
                seen.add(
                    (len(symbols) - 1, *lines, *(info.symbol_count - 1 for info in graph.repositories(EVERYTHING)))
                )

        reader = threading.Thread(target=read)
        reader.start()
        for generation in range(1, 21):
            writer.update_repository(sized(60 if generation % 2 else 40).changes(generation, ["a.py"]))
        for generation in range(10):
            writer.replace_repository(sized(40 if generation % 2 else 60).build())
        done.set()
        reader.join(60)
    assert {one[:2] for one in seen} == {(40, 40), (60, 60)}
    assert {len(one) for one in seen} == {3}


def test_a_notice_whose_commit_never_came_ends_by_itself(
    address: Neo4jAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neo4j.exceptions import ServiceUnavailable

    def lost(*_: object) -> None:
        raise ServiceUnavailable("cut before the commit")

    monkeypatch.setattr("knowledge.backends.neo4j_loads.NOTICE_MS", 300)
    with closing(Neo4jCodeGraph(address)) as graph:
        graph.replace_repository(chain("c", 10))
        builder = SnapshotBuilder("c")
        with monkeypatch.context() as patched, pytest.raises(StoreUnavailable):
            patched.setattr(neo4j_updates._Update, "_describe", lost)
            graph.update_repository(builder.changes(1, ["chain.py"]))
        assert rows(address, "MATCH (l:Load) RETURN l.changing IS NOT NULL") == [[True]]
        assert links(graph) == 9
        assert graph.update_repository(builder.changes(1, ["chain.py"])).symbol_count == 0
        assert rows(address, "MATCH (l:Load) RETURN l.changing IS NOT NULL") == [[False]]


# The server goes away


def test_a_server_that_is_killed_and_started_again(guarded_neo4j: Neo4jProcess) -> None:
    address = Neo4jAddress(guarded_neo4j.url, "neo4j", PASSWORD)
    with closing(Neo4jCodeGraph(address)) as graph:
        graph.replace_repository(chain("c", 10))
        with pytest.raises(StoreUnavailable, match="cannot be reached") as error:
            graph.replace_repository(interrupted(chain("c", 4_000), 2_500, guarded_neo4j.kill))
        assert error.value.retryable
        with pytest.raises(StoreUnavailable):
            links(graph)
        guarded_neo4j.start()
        assert links(graph) == 9, "the same graph goes on with new connections"
        told: list[str] = []
        info = graph.replace_repository(chain("c", 4_000), lambda stage, *_: told.append(stage))
        assert (info.generation, links(graph)) == (2, 3_999)
        assert told[0] == "continue the unfinished load"
        assert graph.forget_repository("c") is True


def test_a_closed_graph_says_so(address: Neo4jAddress) -> None:
    graph = Neo4jCodeGraph(address)
    graph.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        graph.repositories(EVERYTHING)


def test_errors_are_of_our_tree(address: Neo4jAddress) -> None:
    with closing(Neo4jServer(address, timeout_s=30)) as server, pytest.raises(StoreError, match="SyntaxError"):
        server.read(lambda reader: reader.rows("THIS IS NO CYPHER"))
