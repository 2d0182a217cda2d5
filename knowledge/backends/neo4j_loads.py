"""Writes one repository as a new load, in steps that are each one transaction, and shows it to readers at the end.

The load itself remembers how many steps were made and a digest of what they wrote. Whoever comes after a connection was
cut makes the same steps again up to there, without writing, and goes on if the digest is the same; otherwise the
unfinished load is removed. Readers see the load before until the last transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import xxhash

from configs.errors import StoreBusy, StoreError
from knowledge.backends.neo4j_batches import Batch, Batches
from knowledge.backends.neo4j_rows import INFO_COLUMNS, info_of, info_properties
from knowledge.backends.neo4j_schema import ROW_LABELS, first_row
from knowledge.backends.neo4j_server import Neo4jServer, Writer
from knowledge.backends.neo4j_statements import as_step
from knowledge.ports.graph import Progress, RepositorySnapshot
from knowledge.schema import RepositoryInfo, Tier

REMOVE_ROWS = 2_000
NOTICE_MS = 10_000
"""How long a commit may take, by the server's clock."""
AGAIN = "Run the same command again."


@dataclass(frozen=True, slots=True)
class Origin:
    """What a copied repository keeps of its source: generation, time of the index, and how many rows to expect."""

    generation: int
    indexed_at: str
    totals: dict[str, int]


@dataclass(slots=True)
class _Load:
    """A load as the server remembers it. previous: the generation that readers saw when the load began, 0: none."""

    id: int
    previous: int
    step: int = 0
    digest: str = ""
    symbol_steps: int = 0
    symbols_digest: str = ""


class _Stale(Exception):
    """The unfinished load was made from other facts."""


def replace(
    server: Neo4jServer, snapshot: RepositorySnapshot, progress: Progress | None, origin: Origin | None = None
) -> RepositoryInfo:
    """Store the snapshot in place of the repository's previous load and return its description."""
    tell = progress or _silent
    load = _begin(server, snapshot.name, tell)
    if load.step:
        tell("continue the unfinished load", load.step, 0)
    try:
        loading = _Loading(server, snapshot, load, tell, origin)
        loading.check_symbols()
    except _Stale:
        _drop(server, load.id, tell)
        load = _begin(server, snapshot.name, tell)
        loading = _Loading(server, snapshot, load, tell, origin)
    info = loading.run()
    remove_dropped(server, tell)
    return info


def forget(server: Neo4jServer, name: str) -> bool:
    """Delete a repository and all that belongs to it, unfinished loads too. False when there was none."""
    seen: list[bool] = []

    def hide(writer: Writer) -> None:
        writer.rows("MATCH (l:Load {repository: $name}) SET l.state = 'dropped'", name=name)
        found = writer.one("MATCH (r:Repository {name: $name}) DETACH DELETE r RETURN count(*)", name=name)
        if found and found[0]:
            seen.append(True)  # not again when the answer to the commit was lost

    server.write_again(hide)
    remove_dropped(server, _silent)
    return bool(seen)


def remove_dropped(server: Neo4jServer, tell: Progress) -> None:
    """Delete the rows of every load that no reader may see any more."""
    for (load,) in server.read(
        lambda reader: reader.rows("MATCH (l:Load {state: 'dropped'}) RETURN l.id ORDER BY l.id")
    ):
        _remove(server, load, tell)


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def _begin(server: Neo4jServer, name: str, tell: Progress) -> _Load:
    """Return the newest unfinished load of the repository, or a new one; older ones are removed."""
    rows = server.read(
        lambda reader: reader.rows(
            "MATCH (l:Load {repository: $name, state: 'loading'}) OPTIONAL MATCH (r:Repository {name: $name})"
            " RETURN l.id, coalesce(r.generation, 0), l.step, l.digest, l.symbol_steps, l.symbols_digest, l.previous"
            " ORDER BY l.id DESC",
            name=name,
        )
    )
    current = [row for row in rows if row[1] == row[6]]
    for row in rows:
        if row is not (current[0] if current else None):
            _drop(server, row[0], tell)
    remove_dropped(server, tell)
    if current:
        return _Load(*current[0][:6])

    def create(writer: Writer) -> _Load:
        row = writer.one(
            "MERGE (c:ClewStore {name: 'clew'}) SET c.loads = coalesce(c.loads, 0) + 1 WITH c.loads AS id"
            " OPTIONAL MATCH (r:Repository {name: $name}) WITH id, coalesce(r.generation, 0) AS previous"
            " CREATE (:Load {id: id, repository: $name, state: 'loading', step: 0, digest: '', symbol_steps: 0,"
            " symbols_digest: '', previous: previous}) RETURN id, previous",
            name=name,
        )
        assert row is not None
        return _Load(*row)

    return server.write_again(create)


def _drop(server: Neo4jServer, load: int, tell: Progress) -> None:
    server.write_again(lambda writer: writer.rows("MATCH (l:Load {id: $load}) SET l.state = 'dropped'", load=load))
    _remove(server, load, tell)


def _remove(server: Neo4jServer, load: int, tell: Progress) -> None:
    """Delete the rows of a load, then the load. Whoever is interrupted leaves the rest to the next writer."""
    bounds = {"first": first_row(load), "last": first_row(load + 1)}
    removed = 0
    for label in ROW_LABELS:
        statement = f"MATCH (n:{label}) WHERE n.row > $first AND n.row < $last WITH n LIMIT $limit DETACH DELETE n RETURN count(*)"
        while True:
            row = server.write_again(lambda writer: writer.one(statement, limit=REMOVE_ROWS, **bounds))  # noqa: B023
            if row is None or not row[0]:
                break
            removed += row[0]
            tell("remove old rows", removed, 0)
    server.write_again(lambda writer: writer.rows("MATCH (l:Load {id: $load}) DELETE l", load=load))


def give_notice(server: Neo4jServer, loads: list[int]) -> None:
    """Tell readers of the loads, in a transaction of its own, that a commit is coming, of which they must not see one half.

    The commit takes the notice away; should it never come, the notice is void after a while. The caller's transaction
    must not hold the loads locked yet.
    """
    statement = "MATCH (l:Load) WHERE l.id IN $loads SET l.changing = timestamp() + $notice"
    server.write_again(lambda writer: writer.rows(statement, loads=loads, notice=NOTICE_MS))


class _Loading:
    """One load under way."""

    def __init__(
        self, server: Neo4jServer, snapshot: RepositorySnapshot, load: _Load, tell: Progress, origin: Origin | None
    ) -> None:
        self._server = server
        self._snapshot = snapshot
        self._load = load
        self._tell = tell
        self._origin = origin
        self._batches = Batches(snapshot, load.id, origin.totals if origin else None)
        self._step = 0
        self._digest = ""
        self._symbol_steps = 0
        self._symbols_digest = ""

    def check_symbols(self) -> None:
        """Compare the symbols that an unfinished load wrote with those of the snapshot. Raises _Stale."""
        load = self._load
        if not load.step:
            return
        digest, steps, more = "", 0, False
        for batch in self._batches.symbols():
            if steps == load.symbol_steps:
                more = True
                break
            digest, steps = _digest_of(digest, batch), steps + 1
        if digest != load.symbols_digest or steps != load.symbol_steps or (more and load.step > load.symbol_steps):
            raise _Stale

    def run(self) -> RepositoryInfo:
        for batch in self._all():
            self._digest = _digest_of(self._digest, batch)
            if batch.stage == "store symbols":
                self._symbol_steps, self._symbols_digest = self._step + 1, self._digest
            if self._step < self._load.step:
                self._check_made()
            else:
                self._write(batch)
            self._step += 1
            self._tell(batch.stage, batch.done, batch.total)
        if self._step < self._load.step:
            self._stop_stale()
        return self._show()

    def _all(self) -> Iterator[Batch]:
        yield from self._batches.symbols()
        yield from self._batches.others()

    def _check_made(self) -> None:
        if self._step + 1 == self._load.step and self._digest != self._load.digest:
            self._stop_stale()

    def _stop_stale(self) -> None:
        """The streams are consumed by now, so that only another run can begin anew."""
        _drop(self._server, self._load.id, self._tell)
        raise StoreBusy(
            f"The unfinished load of {self._snapshot.name!r} did not fit what is stored now; it has been removed.",
            next_step=AGAIN,
        )

    def _write(self, batch: Batch) -> None:
        def work(writer: Writer) -> None:
            row = writer.one(
                as_step(batch.statement),
                load=self._load.id,
                step=self._step,
                digest=self._digest,
                symbol_steps=self._symbol_steps,
                symbols_digest=self._symbols_digest,
                rows=batch.rows,
            )
            written = row[0] if row else 0
            if written == len(batch.rows):
                return
            if written:
                raise StoreError(
                    f"Neo4j wrote {written} of {len(batch.rows)} rows of {self._snapshot.name!r} ({batch.stage}).",
                    next_step=f"The load is not shown to readers. {AGAIN}",
                )
            self._check_already_made(writer)

        self._server.write_again(work)

    def _check_already_made(self, writer: Writer) -> None:
        """Nothing was written: either this very step was made before and its answer lost, or somebody else came."""
        row = writer.one("MATCH (l:Load {id: $load}) RETURN l.step, l.digest, l.state", load=self._load.id)
        if row != [self._step + 1, self._digest, "loading"]:
            raise self._overtaken()

    def _overtaken(self) -> StoreBusy:
        return StoreBusy(
            f"Another process stores the repository {self._snapshot.name!r} at the same time.",
            next_step="Let the other run end, then run the command again.",
        )

    def _show(self) -> RepositoryInfo:
        """Make the load the one that readers see."""
        values = {
            "load": self._load.id,
            "foreign": sorted(f"{site}\n{home}" for site, home in self._batches.counts.foreign),
            "next_row": first_row(self._load.id) + self._batches.counts.next_row,
            "state": self._snapshot.state(),
        }

        def work(writer: Writer) -> RepositoryInfo:
            generation, old = self._locked_repository(writer)
            made = writer.one("MATCH (l:Load {id: $load}) RETURN l.state, l.step", load=self._load.id)
            if made == ["current", self._step]:  # by the attempt before, whose answer was lost
                return self._shown(writer)
            if made != ["loading", self._step] or generation != self._load.previous:
                raise self._overtaken()
            info = self._described(generation + 1)
            give_notice(self._server, [load for load in (self._load.id, old) if load is not None])
            writer.rows(
                "MATCH (r:Repository {name: $name}) MATCH (l:Load {id: $load}) SET r = $info, r.load = $load"
                " SET l.state = 'current', l.changing = NULL, l.foreign_sites = $foreign, l.next_row = $next_row,"
                " l.indexer_state = $state WITH l MATCH (o:Load {id: $old}) SET o.state = 'dropped'",
                name=info.name,
                info=info_properties(info),
                old=old,
                **values,
            )
            return info

        return self._server.write_again(work)

    def _locked_repository(self, writer: Writer) -> tuple[int, int | None]:
        """Return generation and load that readers see, 0 and None before the first; others who write have to wait."""
        row = writer.one(
            "MERGE (r:Repository {name: $name}) ON CREATE SET r.generation = 0 SET r.locked = true"
            " RETURN r.generation, r.load",
            name=self._snapshot.name,
        )
        assert row is not None
        return row[0], row[1]

    def _shown(self, writer: Writer) -> RepositoryInfo:
        row = writer.one(f"MATCH (r:Repository {{name: $name}}) RETURN {INFO_COLUMNS}", name=self._snapshot.name)
        assert row is not None
        return info_of(row)

    def _described(self, generation: int) -> RepositoryInfo:
        snapshot, counts, origin = self._snapshot, self._batches.counts, self._origin
        return RepositoryInfo(
            name=snapshot.name,
            root=snapshot.root,
            revision=snapshot.revision,
            generation=origin.generation if origin else generation,
            indexed_at=origin.indexed_at if origin else now(),
            file_count=counts.files,
            line_count=counts.lines.total(),
            symbol_count=counts.symbols,
            relation_count=counts.relations,
            unresolved_count=counts.unresolved,
            languages=dict(sorted(counts.lines.items())),
            tiers=_in_order(dict(counts.tiers)),
            notes=tuple(snapshot.notes),
        )


def _digest_of(before: str, batch: Batch) -> str:
    digest = xxhash.xxh3_128(before.encode())
    digest.update(batch.statement.encode())
    digest.update(msgspec.msgpack.encode(batch.rows))
    return digest.hexdigest()


def _in_order(tiers: dict[str, int]) -> dict[str, int]:
    return {tier.value: tiers[tier.value] for tier in Tier if tiers.get(tier.value)}


def now() -> str:
    """Return the time as `RepositoryInfo.indexed_at` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
