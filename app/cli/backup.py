"""`clew backup`, `clew restore` and `clew uninstall`: a copy of the whole store, brought back, or everything gone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.backups import back_up, bring_back, checked, read_backup, remove_store
from app.cli.audit import confirm
from app.cli.progress import ProgressLine
from app.errors import FOUND
from app.rendering.screen import Screen, counted, write_json
from configs.settings import load_settings
from guardrails.visible import shown


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0. Raises InputError without a yes, StoreBusy while a process uses the store."""
    settings = load_settings({"home": store})
    with _progress() as told:
        waits: dict[str, Any] = {"timeout_s": settings.index.lock_timeout_s, "say": _say}
        match command:
            case "backup":
                made = back_up(
                    settings.home, Path(options["folder"]), keys=not options["without_keys"], told=told, **waits
                )
                body: dict[str, Any] = {
                    "folder": options["folder"], "files": len(made.files), "bytes": made.total_bytes,
                    "left_out": list(made.left_out),
                }  # fmt: skip
                said = f"{counted(len(made.files), 'file')}, {made.total_bytes:,} bytes copied to {options['folder']}"
                notes = list(made.left_out)
            case "restore":
                folder = Path(options["folder"])
                backup = read_backup(folder)
                if not options["yes"]:
                    checked(folder, backup, told)
                    confirm(f"Put the backup of {counted(len(backup.files), 'file')} in the place of {settings.home}?")
                _, before = bring_back(folder, settings.home, told=told, **waits)
                body = {
                    "store": str(settings.home), "files": len(backup.files), "before": str(before) if before else None,
                    "left_out": list(backup.left_out),
                }  # fmt: skip
                said = f"{counted(len(backup.files), 'file')} brought back to {settings.home}"
                notes = [*backup.left_out, *([f"what was there is in {before}"] if before else [])]
            case _:
                if not options["yes"]:
                    confirm(f"Delete everything that Clew keeps in {settings.home}? Sources stay as they are.")
                gone = remove_store(settings.home, **waits)
                body = {"store": str(settings.home), "files": gone}
                said = f"{counted(gone, 'file')} deleted from {settings.home}"
                notes = ["to remove the program itself: delete its environment, or `pip uninstall clew`"]
    if as_json:
        write_json(body)
    else:
        screen = Screen()
        screen.line(said)
        for note in notes:
            screen.line((note, "dim"))
    return FOUND


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    line = ProgressLine()
    try:
        yield line
    finally:
        line.close()


def _say(text: str) -> None:
    print(shown(text), file=sys.stderr)
