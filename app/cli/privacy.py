"""`clew privacy`: everything that is kept of one person, for them to read, or gone."""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress
from typing import Any

from app.cli.audit import confirm, progress_of, written
from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, json_line, write_json
from app.wiring import Wiring
from configs.errors import UnknownThread
from ops.ledger.ledger import Ledger
from ops.ledger.privacy import about, erase, told_of_export


def run(command: str, subject: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0, or 1 when nothing is kept of the person."""
    with opened(store) as wiring, closing(wiring.open_ledger()) as ledger:
        wiring.leftovers.bring(ledger.append)  # what waits on the disk is of people too
        if command == "export":
            return _export(ledger, subject, as_json, options["output"])
        return _erase(wiring, ledger, subject, as_json, options["yes"])


def _export(ledger: Ledger, subject: str, as_json: bool, output: str | None) -> int:
    count = 0
    with written(output) as file, progress_of("read") as told:
        for row in about(ledger, subject, told):
            file.write(json_line(row.to_json()))
            count += 1
    if count:
        told_of_export(ledger, subject, count)
    if output:
        if as_json:
            write_json({"subject": subject, "file": output, "events": count})
        else:
            Screen().line(f"{counted(count, 'event')} of {subject} written to ", (output, "path"))
    return FOUND if count else NONE


def _erase(wiring: Wiring, ledger: Ledger, subject: str, as_json: bool, yes: bool) -> int:
    known = ledger.keys.find(subject) is not None
    if known and not yes:
        confirm(f"Erase what {subject!r} asked and said, with their conversations? It cannot be undone.")
    with progress_of("read") as told:
        erasure = erase(ledger, subject, told)
    threads = 0
    for thread in erasure.threads if erasure else ():
        with suppress(UnknownThread):
            asyncio.run(wiring.conversations.delete(thread))
            threads += 1
    if as_json:
        row = {"subject": subject, "erased": erasure is not None}
        write_json({**row, "events": erasure.events if erasure else 0, "threads": threads})
    elif erasure is None:
        Screen().line(f"nothing is kept of {subject}")
    else:
        said = f"{counted(erasure.events, 'event')} of {subject} can no longer be read, {counted(threads, 'conversation')} deleted"
        Screen().line(said)
    return FOUND if erasure else NONE
