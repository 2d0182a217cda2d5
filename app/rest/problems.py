"""Errors as they leave: problem details (RFC 9457) under `/api/`, OpenAI's shape elsewhere. One refusal, told in the shape of its route."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from app.errors import http_status
from app.rest.replies import Body, PlainJSON, error_of
from configs.errors import ClewError, RateLimited, Unauthenticated

API = "/api/"
WITH_PROBLEMS = (API, "/hooks/")
"""Beginnings of paths whose errors are problem details."""
MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:clew:problem:"

_TITLES = {
    400: "The request cannot be used",
    401: "Who asks is not known",
    403: "Refused",
    404: "Not found",
    405: "Not with this method",
    408: "The request came too slowly",
    409: "It conflicts with what is there",
    410: "It is gone",
    413: "The request is too large",
    415: "The body is of the wrong kind",
    422: "The request contradicts itself or what is there",
    429: "Too much at once",
    499: "The client went away",
    500: "A fault of Clew's own",
    502: "A model's host failed",
    503: "Not available at the moment",
    504: "It took too long",
    507: "No space is left",
}


class Refusal(Response):
    """An error reply; its shape is chosen by the path that it answers.

    fields: what was wrong where, `{field, message}`. more: further members of the problem, such as the id of what stands in the way.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        next_step: str = "",
        *,
        retryable: bool = False,
        fields: list[dict[str, str]] | None = None,
        more: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=status)
        self.code, self.message, self.next_step, self.retryable = code, message, next_step, retryable
        self._fields, self._more, self._further = fields, more or {}, headers or {}

    def shaped(self, scope: Scope) -> JSONResponse:
        """Return the reply in the shape of the route."""
        if not scope["path"].startswith(WITH_PROBLEMS):
            body = error_of(self.status_code, self.code, self.message, self.next_step, retryable=self.retryable)
            return PlainJSON(body, status_code=self.status_code, headers=self._further)
        problem = self.problem(scope.get("state", {}).get("request_id", ""))
        return PlainJSON(problem, status_code=self.status_code, media_type=MEDIA_TYPE, headers=self._further)

    def problem(self, request_id: str) -> Body:
        """Return the problem details."""
        problem: Body = {
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": _TITLES.get(self.status_code, "An error"),
            "status": self.status_code,
            "detail": self.message,
            "code": self.code,
            "next_step": self.next_step,
            "retryable": self.retryable,
            "request_id": request_id,
        }
        if self._fields is not None:
            problem["errors"] = self._fields
        return {**problem, **self._more}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.shaped(scope)(scope, receive, send)


def refusal(status: int, code: str, message: str, next_step: str = "", **options: Any) -> Refusal:
    return Refusal(status, code, message, next_step, **options)


def refusal_of(error: ClewError, **more: Any) -> Refusal:
    """Return the reply to one of Clew's own errors; `more`: further members of the problem."""
    return Refusal(
        http_status(error),
        error.code,
        error.message,
        error.next_step,
        retryable=error.retryable,
        more=more,
        headers=headers_of(error),
    )


def headers_of(error: ClewError) -> dict[str, str]:
    """Return the headers that tell a client what to do: when to come back, how to say who it is."""
    if isinstance(error, RateLimited):
        return {"Retry-After": str(math.ceil(error.retry_after_s))}
    return {"WWW-Authenticate": 'Bearer realm="clew"'} if isinstance(error, Unauthenticated) else {}
