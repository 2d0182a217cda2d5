"""Debian's Chromium over a page: opened so that nothing it complains of, or asks of others, goes unseen.

Pictures are kept in the folder that CLEW_PICTURES names (`make pictures` names docs/pictures). Axe is the one that web/ installs (`npm ci`).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.processes import ROOT

CHROMIUM = shutil.which("chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = 1280, 390


@contextmanager
def opened(
    browser: Any,
    address: str,
    *,
    place: str = "",
    width: int = WIDE,
    scheme: str = "light",
    axe: bool = False,
    known: str = "",
    refused: bool = False,
) -> Iterator[Any]:
    """Open the page at `address`; what it asked of others, or complained of, fails the test.

    place: which page below it to begin with. axe: load it, past the content policy. known: the API key of the tab. refused: the browser may tell of replies that refuse.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=axe, reduced_motion="reduce"
    )
    page = context.new_page()
    if known:
        page.add_init_script(f"sessionStorage.setItem('clew.key', {json.dumps(known)})")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.extend(_complaint(message, refused=refused)))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend([request.url] * (not _is_own(request.url, address))))
    page.goto(address + place)
    if axe:
        page.add_script_tag(path=AXE)
    yield page
    context.close()
    assert complaints == []


def _complaint(message: Any, *, refused: bool) -> list[str]:
    about_a_reply = "Failed to load resource" in message.text
    return [message.text] if message.type in ("error", "warning") and not (refused and about_a_reply) else []


def _is_own(url: str, address: str) -> bool:
    return url.startswith((address, f"blob:{address}"))


def go(page: Any, place: str) -> None:
    """Go to another view, as a link would."""
    page.evaluate(f"location.hash = '{place}'")


def ask(page: Any, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.keyboard.press("Enter")


def complaints_of_axe(page: Any, within: str = "html") -> list[tuple[str, list[str]]]:
    """Return what bars people (WCAG A and AA), by rule, with the elements. within: where to look."""
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
    found = page.evaluate(f"within => axe.run(within, {rules})", within)
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def picture(page: Any, name: str) -> None:
    """Keep what is seen as a small picture, where pictures are kept."""
    folder = os.environ.get("CLEW_PICTURES")
    if not folder:
        return
    page.mouse.move(0, 0)
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 72})
    session.detach()
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def picture_of(html: str, name: str) -> None:
    """Keep a picture of the first element of a page of our own, where pictures are kept: in a browser that is gone again, whose event loop bars no other."""
    if not os.environ.get("CLEW_PICTURES"):
        return
    from playwright.sync_api import sync_playwright  # only where it is installed

    with sync_playwright() as driver:
        page = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.set_content(html)
        box = page.locator("body > *").last.bounding_box()
        assert box is not None
        page.set_viewport_size({"width": round(box["width"]), "height": round(box["height"])})
        picture(page, name)
