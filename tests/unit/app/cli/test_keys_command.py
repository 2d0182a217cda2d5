"""`clew keys`, `clew principals` and `clew policy`: made, listed, ended, explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.cli.keys import seconds
from configs.errors import InputError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def told(capsys: pytest.CaptureFixture[str], *arguments: str, exit_code: int = 0) -> Any:
    assert main([*arguments, "--json"]) == exit_code
    return json.loads(capsys.readouterr().out or "null")


def test_a_key_is_shown_once_and_listed_without_what_opens(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "keys", "create", "alice", "--role", "reader", "--team", "pay", "--label", "laptop")
    assert made["key"].startswith(f"clew_{made['id']}_")
    assert made["rights"] == ["ask", "read"]
    assert made["expires_at"] - made["created_at"] == pytest.approx(90 * 86_400)
    listed = told(capsys, "keys", "list")
    assert [(row["id"], row["state"], row["label"]) for row in listed["keys"]] == [(made["id"], "live", "laptop")]
    assert made["key"] not in json.dumps(listed)
    assert "digest" not in listed["keys"][0]
    assert told(capsys, "principals", "list")["principals"] == [
        {"id": "alice", "name": "alice", "kind": "user", "teams": ["pay"], "roles": ["reader"], "disabled": False}
    ]


def test_a_key_is_rotated_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, "keys", "create", "ci", "--service", "--right", "index", "--expires", "never")
    second = told(capsys, "keys", "rotate", first["id"], "--grace", "1h")
    assert (second["rights"], second["expires_at"], second["principal"]) == (["index"], None, "ci")
    assert told(capsys, "keys", "revoke", second["id"]) == {"id": second["id"], "revoked": True}
    states = {row["id"]: row["state"] for row in told(capsys, "keys", "list")["keys"]}
    assert states == {first["id"]: "live", second["id"]: "revoked"}
    assert main(["keys", "revoke", "nothing"]) == 2
    assert "clew keys list" in capsys.readouterr().err


def test_the_ledger_says_what_was_done_to_keys_and_principals(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "keys", "create", "alice", "--role", "reader")
    told(capsys, "principals", "set", "alice", "--role", "reader")  # as it was
    told(capsys, "principals", "disable", "alice")
    told(capsys, "keys", "revoke", made["id"])
    events = told(capsys, "audit", "show", "--stream", "administration")["events"]
    assert sorted((one["kind"], one["fields"]["change"], one["words"]["principal"]) for one in events) == [
        ("key", "created", "alice"),
        ("key", "revoked", "alice"),
        ("policy", "disabled", "alice"),
        ("policy", "set", "alice"),
    ]
    assert {one["fields"]["key"] for one in events if one["kind"] == "key"} == {made["id"]}


def test_a_principal_is_set_disabled_and_enabled(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "keys", "create", "alice", "--role", "reader")
    assert told(capsys, "principals", "set", "alice", "--role", "indexer", "--name", "Alice")["roles"] == ["indexer"]
    assert told(capsys, "principals", "disable", "alice")["disabled"]
    assert main(["keys", "create", "alice"]) == 2
    assert "enable alice" in capsys.readouterr().err
    assert not told(capsys, "principals", "enable", "alice")["disabled"]
    assert told(capsys, "principals", "set", "oidc:u-1", "--role", "admin")["id"] == "oidc:u-1"
    assert told(capsys, "principals", "disable", "oidc:u-2")["disabled"], "nobody of that name may come in"
    assert main(["principals", "disable", "nobody"]) == 2


@pytest.mark.parametrize("name", ["oidc:u-1", "a b", "", "x" * 101, "a/b", "a\x1fb"])
def test_a_key_is_for_a_principal_of_our_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "create", name]) == 2
    assert "cannot name a principal" in capsys.readouterr().err


def test_a_decision_is_explained(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "keys", "create", "alice", "--team", "pay")
    (home / "policies.cedar").write_text(
        '@id("pay") permit (principal in Team::"pay", action == Action::"ask", resource == Repository::"shop");'
    )
    body = told(capsys, "policy", "check", "--principal", "alice", "--repository", "shop")
    assert (body["known"], body["teams"]) == (True, ["pay"])
    assert body["rights"]["ask"] == {"allowed": True, "policies": ["pay"], "errors": []}
    assert not body["rights"]["read"]["allowed"]
    told(capsys, "policy", "check", "--principal", "alice", "--repository", "till", exit_code=1)
    told(capsys, "policy", "check", "--principal", "bob", "--team", "pay", "--repository", "shop")
    assert main(["policy", "check", "--principal", "alice", "--repository", "shop"]) == 0
    shown = capsys.readouterr().out
    assert "permitted by pay" in shown
    assert "no policy permits it" in shown
    told(capsys, "principals", "disable", "alice")
    assert main(["policy", "check", "--principal", "alice", "--repository", "shop"]) == 1
    assert "is disabled" in capsys.readouterr().out
    (home / "policies.cedar").write_text("permit (")
    assert main(["policy", "check", "--principal", "alice", "--repository", "shop"]) == 2
    assert "policies.cedar" in capsys.readouterr().err


def test_everything_is_shown_to_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "create", "alice", "--role", "reader"]) == 0
    assert "not shown again" in capsys.readouterr().out
    assert main(["keys", "list"]) == 0
    assert "live  ask, read  used never" in capsys.readouterr().out
    assert main(["principals", "list"]) == 0
    assert "role reader" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("span", "expected"), [("90d", 7_776_000.0), ("12h", 43_200.0), ("5m", 300.0), ("never", None)]
)
def test_spans_of_time(span: str, expected: float | None) -> None:
    assert seconds(span) == expected
    for wrong in ("0d", "d", "1w", "-1d", "1.5h"):
        with pytest.raises(InputError, match="no span of time"):
            seconds(wrong)
