"""The web page in Debian's Chromium over a real server and a real index: what people do, with no error on the console."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.browser import AXE, CHROMIUM, NARROW, WIDE, ask, complaints_of_axe, go, opened, picture
from tests.integration.processes import CLEW, SOURCES, clew_json, environment, started, wait_until, write_sources

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
]
EVIL = """# The evil picture

The evil picture is <img src="http://127.0.0.1:9/seen.png" onerror="window.ran = 1"> and ![it](http://127.0.0.1:9/seen.png).

<script>window.ran = 1</script> See [the evil picture](http://127.0.0.1:9/ "a link") or <a href="javascript:window.ran = 1">it</a>.
"""
PRICE = "shop%3Ashop%2Fmodels.py%23price"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of its own: the page starts index runs, which another module's server would refuse."""
    folder = tmp_path_factory.mktemp("page")
    till = "class Basket:\n    def total(self) -> int:\n        return 2\n"
    sources = {**SOURCES, "shop/till.py": till, "docs/evil.md": EVIL}
    clew_json(folder / "store", "index", str(write_sources(folder / "shop", sources)), "--name", "shop")
    return folder / "store"


@pytest.fixture(scope="module")
def address(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server over the index of a small shop; yield the page's address."""
    log = tmp_path_factory.mktemp("server") / "log"
    roots = {"CLEW_SERVE__ROOTS": json.dumps([str(shop.parent)])}
    with started(
        [*CLEW, "serve", "--port", "0", "--json"], folder=shop.parent, env=environment(shop, **roots), log=log
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline() or log.read_text())["url"]


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with opened(browser, address) as one:
        yield one


def conversations(page: Any) -> Any:
    return page.get_by_role("navigation", name="Conversations")


def found(page: Any) -> Any:
    """What the search lists; choices of the repository are options too."""
    return page.locator("#found").get_by_role("option", include_hidden=True)


def test_a_question_is_answered_and_its_citation_opens_the_lines_with_what_they_prove(page: Any) -> None:
    picture(page, "welcome")
    ask(page, "Who calls price?")
    page.get_by_text("found", exact=True).wait_for()
    page.locator(".run summary").click()
    assert "callers" in page.locator(".run").inner_text()
    assert page.locator(".prose .mark.verified").count() >= 1
    picture(page, "answer")
    page.locator(".prose .place", has_text="checkout.py:5").first.click()
    page.locator(".lines mark").wait_for()
    assert page.locator(".lines mark").inner_text().strip() == "return price(Order())"
    assert page.locator(".lines mark .hljs-keyword").inner_text() == "return", "in colours"
    proof = page.get_by_role("region", name="What these lines prove").inner_text()
    assert "calls" in proof and "exact" in proof
    picture(page, "lines")
    page.keyboard.press("Escape")
    page.locator(".lines").wait_for(state="detached")


def test_the_newest_question_stands_at_the_top_and_the_page_itself_never_scrolls(page: Any) -> None:
    for question in ("Who calls price?", "What does price do?", "Compare Order with Basket"):
        ask(page, question)
        page.locator("article", has_text=question).locator("footer.facts").wait_for()
    rests = page.evaluate(
        """() => {
            const box = (of) => document.querySelector(of).getBoundingClientRect();
            return {
                page: document.documentElement.scrollHeight - window.innerHeight,
                scrolled: window.scrollY,
                newest: Math.round(box("article:last-of-type").top - box(".turns").top),
                table: box("article:last-of-type table").right <= box("article:last-of-type").right + 1,
            };
        }"""
    )
    assert rests == {"page": 0, "scrolled": 0, "newest": 0, "table": True}


def test_an_answer_and_a_claim_are_judged_and_corrected(page: Any, shop: Path) -> None:
    ask(page, "Where is price defined?")
    page.locator("footer.facts").wait_for()
    page.locator(".claims summary").click()
    claim = page.locator(".claims li").first
    claim.get_by_role("button", name="is wrong").click()
    claim.get_by_label("What is right?").fill("It moved to prices.py")
    picture(page, "claims")
    claim.get_by_role("button", name="Send the correction").click()
    claim.get_by_text("your correction is kept").wait_for()
    page.get_by_role("button", name="The answer is right").click()
    page.locator("footer.facts").get_by_text("Thank you.").wait_for()
    told = clew_json(shop, "audit", "show", "--stream", "feedback")
    rows = [(one["fields"]["signal"], one["fields"]["claim"]) for one in told["events"]]
    assert {("thumb", 0), ("correction", 0), ("thumb", None)} <= set(rows)


def test_what_people_do_with_an_answer_is_told_with_where_it_was_shown(page: Any, address: str) -> None:
    def told(**more: str) -> list[dict[str, Any]]:
        reply = httpx.get(f"{address}/api/v1/admin/audit", params={"limit": "9", **more}, timeout=60, trust_env=False)
        return [event["fields"] for event in reply.json()["events"]]

    page.clock.install()
    ask(page, "Who calls price?")
    page.locator("footer.facts").wait_for()
    said = {"question": "Who calls price?", "thread_id": "again"}
    answer = httpx.post(f"{address}/api/v1/chat", json=said, timeout=60, trust_env=False).json()
    for _ in range(2):
        page.locator(".prose .place", has_text="checkout.py:5").first.click()
        page.locator(".lines mark").wait_for()
    page.locator(".prose p, .prose li").first.dispatch_event("copy")
    page.clock.fast_forward(7_000)
    page.get_by_role("button", name="New question").click()
    run = told(kind="answered")[1]["run"]  # the one before the same question over the interface
    rows = wait_until(lambda: found if len(found := told(stream="feedback", run=run)) >= 3 else [], what="it is told")
    by_signal = {row["signal"]: row for row in rows}
    assert sorted(row["signal"] for row in rows) == ["copied", "dwell", "opened"], "each once"
    opened_row = by_signal["opened"]
    proven = answer["claims"][opened_row["claim"]]
    assert any(one["path"] == "shop/checkout.py" and one["start_line"] == 5 for one in proven["citations"])
    places = [f"{one['path']}:{one['start_line']}" for one in answer["citations"]]
    assert opened_row["place"] == "shop/checkout.py:5"
    assert opened_row["rank"] == places.index("shop/checkout.py:5")
    assert {row["propensity"] for row in rows} == {1.0}
    assert 7 <= by_signal["dwell"]["value"] < 300


def test_a_thread_is_kept_renamed_followed_up_shared_saved_and_deleted(page: Any, browser: Any, address: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    ask(page, "Where is checkout defined?")
    link = conversations(page).get_by_role("link", name="checkout")
    link.first.click()
    page.get_by_role("heading", name="Where is checkout defined?").wait_for()
    ask(page, "and who calls it?")
    page.get_by_role("heading", name="and who calls it?").wait_for()
    page.locator("article").last.locator("footer.facts").wait_for()
    page.get_by_role("button", name="More for Where is checkout").click()
    page.get_by_role("button", name="Rename Where is checkout").click()
    page.get_by_label("Title").fill("Checkout")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Checkout", exact=True).wait_for()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save Checkout").click()
    assert saving.value.suggested_filename == "Checkout.md"
    assert Path(saving.value.path()).read_text("utf-8").startswith("# Checkout")
    page.get_by_role("button", name="Share Checkout").click()
    shared = page.get_by_role("region", name="Sharing").get_by_role("textbox").input_value()
    picture(page, "sharing")
    with opened(browser, address) as other:
        other.goto(shared)
        other.get_by_role("heading", name="and who calls it?").wait_for()
    page.get_by_role("button", name="Delete Checkout").click()
    page.get_by_role("link", name="Checkout", exact=True).wait_for(state="detached")


def test_search_as_one_types_what_is_near_and_what_breaks_by_keyboard_alone(page: Any) -> None:
    page.get_by_role("combobox", name="Search code and documents").focus()
    page.keyboard.type("price of an order")
    found(page).first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".lines").get_by_role("link", name="what is near it").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The same as a list").wait_for()
    page.locator(".graph canvas").first.wait_for()
    assert "calls" in page.locator(".edges").inner_text()
    picture(page, "near")
    page.get_by_role("link", name="What a change breaks").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Will break").wait_for()
    page.locator(".graph canvas").first.wait_for()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "will break, 1 step away" in page.locator(".picture [role=status]").inner_text()
    picture(page, "impact")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What a change breaks").wait_for()


def test_headings_of_documents_are_found_as_one_types_and_opened_by_keyboard_alone(page: Any) -> None:
    box = page.get_by_role("combobox", name="Search code and documents")
    box.focus()
    page.keyboard.type("prices")
    heading = page.get_by_role("group", name="Documents").get_by_role("option", name="Prices")
    heading.wait_for()
    assert "shop:README.md:3" in heading.inner_text()
    assert page.get_by_role("group", name="Code").get_by_role("option").count() > 0
    picture(page, "search")
    for _ in range(found(page).count()):
        if heading.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == heading.get_attribute("id")
    page.keyboard.press("Enter")
    page.locator(".lines").get_by_text("README.md:3-5").wait_for()
    page.keyboard.press("Escape")
    page.locator(".lines").wait_for(state="detached")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "combobox", "it goes on where it was"
    page.keyboard.press("ArrowDown")
    found(page).first.wait_for()
    page.keyboard.press("Escape")
    found(page).first.wait_for(state="hidden")


def test_enter_before_anything_is_found_opens_the_best_once_it_is(page: Any) -> None:
    held: list[Any] = []
    released: list[bool] = []
    page.route("**/api/v1/search?*", lambda route: route.continue_() if released else held.append(route))
    page.get_by_role("combobox", name="Search code and documents").focus()
    with page.expect_request(lambda request: "kind=doc" in request.url):
        page.keyboard.type("checkout")
        page.keyboard.press("Enter")
    released.append(True)
    for route in held:
        route.continue_()
    page.locator(".lines").get_by_text("shop/checkout.py").first.wait_for()
    found(page).first.wait_for(state="hidden")


def test_a_search_that_fails_says_so_and_not_that_there_is_nothing(browser: Any, address: str) -> None:
    with opened(browser, address, refused=True) as page:
        page.route("**/api/v1/search?*", lambda route: route.abort())
        page.get_by_role("combobox", name="Search code and documents").fill("price")
        page.get_by_role("alert").get_by_text("The server does not answer.").wait_for()
        assert page.get_by_text("Nothing fits these words.").count() == 0
        page.unroute("**/api/v1/search?*")
        page.get_by_role("combobox", name="Search code and documents").fill("prices")
        found(page).first.wait_for()
        assert page.get_by_role("alert").count() == 0


def test_a_question_is_asked_read_and_proven_without_a_mouse(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Question":
            break
    page.keyboard.type("Who calls price?")
    page.keyboard.press("Enter")
    page.locator("footer.facts").wait_for()
    page.locator(".run summary").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "place"
    page.keyboard.press("Enter")
    page.locator(".lines mark").wait_for()
    page.keyboard.press("Escape")
    page.locator(".lines").wait_for(state="detached")
    assert page.evaluate("document.activeElement.className") == "place", "it goes on where it was"


def test_repositories_show_their_health_and_are_updated(page: Any, shop: Path) -> None:
    fresh = shop.parent / "shop" / "later.py"
    fresh.write_text("def later():\n    return 1\n")
    page.get_by_role("link", name="Repositories").click()
    card = page.get_by_role("region", name="shop", exact=True)
    card.get_by_text("1 new since").wait_for()
    assert "% of the files covered" in card.inner_text()
    assert "% exact" in card.inner_text()
    picture(page, "repositories")
    page.get_by_role("button", name="Update shop").click()
    page.locator(".state.finished").first.wait_for()
    card.get_by_text("up to date").wait_for()


def test_what_is_not_there_is_said_to_be_unknown(page: Any) -> None:
    ask(page, "Who calls frobnicate_everything?")
    page.locator("footer.facts").wait_for()
    assert "no symbol named" in page.locator(".prose").inner_text()
    go(page, "#/impact/frobnicate_everything")
    page.get_by_role("heading", name="Nothing that is indexed is called").wait_for()
    page.get_by_role("combobox", name="Search code and documents").fill("zzqqy wwkkx")
    page.get_by_text("Nothing fits these words.").wait_for()


def test_a_name_that_means_several_things_is_asked_back(page: Any) -> None:
    ask(page, "Who calls total?")
    page.locator(".choices button").nth(1).wait_for()
    picture(page, "asked-back")
    page.locator(".choices button", has_text="Order.total").click()
    page.locator("footer.facts").wait_for()
    assert "Order.total" in page.locator(".prose").inner_text()


def test_a_server_that_does_not_answer_is_said_and_tried_again(browser: Any, address: str) -> None:
    with opened(browser, address, refused=True) as page:
        page.route("**/api/v1/chat", lambda route: route.abort())
        ask(page, "Who calls price?")
        page.get_by_role("alert").get_by_text("The server does not answer.").wait_for()
        page.unroute("**/api/v1/chat")
        page.get_by_role("button", name="Try again").click()
        page.locator("footer.facts").wait_for()
        assert page.get_by_role("alert").count() == 0


def test_an_index_run_shows_how_far_it_is_and_is_cancelled(page: Any, shop: Path) -> None:
    large = {f"large/m{number}.py": f"def f{number}():\n    return {number}\n" * 40 for number in range(3_000)}
    write_sources(shop.parent / "large", large)
    go(page, "#/repositories")
    page.get_by_label("Index a folder of the server").fill(str(shop.parent / "large"))
    page.get_by_role("button", name="Index", exact=True).click()
    run = page.get_by_role("listitem").filter(has_text="running")
    run.get_by_role("progressbar").wait_for()
    run.get_by_text(" of 3,000").wait_for()
    run.get_by_text(re.compile(r"of 3,000 · [\d,]+/s · about \d+ s left")).wait_for()
    run.get_by_role("button", name="Cancel").click()
    page.locator(".state.cancelled").first.wait_for()


def test_what_documents_say_is_shown_as_words_and_asks_nobody_for_anything(page: Any) -> None:
    ask(page, "What do the docs say about the evil picture?")
    page.locator("footer.facts").wait_for()
    assert "evil" in page.locator(".prose").inner_text()
    assert page.locator(".prose :is(img, a, script, iframe, style, [onerror], [href], [src])").count() == 0
    assert page.evaluate("window.ran") is None


def test_a_server_without_an_index_says_how_to_begin(browser: Any, tmp_path: Path) -> None:
    env = environment(tmp_path / "store")
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=tmp_path, env=env, log=tmp_path / "log") as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline() or (tmp_path / "log").read_text())["url"]
        with opened(browser, address, refused=True, axe=AXE.exists()) as page:
            page.get_by_role("heading", name="Nothing is indexed yet").wait_for()
            page.get_by_text("clew index ~/src/shop").wait_for()
            assert not AXE.exists() or complaints_of_axe(page) == []


def test_a_conversation_that_is_not_there_is_said_to_be_so(browser: Any, address: str) -> None:
    with opened(browser, address, refused=True, axe=AXE.exists()) as page:
        for place, said in (
            ("#/threads/nothing", "there is no thread"),
            (f"#/shared/{'0' * 32}", "no conversation is shared"),
        ):
            go(page, place)
            page.get_by_role("alert").get_by_text(said).wait_for()
            assert not AXE.exists() or complaints_of_axe(page) == []


def test_the_first_answer_is_painted_within_a_second(page: Any) -> None:
    page.get_by_label("Question").wait_for()
    took = page.evaluate(
        """async () => {
            const times = [];
            for (let tries = 0; tries < 3; tries++) {
                document.querySelector('.threads > button').click();
                await new Promise(requestAnimationFrame);
                document.querySelector('.suggestions button').click();
                const start = performance.now();
                while (!document.querySelector('.prose')) await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
                times.push(performance.now() - start);
                while (!document.querySelector('footer.facts')) await new Promise(requestAnimationFrame);
            }
            return Math.min(...times);
        }"""
    )
    assert took < 1_000


@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_nothing(browser: Any, address: str, scheme: str, width: int) -> None:
    with opened(browser, address, width=width, scheme=scheme, axe=True) as page:
        page.get_by_role("heading", name="Ask about your code").wait_for()
        page.get_by_role("combobox", name="Search code and documents").fill("prices")
        page.get_by_role("group", name="Documents").get_by_role("option").first.wait_for()
        assert complaints_of_axe(page, ".search") == [], "what lies below the list is covered"
        page.keyboard.press("Escape")
        found(page).first.wait_for(state="hidden")
        assert complaints_of_axe(page) == []
        ask(page, "Who calls price?")
        page.locator("footer.facts").wait_for()
        page.locator(".claims summary").click()
        page.locator(".claims").get_by_role("button", name="is wrong").first.click()
        page.locator(".correcting").wait_for()
        assert complaints_of_axe(page) == []
        page.locator(".prose .place").first.click()
        page.locator(".lines mark").wait_for()
        if (scheme, width) == ("dark", NARROW):
            picture(page, "lines-dark-narrow")
        assert complaints_of_axe(page) == []
        if width == NARROW:
            page.get_by_role("button", name="Close the lines").click()
            page.get_by_role("button", name="Conversations").click()
            page.get_by_role("button", name="More for Who calls price?").first.click()
            assert complaints_of_axe(page) == []
        for place, ready in (
            ("#/repositories", ".tiers"),
            (f"#/symbols/{PRICE}", ".graph canvas"),
            (f"#/impact/{PRICE}", ".graph canvas"),
            ("#/impact/nothing_is_called_so", "h1"),
        ):
            go(page, place)
            page.locator(ready).first.wait_for()
            assert complaints_of_axe(page) == [], place
