"""`clew repositories`: cloned repositories. Cloning and indexing run here, with progress; `clew serve` does the same as jobs."""

from __future__ import annotations

from typing import Any

from app.cli.composition import opened
from app.cli.index import show_report
from app.cli.progress import ProgressLine
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, moment, said, write_json
from app.shapes.repositories import index_report_shape
from app.shapes.sources import source_shape
from app.wiring import Wiring
from configs.errors import SourceError
from knowledge.sources import Source
from ops.sources.timetable import parse_timetable


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises SourceError, UnknownSource, InputError."""
    with opened(store) as wiring:
        match command:
            case "add":
                return _add(wiring, as_json, options)
            case "refresh":
                source = wiring.connections.sources.get(options["name"])
                return _refresh(wiring, as_json, source, options["force"])
            case "remove":
                source = wiring.connections.sources.get(options["name"])
                progress = ProgressLine()
                wiring.connections.remove(source.id, say=progress.note)
                body = {"repository": source.repository, "removed": True}
                return said(
                    as_json,
                    body,
                    f"removed: {source.repository}, with its clone, its index, its webhooks and its schedule",
                )
            case _:
                return _list(wiring, as_json)


def _add(wiring: Wiring, as_json: bool, options: dict[str, Any]) -> int:
    later, schedule, url = options.pop("later"), options.pop("schedule"), options.pop("url")
    if schedule:
        parse_timetable(schedule)
    source = wiring.connections.sources.add(url, **options)
    if schedule:
        wiring.connections.schedules.set(source.repository, schedule)
    if later:
        return said(as_json, source_shape(source), f"registered: {source.repository} ({source.url})")
    try:
        return _refresh(wiring, as_json, source, force=False)
    except SourceError as error:
        if not error.retryable:  # what was asked for cannot be had: the name is free again
            wiring.connections.sources.remove(source.repository)
        raise


def _refresh(wiring: Wiring, as_json: bool, source: Source, force: bool) -> int:
    progress = ProgressLine()
    try:
        report = wiring.connections.refresh(source.id, force=force, progress=progress, say=progress.note)
    finally:
        progress.close()
    if as_json:
        write_json(index_report_shape(report))
    else:
        show_report(Screen(), report)
    return FOUND


def _list(wiring: Wiring, as_json: bool) -> int:
    found = wiring.connections.sources.all()
    if as_json:
        write_json({"sources": [source_shape(one) for one in found]})
        return FOUND if found else NONE
    screen = Screen()
    screen.table(
        [
            (
                (one.repository, "title"),
                (one.url, "path"),
                one.branch or one.fetched_branch,
                one.commit[:12] if one.present else "branch deleted",
                f"fetched {moment(one.fetched_at)}",
            )
            for one in found
        ]
    )
    screen.line((counted(len(found), "cloned repository", "cloned repositories"), "dim"))
    return FOUND if found else NONE
