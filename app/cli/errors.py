"""`clew errors`: what solved an error, remembered, looked up, listed and erased."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.memory.known_errors import KnownErrors, Solved, short_revision
from agents.state import KnownErrorRow, SolutionRow
from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.people import user_name
from app.rendering.screen import Screen, counted, write_json
from app.wiring import Wiring
from configs.errors import InputError
from knowledge.lessons import Lesson
from knowledge.scope import EVERYTHING, Scope
from tools.frames import Located, locate
from tools.tracebacks import parse_traceback

LONGEST_FILE_BYTES = 2_000_000


def run(command: str, repo: str | None, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises InputError for what cannot be used."""
    with opened(store) as wiring:
        if not wiring.has_index and repo is None:  # nothing can have been learned
            if command == "list":
                return _empty(as_json)
            if command == "forget":
                raise _unknown(options["identity"])
        known = wiring.known_errors()
        match command:
            case "learn":
                return _learn(wiring, known, repo, as_json, options["file"], options["solution"], options["by"])
            case "find":
                return _find(wiring, known, wiring.scope(repo), as_json, options["file"])
            case "list":
                return _list(known, wiring.scope(repo), as_json)
            case _:
                return _forget(wiring, wiring.scope(repo), as_json, options["identity"])


def _learn(
    wiring: Wiring, known: KnownErrors, repo: str | None, as_json: bool, file: str, solution: str, by: str | None
) -> int:
    learned = known.learn(wiring.scope(repo), Solved(_text_of(file), solution, by or user_name(), time.time()))
    lesson = learned.lesson
    if as_json:
        write_json({**_shape(known, EVERYTHING, lesson), "merged": learned.merged})
    else:
        joined = "joined a known error" if learned.merged else "remembered"
        Screen().line(f"{lesson.group} in {lesson.repositories[0]}: {joined} ({lesson.id})")
    return FOUND


def _find(wiring: Wiring, known: KnownErrors, scope: Scope, as_json: bool, file: str) -> int:
    text = _text_of(file)
    traceback = parse_traceback(text)
    if traceback is None:
        raise InputError(
            "there is no traceback in this text", next_step="give what the program printed, with its frames"
        )
    located = locate(wiring.graph, scope, traceback)
    rows = known.find(scope, text)
    if as_json:
        write_json(
            {
                "exception": traceback.exception,
                "message": traceback.message,
                "places": [_place(one, at) for one in located for at in range(len(one.places))],
                "known_errors": rows,
            }
        )
    else:
        _show(Screen(), traceback.exception, located, rows)
    return FOUND if rows else NONE


def _list(known: KnownErrors, scope: Scope, as_json: bool) -> int:
    lessons = known.all(scope)
    if not lessons:
        return _empty(as_json)
    if as_json:
        write_json({"errors": [_shape(known, scope, lesson) for lesson in lessons]})
        return FOUND
    screen = Screen()
    rows = [(one, known.row(scope, one, "same")["solutions"][0]) for one in lessons]
    screen.table(
        [
            (
                one.id,
                _date(newest["at"]),
                (known.state(scope, one), "dim"),
                one.repositories[0],
                one.group,
                newest["text"].partition("\n")[0][:80],
            )
            for one, newest in rows
        ]
    )
    screen.line((counted(len(lessons), "error"), "dim"))
    return FOUND


def _empty(as_json: bool) -> int:
    if as_json:
        write_json({"errors": []})
    else:
        Screen().line("none: no solved error is remembered; `clew errors learn` keeps one")
    return NONE


def _forget(wiring: Wiring, scope: Scope, as_json: bool, identity: str) -> int:
    if not wiring.lessons.forget(scope, "solution", identity):
        raise _unknown(identity)
    if as_json:
        write_json({"forgotten": identity})
    else:
        Screen().line(f"{identity} is forgotten")
    return FOUND


def _unknown(identity: str) -> InputError:
    return InputError(
        f"no error {identity!r} is remembered", next_step="see `clew errors list`, with --repo for another repository"
    )


def _show(screen: Screen, exception: str, located: list[Located], rows: list[KnownErrorRow]) -> None:
    screen.line((exception, "title"))
    for one in located:
        screen.table(
            [
                ((f"{place.path}:{place.line}", "path"), place.id.partition("#")[2], (one.repository, "dim"))
                for place in one.places
            ]
        )
    if not located:
        screen.line("no frame lies in indexed code")
    for row in rows:
        screen.line()
        screen.line(("solved before" if row["match"] == "same" else "an error much like it was solved before", "title"))
        for solution in row["solutions"]:
            screen.line(("  " + _provenance(solution), "dim"))
            for line in solution["text"].split("\n"):
                screen.line("  ", line)
    if not rows:
        screen.line()
        screen.line("no solution is remembered")


def _provenance(solution: SolutionRow) -> str:
    stale = f", stale: {', '.join(solution['changed'][:3])} changed since" if solution["changed"] else ""
    return f"{solution['by']}, {_date(solution['at'])}, at revision {short_revision(solution['revision'])}{stale}"


def _shape(known: KnownErrors, scope: Scope, lesson: Lesson) -> dict[str, Any]:
    row: dict[str, Any] = dict(known.row(scope, lesson, "same"))
    del row["match"]
    return {**row, "state": known.state(scope, lesson)}


def _place(located: Located, at: int) -> dict[str, Any]:
    place = located.places[at]
    return {"repository": located.repository, "symbol": place.id, "path": place.path, "line": place.line}


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _text_of(file: str) -> str:
    if file == "-":
        return sys.stdin.read(LONGEST_FILE_BYTES)
    try:
        with Path(file).expanduser().open("rb") as content:
            return content.read(LONGEST_FILE_BYTES).decode("utf-8", "replace")
    except OSError as exc:
        raise InputError(
            f"{file!r} cannot be read: {exc.strerror}", next_step="name a file, or - for standard input"
        ) from exc
