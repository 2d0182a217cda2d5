"""`clew slack serve` as a process, before a Slack on loopback that signs as Slack does."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.processes import CLEW, clew, clew_json, environment, started
from tests.integration.slack_drawing import draw
from tests.servers.slack_stub import (
    BOT,
    CHANNEL,
    SECRET,
    TEAM,
    Slack,
    event_body,
    running_slack,
    send_event,
    send_form,
    signed,
)

pytestmark = pytest.mark.integration

ANN, EVE = "U0ANN", "U0EVE"
LINKS = json.dumps({"shop": "https://code.example/shop/blob/{revision}/{path}#L{line}"})


@pytest.fixture(scope="module")
def store(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = Path(shutil.copytree(shop, tmp_path_factory.mktemp("slack") / "store"))
    assert clew(copied, "principals", "set", "ann", "--role", "reader").returncode == 0
    assert clew_json(copied, "slack", "link", ANN, "ann") == {"slack_id": ANN, "principal": "ann"}
    return copied


@contextmanager
def serving(store: Path, slack: Slack, *arguments: str, **more: str) -> Iterator[str]:
    secrets = {
        "CLEW_SLACK__BOT_TOKEN": "xoxb-1",
        "CLEW_SLACK__SIGNING_SECRET": SECRET,
        "CLEW_SLACK__APP_TOKEN": "xapp-1",
    }
    settings = {
        "CLEW_SLACK__API_URL": f"{slack.url}/api/",
        "CLEW_SLACK__LINKS": LINKS,
        "CLEW_RETRIEVAL__DENSE": "false",
        "CLEW_RATES__QUOTAS": json.dumps({"user:dora": 1}),
    }
    env = environment(store, **secrets, **settings, CLEW_SLACK__UPDATE_EVERY_S="0", **more)
    log = store.parent / "log"
    with started([*CLEW, "slack", "serve", "--json", *arguments], folder=store.parent, env=env, log=log) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield json.loads(line)["url"]
    assert SECRET not in log.read_text() and "xoxb-1" not in log.read_text()


@pytest.fixture(scope="module")
def door(store: Path) -> Iterator[tuple[Slack, str]]:
    with running_slack() as slack, serving(store, slack, "--port", "0") as url:
        yield slack, url


@pytest.fixture(autouse=True)
def fresh(door: tuple[Slack, str]) -> None:
    door[0].calls.clear()


def mention(text: str = "who calls price?", user: str = ANN, **more: Any) -> dict[str, Any]:
    said = {"type": "app_mention", "user": user, "text": f"<@{BOT}> {text}", "ts": "1700000001.000100"}
    return {**said, "channel": CHANNEL, **more}


def words(said: dict[str, Any]) -> str:
    blocks = said["blocks"] if isinstance(said["blocks"], list) else json.loads(said["blocks"])
    return "\n".join(one["text"]["text"] for one in blocks if one["type"] == "section")


def test_a_mention_is_answered_in_its_thread_with_links_and_its_buttons_reach_the_ledger(
    door: tuple[Slack, str], store: Path
) -> None:
    slack, url = door
    slack.limited.add("chat.update")
    assert send_event(url, mention(), "Ev1").status_code == 200
    begun = slack.wait_for("chat.postMessage")
    assert (begun["channel"], begun["thread_ts"]) == (CHANNEL, "1700000001.000100")
    told = slack.wait_for("chat.update", "clew_up")
    assert "checkout" in words(told)
    assert "<https://code.example/shop/blob/" in words(told)
    assert "#L" in words(told)
    assert slack.count("chat.update") > 1, "its progress was shown"
    draw("slack", "@clew who calls price?", told)
    blocks = told["blocks"] if isinstance(told["blocks"], list) else json.loads(told["blocks"])
    run = blocks[-1]["elements"][0]["value"]
    payload = {
        "type": "block_actions",
        "trigger_id": "press1",
        "team": {"id": TEAM},
        "user": {"id": ANN, "team_id": TEAM},
        "response_url": f"{slack.url}/respond",
        "actions": [{"type": "button", "action_id": "clew_down", "block_id": "b", "value": run}],
    }
    assert send_form(url, {"payload": json.dumps(payload)}).status_code == 200
    assert "Thank you" in json.dumps(slack.wait_for("response_url"))
    rows = clew(store, "audit", "export")
    kept = [line for line in rows.stdout.splitlines() if "thumb" in line]
    assert len(kept) == 1 and "slack" in kept[0] and run in kept[0], rows.stdout + rows.stderr


def test_a_direct_message_is_answered_and_what_is_delivered_again_is_done_once(door: tuple[Slack, str]) -> None:
    slack, url = door
    event = mention(type="message", channel_type="im", channel="D1")
    assert send_event(url, event, "Ev2").status_code == 200
    slack.wait_for("chat.update", "clew_up")
    again = send_event(url, event, "Ev2", **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"})
    assert again.status_code == 200
    other = mention(type="message", channel_type="channel")
    assert send_event(url, other, "Ev3").status_code == 200
    assert send_event(url, mention(user=EVE), "Ev4").status_code == 200
    slack.wait_for("chat.postMessage", "clew slack link")
    assert slack.count("chat.postMessage") == 2


def test_the_command_answers_whoever_asked_alone(door: tuple[Slack, str]) -> None:
    slack, url = door
    fields = {"command": "/clew", "team_id": TEAM, "user_id": ANN, "channel_id": CHANNEL}
    fields |= {"response_url": f"{slack.url}/respond", "trigger_id": "t1", "text": "who calls price?"}
    assert "Looking" in send_form(url, fields).text
    told = slack.wait_for("response_url", "clew_up")
    assert told["response_type"] == "ephemeral"
    assert "checkout" in words(told)
    assert "/clew" in send_form(url, {**fields, "text": " ", "trigger_id": "t2"}).text
    send_form(url, {**fields, "user_id": EVE, "trigger_id": "t3"})
    slack.wait_for("response_url", f"clew slack link {EVE}")


def test_who_is_linked_to_nobody_is_refused_and_told_what_to_do(door: tuple[Slack, str]) -> None:
    slack, url = door
    send_event(url, mention(user=EVE), "Ev10")
    refusal = slack.wait_for("chat.postMessage")
    assert f"clew slack link {EVE} PRINCIPAL" in words(refusal)
    draw("slack-refused", "@clew who calls price?", refusal)
    send_event(url, mention(user_team="T0ELSE"), "Ev11")
    assert f"clew slack link {ANN} PRINCIPAL" in words(slack.wait_for("chat.postMessage", ANN))
    assert slack.count("chat.update") == 0


def test_what_slack_did_not_sign_or_signed_long_ago_is_refused(door: tuple[Slack, str]) -> None:
    slack, url = door
    body = json.dumps(event_body(mention(), "Ev20"))
    for headers in (
        {},
        signed(body, secret="another"),
        signed(body, at=time.time() - 600),
        signed(body + " "),
    ):
        kind = {"content-type": "application/json"}
        assert httpx.post(url, content=body, headers=kind | headers, trust_env=False).status_code == 401
    assert httpx.post(url, content=b"x" * 1_000_001, trust_env=False).status_code == 413
    assert slack.count("chat.postMessage") == 0


def test_whoever_is_disabled_or_unlinked_is_refused_at_the_next_question(door: tuple[Slack, str], store: Path) -> None:
    slack, url = door
    clew(store, "principals", "set", "bob", "--role", "reader")
    clew_json(store, "slack", "link", "U0BOB", "bob")
    clew(store, "principals", "disable", "bob")
    send_event(url, mention(user="U0BOB"), "Ev30")
    slack.wait_for("chat.postMessage", "disabled")
    clew_json(store, "slack", "unlink", "U0BOB")
    send_event(url, mention(user="U0BOB"), "Ev31")
    slack.wait_for("chat.postMessage", "clew slack link U0BOB")


def test_whoever_asks_too_often_is_told_when_to_ask_again(door: tuple[Slack, str], store: Path) -> None:
    slack, url = door
    clew(store, "principals", "set", "dora", "--role", "reader")
    clew_json(store, "slack", "link", "U0DORA", "dora")
    send_event(url, mention(user="U0DORA"), "Ev32")
    slack.wait_for("chat.update", "clew_up")
    slack.calls.clear()
    send_event(url, mention(user="U0DORA", ts="1700000002.000100"), "Ev33")
    refusal = slack.wait_for("chat.postMessage")
    assert refusal["thread_ts"] == "1700000002.000100"
    assert "at most 1 a minute" in words(refusal) and "come back in" in words(refusal)
    assert slack.count("chat.update") == 0


def test_who_is_granted_nothing_is_shown_nothing(door: tuple[Slack, str], store: Path) -> None:
    slack, url = door
    clew(store, "principals", "set", "carl")
    clew_json(store, "slack", "link", "U0CARL", "carl")
    send_event(url, mention(user="U0CARL"), "Ev35")
    told = slack.wait_for("chat.update", "clew_up") if slack.wait_for("chat.postMessage") else {}
    assert "checkout" not in json.dumps(told)
    assert "shop" not in json.dumps(told)


def test_a_thread_goes_on_and_knows_what_was_asked_before(door: tuple[Slack, str]) -> None:
    slack, url = door
    first = mention("who calls price?", ts="1700000077.000100")
    send_event(url, first, "Ev36")
    slack.wait_for("chat.update", "clew_up")
    slack.calls.clear()
    send_event(url, mention("where is it defined?", ts="1700000078.000100", thread_ts=first["ts"]), "Ev37")
    assert slack.wait_for("chat.postMessage")["thread_ts"] == first["ts"]
    assert "models.py" in words(slack.wait_for("chat.update", "clew_up"))


def test_socket_mode_answers_and_acknowledges(store: Path) -> None:
    with running_slack() as slack:
        slack.sent = [{"type": "events_api", "envelope_id": "E1", "payload": event_body(mention(), "Ev40")}]
        with serving(store, slack, "--socket"):
            assert slack.wait_for("acknowledged")["envelope_id"] == "E1"
            assert "checkout" in words(slack.wait_for("chat.update", "clew_up"))
