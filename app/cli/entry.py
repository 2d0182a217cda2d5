"""Runs one command line from its arguments to its exit code, and says every failure in one way.

Imports nothing heavier than click, so that `clew --help` and shell completion are instant.
"""

from __future__ import annotations

import io
import json
import sys
import traceback
from collections.abc import Sequence

import click

from app.cli.contract import clew
from app.cli.pipes import ReaderGone, watched_streams
from app.errors import INTERRUPTED, UNAVAILABLE, USAGE, error_body, exit_code
from configs.errors import ClewError
from guardrails.visible import escaped, shown

INTERRUPTED_NOTE = "interrupted: nothing was left half done"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `clew` with `arguments` (the process's own by default) and return the exit code. Never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    _speak_unicode()
    try:
        with watched_streams():
            return _run(given, as_json)
    except ReaderGone:
        return 0


def _run(given: list[str], as_json: bool) -> int:
    try:
        result = clew.main(args=given, prog_name="clew", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except ClewError as error:
        _report(error_body(error), as_json)
        return exit_code(error)
    except click.ClickException as error:
        _report(_usage_body(error), as_json)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        _say(INTERRUPTED_NOTE)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the seam where a fault becomes an exit code
        # A fault of Clew itself: Python's own exit code 1 would read as "none found".
        _say(_masked(traceback.format_exc().rstrip()))
        _report(_fault_body(error), as_json)
        return UNAVAILABLE


def _speak_unicode() -> None:
    """Keep Unicode whatever the console's encoding: paths and code are shown as they are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _usage_body(error: click.ClickException) -> dict[str, object]:
    context = getattr(error, "ctx", None)
    where = f"{context.command_path} --help" if context else "clew --help"
    body = {"code": "usage", "message": error.format_message(), "next_step": f"see {where}", "retryable": False}
    return {"error": body}


def _fault_body(error: Exception) -> dict[str, object]:
    message = _masked(f"Clew met a fault of its own: {type(error).__name__}: {error}")
    step = "run `clew doctor`; if all is well there, report the lines above"
    return {"error": {"code": "internal", "message": message, "next_step": step, "retryable": False}}


def _masked(text: str) -> str:
    from guardrails.logs import masked  # start-up time: a fault is rare

    return masked(text)


def _report(body: dict[str, object], as_json: bool) -> None:
    """Print an error as JSON on stdout, or as `error:` and `next:` lines on stderr."""
    if as_json:
        print(escaped(json.dumps(body, ensure_ascii=False, indent=2)), flush=True)
        return
    error = body["error"]
    assert isinstance(error, dict)
    _say(f"error: {error['message']}")
    if error["next_step"]:
        _say(f"next: {error['next_step']}")


def _say(line: str) -> None:
    print(shown(line), file=sys.stderr, flush=True)
