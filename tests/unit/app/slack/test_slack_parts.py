"""The parts of the Slack door that need no Slack: messages, who is who, deliveries, what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import slack as command
from app.slack.deliveries import KEPT_S, Deliveries
from app.slack.identity import SlackUsers
from app.slack.messages import MOST_SOURCES, link, sources, unknown_user
from configs.errors import ConfigError, InputError, StoreCorrupt
from configs.settings import SlackSettings
from knowledge.backends.sqlite_principals import SqlitePrincipals
from knowledge.principals import Principal
from ops.ledger.events import Event, PolicyChanged


def cited(path: str = "shop/models.py", repository: str = "shop", first: int = 3, last: int = 5) -> dict[str, Any]:
    return {
        "repository": repository,
        "path": path,
        "start_line": first,
        "end_line": last,
        "symbol": None,
        "revision": "abc",
    }


def test_a_citation_links_to_its_lines_at_its_revision() -> None:
    pattern = "https://code.example/{revision}/{path}?a=1&b=2#L{line}-L{end_line}"
    assert link(pattern, cited()) == "https://code.example/abc/shop/models.py?a=1&amp;b=2#L3-L5"
    assert (
        link("https://code.example/{revision}", {**cited(), "revision": "worktree:abc"}) == "https://code.example/HEAD"
    )


def test_a_path_cannot_leave_its_link() -> None:
    rows = sources([cited("a|b>c <!channel>.py")], {"shop": "https://code.example/{path}"})
    assert rows[1].count("<") == rows[1].count(">") == 1
    assert "<https://code.example/a%7Cb%3Ec%20%3C%21channel%3E.py|a¦b&gt;c &lt;!channel&gt;.py:3-5>" in rows[1]


def test_sources_are_named_once_with_their_repository_where_there_are_several() -> None:
    rows = sources([cited(), cited(), cited(repository="desk")], {})
    assert rows == ["*Sources*", "• `shop/shop/models.py:3-5`", "• `desk/shop/models.py:3-5`"]
    many = sources([cited(first=n, last=n) for n in range(30)], {})
    assert len(many) == MOST_SOURCES + 2
    assert many[-1] == "… and 10 more"
    assert sources([], {}) == []


def test_a_refusal_names_the_command_of_the_administrator() -> None:
    assert "clew slack link U0EVE PRINCIPAL" in unknown_user("U0EVE").text


@pytest.fixture
def principals(tmp_path: Path) -> SqlitePrincipals:
    kept = SqlitePrincipals(tmp_path / "principals.db")
    kept.put_principal(Principal("ann", "Ann"))
    return kept


def test_people_are_linked_and_unlinked_and_the_ledger_is_told(tmp_path: Path, principals: SqlitePrincipals) -> None:
    told: list[Event] = []
    users = SlackUsers(tmp_path / "slack.json")
    assert users.principal_of("U0ANN") is None
    users.link("U0ANN", "ann", principals, told.append, "root")
    assert SlackUsers(tmp_path / "slack.json").principal_of("U0ANN") == "ann"
    assert (tmp_path / "slack.json").stat().st_mode & 0o777 == 0o600
    users.unlink("U0ANN", told.append, "root")
    assert users.all() == {}
    changes = [(one.change, one.principal) for one in told if isinstance(one, PolicyChanged)]
    assert changes == [("linked", "ann as U0ANN"), ("unlinked", "ann as U0ANN")], "the id stands in what is sealed"
    with pytest.raises(InputError, match="not linked"):
        users.unlink("U0ANN", told.append, "root")
    with pytest.raises(InputError, match="no principal"):
        users.link("U0ANN", "nobody", principals, told.append, "root")
    with pytest.raises(InputError, match="no id"):
        users.link("ann", "ann", principals, told.append, "root")
    principals.close()


@pytest.mark.parametrize("text", ["[]", "{", json.dumps({"U1": 3})])
def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path, text: str) -> None:
    (tmp_path / "slack.json").write_text(text)
    with pytest.raises(StoreCorrupt):
        SlackUsers(tmp_path / "slack.json").principal_of("U1")


def test_a_delivery_is_taken_once_for_as_long_as_slack_tries_again() -> None:
    now = [0.0]
    deliveries = Deliveries(lambda: now[0])
    assert [deliveries.take("Ev1"), deliveries.take("Ev1"), deliveries.take("Ev2")] == [True, False, True]
    now[0] = KEPT_S + 1
    assert deliveries.take("Ev1")


def test_what_is_missing_to_serve_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="bot_token") as raised:
        command.check(SlackSettings(), socket=False)
    assert "CLEW_SLACK__BOT_TOKEN" in raised.value.next_step
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    with pytest.raises(ConfigError) as raised:
        command.check(SlackSettings(), socket=False)
    assert raised.value.next_step == "pip install 'clew[slack]'"
