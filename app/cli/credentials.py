"""`clew credentials`: what opens repositories. A secret is asked for, or read from a file or stdin, and shown by nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, moment, said, write_json
from app.shapes.sources import credential_shape
from configs.errors import InputError
from ops.sources.credentials import LONGEST_KEY


def run(command: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises UnknownSource, InputError, SourceRefused."""
    name = options.get("name", "")
    with opened(store) as wiring:
        kept = wiring.connections.credentials
        match command:
            case "add":
                how = {key: options[key] for key in ("kind", "host", "username")}
                made = kept.add(name, **how, secret=_secret(options["file"]))
                return said(as_json, credential_shape(made), f"kept: {name}, for {made.host}")
            case "rotate":
                kept.get(name)
                made = kept.rotate(name, _secret(options["file"]))
                return said(as_json, credential_shape(made), f"rotated: {name}")
            case "remove":
                kept.remove(name)
                return said(as_json, {"name": name, "removed": True}, f"removed: {name}")
        found = kept.all()
        if as_json:
            write_json({"credentials": [credential_shape(one) for one in found]})
            return FOUND if found else NONE
        screen = Screen()
        screen.table(
            [
                (
                    (one.name, "title"),
                    one.kind,
                    one.host,
                    one.username,
                    f"since {moment(one.rotated_at or one.created_at)}",
                )
                for one in found
            ]
        )
        screen.line((counted(len(found), "credential"), "dim"))
        return FOUND if found else NONE


def _secret(file: str | None) -> str:
    """Return what the person gives: from a file, typed unseen, or from a program. Raises InputError."""
    if file is not None:
        try:
            return Path(file).expanduser().read_text("utf-8")[: LONGEST_KEY + 1]
        except (OSError, UnicodeDecodeError) as exc:
            raise InputError(f"{file!r} cannot be read", next_step="name a file of text") from exc
    if sys.stdin.isatty():
        return str(click.prompt("secret", hide_input=True, err=True))
    return sys.stdin.read(LONGEST_KEY + 1)
