"""`clew feedback RUN`: what somebody thinks of an answer, or of one claim of it."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from app.cli.composition import opened
from app.errors import FOUND
from app.people import user_name
from app.rendering.screen import Screen, write_json
from configs.errors import InputError
from ops.ledger.feedback import Judgement


def run(run_id: str, as_json: bool, store: str | None, **options: Any) -> int:
    """Return 0 once it is safely stored. Raises InputError for an unknown run, or when nothing is said."""
    said = judgements(run_id, **options)
    with opened(store) as wiring, closing(wiring.open_usage()) as usage:
        kept = [usage.give_feedback(one, user=user_name(), door="cli") for one in said]
    if as_json:
        write_json({"run_id": run_id, "kept": [{"stream": one.stream, "number": one.number} for one in kept]})
    else:
        Screen().line("thank you: kept in the Ledger")
    return FOUND


def judgements(
    run_id: str, *, up: bool, down: bool, rating: int | None, correction: str | None, claim: int | None
) -> list[Judgement]:
    """Return what the options say, one judgement each."""
    if up and down:
        raise InputError("--up and --down say opposite things", next_step="give one of them")
    said = []
    if up or down:
        said.append(Judgement(run_id, "thumb", value=1.0 if up else -1.0, claim=claim))
    if rating is not None:
        said.append(Judgement(run_id, "rating", value=float(rating), claim=claim))
    if correction is not None:
        said.append(Judgement(run_id, "correction", correction=correction, claim=claim))
    if not said:
        raise InputError("nothing is said", next_step="add --up, --down, --rating N or --correction TEXT")
    return said
