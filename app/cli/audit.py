"""`clew audit`: whether the Ledger holds, what is in it, a copy of it, its anchor, and its retention."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from app.cli.composition import opened
from app.cli.progress import ProgressLine
from app.errors import FOUND, NONE, REFUSED
from app.rendering.screen import Screen, counted, is_terminal, json_line, write_json
from app.retention import take_out
from app.wiring import Wiring
from configs.errors import InputError
from knowledge.ledger import Entry
from ops.ledger.anchors import anchor_of, write_anchor
from ops.ledger.events import STREAMS, Exported
from ops.ledger.ledger import Ledger, Opened
from ops.ledger.reports import latest, verified
from ops.ledger.verifying import Report

_LINES = 3
"""Places that a row on the screen names."""


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0; 1 where nothing was found, 4 where a chain is broken."""
    with opened(store) as wiring, closing(wiring.open_ledger()) as ledger:
        match command:
            case "verify":
                return _verify(wiring, ledger, as_json, options["anchors"])
            case "show":
                return _show(ledger, as_json, options)
            case "export":
                return _export(ledger, as_json, options["stream"], options["output"])
            case "anchor":
                return _anchor(wiring, ledger, as_json, options["to"])
            case _:
                return _prune(wiring, ledger, as_json, options)


def _verify(wiring: Wiring, ledger: Ledger, as_json: bool, files: tuple[str, ...]) -> int:
    began = time.perf_counter()
    with progress_of("verify") as told:
        report = wiring.verify_ledger(ledger, [Path(file) for file in files], told)
    seconds = time.perf_counter() - began
    sound = not report.broken and not report.ignored
    if as_json:
        write_json({**verified(report), "seconds": round(seconds, 3)})
    else:
        _show_report(Screen(), report, seconds)
    return FOUND if sound else REFUSED


def _show_report(screen: Screen, report: Report, seconds: float) -> None:
    for one in report.streams:
        pruned = f", {counted(one.pruned, 'event')} pruned before" if one.pruned else ""
        said = f"{one.stream}: {counted(one.events, 'event')} {'holds' if one.events == 1 else 'hold'}{pruned}"
        if one.broken is None:
            screen.line((said, "good"))
        else:
            screen.line(
                (f"{said}; broken at event {one.broken.number:,}, {one.broken.kind}: {one.broken.message}", "bad")
            )
    for why in report.ignored:
        screen.line((f"not trusted: {why}", "bad"))
    if not report.anchored:
        screen.line(("no anchor was compared: a tail that was cut off would not show", "warn"))
    for source in report.anchored:
        screen.line(
            (f"agrees with the anchor {source}" if not report.broken else f"compared with the anchor {source}", "dim")
        )
    screen.line((f"{counted(report.events, 'event')} in {seconds:.2f} s", "dim"))


def _show(ledger: Ledger, as_json: bool, options: dict[str, Any]) -> int:
    """Show the latest events, oldest first."""
    streams = [options["stream"]] if options["stream"] else list(STREAMS)
    limit: int = options["limit"]
    kind, run_id, user = (options[name] or "" for name in ("kind", "run", "user"))
    found = [row for stream in streams for row in latest(ledger, stream, limit, kind=kind, run=run_id, user=user)]
    found.sort(key=lambda row: (row.entry.at_us, row.entry.stream, row.entry.number))
    rows = found[-limit:]
    if as_json:
        write_json({"events": [row.to_json() for row in rows]})
    else:
        screen = Screen()
        screen.table([_told(row) for row in rows])
        screen.line((counted(len(rows), "event"), "dim"))
    return FOUND if rows else NONE


def _told(row: Opened) -> tuple[Any, ...]:
    entry = row.entry
    at = datetime.fromtimestamp(entry.at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = row.user or ("(erased)" if entry.subject else "")
    said = {**row.fields, **(row.words or {})}
    if lines := said.pop("lines", None):
        shown = ", ".join(f"{path}:{first}" for _, path, first, *_ in lines[:_LINES])
        said["lines"] = shown + (f" and {len(lines) - _LINES} more" if len(lines) > _LINES else "")
    words = ", ".join(f"{name} {value}" for name, value in said.items() if value not in ("", None, [], {}))
    return (at, "dim"), f"{entry.stream} {entry.number:,}", (entry.kind, "title"), who, " ".join(words.split())


def _export(ledger: Ledger, as_json: bool, stream: str | None, output: str | None) -> int:
    streams = [stream] if stream else list(STREAMS)
    count = 0
    with written(output) as file, progress_of("export") as told:
        for count, entry in enumerate(ledger.entries(streams), 1):
            file.write(json_line(exported(entry)))
            if count % 5_000 == 0:
                told(count)
    ledger.append([Exported(what=",".join(streams), count=count)])
    if output:
        if as_json:
            write_json({"file": output, "events": count, "streams": streams})
        else:
            Screen().line(f"{counted(count, 'event')} written to ", (output, "path"))
    return FOUND if count else NONE


def exported(entry: Entry) -> dict[str, Any]:
    """Return the documented shape of an exported event: all that its digest is made of, so that anybody can check it."""
    return {
        "stream": entry.stream, "number": entry.number, "kind": entry.kind, "at_us": entry.at_us, "subject": entry.subject,
        "body": entry.body.decode("utf-8", "replace"), "sealed": base64.b64encode(entry.sealed).decode(),
        "digest": entry.digest.hex(),
    }  # fmt: skip


def _anchor(wiring: Wiring, ledger: Ledger, as_json: bool, to: str | None) -> int:
    file = Path(to) if to else wiring.anchor_file
    anchor = anchor_of(ledger.heads(), ledger.now_us(), wiring.ledger_signer(ledger))
    write_anchor(anchor, file)
    if as_json:
        write_json({"file": str(file), **anchor.to_json()})
    else:
        Screen().line("the heads of ", counted(len(anchor.heads), "stream"), " are written to ", (str(file), "path"))
    return FOUND


def _prune(wiring: Wiring, ledger: Ledger, as_json: bool, options: dict[str, Any]) -> int:
    days = options["older_than"] or wiring.settings.ledger.keep_days
    if not days:
        raise InputError(
            "nothing says how old events may become", next_step="add --older-than DAYS, or set ledger.keep_days"
        )
    streams = [options["stream"]] if options["stream"] else list(STREAMS)
    due = take_out(wiring, ledger, days, streams, dry=True)
    count = sum(one.count for one in due)
    dry = options["dry_run"]
    if count and not dry:
        if not options["yes"]:
            confirm(f"Take {counted(count, 'event')} older than {counted(days, 'day')} out of the Ledger?")
        with progress_of("verify") as told:
            due = take_out(wiring, ledger, days, streams, progress=told)
    if as_json:
        rows = [{"stream": one.stream, "count": one.count, "upto": one.upto} for one in due]
        write_json({"older_than_days": days, "dry_run": dry, "pruned": rows})
    else:
        verb = "would go" if dry else "are gone"
        Screen().line(f"{counted(sum(one.count for one in due), 'event')} {verb}")
    return FOUND if count else NONE


def confirm(question: str) -> None:
    if not is_terminal(sys.stdin):
        raise InputError("this needs a yes", next_step="add --yes when no one is there to answer")
    click.confirm(question, abort=True, err=True)


@contextmanager
def progress_of(stage: str) -> Iterator[Callable[[int], None]]:
    """Lend what hears how many events are done."""
    line = ProgressLine()
    try:
        yield lambda done: line(stage, done, 0)
    finally:
        line.close()


@contextmanager
def written(output: str | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    try:
        with Path(output).open("x", encoding="utf-8") as file:
            yield file
    except OSError as exc:
        raise InputError(f"{output!r} cannot be written: {exc.strerror}", next_step="name a new file") from exc
