"""What git hosts send: whose it is, what it is known by, and which branches it speaks of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import InputError, WebhookRefused
from knowledge.sources import Provider
from ops.sources.deliveries import Change, changes_of, is_signed, marks_of

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NOW = 1_800_000_000.0
BODY = b'{"ref": "refs/heads/main"}'
PROVIDERS: tuple[Provider, ...] = ("github", "gitlab", "bitbucket", "gitea")


def hexed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(provider: Provider, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that the host sends with a push."""
    match provider:
        case "github":
            return {
                "x-hub-signature-256": f"sha256={hexed(body, secret)}",
                "x-github-event": "push",
                "x-github-delivery": "d1",
            }
        case "bitbucket":
            return {
                "x-hub-signature": f"sha256={hexed(body, secret)}",
                "x-event-key": "repo:push",
                "x-request-uuid": "d1",
            }
        case "gitea":
            return {"x-gitea-signature": hexed(body, secret), "x-gitea-event": "push", "x-gitea-delivery": "d1"}
        case "gitlab":
            return {"x-gitlab-token": secret, "x-gitlab-event": "Push Hook", "x-gitlab-event-uuid": "d1"}


def standard(body: bytes, at: float = NOW, secret: str = SECRET, delivery: str = "d1") -> dict[str, str]:
    """Return the headers of a GitLab webhook with a signing token."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery}.{int(at)}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": signature,
        "x-gitlab-event": "Push Hook",
    }


def test_the_example_of_github_s_own_documents_is_good() -> None:
    headers = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert is_signed("github", headers, b"Hello, World!", "It's a Secret to Everybody", NOW)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_who_knows_the_secret_is_believed(provider: Provider) -> None:
    good = signed(provider, BODY)
    assert is_signed(provider, good, BODY, SECRET, NOW)
    assert not is_signed(provider, signed(provider, BODY, "another"), BODY, SECRET, NOW)
    assert not is_signed(provider, {}, BODY, SECRET, NOW)
    assert not is_signed(provider, dict.fromkeys(good, ""), BODY, SECRET, NOW)
    assert not is_signed(provider, dict.fromkeys(good, "ümlaut�"), BODY, SECRET, NOW)
    if provider != "gitlab":  # its plain token covers no body
        assert not is_signed(provider, good, BODY + b" ", SECRET, NOW)
    for other in PROVIDERS:
        if other != provider:
            assert not is_signed(other, good, BODY, SECRET, NOW)


def test_a_signed_webhook_of_gitlab_covers_time_id_and_body() -> None:
    good = standard(BODY)
    assert is_signed("gitlab", good, BODY, SECRET, NOW)
    assert is_signed(
        "gitlab", {**good, "webhook-signature": "v1,b2xk v2,x " + good["webhook-signature"]}, BODY, SECRET, NOW
    )
    assert not is_signed("gitlab", good, BODY + b" ", SECRET, NOW)
    assert not is_signed("gitlab", {**good, "webhook-id": "d2"}, BODY, SECRET, NOW)
    assert not is_signed("gitlab", {**good, "webhook-timestamp": str(int(NOW) + 1)}, BODY, SECRET, NOW)
    for at in (NOW - 301, NOW + 301):
        assert not is_signed("gitlab", standard(BODY, at), BODY, SECRET, NOW), (
            "it is too old, or from a clock that is wrong"
        )
    assert not is_signed("gitlab", {**good, "webhook-timestamp": "-1"}, BODY, SECRET, NOW)
    with_token = {**good, "webhook-signature": "v1,bm8=", "x-gitlab-token": SECRET}
    assert not is_signed("gitlab", with_token, BODY, SECRET, NOW), (
        "a signature that is wrong is not made good by a token"
    )


@given(
    st.sampled_from(PROVIDERS),
    st.dictionaries(
        st.sampled_from(
            [
                "x-hub-signature-256",
                "x-hub-signature",
                "x-gitea-signature",
                "x-gitlab-token",
                "webhook-signature",
                "webhook-id",
                "webhook-timestamp",
            ]
        ),
        st.text(max_size=40),
    ),
    st.binary(max_size=40),
)
def test_no_guess_is_good(provider: Provider, headers: dict[str, str], body: bytes) -> None:
    assert not is_signed(provider, headers, body, SECRET, NOW)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_delivery_is_known_by_its_id_and_by_its_content(provider: Provider) -> None:
    headers = signed(provider, BODY)
    first = marks_of(provider, headers, BODY)
    assert len(first) == 2
    other = {name: ("d2" if value == "d1" else value) for name, value in headers.items()}
    assert set(first) & set(marks_of(provider, other, BODY)), "the same content under another id"
    assert set(first) & set(marks_of(provider, headers, BODY + b" ")), "another content under the same id"
    assert not set(first) & set(marks_of(provider, other, BODY + b" "))
    for wrong in ("", "x" * 300, "a\nb"):
        with pytest.raises(WebhookRefused):
            marks_of(provider, {name: (wrong if value == "d1" else value) for name, value in headers.items()}, BODY)


ZEROS = "0" * 40
SAID: list[tuple[Provider, str, Any, list[Change]]] = [
    ("github", "push", {"ref": "refs/heads/main", "after": "a" * 40, "deleted": False}, [Change("main", False)]),
    ("github", "push", {"ref": "refs/heads/x/y", "after": ZEROS, "deleted": True}, [Change("x/y", True)]),
    ("github", "push", {"ref": "refs/tags/v1", "after": "a" * 40}, []),
    ("github", "delete", {"ref": "old", "ref_type": "branch"}, [Change("old", True)]),
    ("github", "delete", {"ref": "v1", "ref_type": "tag"}, []),
    ("github", "ping", {"zen": "Keep it logically awesome."}, []),
    ("github", "issues", "whatever", []),
    ("gitlab", "Push Hook", {"ref": "refs/heads/main", "after": "b" * 40}, [Change("main", False)]),
    ("gitlab", "Push Hook", {"ref": "refs/heads/main", "after": ZEROS}, [Change("main", True)]),
    ("gitlab", "Tag Push Hook", {"ref": "refs/tags/v1"}, []),
    ("gitea", "push", {"ref": "refs/heads/main", "after": "c" * 40}, [Change("main", False)]),
    ("gitea", "delete", {"ref": "old", "ref_type": "branch"}, [Change("old", True)]),
    ("bitbucket", "repo:push", {"push": {"changes": [{"new": {"type": "branch", "name": "main"}, "old": None}, {"new": None, "old": {"type": "branch", "name": "old"}}, {"new": {"type": "tag", "name": "v1"}}]}}, [Change("main", False), Change("old", True)]),
    ("bitbucket", "repo:push", {"push": {"changes": [None, 3, {}, {"new": {"type": "branch"}}]}}, []),
    ("bitbucket", "repo:refs_changed", {"changes": [{"ref": {"displayId": "main", "type": "BRANCH"}, "type": "UPDATE"}, {"ref": {"displayId": "old", "type": "BRANCH"}, "type": "DELETE"}, {"ref": {"displayId": "v1", "type": "TAG"}}]}, [Change("main", False), Change("old", True)]),
    ("bitbucket", "repo:refs_changed", {"changes": [None, {}, {"ref": {"type": "BRANCH"}}]}, []),
    ("bitbucket", "diagnostics:ping", {"test": True}, []),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "event", "said", "changes"), SAID)
def test_which_branches_it_speaks_of(provider: Provider, event: str, said: Any, changes: list[Change]) -> None:
    header = {
        "github": "x-github-event",
        "gitlab": "x-gitlab-event",
        "gitea": "x-gitea-event",
        "bitbucket": "x-event-key",
    }
    assert changes_of(provider, {header[provider]: event}, json.dumps(said).encode()) == changes


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{}", b'{"ref": 3}', b"\xff", b"[" * 100_000, b'{"push": []}'])
def test_a_push_that_says_nothing_is_an_error_and_no_fault(body: bytes) -> None:
    for provider in PROVIDERS:
        with pytest.raises(InputError):
            changes_of(provider, signed(provider, body), body)
