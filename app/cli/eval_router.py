"""`clew eval train-router`: learns from outcomes how likely each class of model answers rightly, and says how well that holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.writing.router import Seen
from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, write_json
from app.router_training import FEWEST, FEWEST_OF_A_SIDE, Case, Learned, learn
from configs.errors import InputError


def run(outcomes: str | None, as_json: bool, store: str | None) -> int:
    """Return 0 once weights were learned for some class, 1 when there are too few outcomes for any."""
    if outcomes is not None:
        cases = read_cases(Path(outcomes))
    else:
        with opened(store) as wiring:
            cases = [Case(_seen(record.seen), record.choice, record.right) for record in wiring.outcomes.all()]
    learned = learn(cases)
    if as_json:
        write_json(asdict(learned))
    else:
        _show(Screen(), learned)
    return FOUND if learned.weights else NONE


def read_cases(path: Path) -> list[Case]:
    """Return the outcomes of a file: JSON lines with `choice`, `right` and the fields of `agents.writing.router.Seen`.

    Raises:
        InputError: the file cannot be read, or a line is not such an outcome.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{str(path)!r} cannot be read: {exc}", next_step="name a file of JSON lines") from exc
    cases = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            cases.append(Case(_seen(row), str(row["choice"]), bool(row["right"])))
        except (ValueError, KeyError, TypeError) as exc:
            raise InputError(
                f"line {number} of {str(path)!r} is no outcome: {exc!r}", next_step="see docs/budgets.md for the fields"
            ) from exc
    return cases


def _seen(row: Mapping[str, Any]) -> Seen:
    return Seen(**{name: row[name] for name in Seen.__slots__})


def _show(screen: Screen, learned: Learned) -> None:
    for choice, count in learned.cases.items():
        held = (
            f"mean square error {learned.brier[choice]:.3f}, off by {learned.gap[choice]:.3f} on average, on outcomes left out"
            if choice in learned.weights
            else f"too few or too one-sided: at least {FEWEST} are needed, {FEWEST_OF_A_SIDE} of them right and as many wrong"
        )
        screen.line(f"{choice}: {counted(count, 'outcome')}; {held}")
    if not learned.cases:
        screen.line("there are no outcomes yet: they are kept when a model answers")
    if learned.weights:
        screen.line("put these under `router: weights:` of a release:")
        for choice, weights in learned.weights.items():
            screen.line(f"    {choice}: {json.dumps(weights)}")
