"""`clew forget NAME`: deletes one repository from every store."""

from __future__ import annotations

import sys

import click

from app.cli.composition import opened
from app.errors import FOUND
from app.rendering.screen import Screen, is_terminal, write_json
from configs.errors import InputError
from guardrails.visible import shown


def run(name: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Return 0 when it is gone. Raises UnknownRepository when it was not there, InputError without a yes."""
    with opened(store) as wiring:
        info = wiring.repository(name)
        if not yes:
            _confirm(f"Forget {info.name!r} ({info.file_count:,} files, root {info.root}), and all conversations?")
        wiring.indexing.forget(name, say=lambda text: print(shown(text), file=sys.stderr))
        if as_json:
            write_json({"forgotten": name})
        else:
            Screen().line(f"{name} is forgotten; its source files are untouched")
    return FOUND


def _confirm(question: str) -> None:
    if not is_terminal(sys.stdin):
        raise InputError("forgetting needs a yes", next_step="add --yes when no one is there to answer")
    click.confirm(question, abort=True, err=True)
