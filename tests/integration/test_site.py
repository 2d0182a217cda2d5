"""The site of the documents, built anew and opened in Chromium: it asks nobody for anything, draws, finds, and leads nowhere wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.integration.browser import AXE, CHROMIUM, NARROW, WIDE, complaints_of_axe, opened, picture
from tests.integration.processes import ROOT

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(find_spec("material") is None, reason="`make docs` brings what builds the site"),
    pytest.mark.skipif(not (ROOT / "build" / "site").is_dir(), reason="`make docs` brings the scripts of the site"),
]
in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`")
DRAWN = {"architecture.html": 3, "studio.html": 1}
"""Pages with pictures by Mermaid, and how many."""


class Page(HTMLParser):
    """What a page points at, loads, and can be pointed at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.names: set[str] = set()
        self.in_navigation = 0
        self.listed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names.update(given[name] for name in ("id", "name") if name in given)
        self.in_navigation += tag == "nav"
        if tag == "a" and "href" in given:
            (self.listed if self.in_navigation else self.links).append(given["href"])
        if tag in ("script", "img", "iframe"):
            self.loads.extend([given["src"]] if "src" in given else [])
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self.in_navigation -= tag == "nav"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "strict: every warning counts"
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    found = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html") if path.name != "404.html"}
    return {name: Page(path.read_text("utf-8")) for name, path in found.items()}


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def search(page: Any, words: str) -> Any:
    """Press the key that leads to the search, once it is listened for; return what is found."""
    page.wait_for_function("window.component$ !== undefined")
    page.keyboard.press("s")
    page.locator(".md-search__input:focus").wait_for()
    page.keyboard.type(words)
    found = page.locator(".md-search-result__link")
    found.first.wait_for()
    return found


def target_of(page: str, link: str) -> tuple[str, str]:
    """Return the page that a link of another leads to, and the place in it."""
    path, anchor = urldefrag(link)
    return os.path.normpath(Path(page).parent / unquote(path)) if path else page, unquote(anchor)


def test_every_page_is_in_the_navigation_and_every_document_is_a_page(pages: dict[str, Page]) -> None:
    home = pages["index.html"]
    listed = {target_of("index.html", link)[0] for link in home.listed}
    assert set(pages) <= listed | {"index.html"}
    documents = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in (ROOT / "docs").rglob("*.md")
    }
    assert set(pages) == documents | {
        "overview.html",
        "architecture.html",
        "changelog.html",
        "results.html",
        "adr/index.html",
    }


def test_no_link_is_dead(site: Path, pages: dict[str, Page]) -> None:
    dead = []
    for name, page in pages.items():
        for link in (*page.links, *page.listed):
            if urlsplit(link).scheme:
                continue
            target, anchor = target_of(name, link)
            if not (site / target).exists() or (anchor and target in pages and anchor not in pages[target].names):
                dead.append((name, link))
    assert dead == []


def test_all_that_a_page_loads_is_its_own(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for load in page.loads:
            assert not urlsplit(load).netloc and not urlsplit(load).scheme, f"{name} loads {load}"
            assert (site / target_of(name, load)[0]).exists(), f"{name} loads {load}"


@in_chromium
@pytest.mark.parametrize("name", DRAWN)
def test_pictures_are_drawn_by_a_mermaid_of_its_own(browser: Any, address: str, name: str) -> None:
    with opened(browser, address, place=name) as page:
        page.locator("div.mermaid").nth(DRAWN[name] - 1).wait_for()
        assert page.locator("pre.mermaid").count() == 0
        for drawing in page.locator("div.mermaid").all():
            box = drawing.bounding_box()
            assert box is not None and box["height"] > 100


@in_chromium
def test_a_page_is_found_by_its_words_with_the_keyboard_alone(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        found = search(page, "index service repositories elsewhere")
        there = found.and_(page.locator("[href*='index-service.html']")).first
        there.wait_for()
        picture(page, "site-search")
        there.press("Enter")
        page.get_by_role("heading", name="The index service").wait_for()


@in_chromium
def test_it_is_searched_from_a_disk_too(browser: Any, site: Path) -> None:
    with opened(browser, site.as_uri() + "/", place="index.html") as page:
        search(page, "evidence tier")


@in_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_and_dark_as_the_system_is_and_as_one_chooses(browser: Any, address: str, scheme: str) -> None:
    with opened(browser, address, scheme=scheme) as page:
        wanted = {"light": "default", "dark": "slate"}
        page.locator(f"body[data-md-color-scheme={wanted[scheme]}]").wait_for()
        picture(page, f"site-{scheme}")
        page.locator("form[data-md-component=palette] label:visible").click()
        page.locator("body[data-md-color-scheme=default]").wait_for()
        page.locator("form[data-md-component=palette] label:visible").click()
        page.locator("body[data-md-color-scheme=slate]").wait_for()


@in_chromium
@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(browser: Any, address: str, scheme: str, width: int) -> None:
    for name in ("index.html", "settings.html"):
        with opened(browser, address, place=name, scheme=scheme, width=width, axe=True) as page:
            page.get_by_role("heading", level=1).wait_for()
            assert complaints_of_axe(page) == [], name
