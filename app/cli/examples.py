"""`clew examples`: answers of a model that a person accepted, as examples for later ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from agents.memory.examples import Examples
from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.people import user_name
from app.rendering.screen import Screen, counted, write_json
from configs.errors import InputError
from knowledge.lessons import Lesson
from knowledge.scope import Scope


def run(command: str, repo: str | None, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 when something was found or done, else 1. Raises InputError for a run that cannot be used."""
    with opened(store) as wiring:
        if not wiring.has_index and repo is None:  # no answer was ever given
            if command == "list":
                return _empty(as_json)
            raise _unknown(options["identity"])
        examples, scope = wiring.examples(), wiring.scope(repo)
        match command:
            case "accept":
                return _accept(examples, scope, as_json, options["identity"], options["by"] or user_name())
            case "list":
                return _list(examples, scope, as_json)
            case _:
                return _forget(examples, scope, as_json, options["identity"])


def _accept(examples: Examples, scope: Scope, as_json: bool, identity: str, by: str) -> int:
    example = examples.accept(scope, identity, by=by, at=time.time())
    if as_json:
        write_json(_shape(example))
    else:
        Screen().line(
            f"accepted: {example.payload['question'][:100]!r} is an example for questions of its kind ({example.id[:12]})"
        )
    return FOUND


def _list(examples: Examples, scope: Scope, as_json: bool) -> int:
    known = examples.all(scope)
    if not known:
        return _empty(as_json)
    if as_json:
        write_json({"examples": [_shape(one) for one in known]})
        return FOUND
    screen = Screen()
    screen.table(
        [
            (
                one.id[:12],
                datetime.fromtimestamp(one.taught_at, UTC).date().isoformat(),
                (one.group, "dim"),
                ", ".join(one.repositories),
                one.payload["question"].replace("\n", " ")[:100],
            )
            for one in known
        ]
    )
    screen.line((counted(len(known), "example"), "dim"))
    return FOUND


def _empty(as_json: bool) -> int:
    if as_json:
        write_json({"examples": []})
    else:
        Screen().line("none: no answer was accepted as an example; `clew examples accept` keeps one")
    return NONE


def _forget(examples: Examples, scope: Scope, as_json: bool, identity: str) -> int:
    if not examples.reject(scope, identity):
        raise _unknown(identity)
    if as_json:
        write_json({"forgotten": identity})
    else:
        Screen().line(f"{identity} is forgotten")
    return FOUND


def _unknown(identity: str) -> InputError:
    return InputError(f"no run {identity!r} is kept", next_step="see `clew examples list --json`")


def _shape(example: Lesson) -> dict[str, Any]:
    kept = {key: example.payload[key] for key in ("question", "answer", "by")}
    return {
        "run_id": example.id,
        "intent": example.group,
        "repositories": example.repositories,
        "at": example.taught_at,
        **kept,
    }
