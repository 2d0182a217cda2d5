"""Administrators over REST: who may, what they see and change, and what the Ledger says of it afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from knowledge.principals import Principal
from ops.ledger.events import ADMINISTRATION
from ops.ledger.reports import latest
from tests.unit.app.conftest import Indexed
from tests.unit.app.rest.test_authentication import READER, Served, code_of, served_with

ADMIN = Principal("root", "Root", roles=("admin",))
API = "/api/v1"
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/admin/principals", None),
    ("PUT", "/admin/principals/ann", {"roles": ["admin"]}),
    ("GET", "/admin/principals/ann/grants", None),
    ("GET", "/admin/keys", None),
    ("POST", "/admin/keys", {"principal": "ann"}),
    ("POST", "/admin/keys/abcdefghijkl/rotate", {}),
    ("DELETE", "/admin/keys/abcdefghijkl", None),
    ("GET", "/admin/budgets", None),
    ("GET", "/admin/configuration", None),
    ("POST", "/admin/configuration/check", {"text": ""}),
    ("PUT", "/admin/configuration", {"text": "", "digest": "0" * 64}),
    ("GET", "/admin/configuration/history", None),
)


@pytest.fixture(scope="module")
def served(indexed: Indexed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("administration")
    (folder / "clew.yaml").write_text("index:\n  jobs: 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield from served_with(indexed, folder, serve={"configurable": True})


def send(served: Served, method: str, path: str, body: Any = None) -> Any:
    return served.send(method, API + path, **({} if body is None else {"json": body}))


def told(served: Served, kind: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with closing(served.wiring.open_ledger()) as ledger:
            rows = [row.to_json() for row in latest(ledger, ADMINISTRATION, 20, kind=kind)]
        if rows:
            return rows
        served.wiring.journal.flush()
    return []


def test_who_asks_is_told(served: Served) -> None:
    served.key(READER)
    mine = send(served, "GET", "/me").json()
    assert (mine["known"], mine["id"], mine["rights"], mine["admin"], mine["connect"]) == (
        True,
        "alice",
        ["ask", "read"],
        False,
        False,
    )
    served.key(ADMIN, "admin")
    assert send(served, "GET", "/me").json()["admin"] is True
    assert send(served, "GET", "/me").json()["connect"] is False, "a key is for what it was made for"


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_only_administrators_with_the_right_come_in(served: Served, method: str, path: str, body: Any) -> None:
    served.key(READER, "ask", "read", "admin")
    assert code_of(send(served, method, path, body)) == (403, "policy")
    served.key(ADMIN, "ask", "read")
    assert code_of(send(served, method, path, body)) == (403, "policy")


def test_a_key_is_made_shown_once_exchanged_and_revoked(served: Served) -> None:
    served.key(ADMIN, "admin")
    made = send(served, "POST", "/admin/keys", {"principal": "ann", "label": "laptop", "roles": ["reader"]})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    first = made.json()
    listed = send(served, "GET", "/admin/keys")
    assert first["key"] not in listed.text
    assert next(row for row in listed.json()["keys"] if row["id"] == first["id"])["state"] == "live"
    second = send(served, "POST", f"/admin/keys/{first['id']}/rotate", {}).json()
    as_admin, served.headers = served.headers, {"authorization": f"Bearer {first['key']}"}
    assert send(served, "GET", "/me").status_code == 401
    served.headers = {"authorization": f"Bearer {second['key']}"}
    assert send(served, "GET", "/me").json()["id"] == "ann"
    served.headers = as_admin
    assert send(served, "DELETE", f"/admin/keys/{second['id']}").json()["state"] == "revoked"
    served.headers = {"authorization": f"Bearer {second['key']}"}
    assert send(served, "GET", "/me").status_code == 401
    rows = told(served, "key")
    assert {row["user"] for row in rows if row["words"] == {"principal": "ann"}} == {"root"}


def test_a_new_key_is_kept_nowhere(served: Served) -> None:
    served.key(ADMIN, "admin")
    body, once = {"principal": "ann"}, {"Idempotency-Key": "once"}
    first, second = (served.send("POST", f"{API}/admin/keys", json=body, headers=once) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize("body", [{"principal": "no:colon"}, {"principal": ""}, {"principal": "a", "rights": []}])
def test_an_order_that_makes_no_sense_is_refused(served: Served, body: dict[str, Any]) -> None:
    served.key(ADMIN, "admin")
    assert send(served, "POST", "/admin/keys", body).status_code == 400


def test_a_principal_is_said_to_be_something_else_and_what_it_may_is_explained(served: Served) -> None:
    served.key(ADMIN, "admin")
    said = send(served, "PUT", "/admin/principals/bea", {"teams": ["core"], "roles": ["reader"]}).json()
    assert (said["teams"], said["roles"], said["disabled"]) == (["core"], ["reader"], False)
    grants = send(served, "GET", "/admin/principals/bea/grants").json()
    assert grants["admin"] is False
    (shop,) = grants["repositories"]
    assert shop["repository"] == "shop"
    assert shop["rights"]["ask"]["allowed"] is True
    assert send(served, "PUT", "/admin/principals/bea", {"disabled": True}).json()["disabled"] is True
    after = send(served, "GET", "/admin/principals/bea/grants").json()
    assert after["repositories"][0]["rights"]["ask"] == {"allowed": False, "policies": ["disabled"], "errors": []}


def test_budgets_of_a_month(served: Served) -> None:
    served.key(ADMIN, "admin")
    found = send(served, "GET", "/admin/budgets").json()
    assert {"scope", "name", "calls", "limit", "used", "reserved"} == set(found["accounts"][0])
    assert code_of(send(served, "GET", "/admin/budgets?month=13")) == (400, "input")


def test_settings_are_checked_compared_written_and_remembered(served: Served) -> None:
    served.key(ADMIN, "admin")
    before = send(served, "GET", "/admin/configuration").json()
    assert before["writable"] is True
    assert before["text"] == "index:\n  jobs: 1\n"
    text = "index:\n  jobs: 2\n"
    checked = send(served, "POST", "/admin/configuration/check", {"text": text}).json()
    assert checked == {
        "changes": [{"name": "index.jobs", "before": 1, "after": 2}],
        "restart": True,
        "refused": None,
    }
    misspelt = "index:\n  jobbs: 2\n"
    refused = send(served, "POST", "/admin/configuration/check", {"text": misspelt}).json()["refused"]
    assert "jobs" in refused["next_step"]
    not_written = send(served, "PUT", "/admin/configuration", {"text": misspelt, "digest": before["digest"]})
    assert code_of(not_written) == (400, "input")
    assert send(served, "PUT", "/admin/configuration", {"text": text, "digest": before["digest"]}).status_code == 200
    assert Path(before["file"]).expanduser().read_text() == text
    stale = send(served, "PUT", "/admin/configuration", {"text": "", "digest": before["digest"]})
    assert code_of(stale) == (400, "input")
    (version,) = send(served, "GET", "/admin/configuration/history").json()["versions"]
    assert (version["by"], version["text"]) == ("root", text)


def test_no_secret_is_shown(indexed: Indexed, tmp_path: Path) -> None:
    for served in served_with(indexed, tmp_path, model={"openai_key": "sk-very-secret"}):
        served.key(ADMIN, "admin")
        found = send(served, "GET", "/admin/configuration")
        assert "sk-very-secret" not in found.text
        row = next(one for one in found.json()["settings"] if one["name"] == "model.openai_key")
        assert row["value"] == "(set)"
        refused = send(served, "PUT", "/admin/configuration", {"text": "", "digest": found.json()["digest"]})
        assert code_of(refused) == (403, "policy")


def test_a_shared_conversation_is_for_those_who_may_see_what_it_cites(served: Served) -> None:
    served.key(READER)
    answer = send(served, "POST", "/chat", {"question": "who calls price?", "thread_id": "t" * 32}).json()
    assert answer["citations"]
    reply = send(served, "PUT", f"/threads/{'t' * 32}/share", {})
    assert reply.status_code == 200, reply.text
    name = reply.json()["shared"]
    served.key(Principal("bob", "Bob", roles=("reader",)))
    seen = send(served, "GET", f"/threads/shared/{name}").json()
    assert [turn["question"] for turn in seen["turns"]] == ["who calls price?"]
    assert send(served, "GET", "/threads").json()["threads"] == []
    assert code_of(send(served, "PUT", f"/threads/{'t' * 32}/share", {})) == (404, "unknown_thread")
    served.key(Principal("eve", "Eve"))
    hidden, absent = (send(served, "GET", f"/threads/shared/{one}") for one in (name, "0" * 32))
    assert hidden.json()["detail"].replace(name, "0" * 32) == absent.json()["detail"]
    served.key(READER)
    assert send(served, "DELETE", f"/threads/{'t' * 32}/share").status_code == 204
    assert code_of(send(served, "GET", f"/threads/shared/{name}")) == (404, "unknown_thread")
