"""The code graph on a Neo4j server: `knowledge.ports.graph.CodeGraph` over its Bolt protocol, many readers and writers.

A repository is written as a load of its own and shown to readers in one transaction (`neo4j_loads`), small changes in
place in one transaction (`neo4j_updates`). Reads are bound to the granted loads and asked again when they saw two
generations (`neo4j_reading`). Every value from outside is a parameter; no statement is made of a caller's words.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from configs.errors import StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends import neo4j_iteration, neo4j_loads, neo4j_updates
from knowledge.backends.neo4j_finding import find_prefix_rows, find_rows
from knowledge.backends.neo4j_reading import (
    REINDEX,
    Granted,
    consistent,
    covered_files,
    file_issues,
    file_symbols,
    file_text,
    link_records,
    relations_of,
    repository_infos,
    rows_of_ids,
    symbols_by_row,
    unresolved_sites,
)
from knowledge.backends.neo4j_schema import AWAIT_INDEXES, CONSTRAINTS, FORMAT, INDEXES, indexable
from knowledge.backends.neo4j_server import MAX_ROWS, Neo4jAddress, Neo4jServer, Reader, Row
from knowledge.backends.neo4j_walks import Walker, links
from knowledge.backends.sqlite_generations import GenerationCache
from knowledge.ports.graph import (
    Direction,
    Extent,
    Progress,
    RelationColumns,
    RepositoryChanges,
    RepositorySnapshot,
    Walk,
)
from knowledge.schema import (
    FileIssue,
    Relation,
    RelationKind,
    RepositoryInfo,
    Strategy,
    Symbol,
    SymbolKind,
    Tier,
    UnresolvedSite,
)
from knowledge.scope import Scope

RESOLVED = (Tier.EXACT, Tier.INFERRED)
Answer = TypeVar("Answer")


class Neo4jCodeGraph:
    """timeout_s: of one statement for reading. max_rows: the most rows of one answer, StoreAnswerTooLarge above.

    Raises (all methods), beside what the port says: StoreRefused, StoreUnsupported, StoreAnswerTooLarge, ConfigError.
    """

    def __init__(
        self, address: Neo4jAddress, *, timeout_s: float = 30.0, max_rows: int = MAX_ROWS, read_only: bool = False
    ) -> None:
        self._server = Neo4jServer(address, timeout_s=timeout_s, max_rows=max_rows)
        self._generations = GenerationCache()
        self._read_only = read_only
        try:
            self._check_format()
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> str:
        """The server's version, such as `5.26.18`."""
        return self._server.version

    # writing

    def replace_repository(self, snapshot: RepositorySnapshot, progress: Progress | None = None) -> RepositoryInfo:
        return neo4j_loads.replace(self._for_writing(), snapshot, progress)

    def copy_repository(
        self, snapshot: RepositorySnapshot, origin: neo4j_loads.Origin, progress: Progress | None = None
    ) -> RepositoryInfo:
        """Store a repository of another store under the generation that it has there."""
        return neo4j_loads.replace(self._for_writing(), snapshot, progress, origin)

    def update_repository(self, changes: RepositoryChanges, progress: Progress | None = None) -> RepositoryInfo:
        return neo4j_updates.update(self._for_writing(), changes, progress)

    def forget_repository(self, name: str) -> bool:
        return neo4j_loads.forget(self._for_writing(), name)

    # repositories and files

    def repositories(self, scope: Scope) -> list[RepositoryInfo]:
        return self._read(scope, repository_infos)

    def paths(self, scope: Scope, repository: str) -> dict[str, tuple[str, str, int]]:
        return {path: (digest, language, lines) for path, digest, language, lines, _ in self._files(scope, repository)}

    def byte_counts(self, scope: Scope, repository: str) -> dict[str, int]:
        return {row[0]: row[4] for row in self._files(scope, repository)}

    def issues(self, scope: Scope, repository: str, *, covered: bool | None = None) -> list[FileIssue]:
        found = self._kept(scope, repository, "issues", file_issues)
        return [issue for issue in found or () if covered is None or issue.covered == covered]

    def read_text(self, scope: Scope, repository: str, path: str) -> bytes | None:
        def read(reader: Reader, grant: Granted) -> bytes | None:
            load = grant.load(repository)
            return None if load is None else file_text(reader, load, path)

        return self._read(scope, read)

    def state(self, scope: Scope, repository: str) -> bytes:
        def read(reader: Reader, grant: Granted) -> bytes:
            row = reader.one("MATCH (l:Load {id: $load}) RETURN l.indexer_state", load=grant.load(repository))
            return bytes(row[0]) if row and row[0] else b""

        return self._read(scope, read)

    # symbols

    def find(
        self, scope: Scope, name: str, *, kinds: Sequence[SymbolKind] = (), path: str | None = None, limit: int = 50
    ) -> list[Symbol]:
        def read(reader: Reader, grant: Granted) -> list[Symbol]:
            rows = find_rows(reader, grant, name, kinds, path)[: max(limit, 0)]
            found = symbols_by_row(reader, grant, rows) if rows else {}
            return [found[row] for row in rows if row in found]

        return self._read(scope, read)

    def find_by_prefix(
        self, scope: Scope, prefix: str, *, kinds: Sequence[SymbolKind] = (), limit: int = 50
    ) -> list[Symbol]:
        def read(reader: Reader, grant: Granted) -> list[Symbol]:
            rows = find_prefix_rows(reader, grant, prefix, kinds, max(limit, 0))
            found = symbols_by_row(reader, grant, rows) if rows else {}
            return [found[row] for row in rows if row in found]

        return self._read(scope, read)

    def symbols(self, scope: Scope, ids: Sequence[str]) -> list[Symbol]:
        def read(reader: Reader, grant: Granted) -> list[Symbol]:
            rows = rows_of_ids(reader, grant, ids)
            found = symbols_by_row(reader, grant, rows.values())
            return [found[rows[symbol_id]] for symbol_id in ids if rows.get(symbol_id) in found]

        return self._read(scope, read)

    def extents(self, scope: Scope, ids: Sequence[str]) -> dict[str, Extent]:
        found: dict[str, Symbol] = {}
        wanted = list(ids)
        while wanted:
            new = {symbol.id: symbol for symbol in self.symbols(scope, wanted) if symbol.local_name}
            found.update(new)
            outer = dict.fromkeys(symbol.parent_id for symbol in new.values())
            wanted = [symbol_id for symbol_id in outer if symbol_id and symbol_id not in found]
        return {
            one.id: Extent(
                one.id, one.kind, one.start_line, one.end_line, one.parent_id if one.parent_id in found else None
            )
            for one in found.values()
        }

    def outline(self, scope: Scope, repository: str, path: str) -> list[Symbol]:
        def read(reader: Reader, grant: Granted) -> list[Symbol]:
            load = grant.load(repository)
            return [] if load is None else file_symbols(reader, grant, load, path)

        return self._read(scope, read)

    def symbol_at(self, scope: Scope, repository: str, path: str, line: int) -> Symbol | None:
        inside = "AND s.start_line <= $line AND s.end_line >= $line"

        def read(reader: Reader, grant: Granted) -> Symbol | None:
            load = grant.load(repository)
            found = [] if load is None else file_symbols(reader, grant, load, path, inside, line=line)
            return max(found, key=lambda s: (s.start_line, -s.end_line, s.column, s.id), default=None)

        return self._read(scope, read)

    def iter_symbols(self, scope: Scope, *, kinds: Sequence[SymbolKind] = ()) -> Iterator[Symbol]:
        return neo4j_iteration.iter_symbols(self._server, scope, kinds)

    # relations

    def iter_relations(self, scope: Scope, *, kinds: Sequence[RelationKind] = ()) -> Iterator[Relation]:
        return neo4j_iteration.iter_relations(self._server, scope, kinds)

    def strategies(self, scope: Scope, repository: str) -> dict[Strategy, int]:
        return neo4j_iteration.strategies(self._server, scope, repository)

    def relation_columns(
        self, scope: Scope, *, kinds: Sequence[RelationKind], tiers: Sequence[Tier] = RESOLVED
    ) -> RelationColumns:
        return neo4j_iteration.relation_columns(self._server, scope, kinds, tiers)

    def relations(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        limit: int = 10_000,
    ) -> list[Relation]:
        def read(reader: Reader, grant: Granted) -> list[Relation]:
            rows = rows_of_ids(reader, grant, symbol_ids).values()
            records = link_records(reader, grant, rows, direction, kinds, tiers, limit)
            return relations_of(reader, grant, records)

        return self._read(scope, read)

    def walk(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        max_depth: int,
        limit: int = 10_000,
    ) -> Walk:
        def read(reader: Reader, grant: Granted) -> Walk:
            start = set(rows_of_ids(reader, grant, symbol_ids).values())
            return Walker(reader, grant, links(direction, kinds, tiers)).walk(start, max_depth, max(limit, 0))

        return self._read(scope, read)

    def shortest_path(
        self,
        scope: Scope,
        source_ids: Sequence[str],
        target_ids: Sequence[str],
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        max_depth: int = 12,
    ) -> list[Relation] | None:
        def read(reader: Reader, grant: Granted) -> list[Relation] | None:
            start = set(rows_of_ids(reader, grant, source_ids).values())
            targets = set(rows_of_ids(reader, grant, target_ids).values())
            return Walker(reader, grant, links("out", kinds, tiers)).shortest_path(start, targets, max_depth)

        return self._read(scope, read)

    def unresolved(self, scope: Scope, name: str, *, limit: int = 200) -> list[UnresolvedSite]:
        start = "UNWIND $loads AS load MATCH (u:UnresolvedName {load: load, name: $name})"

        def read(reader: Reader, grant: Granted) -> list[UnresolvedSite]:
            return unresolved_sites(reader, grant, start, limit, name=indexable(name))

        return self._read(scope, read)

    def unresolved_in(self, scope: Scope, symbol_ids: Sequence[str], *, limit: int = 200) -> list[UnresolvedSite]:
        start = "UNWIND $rows AS row MATCH (s:Symbol {row: row}) WITH s"

        def read(reader: Reader, grant: Granted) -> list[UnresolvedSite]:
            rows = sorted(rows_of_ids(reader, grant, symbol_ids).values())
            return unresolved_sites(reader, grant, start, limit, rows=rows)

        return self._read(scope, read)

    def close(self) -> None:
        self._server.close()

    # within

    def _read(self, scope: Scope, question: Callable[[Reader, Granted], Answer]) -> Answer:
        return consistent(self._server, scope, question)

    def _files(self, scope: Scope, repository: str) -> list[Row]:
        return self._kept(scope, repository, "files", covered_files) or []

    def _kept(
        self, scope: Scope, repository: str, what: Hashable, read: Callable[[Reader, int], Answer]
    ) -> Answer | None:
        """Return what `read` gives for the repository's load, kept for its generation; None when it is not granted."""

        def ask(reader: Reader, grant: Granted) -> Answer | None:
            load = grant.load(repository)
            if load is None:
                return None
            key = (load, grant.generations[load], what)
            known: Answer | None = self._generations.get(key)
            return read(reader, load) if known is None else known

        def keep(reader: Reader, grant: Granted) -> tuple[Answer | None, Granted]:
            return ask(reader, grant), grant

        answer, grant = self._read(scope, keep)
        load = grant.load(repository)
        if load is not None:
            self._generations.put((load, grant.generations[load], what), answer)
        return answer

    def _for_writing(self) -> Neo4jServer:
        if self._read_only:
            raise StoreUnavailable(
                f"The store in Neo4j at {self._server.address.url!r} is open for reading only.",
                next_step="Open it for writing.",
            )
        return self._server

    def _check_format(self) -> None:
        """Make the constraints of an empty database; refuse one that another version of Clew wrote."""
        url = self._server.address.url
        row = self._server.read(lambda reader: reader.one("MATCH (c:ClewStore {name: 'clew'}) RETURN c.format")) or [
            None
        ]
        if row[0] == FORMAT:
            return
        if isinstance(row[0], int) and row[0] > FORMAT:
            raise StoreTooNew(
                f"Neo4j at {url!r} holds format {row[0]}; this Clew reads up to {FORMAT}.",
                next_step="Upgrade Clew, or name another database in graph.database.",
            )
        if row[0] is not None:
            raise StoreCorrupt(f"Neo4j at {url!r} holds format {row[0]!r}, which is no longer read.", next_step=REINDEX)
        if self._read_only:
            return  # nothing is stored yet, and every answer says so
        for statement in (*CONSTRAINTS, *INDEXES, AWAIT_INDEXES):
            self._server.run_alone(statement)
        self._server.write_again(
            lambda writer: writer.rows("MERGE (c:ClewStore {name: 'clew'}) SET c.format = $format", format=FORMAT)
        )
