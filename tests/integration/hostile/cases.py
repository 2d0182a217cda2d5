"""One bad request, what may come back, and what must hold of every reply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, unquote

from tests.integration.processes import ROOT

Who = Literal["reader", "operator", "nobody"]
HIDDEN_WORD = "zqxhidden"
"""Stands in every kind of text of a repository that nobody here is granted."""

LEAKS = re.compile(
    rf"Traceback|File \"|\.py\", line|site-packages|sqlite3?\.|neo4j\.exceptions|psycopg|uvicorn|starlette|"
    rf"{re.escape(str(ROOT))}/|root:x:0|BEGIN (RSA |EC )?PRIVATE|hidden-store|outside-secret",
    re.I,
)
"""What says how the server is built, where it lies, or what a file of the machine holds."""


@dataclass(frozen=True, slots=True)
class Case:
    """target: as it stands in the request line. codes: none means any documented one; answered: 200 is right too, for words that mean nothing."""

    id: str
    target: str
    statuses: frozenset[int]
    method: str = "GET"
    headers: tuple[tuple[str, str | bytes], ...] = ()
    body: bytes = b""
    who: Who = "reader"
    codes: frozenset[str] = frozenset()
    raw: bytes = b""
    """All that is sent, where the request itself is malformed; the rest is not looked at then."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came over the socket. status 0: the connection was closed without one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


def get(name: str, target: str, *statuses: int, **more: Any) -> Case:
    return Case(name, target, frozenset(statuses or {400}), **_sets(more))


def post(name: str, target: str, body: Any, *statuses: int, **more: Any) -> Case:
    """Return a POST of JSON; bytes are sent as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = more.pop("headers", (("content-type", "application/json"),))
    method = more.pop("method", "POST")
    return Case(name, target, frozenset(statuses or {400}), method, headers, content, **_sets(more))


def raw(name: str, sent: bytes, *statuses: int, **more: Any) -> Case:
    return Case(name, "", frozenset(statuses or {400}), raw=sent, **_sets(more))


def _sets(more: dict[str, Any]) -> dict[str, Any]:
    codes = more.pop("codes", ())
    return {**more, "codes": frozenset({codes} if isinstance(codes, str) else codes)}


def escaped(text: str) -> str:
    """Return text as it may stand in a path or a query; lone surrogates as the bytes that they would be."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def documented_codes() -> frozenset[str]:
    return frozenset(re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "errors.md").read_text("utf-8"), re.M))


def faults(case: Case, reply: Reply, secret: Iterable[str]) -> list[str]:
    """Return what is wrong with a reply: none is a fault of the server's, tells too much, or leaves its reader without a next step."""
    found = []
    if reply.status not in case.statuses:
        found.append(f"status {reply.status}, not {sorted(case.statuses)}: {reply.text[:300]}")
    shown = reply.text + json.dumps(reply.headers)
    own_words = unquote(case.target) + case.body.decode("utf-8", "replace")
    found += [f"it tells {match[0]!r}" for match in LEAKS.finditer(shown) if match[0] not in own_words]
    found += ["a secret is in it" for one in secret if one in shown]
    if HIDDEN_WORD in shown:
        found.append("it tells of a repository that is not granted")
    if reply.status >= 400 and reply.status != 416:  # of a file of the web page: it has no body
        found += _error_faults(case, reply)
    if "x-content-type-options" not in reply.headers and reply.status:
        found.append("no security headers")
    return found


def _error_faults(case: Case, reply: Reply) -> list[str]:
    try:
        body = reply.json()
    except ValueError:
        return [f"no JSON: {reply.text[:200]}"]
    if "jsonrpc" in body:
        return [] if body.get("error", {}).get("message") else [f"an error of MCP without words: {body}"]
    problem = body.get("error", body)
    if problem is body:
        if reply.headers.get("content-type") != "application/problem+json":
            return [f"a problem as {reply.headers.get('content-type')}"]
        wanted = {"type", "title", "status", "detail", "code", "next_step", "retryable", "request_id"}
        if not wanted <= body.keys() or body["status"] != reply.status:
            return [f"no problem of RFC 9457: {body}"]
    elif case.path.startswith("/api/"):
        return [f"not the shape of /api/: {body}"]
    found = []
    if problem["code"] not in documented_codes():
        found.append(f"code {problem['code']!r} is not in docs/errors.md")
    if case.codes and problem["code"] not in case.codes:
        found.append(f"code {problem['code']!r}, not {sorted(case.codes)}")
    if not problem["next_step"]:
        found.append("no next step")
    return found
