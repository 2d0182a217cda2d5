"""`clew man`: the manual page, drawn in roff from the command line's own contract, so that it never tells of another version.

Imports click only, as `--help` does. Source: man(7), groff_char(7).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from app.errors import AMBIGUOUS, FOUND, INTERRUPTED, NONE, REFUSED, UNAVAILABLE, UNKNOWN, USAGE

EXITS = {
    FOUND: "found, or done",
    NONE: "none: looked everywhere, nothing there",
    USAGE: "the command or its input cannot be used",
    UNAVAILABLE: "a component is unavailable",
    REFUSED: "refused",
    AMBIGUOUS: "the name means several symbols; they are listed, or each is answered",
    UNKNOWN: "what was indexed cannot tell",
    INTERRUPTED: "interrupted; nothing is broken, the previous index answers",
}
ENVIRONMENT = {
    "CLEW_HOME": "Folder that holds the index and all else that is stored, where --store does not say.",
    "CLEW_CONFIG": "File of settings to take instead of any clew.yaml.",
    "CLEW_*": "Any other setting, nested names joined by two underscores: CLEW_MODEL__WRITER=extractive.",
    "NO_COLOR": "No colours, on terminals either.",
}
FILES = {"clew.yaml": "Settings, in the current folder or a parent, else in the user's configuration folder."}

_EXAMPLE = "\b\n"
"""How click marks a paragraph whose lines are kept as they are."""


def run(root: click.Group, version: str) -> int:
    """Show the page in `man` on a terminal that has it; else print its source."""
    page = "\n".join(drawn(root, version)) + "\n"
    reader = shutil.which("man") if sys.stdout.isatty() else None
    if reader is None:
        click.echo(page, nl=False)
        return FOUND
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clew.1")
        path.write_text(page, "utf-8")
        subprocess.run([reader, str(path)], check=False)
    return FOUND


def drawn(root: click.Group, version: str) -> Iterator[str]:
    """Yield the lines of the page: every command that is not hidden, with its arguments and options."""
    context = click.Context(root, info_name="clew")
    yield f'.TH CLEW 1 "" "{quoted(version)}" "User Commands"'
    yield from (".ad l", ".nh")
    summary, _, rest = (root.help or "").partition("\n\n")
    yield from (".SH NAME", f"clew \\- {quoted(_one_line(summary))}")
    yield from (".SH SYNOPSIS", f"\\fBclew\\fR {quoted(' '.join(root.collect_usage_pieces(context)))}")
    yield from (".SH DESCRIPTION", quoted(_one_line(summary)), *_paragraphs(rest))
    yield from (".SH OPTIONS", *_options(root, context))
    yield ".SH COMMANDS"
    yield from _commands(root, context)
    yield from (".SH EXIT STATUS", *_terms({str(code): text for code, text in EXITS.items()}))
    yield from (".SH ENVIRONMENT", *_terms(ENVIRONMENT))
    yield from (".SH FILES", *_terms(FILES))


def _commands(group: click.Group, above: click.Context) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        context = click.Context(command, info_name=name, parent=above)
        if command.hidden:
            continue
        usage = " ".join(command.collect_usage_pieces(context))
        yield from (f".SS {quoted(context.command_path)} {quoted(usage)}".rstrip(), *_paragraphs(command.help or ""))
        yield from _options(command, context)
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = (option.get_help_record(context) for option in command.get_params(context))
    yield from _terms(dict(record for record in records if record is not None and record[1]))


def _terms(terms: dict[str, str]) -> Iterator[str]:
    for term, meaning in terms.items():
        yield from (".TP", f"\\fB{quoted(term)}\\fR", quoted(_one_line(meaning)))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in filter(None, (part.strip("\n ") for part in text.split("\n\n"))):
        if paragraph.startswith(_EXAMPLE):
            yield from (".PP", ".nf", *map(quoted, paragraph.removeprefix(_EXAMPLE).split("\n")), ".fi")
        else:
            yield from (".PP", quoted(_one_line(paragraph)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def quoted(text: str) -> str:
    """Return text that roff shows as it is: no escapes, no requests, hyphens that can be copied."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("^", "\\(ha").replace("~", "\\(ti")
    )
    return re.sub(r"^(?=[.'])", "\\\\&", text)
