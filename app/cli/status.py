"""`clew status`: what is covered and what is not, how fresh it is, how sure its relations are, what it takes on disk, who would write."""

from __future__ import annotations

from pathlib import Path

from app.cli.composition import opened
from app.cli.index import show_issues
from app.cli.model_health import show_models
from app.cli.vectors import vectors_said
from app.errors import FOUND, NONE
from app.handover import live_hosts
from app.model_health import health, health_shape
from app.overview import Overview, graph_place, looked_at, overview_shape, sizes_on_disk
from app.rendering.repositories import short_revision
from app.rendering.screen import Screen, counted, write_json
from app.staleness import Staleness
from app.store_files import VECTORS_FOLDER
from indexers.languages import PACKS

MAX_PATHS_SHOWN = 5
LEAST_SHOWN = 50_000
"""Bytes of a file of the store that is told beside their sum: less would read as 0.0 MB."""


def run(repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0 when something is indexed, else 1."""
    with opened(store) as wiring:
        known = wiring.graph.repositories(wiring.scope(repo)) if wiring.has_index else []
        home, place = wiring.settings.home, graph_place(wiring.settings)
        sizes = sizes_on_disk(home)
        rows = [looked_at(wiring, info) for info in known]
        models, live = health(wiring), live_hosts(home / VECTORS_FOLDER)
        if as_json:
            write_json(overview_shape(wiring, rows, sizes, health_shape(models, live)))
        else:
            _show(Screen(), home, place, sizes, rows)
            show_models(Screen(), models, live)
    return FOUND if known else NONE


def _show(screen: Screen, home: Path, place: str, sizes: dict[str, int], rows: list[Overview]) -> None:
    parts = ", ".join(f"{part} {_in_megabytes(size)}" for part, size in sizes.items() if size >= LEAST_SHOWN)
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


def _show_repository(screen: Screen, row: Overview) -> None:
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
