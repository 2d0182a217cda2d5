"""`clew status`: what is covered and what is not, how fresh it is, how sure its relations are, what it takes on disk, who would write."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.cli.composition import opened
from app.cli.index import short_revision, show_issues
from app.cli.model_health import show_models
from app.cli.screen import Screen, counted, write_json
from app.cli.vectors import vectors_said, vectors_shape
from app.errors import FOUND, NONE
from app.handover import live_hosts
from app.model_health import health, health_shape
from app.shapes import Shape
from app.staleness import Staleness, staleness
from app.stores import VECTORS_FOLDER
from app.wiring import Wiring
from configs.settings import Settings
from indexers.languages import PACKS
from indexers.vector_state import VectorState
from knowledge.schema import FileIssue, RepositoryInfo, Strategy

MAX_PATHS_SHOWN = 5


def run(repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0 when something is indexed, else 1."""
    with opened(store) as wiring:
        known = wiring.graph.repositories(wiring.scope(repo)) if wiring.has_index else []
        home, place = wiring.settings.home, graph_place(wiring.settings)
        sizes = sizes_on_disk(home)
        rows = [_look(wiring, info) for info in known]
        models, live = health(wiring), live_hosts(home / VECTORS_FOLDER)
        if as_json:
            body = {"store": str(home), "graph": place, "bytes": sizes, "languages": sorted(PACKS)}
            write_json({**body, "repositories": [_shape(row) for row in rows], "models": health_shape(models, live)})
        else:
            _show(Screen(), home, place, sizes, rows)
            show_models(Screen(), models, live)
    return FOUND if known else NONE


@dataclass(frozen=True, slots=True)
class _Row:
    """A repository with what its store and its folder say about it."""

    info: RepositoryInfo
    issues: list[FileIssue]
    stale: Staleness
    strategies: dict[Strategy, int]
    vectors: VectorState
    privacy: str

    @property
    def compiler(self) -> dict[str, int | float] | None:
        """What compilers' indexes brought, None where there was none; `disagreement` is a share of the calls compared."""
        counts = self.strategies
        confirmed, added, disputed = (
            counts.get(one, 0) for one in (Strategy.CONFIRMED, Strategy.COMPILER, Strategy.DISPUTED)
        )
        if not confirmed + added + disputed:
            return None
        share = round(disputed / (confirmed + disputed), 4) if disputed else 0.0
        return {"confirmed": confirmed, "added": added, "disputed": disputed, "disagreement": share}


def _look(wiring: Wiring, info: RepositoryInfo) -> _Row:
    scope = wiring.granted([info.name])
    return _Row(
        info,
        wiring.graph.issues(scope, info.name),
        staleness(wiring.graph, info, max_file_bytes=wiring.settings.index.max_file_bytes),
        wiring.graph.strategies(scope, info.name),
        wiring.vector_state(info.name),
        wiring.privacy.label(info.name),
    )


def graph_place(settings: Settings) -> str:
    """Return where the code graph is: `sqlite`, or the address and database of the server."""
    graph = settings.graph
    return graph.backend if graph.backend == "sqlite" else f"{graph.backend} {graph.url} {graph.database}"


def sizes_on_disk(home: Path) -> dict[str, int]:
    """Return the bytes of each part of the store: files with their write-ahead logs, folders with all below them."""
    sizes: Counter[str] = Counter()
    for folder, _, files in os.walk(home):
        for file in files:
            path = Path(folder, file)
            part = path.relative_to(home).parts[0].removesuffix("-wal").removesuffix("-shm")
            try:
                sizes[part] += path.stat().st_size
            except FileNotFoundError:
                continue  # a writer has just folded its log back
    return dict(sorted(sizes.items()))


def _shape(row: _Row) -> Shape:
    info, issues, stale = row.info, row.issues, row.stale
    missing = Counter(issue.reason for issue in issues if not issue.covered)
    return {
        "name": info.name,
        "root": info.root,
        "revision": info.revision,
        "generation": info.generation,
        "indexed_at": info.indexed_at,
        "coverage": {
            "files": info.file_count,
            "lines": info.line_count,
            "languages": info.languages,
            "not_covered": dict(sorted(missing.items())),
            "issues": [_issue_shape(issue) for issue in issues],
        },
        "staleness": {
            "state": stale.state,
            "changed": list(stale.changed),
            "added": list(stale.added),
            "deleted": list(stale.deleted),
        },
        "symbols": info.symbol_count,
        "relations": info.relation_count,
        "tiers": info.tiers,
        "strategies": {strategy.value: count for strategy, count in row.strategies.items()},
        "compiler": row.compiler,
        "unresolved": info.unresolved_count,
        "vectors": vectors_shape(row.vectors),
        "privacy": row.privacy,
        "notes": list(info.notes),
    }


def _issue_shape(issue: FileIssue) -> Shape:
    return {
        "path": issue.path,
        "line": issue.line,
        "reason": issue.reason,
        "detail": issue.detail,
        "covered": issue.covered,
    }


def _show(screen: Screen, home: Path, place: str, sizes: dict[str, int], rows: list[_Row]) -> None:
    parts = ", ".join(f"{part} {_in_megabytes(size)}" for part, size in sizes.items() if size >= 10_000)
    screen.line(
        ("store ", "dim"),
        (str(home), "path"),
        f"  {_in_megabytes(sum(sizes.values()))}",
        f" ({parts})" if parts else "",
    )
    if place != "sqlite":
        screen.line(("graph ", "dim"), place)
    if not rows:
        screen.line("none: nothing is indexed; run `clew index PATH`")
    for row in rows:
        screen.line()
        _show_repository(screen, row)
    screen.line(("languages: " + ", ".join(sorted(PACKS)), "dim"))


def _show_repository(screen: Screen, row: _Row) -> None:
    info = row.info
    at = f"at {short_revision(info.revision)}, generation {info.generation}, indexed {info.indexed_at}"
    screen.line((info.name, "title"), f"  {info.root}  ", (at, "dim"))
    languages = ", ".join(f"{name} {lines:,}" for name, lines in sorted(info.languages.items(), key=lambda i: -i[1]))
    screen.line(f"  covered  {counted(info.file_count, 'file')}, {counted(info.line_count, 'line')}: {languages}")
    tiers = ", ".join(f"{tier} {count:,}" for tier, count in info.tiers.items())
    screen.line(
        f"  graph    {counted(info.symbol_count, 'symbol')}, {counted(info.relation_count, 'relation')}: {tiers}"
    )
    screen.line(f"           {counted(info.unresolved_count, 'call site')} not resolved")
    if compiler := row.compiler:
        said = (
            f"{compiler['confirmed']:,} calls confirmed, {compiler['added']:,} added, {compiler['disputed']:,} disputed"
        )
        screen.line(f"  compiler {said}", (f" ({compiler['disagreement']:.1%} of those compared)", "dim"))
    screen.line(f"  vectors  {vectors_said(row.vectors)}")
    may = "its code goes to model hosts inside only" if row.privacy == "local" else "its code may go to any model host"
    screen.line(f"  privacy  {row.privacy}: {may}")
    _show_staleness(screen, row.stale)
    for note in info.notes:
        screen.line((f"  note: {note}", "warn"))
    show_issues(screen, row.issues)


def _show_staleness(screen: Screen, stale: Staleness) -> None:
    if stale.state == "fresh":
        screen.line("  fresh    ", ("the files are as indexed", "good"))
        return
    if stale.missing:
        screen.line("  missing  ", ("the folder is gone; `clew forget` deletes its index", "warn"))
        return
    kinds = (("changed", stale.changed), ("new", stale.added), ("deleted", stale.deleted))
    said = ", ".join(f"{len(paths):,} {word}" for word, paths in kinds if paths)
    screen.line("  stale    ", (f"{said} since; `clew index` brings it up to date", "warn"))
    paths = [path for _, group in kinds for path in group]
    for path in paths[:MAX_PATHS_SHOWN]:
        screen.line("             ", (path, "path"))
    if len(paths) > MAX_PATHS_SHOWN:
        screen.line((f"             and {len(paths) - MAX_PATHS_SHOWN:,} more", "dim"))


def _in_megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
