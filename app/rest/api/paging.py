"""Pages of a list by cursor. A cursor is opaque to clients: it holds where the next page begins and what it is a page of.

It is bound to the question (route and parameters) and, where rows come from the index, to the index's generation: rows would be left out
or come twice if a page of another state were put behind it. It is no secret and grants nothing: every page is read under the request's scope.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Query
from starlette.requests import Request

from configs.errors import BadCursor, CursorExpired

LONGEST_CURSOR = 400
_NOT_THE_QUESTION = frozenset({"cursor", "limit"})

T = TypeVar("T")

Limit: TypeAlias = Annotated[int, Query(ge=1, le=1_000, description="Rows of a page at most.")]
Cursor: TypeAlias = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before; leave it out for the first page."),
]


@dataclass(frozen=True, slots=True)
class Paging:
    """One request for a page. state: what the rows rest on, empty where they are in an order that lasts."""

    question: str
    state: str
    start: Any
    limit: int

    def cursor(self, start: Any) -> str:
        """Return the cursor of the page that begins at `start`."""
        packed = json.dumps([self.question, self.state, start], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @property
    def offset(self) -> int:
        """The place of the first row, where rows are counted."""
        return int(self.start or 0)

    def cut(self, rows: Sequence[T]) -> tuple[list[T], str | None]:
        """Return the rows of this page of all rows from the first one, and the cursor of the next page, if any of it was given."""
        end = self.offset + self.limit
        return list(rows[self.offset : end]), self.cursor(end) if len(rows) > end else None


def paging_of(request: Request, cursor: str | None, limit: int, state: str = "") -> Paging:
    """Return what a request asks for.

    Raises:
        BadCursor: it was given for another question, or is none.
        CursorExpired: the state has changed since it was given.
    """
    question = _question_of(request)
    if cursor is None:
        return Paging(question, state, None, limit)
    asked, given, start = _unpacked(cursor)
    if asked != question:
        raise BadCursor(
            "the cursor is of another question", next_step="leave `cursor` out to begin with the first page"
        )
    if given != state:
        raise CursorExpired("the index has changed since that page", next_step="leave `cursor` out to begin anew")
    return Paging(question, state, start, limit)


def _question_of(request: Request) -> str:
    asked = sorted((key, value) for key, value in request.query_params.multi_items() if key not in _NOT_THE_QUESTION)
    return hashlib.sha256(json.dumps([request.url.path, asked]).encode("utf-8", "replace")).hexdigest()[:12]


def _unpacked(cursor: str) -> tuple[str, str, Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        question, state, start = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError) as exc:
        raise BadCursor(
            "the cursor cannot be read", next_step="leave `cursor` out to begin with the first page"
        ) from exc
    if not isinstance(question, str) or not isinstance(state, str) or not _begins(start):
        raise BadCursor("the cursor cannot be read", next_step="leave `cursor` out to begin with the first page")
    return question, state, start


def _begins(start: Any) -> bool:
    """Tell whether a page may begin there: a count of rows, or the key of the last row of the page before."""
    if isinstance(start, list):
        return all(isinstance(part, str | int | float) and not isinstance(part, bool) for part in start)
    return isinstance(start, int) and not isinstance(start, bool) and 0 <= start <= 1_000_000
