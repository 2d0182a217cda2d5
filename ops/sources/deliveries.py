"""Reads what git hosts send when somebody pushes: whether it is theirs (a signature over the bytes as they came), and what it says.

Sources: the webhook pages of GitHub (`X-Hub-Signature-256`), GitLab (`X-Gitlab-Token`, and since its signing tokens `webhook-signature`
after the Standard Webhooks specification), Bitbucket Cloud and Data Center (`X-Hub-Signature`) and Gitea (`X-Gitea-Signature`). What a delivery says is
taken as a hint only: which commit there is, and whether a branch is gone, the host itself is asked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from configs.errors import InputError, WebhookRefused
from knowledge.sources import Provider

TOLERATED_S = 300.0
"""How far the time in a signed header may be from ours."""
LONGEST_ID = 200
SIGNING_PREFIX = "whsec_"
_ZEROS: Final = "0" * 40
_BRANCH = "refs/heads/"
_EVENT_HEADERS: Final[Mapping[Provider, str]] = {
    "github": "x-github-event",
    "gitlab": "x-gitlab-event",
    "bitbucket": "x-event-key",
    "gitea": "x-gitea-event",
}
_ID_HEADERS: Final[Mapping[Provider, tuple[str, ...]]] = {
    "github": ("x-github-delivery",),
    "gitlab": ("webhook-id", "idempotency-key", "x-gitlab-event-uuid"),
    "bitbucket": ("x-request-uuid", "x-request-id"),
    "gitea": ("x-gitea-delivery",),
}

Headers = Mapping[str, str]
"""Names in small letters."""


@dataclass(frozen=True, slots=True)
class Change:
    """A branch that was pushed to, or deleted."""

    branch: str
    deleted: bool


def is_signed(provider: Provider, headers: Headers, body: bytes, secret: str, now: float) -> bool:
    """Tell, in a time that does not depend on the secret, whether the delivery was made by who knows it."""
    match provider:
        case "github":
            return _is_hex(headers.get("x-hub-signature-256", ""), "sha256=", secret, body)
        case "bitbucket":
            return _is_hex(headers.get("x-hub-signature", ""), "sha256=", secret, body)
        case "gitea":
            return _is_hex(headers.get("x-gitea-signature", ""), "", secret, body)
        case "gitlab":
            if "webhook-signature" in headers:
                return _is_standard(headers, body, secret, now)
            return hmac.compare_digest(headers.get("x-gitlab-token", "").encode("utf-8", "replace"), secret.encode())


def marks_of(provider: Provider, headers: Headers, body: bytes) -> tuple[str, ...]:
    """Return what a delivery is known by when it comes again: its id, and its content, for the id is not signed everywhere.

    Raises WebhookRefused without an id.
    """
    given = next((headers[name] for name in _ID_HEADERS[provider] if headers.get(name)), "")
    if not given or len(given) > LONGEST_ID or not given.isprintable():
        raise WebhookRefused(
            "the delivery has no id", next_step="see docs/index-service.md for the headers of each host"
        )
    content = hashlib.sha256(_event(provider, headers).encode() + b"\0" + body).hexdigest()
    return f"id {given}", f"body {content}"


def changes_of(provider: Provider, headers: Headers, body: bytes) -> list[Change]:
    """Return the branches that a delivery speaks of; none for an event that says nothing of branches.

    Raises InputError for a body that is not what the host sends.
    """
    event = _event(provider, headers)
    if event.lower() not in ("push", "delete", "push hook", "repo:push", "repo:refs_changed"):
        return []
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise InputError("the body is not JSON", next_step="let the host send application/json") from exc
    if not isinstance(said, dict):
        raise InputError("the body is no JSON object", next_step="let the host send application/json")
    if provider == "bitbucket":
        return _data_center(said) if event.lower() == "repo:refs_changed" else _bitbucket(said)
    ref = said.get("ref")
    if not isinstance(ref, str):
        raise InputError("the body names no `ref`", next_step="see docs/index-service.md")
    if event.lower() == "delete":
        return [Change(ref.removeprefix(_BRANCH), True)] if said.get("ref_type") == "branch" else []
    if not ref.startswith(_BRANCH):
        return []  # a tag
    after = said.get("after")
    deleted = said.get("deleted") is True or (isinstance(after, str) and after[:40] == _ZEROS)
    return [Change(ref.removeprefix(_BRANCH), deleted)]


def _bitbucket(said: dict[str, Any]) -> list[Change]:
    push = said.get("push")
    rows = push.get("changes") if isinstance(push, dict) else None
    if not isinstance(rows, list):
        raise InputError("the body names no `push.changes`", next_step="see docs/index-service.md")
    found = []
    for row in rows:
        new, old = (row.get("new"), row.get("old")) if isinstance(row, dict) else (None, None)
        place = new or old
        if isinstance(place, dict) and place.get("type") == "branch" and isinstance(place.get("name"), str):
            found.append(Change(place["name"], not new))
    return found


def _data_center(said: dict[str, Any]) -> list[Change]:
    rows = said.get("changes")
    if not isinstance(rows, list):
        raise InputError("the body names no `changes`", next_step="see docs/index-service.md")
    found = []
    for row in rows:
        ref = row.get("ref") if isinstance(row, dict) else None
        if isinstance(ref, dict) and ref.get("type") == "BRANCH" and isinstance(ref.get("displayId"), str):
            found.append(Change(ref["displayId"], row.get("type") == "DELETE"))
    return found


def _event(provider: Provider, headers: Headers) -> str:
    return headers.get(_EVENT_HEADERS[provider], "")[:100]


def _is_hex(given: str, prefix: str, secret: str, body: bytes) -> bool:
    wanted = prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _is_standard(headers: Headers, body: bytes, secret: str, now: float) -> bool:
    """https://www.standardwebhooks.com: base64 of HMAC-SHA256 over `id.time.body`; several signatures may be given."""
    identity, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(now - int(at)) > TOLERATED_S:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(SIGNING_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    signed = f"{identity}.{at}.".encode("utf-8", "replace") + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")[:10]
    return any(hmac.compare_digest(one.encode("utf-8", "replace"), wanted.encode()) for one in given)
