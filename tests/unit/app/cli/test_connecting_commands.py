"""`clew repositories`, `credentials`, `webhooks` and `schedules`, as far as they need no network: what is kept, shown, and never shown."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main

URL = "https://127.0.0.1:1/team/shop.git"
TOKEN = "a-token-that-nobody-sees"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_SOURCES__INSIDE", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def told(capsys: pytest.CaptureFixture[str], *arguments: str, exit_code: int = 0) -> Any:
    assert main([*arguments, "--json"]) == exit_code
    return json.loads(capsys.readouterr().out or "null")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, exit_code: int = 0) -> str:
    assert main([*arguments]) == exit_code
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_credential_is_kept_from_stdin_or_a_file_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\n"))
    made = told(capsys, "credentials", "add", "robot", "--host", "127.0.0.1")
    assert (made["name"], made["host"], made["username"], made["rotated_at"]) == (
        "robot",
        "127.0.0.1",
        "x-access-token",
        None,
    )
    (tmp_path / "secret").write_text(TOKEN + "2")
    shown = said(capsys, "credentials", "rotate", "robot", "--from", str(tmp_path / "secret"))
    shown += said(capsys, "credentials", "list")
    assert "robot" in shown
    assert TOKEN not in shown + json.dumps(made)
    assert (
        told(capsys, "credentials", "rotate", "nope", "--from", "x", exit_code=6)["error"]["code"] == "unknown_source"
    )
    assert told(capsys, "credentials", "rotate", "robot", "--from", "x", exit_code=2)["error"]["code"] == "input"
    said(capsys, "credentials", "remove", "robot")
    assert told(capsys, "credentials", "list", exit_code=1) == {"credentials": []}
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_repository_is_registered_with_its_schedule_and_its_webhooks(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "repositories", "add", URL, "--later", "--schedule", "30 3 * * *", "--depth", "0", "--blobless")
    assert (made["repository"], made["url"], made["depth"], made["blobless"]) == ("shop", URL, 0, True)
    assert "fetched never" in said(capsys, "repositories", "list")
    again = told(capsys, "repositories", "add", URL, "--later", exit_code=2)["error"]
    assert again["code"] == "source_exists"
    hook = told(capsys, "webhooks", "add", "shop", "--provider", "gitlab")
    assert hook["path"] == f"/hooks/gitlab/{hook['id']}"
    rotated = told(capsys, "webhooks", "rotate", hook["id"], "--grace", "1h")
    assert rotated["secret"] != hook["secret"]
    listed = json.dumps(told(capsys, "webhooks", "list")) + said(capsys, "webhooks", "list")
    assert hook["id"] in listed
    assert not any(one["secret"] in listed for one in (hook, rotated))
    assert "30 3 * * *" in said(capsys, "schedules", "list")
    assert told(capsys, "schedules", "set", "shop", "every 2h")["expression"] == "every 2h"
    assert told(capsys, "schedules", "set", "nope", "every 2h", exit_code=6)["error"]["code"] == "unknown_repository"
    assert told(capsys, "schedules", "set", "shop", "often", exit_code=2)["error"]["code"] == "input"
    said(capsys, "webhooks", "remove", hook["id"])
    said(capsys, "schedules", "remove", "shop")
    said(capsys, "repositories", "remove", "shop")
    for topic in ("repositories", "webhooks", "schedules"):
        said(capsys, topic, "list", exit_code=1)
    assert told(capsys, "repositories", "refresh", "shop", exit_code=6)["error"]["code"] == "unknown_source"
    events = told(capsys, "audit", "show", "--stream", "administration", "--limit", "100")["events"]
    assert {one["fields"]["what"] for one in events if one["kind"] == "source"} == {"repository", "webhook", "schedule"}


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["file:///etc"], "source_refused", 4),
        (["https://user:word@127.0.0.1/a"], "source_refused", 4),
        (["https://127.0.0.2/a"], "source_refused", 4),
        ([URL, "--branch=-x"], "source_refused", 4),
        ([URL, "--credential", "nope"], "unknown_source", 6),
        ([URL, "--schedule", "often"], "input", 2),
        (["words"], "input", 2),
    ],
)
def test_what_is_refused_is_not_registered(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: str, exit_code: int
) -> None:
    error = told(capsys, "repositories", "add", *arguments, "--later", exit_code=exit_code)["error"]
    assert (error["code"], bool(error["next_step"])) == (code, True)
    assert "word@" not in error["message"]
    said(capsys, "repositories", "list", exit_code=1)
    said(capsys, "schedules", "list", exit_code=1)
