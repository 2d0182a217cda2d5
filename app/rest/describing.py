"""The description of all routes (OpenAPI 3.1), whole: what FastAPI cannot know of errors, keys and topics is put in."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.rest.api.bodies import Problem
from app.rest.problems import API, WITH_PROBLEMS
from app.rest.repeats import HEADER

TITLE = "Clew"
SUMMARY = "Questions about a company's code, answered with the lines that prove each answer."
DESCRIPTION = """\
`/api/v1` is Clew's own interface: errors are problem details (RFC 9457) with a stable `code` and a `next_step`, lists come in pages by cursor,
reads carry an `ETag`, and every reply an `X-Request-Id`. `/v1` speaks OpenAI's protocol for clients that know it. See docs/api.md and docs/rest.md."""
TOPICS = {
    "chat": "Questions in plain words, answered whole or as typed events.",
    "jobs": "Index runs: started, followed, cancelled, repeated.",
    "search": "Where is it.",
    "symbols": "Definitions, who calls them, what they call, what is near them.",
    "structure": "What a change breaks, and how one symbol leads to another.",
    "connections": "Repositories elsewhere: cloned, opened with credentials, kept up to date by webhooks and schedules.",
    "hooks": "For git hosts.",
    "repositories": "What is indexed, and its files as they were indexed.",
    "threads": "Conversations.",
    "feedback": "What people say of answers.",
    "administration": "For administrators: who may ask, with which keys, budgets, settings.",
    "operation": "For who runs it: usage, and the record of what happened.",
    "openai": "The protocol of OpenAI's chat, for clients that know it.",
    "health": "For load balancers and supervisors.",
}
_OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code", "next_step", "retryable"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
                "next_step": {"type": "string"},
                "retryable": {"type": "boolean"},
            },
        }
    },
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A random key: the same request with the same key gets the same reply, and is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def operation_name(route: APIRoute) -> str:
    """Return the id of an operation: topic and name, such as `jobs_start`."""
    return f"{route.tags[0] if route.tags else 'other'}_{route.name}"


def described(app: FastAPI) -> dict[str, Any]:
    """Return the description of the application."""
    found = get_openapi(
        title=TITLE,
        version=version("clew"),
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": said} for name, said in TOPICS.items()],
    )
    schemas: dict[str, Any] = found["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"], schemas["Error"] = problem, _OPENAI_ERROR
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(WITH_PROBLEMS):
                _say_openai_errors(operation)
            elif method == "post" and path.startswith(API):
                operation.setdefault("parameters", []).append(_KEY)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def _say_openai_errors(operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    operation["responses"]["default"] = {"description": "An error.", "content": content}
