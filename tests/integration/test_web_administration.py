"""The administrators' pages in Chromium, over a server that knows its callers: every flow, and what those see who are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.browser import AXE, CHROMIUM, NARROW, WIDE, ask, complaints_of_axe, go, opened, picture
from tests.integration.processes import CLEW, clew_json, environment, started, write_sources
from tests.integration.used_store import use

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
]
PAGES = ("usage", "models", "people", "budgets", "configuration", "audit")
READY = {
    "usage": ".bars",
    "models": ".bars",
    "people": "table",
    "budgets": "h1",
    "configuration": "table",
    "audit": "table",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("administration")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    use(folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def keys(shop: Path) -> dict[str, str]:
    """Return a key of an administrator, one of a reader, and one of somebody who is granted nothing."""
    every = [part for right in ("ask", "read", "index", "admin") for part in ("--right", right)]
    made = {
        "root": clew_json(shop, "keys", "create", "root", "--role", "admin", *every),
        "rea": clew_json(shop, "keys", "create", "rea", "--role", "reader"),
        "eve": clew_json(shop, "keys", "create", "eve"),
    }
    return {name: one["key"] for name, one in made.items()}


@pytest.fixture(scope="module")
def address(shop: Path, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert keys
    log = tmp_path_factory.mktemp("server") / "log"
    known = {
        "CLEW_ACCESS__AUTHENTICATION": "required",
        "CLEW_SERVE__CONFIGURABLE": "true",
        "CLEW_BUDGET__LIMITS__TEAM__TOKENS": "500000",
    }
    with started(
        [*CLEW, "serve", "--port", "0", "--json"], folder=shop.parent, env=environment(shop, **known), log=log
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline() or log.read_text())["url"]


@contextmanager
def come_in(browser: Any, address: str, key: str, **options: Any) -> Iterator[Any]:
    """Open the page with a key in its tab, as somebody has who came in before."""
    with opened(browser, address, known=key, **options) as page:
        page.get_by_role("heading", name="Ask about your code").wait_for()
        yield page


@pytest.fixture
def page(browser: Any, address: str, keys: dict[str, str]) -> Iterator[Any]:
    with come_in(browser, address, keys["root"]) as one:
        yield one


def test_who_has_no_key_is_asked_for_one(browser: Any, address: str, keys: dict[str, str]) -> None:
    with opened(browser, address, refused=True) as page:
        page.get_by_role("alert").get_by_label("API key").fill(keys["rea"])
        picture(page, "key")
        page.get_by_role("button", name="Use it").click()
        page.get_by_role("heading", name="Ask about your code").wait_for()
        ask(page, "Who calls price?")
        page.locator("footer.facts").wait_for()


def test_a_reader_sees_no_way_in_and_is_told_so_kindly(browser: Any, address: str, keys: dict[str, str]) -> None:
    with come_in(browser, address, keys["rea"]) as page:
        page.get_by_role("link", name="Repositories").wait_for()
        assert page.get_by_role("link", name="Administration").count() == 0
        page.get_by_role("link", name="Repositories").click()
        page.locator(".tiers").wait_for()
        assert page.get_by_role("button", name="Update shop").count() == 0, "a key that may not index"
        assert page.get_by_role("alert").count() == 0
        go(page, "#/admin")
        page.get_by_role("heading", name="These pages are for administrators").wait_for()
        assert "who may ask, read" in page.get_by_role("main").inner_text()


def test_usage_and_models_are_drawn_and_told_as_tables(page: Any) -> None:
    page.get_by_role("link", name="Administration").click()
    page.locator(".chart svg").first.wait_for()
    page.locator(".bars").wait_for()
    assert int(page.locator(".tiles dd").first.inner_text()) > 200
    picture(page, "usage")
    page.get_by_role("figure").first.locator("summary").click()
    assert page.get_by_role("region", name="Day, Questions").get_by_role("row").count() == 31
    for heading in ("Cost a day", "Latency", "Satisfied, of those who said so"):
        page.get_by_role("figure").filter(has=page.get_by_role("heading", name=heading)).locator("svg").wait_for()
    assert "99th percentile" in page.get_by_role("figure").filter(has_text="Latency").inner_text()
    for by, names in (("team", ("core", "shop")), ("project", ("web", "till")), ("model", ("small", "large"))):
        page.get_by_label("By").select_option(by)
        for name in names:
            page.get_by_role("region", name="Usage").get_by_role("row", name=name).wait_for()
    page.get_by_role("button", name="7 days").click()
    page.get_by_role("link", name="Models").click()
    for heading in ("Cost of an answer", "Latency, 95th percentile", "Claims that were verified", "Satisfied"):
        chart = page.get_by_role("figure").filter(has=page.get_by_role("heading", name=heading, exact=True))
        for name in ("small", "large"):  # beside each other
            chart.get_by_text(name, exact=True).wait_for()
    picture(page, "models")


def test_a_key_is_made_shown_once_exchanged_and_revoked(page: Any, browser: Any, address: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    go(page, "#/admin/people")
    page.get_by_label("For", exact=True).fill("ann")
    page.get_by_label("What it is for").fill("laptop")
    page.get_by_role("button", name="Make it").click()
    shown = page.get_by_label("The new key")
    secret = shown.input_value()
    picture(page, "people")
    page.get_by_role("button", name="I have kept it").click()
    shown.wait_for(state="detached")
    assert secret not in page.content()
    with come_in(browser, address, secret) as other:
        ask(other, "Who calls price?")
        other.locator("footer.facts").wait_for()
    row = page.get_by_role("row", name="laptop")
    row.get_by_role("button", name="Exchange").click()
    page.get_by_label("The new key").wait_for()
    assert page.get_by_label("The new key").input_value() != secret
    page.get_by_role("row", name="laptop").filter(has_text="revoked").wait_for()
    page.get_by_role("row", name="laptop").filter(has_text="live").get_by_role("button", name="Revoke").click()
    page.get_by_role("row", name="laptop").filter(has_text="live").wait_for(state="detached")
    page.get_by_role("button", name="Change ann").click()
    about = page.get_by_role("region", name="About ann")
    about.get_by_role("row", name="shop").wait_for()
    about.get_by_label("Teams").fill("core")
    about.get_by_label("Disabled").check()
    about.get_by_role("button", name="Save").click()
    page.get_by_role("row", name="core").filter(has_text="disabled").wait_for()


def test_settings_are_checked_written_and_brought_back(page: Any) -> None:
    go(page, "#/admin/configuration")
    text = page.get_by_label("Settings", exact=True)
    text.fill("index:\n  jobbs: 2\n")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("alert").get_by_text("did you mean").wait_for()
    text.fill("index:\n  jobs: 2\n")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("region", name="What would change").get_by_text("index.jobs").wait_for()
    picture(page, "configuration")
    page.get_by_role("button", name="Write it").click()
    page.get_by_text("takes effect when the server starts again").wait_for()
    page.get_by_role("button", name="Put into the editor").first.wait_for()
    text.fill("")
    page.get_by_role("button", name="Put into the editor").first.click()
    assert text.input_value() == "index:\n  jobs: 2\n"
    page.get_by_label("Find").fill("serve.port")
    page.get_by_role("region", name="Settings in force").get_by_text("serve.port", exact=True).wait_for()


def test_events_are_searched_and_the_ledger_verified(page: Any) -> None:
    go(page, "#/admin/audit")
    page.get_by_role("row", name="answered").first.wait_for()
    page.get_by_label("Person").fill("carl")
    page.get_by_role("button", name="Search").click()
    page.locator("tbody tr").filter(has_not_text="carl").first.wait_for(state="detached")
    page.get_by_role("button", name="Verify the whole Ledger").click()
    page.get_by_text("Sound: all").wait_for()
    picture(page, "audit")
    page.get_by_label("Person").fill("nobody at all")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("No event fits.").wait_for()


def test_what_models_cost_is_shown_against_the_limits(page: Any) -> None:
    go(page, "#/admin/budgets")
    team = page.get_by_role("row", name="core")
    team.get_by_text("340K of 500K").wait_for()
    assert team.get_by_role("meter").get_attribute("aria-label") == "340K of 500K"
    assert page.get_by_role("row", name="web").get_by_text("project").count() == 1
    assert page.get_by_role("row", name="everybody").count() == 1
    picture(page, "budgets")


def test_a_conversation_is_shared_with_those_who_may_see_what_it_cites_and_with_nobody_else(
    page: Any, browser: Any, address: str, keys: dict[str, str]
) -> None:
    ask(page, "Who calls price?")
    page.locator("footer.facts").wait_for()
    threads = page.get_by_role("navigation", name="Conversations")
    threads.get_by_role("button", name="More for Who calls price?").first.click()
    threads.get_by_role("button", name="Share Who calls price?").click()
    name = page.get_by_role("region", name="Sharing").get_by_role("textbox").input_value().rpartition("#")[2]
    with come_in(browser, address, keys["rea"]) as reader:
        go(reader, f"#{name}")
        reader.get_by_role("heading", name="Who calls price?").first.wait_for()
        assert "checkout" in reader.locator(".prose").inner_text()
    with opened(browser, address, known=keys["eve"], refused=True) as stranger:
        stranger.get_by_role("heading", name="Nothing here that you may see").wait_for()
        go(stranger, f"#{name}")
        stranger.get_by_role("alert").wait_for()
        assert "checkout" not in stranger.content()
    page.get_by_role("button", name="Stop sharing").click()
    page.get_by_text("It is shared no longer.").wait_for()


@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(browser: Any, address: str, keys: dict[str, str], scheme: str, width: int) -> None:
    with come_in(browser, address, keys["root"], width=width, scheme=scheme, axe=True) as page:
        for name in PAGES:
            go(page, f"#/admin/{name}")
            page.locator(READY[name]).first.wait_for()
            assert complaints_of_axe(page) == [], name
            if scheme == "dark" and name == "usage":
                picture(page, "usage-dark-narrow")
