"""The web page in Debian's Chromium over a real server and a real index: what people do, with no error on the console.

Pictures are kept in the folder that CLEW_PICTURES names. Axe is the one that web/ installs (`npm ci`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import CLEW, ROOT, clew_json, environment, started, write_sources

playwright = pytest.importorskip("playwright.sync_api", reason="requirements/browser.lock is not installed")
CHROMIUM = shutil.which("chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of its own: the page starts index runs, which another module's server would refuse."""
    folder = tmp_path_factory.mktemp("page")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    return folder / "store"


@pytest.fixture(scope="module")
def address(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server over the index of a small shop; yield the page's address."""
    log = tmp_path_factory.mktemp("server") / "log"
    with started(
        [*CLEW, "serve", "--port", "0", "--json"], folder=shop.parent, env=environment(shop), log=log
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline() or log.read_text())["url"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Open the page; what it asked of others, or complained of, fails the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, bypass_csp=False)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.extend([message.text] * (message.type in ("error", "warning"))))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.extend([request.url] * (not request.url.startswith(address))))
    opened.goto(address)
    yield opened
    context.close()
    assert complaints == []


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("CLEW_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def ask(page: Any, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.keyboard.press("Enter")


def complaints_of_axe(page: Any) -> list[tuple[str, list[str]]]:
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def test_a_question_is_answered_and_its_citation_opens_the_lines(page: Any) -> None:
    ask(page, "Who calls price?")
    page.get_by_text("found", exact=True).wait_for()
    assert page.get_by_text("Who calls price?").count() >= 1
    page.locator(".run summary").click()
    assert "callers" in page.locator(".run").inner_text()
    page.locator(".claims summary").click()
    assert "verified" in page.locator(".claims summary").inner_text()
    picture(page, "answer")
    page.locator(".prose .place", has_text="checkout.py:5").first.click()
    page.locator(".lines mark").wait_for()
    assert page.locator(".lines mark").inner_text().strip() == "return price(Order())"
    picture(page, "lines")
    page.keyboard.press("Escape")
    page.locator(".lines").wait_for(state="detached")


def test_a_thread_is_kept_renamed_followed_up_and_deleted(page: Any) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    ask(page, "Where is checkout defined?")
    link = page.get_by_role("navigation", name="Conversations").get_by_role("link", name="checkout")
    link.first.click()
    page.get_by_role("heading", name="Where is checkout defined?").wait_for()
    ask(page, "and who calls it?")
    page.get_by_role("heading", name="and who calls it?").wait_for()
    page.locator("footer.facts").wait_for()
    page.get_by_role("button", name="Rename Where is checkout").click()
    page.get_by_label("Title").fill("Checkout")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Checkout", exact=True).wait_for()
    page.get_by_role("button", name="Delete Checkout").click()
    page.get_by_role("link", name="Checkout", exact=True).wait_for(state="detached")


def test_search_as_one_types_and_what_is_near_by_keyboard_alone(page: Any) -> None:
    page.get_by_role("combobox", name="Search the code").focus()
    page.keyboard.type("price of an order")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".lines").get_by_role("link", name="what is near it").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The same as a list").wait_for()
    page.locator(".graph canvas").first.wait_for()
    assert "calls" in page.locator(".edges").inner_text()
    picture(page, "graph")


def test_repositories_are_shown_and_updated(page: Any) -> None:
    page.get_by_role("link", name="Repositories").click()
    page.get_by_role("button", name="Update shop").click()
    page.locator(".state.finished").first.wait_for()
    picture(page, "repositories")


def test_an_unknown_name_is_said_to_be_unknown(page: Any) -> None:
    ask(page, "Who calls frobnicate_everything?")
    page.locator("footer.facts").wait_for()
    assert "no symbol named" in page.locator(".prose").inner_text()


@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing(browser: Any, address: str, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    page.add_script_tag(path=AXE)
    ask(page, "Who calls price?")
    page.locator("footer.facts").wait_for()
    page.locator(".claims summary").click()
    page.locator(".prose .place").first.click()
    page.locator(".lines mark").wait_for()
    assert complaints_of_axe(page) == []
    for place in ("#/repositories", "#/symbols/shop%3Ashop%2Fmodels.py%23price"):
        page.evaluate(f"location.hash = '{place}'")
        page.locator(".page h1").wait_for()
        assert complaints_of_axe(page) == []
    context.close()
