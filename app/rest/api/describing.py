"""What every route of the description says in the same way: its reply, and the problems that it may answer with."""

from __future__ import annotations

from typing import Any

from app.rest.api.bodies import Problem
from app.rest.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "The request cannot be used; `errors` names the parts.",
    401: "Not signed by who knows the secret.",
    403: "Refused on purpose.",
    404: "What is asked for is not there, or not granted.",
    409: "It conflicts with what is there.",
    410: "What the cursor or the event belongs to has changed or is gone.",
    422: "It cannot be done as it is asked for, or the same `Idempotency-Key` came with another request.",
    429: "A budget or a rate is used up.",
    503: "A store or a model cannot be had at the moment.",
}


def replies(
    model: Any, *problems: int, status: int = 200, said: str = "What was asked for.", cached: bool = False
) -> Responses:
    """Return what a route may answer. cached: also `304` to a client that has it already."""
    found: Responses = {status: {"model": model, "description": said}}
    if cached:
        found[304] = {"description": "The client has it already (`If-None-Match`)."}
    for code in sorted({400, 403, 503, *problems}):
        found[code] = _problem(_PROBLEMS[code])
    found["default"] = _problem("Any other error.")
    return found


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
