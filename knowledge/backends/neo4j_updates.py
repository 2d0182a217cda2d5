"""Writes what changed of one repository into its current load, in one transaction: the rows of some paths.

A symbol whose id comes again keeps its node, so that relations of other files that end at it stay as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from configs.errors import StoreBusy, StoreCorrupt, UnknownRepository
from knowledge.backends.names import last_name
from knowledge.backends.neo4j_loads import give_notice, now
from knowledge.backends.neo4j_reading import REINDEX
from knowledge.backends.neo4j_rows import file_values, info_properties, issue_values, symbol_values
from knowledge.backends.neo4j_schema import UNRESOLVED, indexable
from knowledge.backends.neo4j_server import Neo4jServer, Row, Writer
from knowledge.backends.neo4j_statements import (
    CREATE_EXTERNAL_RELATIONS,
    CREATE_EXTERNALS,
    CREATE_FILES,
    CREATE_ISSUES,
    CREATE_RELATIONS,
    CREATE_SYMBOLS,
    CREATE_UNRESOLVED,
    CREATE_UNRESOLVED_NAMES,
    SET_SYMBOLS,
)
from knowledge.ports.graph import LinkRow, Progress, RepositoryChanges
from knowledge.schema import RepositoryInfo, Symbol, Tier

BATCH_ROWS = 1_000


def update(server: Neo4jServer, changes: RepositoryChanges, progress: Progress | None) -> RepositoryInfo:
    """Store the changes and return the repository's description.

    The streams of the changes are consumed once, so that a lost connection is not tried again: nothing is stored then.
    """
    server.read(lambda reader: reader.one("RETURN 1"))  # a server that was restarted meanwhile is met again here
    return server.write_once(lambda writer: _Update(server, writer, changes, progress).run())


class _Update:
    """One update under way. Rows above all that the load has given out are given to new nodes."""

    def __init__(
        self, server: Neo4jServer, writer: Writer, changes: RepositoryChanges, progress: Progress | None
    ) -> None:
        self._server = server
        self._writer = writer
        self._changes = changes
        self._progress = progress
        self._paths = sorted(changes.paths)
        self._lines: Counter[str] = Counter()
        self._tiers: Counter[str] = Counter()
        self._files = self._symbols = self._unresolved = 0
        self._load = self._next_row = 0
        self._rows: dict[str, int] = {}
        """Symbol id -> row, of all given symbols and of the targets asked for."""
        self._foreign: set[str] = set()

    def run(self) -> RepositoryInfo:
        before = self._locked()
        orphans = self._take_out_links()
        self._replace_files()
        gone = self._replace_symbols()
        self._write_relations()
        self._write_unresolved()
        self._replace_issues()
        self._remove(gone)
        self._remove_orphans(orphans)
        info = self._described(before)
        give_notice(self._server, [self._load])
        self._describe(info)
        return info

    def _ask(self, statement: str, **values: Any) -> list[Row]:
        return self._writer.rows(statement, load=self._load, **values)

    def _put(self, statement: str, rows: Iterable[list[Any]]) -> None:
        """Write rows by batches."""
        batch: list[list[Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH_ROWS:
                self._ask(statement, rows=batch)
                batch = []
        if batch:
            self._ask(statement, rows=batch)

    def _locked(self) -> Row:
        """Return the description before, after keeping every other writer of the repository out."""
        name, base = self._changes.name, self._changes.base
        row = self._writer.one(
            "MATCH (r:Repository {name: $name}) SET r.locked = true WITH r MATCH (l:Load {id: r.load})"
            " RETURN r.generation, r.file_count, r.symbol_count, r.unresolved_count, r.languages, r.tiers, l.id, l.next_row",
            name=name,
        )
        if row is None:
            raise UnknownRepository(f"no repository {name!r} is indexed", next_step="Run `clew index PATH`.")
        if row[0] != base:
            raise StoreBusy(
                f"the repository {name!r} is at generation {row[0]!r} by now, the changes are against {base!r}",
                next_step="Run `clew index` again.",
            )
        self._load, self._next_row = row[6], row[7]
        return row

    def _fresh(self) -> int:
        row = self._next_row
        self._next_row += 1
        return row

    # taking out

    def _take_out_links(self) -> list[int]:
        """Delete what starts in the symbols of the paths. Return the rows of names that may be named no more."""
        start = "MATCH (s:Symbol) WHERE s.load = $load AND s.path IN $paths"
        unresolved = self._ask(
            f"{start} MATCH (s)-[r:{UNRESOLVED}]->(u:UnresolvedName) WITH u, r, u.row AS row DELETE r RETURN row, count(*)",
            paths=self._paths,
        )
        self._unresolved -= sum(row[1] for row in unresolved)
        outside = self._ask(
            f"{start} MATCH (s)-[r]->(e:External) WITH r, e.row AS row DELETE r RETURN row, count(*)", paths=self._paths
        )
        self._tiers[Tier.EXTERNAL.value] -= sum(row[1] for row in outside)
        inside = self._ask(
            f"{start} MATCH (s)-[r]->(t:Symbol) WITH r, r.tier AS tier DELETE r RETURN tier, count(*)",
            paths=self._paths,
        )
        self._tiers.subtract(dict(inside))
        return [row[0] for row in (*unresolved, *outside)]

    def _replace_files(self) -> None:
        removed = self._ask(
            "MATCH (f:File) WHERE f.load = $load AND f.path IN $paths WITH f, f.language AS language,"
            " f.line_count AS lines DELETE f RETURN language, lines",
            paths=self._paths,
        )
        for language, lines in removed:
            self._files -= 1
            self._lines[language] -= lines
        self._put(CREATE_FILES, self._file_rows())

    def _file_rows(self) -> Iterator[list[Any]]:
        for file in self._changes.files:
            self._files += 1
            self._lines[file.language] += file.line_count
            yield file_values(self._fresh(), file)

    def _replace_symbols(self) -> list[int]:
        """Write the given symbols. Return the rows of those that are gone."""
        stored = "MATCH (s:Symbol) WHERE s.load = $load AND s.path IN $paths RETURN s.id, s.row"
        before: dict[str, int] = {row[0]: row[1] for row in self._ask(stored, paths=self._paths)}
        self._symbols += len(self._changes.symbols) - len(before)
        kept: list[tuple[int, Symbol]] = []
        new: list[tuple[int, Symbol]] = []
        for symbol in self._changes.symbols:
            row = before.pop(indexable(symbol.id), None)
            place = self._fresh() if row is None else row
            (new if row is None else kept).append((place, symbol))
            self._rows[symbol.id] = place
        self._put(SET_SYMBOLS, (symbol_values(row, symbol) for row, symbol in kept))
        self._put(CREATE_SYMBOLS, (symbol_values(row, symbol) for row, symbol in new))
        return sorted(before.values())

    # putting in

    def _write_relations(self) -> None:
        homes = {symbol.id: symbol.path for symbol in self._changes.symbols}
        links = list(self._changes.relations)
        self._find_targets(links)
        outside = self._names("External", CREATE_EXTERNALS, {row[6] for row in links if row[6] is not None})
        places: Counter[str] = Counter()
        rows: dict[str, list[list[Any]]] = {}
        for kind, strategy, tier, confidence, source, target, external, path, line, column in links:
            home = homes[source]
            places[home] += 1
            self._tiers[tier.value] += 1
            site = self._site(path, home)
            values = [places[home], tier.value, strategy.value, confidence, line, column, site]
            if external is not None:
                end, statement = outside[external], CREATE_EXTERNAL_RELATIONS[kind]
            else:
                assert target is not None
                end, statement = self._rows[target], CREATE_RELATIONS[kind]
            rows.setdefault(statement, []).append([self._rows[source], end, *values])
        for statement, batch in rows.items():
            self._put(statement, batch)
        if self._progress is not None:
            self._progress("store relations", len(links), len(links))

    def _find_targets(self, links: list[LinkRow]) -> None:
        """Look up the row of every target that stays."""
        asked = {indexable(row[5]): row[5] for row in links if row[5] is not None and row[5] not in self._rows}
        found = self._ask(
            "UNWIND $ids AS id MATCH (s:Symbol {load: $load, id: id}) WHERE NOT s.path IN $paths RETURN s.id, s.row",
            ids=sorted(asked),
            paths=self._paths,
        )
        self._rows.update({asked.pop(symbol_id): row for symbol_id, row in found})
        for symbol_id in asked.values():
            raise StoreCorrupt(f"the symbol {symbol_id!r} is not stored, but a relation names it", next_step=REINDEX)

    def _names(self, label: str, create: str, names: set[str]) -> dict[str, int]:
        """Return name -> row of nodes that hold a name only, made where they are missing."""
        stored = {indexable(name): name for name in sorted(names)}
        found = self._ask(
            f"UNWIND $names AS name MATCH (n:{label} {{load: $load, name: name}}) RETURN n.name, n.row",
            names=list(stored),
        )
        rows = {stored[name]: row for name, row in found}
        missing = {name: self._fresh() for name in stored.values() if name not in rows}
        self._put(create, ([row, indexable(name)] for name, row in missing.items()))
        return rows | missing

    def _write_unresolved(self) -> None:
        homes = {symbol.id: symbol.path for symbol in self._changes.symbols}
        calls = list(self._changes.unresolved)
        names = self._names("UnresolvedName", CREATE_UNRESOLVED_NAMES, {last_name(call[1]) for call in calls})
        places: Counter[str] = Counter()

        def rows() -> Iterator[list[Any]]:
            for source, callee, path, line, column in calls:
                home = homes[source]
                places[home] += 1
                site = self._site(path, home)
                yield [self._rows[source], names[last_name(callee)], places[home], callee, line, column, site]

        self._put(CREATE_UNRESOLVED, rows())
        self._unresolved += len(calls)

    def _site(self, path: str, home: str) -> str | None:
        if path == home:
            return None
        self._foreign.add(f"{path}\n{home}")
        return path

    def _replace_issues(self) -> None:
        self._ask("MATCH (i:Issue) WHERE i.load = $load AND i.path IN $paths DELETE i", paths=self._paths)
        self._put(CREATE_ISSUES, (issue_values(self._fresh(), issue) for issue in self._changes.issues))

    # closing

    def _remove(self, gone: list[int]) -> None:
        """Delete the symbols that are gone. A relation that stays must not end there: the changes were not complete."""
        left = self._ask(
            "UNWIND $rows AS row MATCH (s:Symbol {row: row})<-[r]-(o:Symbol) RETURN coalesce(r.path, o.path) LIMIT 1",
            rows=gone,
        )
        if left:
            raise StoreCorrupt(f"a relation in {left[0][0]!r} ends at a symbol that is gone", next_step=REINDEX)
        self._ask("UNWIND $rows AS row MATCH (s:Symbol {row: row}) DETACH DELETE s", rows=gone)

    def _remove_orphans(self, rows: list[int]) -> None:
        for label in ("External", "UnresolvedName"):
            self._ask(
                f"UNWIND $rows AS row MATCH (n:{label} {{row: row}}) WHERE NOT EXISTS {{ (n)<--(:Symbol) }} DELETE n",
                rows=rows,
            )

    def _described(self, before: Row) -> RepositoryInfo:
        """Return the description: the one before, with what went and came."""
        generation, files, symbols, unresolved, languages, tiers, *_ = before
        lines = Counter(json.loads(languages))
        lines.update(self._lines)
        known = json.loads(tiers)
        held = {tier.value: known.get(tier.value, 0) + self._tiers[tier.value] for tier in Tier}
        changes = self._changes
        return RepositoryInfo(
            name=changes.name,
            root=changes.root,
            revision=changes.revision,
            generation=generation + 1,
            indexed_at=now(),
            file_count=files + self._files,
            line_count=lines.total(),
            symbol_count=symbols + self._symbols,
            relation_count=sum(held.values()),
            unresolved_count=unresolved + self._unresolved,
            languages={language: count for language, count in sorted(lines.items()) if count},
            tiers={tier: count for tier, count in held.items() if count},
            notes=tuple(changes.notes),
        )

    def _describe(self, info: RepositoryInfo) -> None:
        self._ask(
            "MATCH (r:Repository {name: $name}) MATCH (l:Load {id: $load}) SET r = $info, r.load = $load"
            " SET l.changing = NULL, l.next_row = $next_row, l.indexer_state = $state,"
            " l.foreign_sites = l.foreign_sites + [pair IN $foreign WHERE NOT pair IN l.foreign_sites]",
            name=info.name,
            info=info_properties(info),
            next_row=self._next_row,
            state=self._changes.state(),
            foreign=sorted(self._foreign),
        )
