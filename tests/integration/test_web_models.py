"""The page before a model that writes: its words as they come, marked until they are checked, stopped on the server too, and the mark of each claim."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.browser import AXE, CHROMIUM, ask, complaints_of_axe, opened, picture
from tests.integration.processes import CLEW, clew_json, environment, started, write_sources
from tests.servers.fake_ollama import FakeOllama, running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
]
SLOWLY = 3.0
"""Tokens a second: there is time to look at what is being written."""


def written(prompt: str) -> str:
    """Return claims of each kind: three that the cited lines show, one that nothing speaks for, one that no line can show."""
    found = {name: number for number, name, text in _evidence(prompt) if "CALLS" in text or "def price" in text}
    here = found.get("shop.models.price", 1)
    rows = [
        ("`price` returns the price in cents", [here]),
        ("`checkout` calls `price`", [found.get("shop.checkout.checkout", here)]),
        ("`Order.total` calls `price`", [found.get("shop.models.Order.total", here)]),
        ("Customers have been pleased with it for many years", []),
        ("`price` does not call `checkout`", [here]),
    ]
    return json.dumps({"claims": [{"text": text, "evidence": numbers} for text, numbers in rows], "missing": ""})


def _evidence(prompt: str) -> Iterator[tuple[int, str, str]]:
    for match in re.finditer(
        r"<evidence number=\"(\d+)\"[^>]*symbol=\"([^\"]*)\"[^>]*>(.*?)</evidence", prompt, re.DOTALL
    ):
        yield int(match[1]), match[2], match[3]


@pytest.fixture(scope="module")
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(reply=written)) as one:
        yield one


@pytest.fixture(scope="module")
def address(host: FakeOllama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("models")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    env = environment(folder / "store", CLEW_MODEL__OLLAMA_URL=host.url)
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=folder, env=env, log=folder / "log") as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline() or (folder / "log").read_text())["url"]


@pytest.fixture
def page(browser: Any, address: str, host: FakeOllama) -> Iterator[Any]:
    host.tokens_per_second = SLOWLY
    with opened(browser, address) as one:
        yield one
    host.tokens_per_second = 0.0


def test_an_answer_is_shown_as_it_is_written_and_each_claim_bears_what_its_check_made_of_it(
    page: Any, host: FakeOllama
) -> None:
    ask(page, "Explain price")
    page.locator(".run[open]").get_by_text("Understood as").wait_for()
    page.get_by_text("A draft, not checked yet").wait_for()
    page.locator(".draft .plain").get_by_text("returns the price").wait_for()
    assert page.locator("footer.facts").count() == 0, "it is still being written"
    picture(page, "draft")
    host.tokens_per_second = 0.0
    page.locator("footer.facts").wait_for()
    assert page.locator(".draft").count() == 0, "what was not checked is gone"
    assert page.locator(".run[open]").count() == 0
    page.locator(".run summary").click()
    assert "3 verified" in page.locator(".run li", has_text="Checked 5 claims").inner_text(timeout=5_000)
    marks = {kind: page.locator(f".prose .mark.{kind}").count() for kind in ("verified", "unverified", "unknown")}
    assert marks == {"verified": 3, "unverified": 1, "unknown": 1}, "each sentence has its own"
    page.locator(".prose .place.number").nth(1).click()
    page.locator(".lines mark").wait_for()
    assert "calls" in page.get_by_role("region", name="What these lines prove").inner_text(), (
        "the number is its citation"
    )
    page.keyboard.press("Escape")
    page.locator(".claims summary").click()
    shown = page.locator(".claims li").all_inner_texts()
    assert ["…" in shown[0], "?" in shown[1], "✓" in shown[2]] == [True] * 3, "what did not hold comes first"
    picture(page, "marks")


def test_a_run_that_is_stopped_ends_on_the_server_and_at_the_models_host(page: Any, host: FakeOllama) -> None:
    host.left.clear()
    ask(page, "Explain checkout")
    page.get_by_text("A draft, not checked yet").wait_for()
    page.get_by_role("button", name="Stop").click()
    assert host.left.wait(30), "the host was told"
    page.get_by_role("button", name="Ask", exact=True).wait_for()
    assert page.get_by_role("alert").count() == 0


@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_a_model_writes_nor_in_what_was_not_verified(
    browser: Any, address: str, host: FakeOllama, scheme: str
) -> None:
    host.tokens_per_second = SLOWLY
    with opened(browser, address, scheme=scheme, axe=True) as page:
        ask(page, f"Explain price, in {scheme} words")
        page.locator(".draft .plain").wait_for()
        assert complaints_of_axe(page) == []
        host.tokens_per_second = 0.0
        page.locator("footer.facts").wait_for()
        page.locator(".claims summary").click()
        assert complaints_of_axe(page) == []
