"""The extension in a real VS Code (code-server, in Debian's Chromium) over a real server and a real index.

`npm run package` and `npm run package:companion` in vscode/ make what is installed; `python -m tests.servers.code_server` fetches the editor.
Pictures are kept in the folder that CLEW_PICTURES names (`make pictures` takes those of the README from there).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import (
    CLEW,
    ROOT,
    SOURCES,
    clew_json,
    environment,
    free_port,
    started,
    wait_until,
    write_sources,
)
from tests.servers import code_server

playwright = pytest.importorskip("playwright.sync_api", reason="requirements/browser.lock is not installed")
CHROMIUM = shutil.which("chromium")
PACKAGES = [ROOT / "vscode" / "dist" / name for name in ("clew.vsix", "companion.vsix")]
AXE = ROOT / "vscode" / "node_modules" / "axe-core" / "axe.min.js"
TESTS = "from shop.checkout import checkout\n\n\ndef test_checkout() -> None:\n    assert checkout() == 1\n"
SLOW_MS = 90_000
"""A server or an editor starts beside others."""
TWICE = "class Left:\n    def twice(self) -> int:\n        return 2\n\n\nclass Right:\n    def twice(self) -> int:\n        return 2\n"
EVIL = '{"clew.server.url": "http://127.0.0.1:9"}'
TRACEBACK = (
    'Traceback (most recent call last):\n  File "shop/checkout.py", line 5, in checkout\nTypeError: price failed\n'
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(600),  # the first one starts a server, an editor and a browser
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
    pytest.mark.skipif(not code_server.at_hand(), reason="no code-server: `python -m tests.servers.code_server`"),
    pytest.mark.skipif(
        not all(package.exists() for package in PACKAGES), reason="`npm run package package:companion` in vscode/"
    ),
]


class Shop:
    """A repository under git, its index, and a server that can go away and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        more = {"tests/test_checkout.py": TESTS, "shop/twice.py": TWICE, ".vscode/settings.json": EVIL}
        self.root = write_sources(folder / "shop", {**SOURCES, **more})
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for arguments in (
            ("init", "-q"),
            ("add", "."),
            ("-c", "user.name=A", "-c", "user.email=a@shop.example", "commit", "-qm", "Begin"),
        ):
            subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True)
        clew_json(folder / "store", "index", str(self.root), "--name", "shop")
        self._running = ExitStack()

    def start(self) -> None:
        log = self.folder / "server.log"
        command = [*CLEW, "serve", "--port", str(self.port), "--json"]
        process = self._running.enter_context(
            started(command, folder=self.folder, env=environment(self.folder / "store"), log=log)
        )
        assert process.stdout is not None
        assert json.loads(process.stdout.readline() or log.read_text())["url"] == self.url

    def stop(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    one = Shop(tmp_path_factory.mktemp("vscode"))
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def editor(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[code_server.CodeServer]:
    settings = {
        "clew.server.url": shop.url,
        "clew.server.command": str(_program(shop.folder)),
        "workbench.startupEditor": "none",
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "workbench.colorTheme": "Default Light Modern",
        "chat.disableAIFeatures": False,
        "editor.minimap.enabled": False,
        "window.commandCenter": False,
        "files.autoSave": "off",
    }
    folder = tmp_path_factory.mktemp("editor")
    with code_server.CodeServer(folder, PACKAGES).running(shop.root, settings) as running:
        yield running


def _program(folder: Path) -> Path:
    """Return a `clew` as the settings name it: this checkout, over the store of the shop."""
    path = folder / "clew"
    lines = [f"export {name}='{value}'" for name, value in environment(folder / "store").items()]
    path.write_text("\n".join(["#!/bin/sh", *lines, f'exec {" ".join(CLEW)} "$@"', ""]))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def page(editor: code_server.CodeServer) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened = context.new_page()
        opened.set_default_timeout(SLOW_MS / 2)
        opened.goto(editor.url)
        editor.wait_for_companion()
        opened.get_by_role("button", name=re.compile("Clew: shop")).wait_for()
        yield opened
        chromium.close()


def inside_of(page: Any, mark: str) -> Any:
    """Return the inside of the webview that has such an element."""
    return wait_until(
        lambda: next((one for one in page.frames if not one.is_detached() and one.locator(mark).count()), None),
        what=f"a webview with {mark}",
    )


def sidebar(page: Any) -> Any:
    return inside_of(page, "#app main.chat, #app > .notice")


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("CLEW_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def asked(page: Any, editor: code_server.CodeServer, question: str) -> Any:
    """Ask in a new conversation of the sidebar; return its inside once the answer is there."""
    editor.ask("command", name="clew.ask", values=[question])
    inside = sidebar(page)
    inside.get_by_role("heading", name=question).wait_for()
    inside.locator("footer.facts").last.wait_for()
    return inside


def at(editor: code_server.CodeServer, path: str, line: int) -> bool:
    """Tell whether this line is where the cursor is."""
    place = editor.ask("place")
    return place is not None and (place["path"], place["line"]) == (path, line)


def test_a_question_in_the_sidebar_is_answered_and_its_citation_jumps_to_the_line(
    page: Any, editor: code_server.CodeServer
) -> None:
    inside = asked(page, editor, "Who calls price?")
    assert "2 callers" in inside.locator(".prose").inner_text()
    inside.locator(".claims summary").click()
    assert inside.locator(".claims .mark.verified").count() >= 2
    inside.locator(".claims summary").click()
    inside.locator(".prose .place", has_text="checkout.py:5").first.click()
    wait_until(lambda: at(editor, "shop/checkout.py", 5), what="the citation opens")
    picture(page, "answer")
    inside.get_by_label("Question").fill("and who calls checkout?")
    inside.get_by_label("Question").press("Enter")
    inside.get_by_role("heading", name="and who calls checkout?").wait_for()
    inside.locator("footer.facts").nth(1).wait_for()
    assert "test_checkout" in inside.locator(".prose").last.inner_text()


def test_a_name_of_several_meanings_is_a_choice_in_both_chats(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("command", name="clew.ask", values=["Who calls twice?"])
    inside = sidebar(page)
    inside.locator(".choices button", has_text="Right.twice").click()
    inside.locator("footer.facts").wait_for()
    assert "Right.twice" in inside.locator(".prose").inner_text()
    values = [{"query": "@clew Who calls twice?", "modelSelector": {"vendor": "clew"}}]
    editor.ask("command", name="workbench.action.chat.open", values=values)
    page.locator(".interactive-input-followups, .chat-welcome-followups, .interactive-input-part").get_by_text(
        "Left.twice"
    ).click()
    page.locator(".interactive-response").last.get_by_text("There is no call of").wait_for()
    editor.ask("command", name="workbench.action.chat.newChat")
    editor.ask("command", name="workbench.action.closeAuxiliaryBar")


def test_the_sidebar_has_no_network_of_its_own(page: Any, editor: code_server.CodeServer, shop: Shop) -> None:
    asked(page, editor, "Where is price defined?")
    frame = sidebar(page)
    assert frame.evaluate("url => fetch(url).then(() => 'went', () => 'refused')", f"{shop.url}/healthz") == "refused"
    policy = frame.locator("meta[http-equiv]").get_attribute("content")
    assert policy.startswith("default-src 'none'; script-src 'nonce-") and "unsafe" not in policy
    ran = frame.evaluate(
        "() => { const one = document.createElement('script'); one.textContent = 'window.ran = 1'; document.body.append(one); return window.ran }"
    )
    assert ran is None


def test_nobody_is_barred_from_the_sidebar(page: Any, editor: code_server.CodeServer) -> None:
    if not AXE.exists():
        pytest.skip("`npm ci` in vscode/ brings axe")
    for theme in ("Default Light Modern", "Default Dark Modern"):
        editor.ask("configure", name="workbench.colorTheme", value=theme)
        inside = asked(page, editor, "Who calls price?")
        inside.locator(".claims summary").click()
        frame = sidebar(page)
        frame.locator(f"body.vscode-{'dark' if 'Dark' in theme else 'light'}").wait_for()
        frame.evaluate(AXE.read_text("utf-8"))
        found = frame.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        if "Dark" in theme:
            picture(page, "dark")
    editor.ask("configure", name="workbench.colorTheme", value="Default Light Modern")


def test_a_hover_says_what_a_name_is_and_who_calls_it(page: Any, editor: code_server.CodeServer) -> None:
    said = "\n".join(editor.ask("hover", path="shop/checkout.py", line=5, column=14))
    assert "def price(order: Order) -> int" in said
    assert "Return the price in cents" in said
    assert "$(pass) exact" in said
    assert "Called from 2 places" in said
    assert editor.ask("hover", path="README.md", line=3, column=5) == []
    editor.ask("show", path="shop/checkout.py", line=5, column=14)
    editor.ask("command", name="editor.action.showHover")
    page.get_by_text("Called from 2 places").wait_for()
    page.locator(".codelens-decoration", has_text="1 test").wait_for()
    picture(page, "hover")
    page.keyboard.press("Escape")


def test_lenses_count_callers_and_tests_also_after_lines_have_moved(page: Any, editor: code_server.CodeServer) -> None:
    def lenses() -> set[tuple[int, str]]:
        return {(one["line"], one["title"]) for one in editor.ask("lenses", path="shop/models.py")}

    before = {(1, "1 caller"), (1, "1 test"), (4, "no callers"), (4, "no tests"), (8, "2 callers"), (8, "1 test")}
    assert lenses() == before
    editor.ask("show", path="shop/models.py", line=1, column=1)
    editor.ask("edit", path="shop/models.py", line=1, text="# new\n# lines\n")
    assert lenses() == {(line + 2, title) for line, title in before}
    assert "def price(order: Order) -> int" in "".join(editor.ask("hover", path="shop/models.py", line=10, column=6))
    editor.ask("command", name="workbench.action.files.revert")


def test_the_tree_of_callers_opens_level_by_level(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("show", path="shop/models.py", line=8, column=6)
    editor.ask("command", name="clew.callers.show")
    rows = page.locator(".pane .monaco-list-row")
    rows.filter(has_text="checkout.checkout").wait_for()
    rows.filter(has_text="checkout.checkout").locator(".monaco-tl-twistie").click()
    rows.filter(has_text="test_checkout.test_checkout").wait_for()
    picture(page, "callers")
    rows.filter(has_text="Order.total").click()
    wait_until(lambda: at(editor, "shop/models.py", 5), what="the call opens")
    editor.ask("command", name="clew.tests.of", values=["price"])
    rows.filter(has_text="tested by").wait_for()


def test_what_the_selection_is_asked(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("show", path="shop/models.py", line=8, column=6)
    editor.ask("command", name="clew.impact")
    sidebar(page).get_by_role("heading", name="What breaks if shop.models.price changes?").wait_for()
    sidebar(page).locator("footer.facts").wait_for()
    editor.ask("show", path="shop/models.py", line=4, column=1, toLine=6, toColumn=1)
    editor.ask("command", name="clew.explain")
    sidebar(page).get_by_role("heading", name="Explain shop/models.py:4-5").wait_for()
    sidebar(page).locator("footer.facts").wait_for()


def test_what_is_near_is_drawn_beside_the_code(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("show", path="shop/models.py", line=8, column=6)
    editor.ask("command", name="clew.draw")
    page.get_by_role("tab", name="Near price").wait_for()
    inside = inside_of(page, "main.page")
    inside.locator(".graph canvas").first.wait_for()
    assert "calls" in inside.locator(".edges").inner_text()
    picture(page, "drawing")
    inside.get_by_role("link", name="What a change breaks").click()
    inside.get_by_role("heading", name="Tests to run").wait_for()
    page.get_by_role("tab", name="Breaks with price").wait_for()
    inside.locator(".edges .place", has_text="shop/checkout.py:5").first.click()
    wait_until(lambda: at(editor, "shop/checkout.py", 5), what="the call opens")
    inside = asked(page, editor, "Who calls price?")
    inside.get_by_role("button", name="Draw what is near").click()
    page.get_by_role("tab", name="Near price").wait_for()
    editor.ask("command", name="workbench.action.closeAllEditors")


def test_changes_are_sent_to_a_server_elsewhere_and_their_findings_stand_at_their_lines(
    page: Any, editor: code_server.CodeServer, shop: Shop
) -> None:
    """The server has a clone without the change; this folder is the same repository by its name."""
    elsewhere = shop.folder / "elsewhere"
    subprocess.run(["git", "clone", "-q", str(shop.root), str(elsewhere)], check=True, capture_output=True)
    clew_json(shop.folder / "store", "index", str(elsewhere), "--name", "remote")
    path = shop.root / "shop" / "models.py"
    before = path.read_text("utf-8")
    path.write_text("# new\n" + before.replace("def price(order: Order)", "def price(order: Order, tax: int)"), "utf-8")
    (shop.root / "shop" / "late.py").write_text("def late() -> int:\n    return 1\n")
    try:
        editor.ask("configure", name="clew.repository", value="remote")
        editor.ask("command", name="clew.connect")
        editor.ask("show", path="shop/checkout.py", line=5, column=1)
        editor.ask("command", name="clew.review")
        inside = inside_of(page, "main.review")
        inside.get_by_role("heading", name="Review of what is not committed").wait_for()
        found = {(one["path"], one["line"], one["severity"]): one for one in editor.ask("problems")}
        caller = found["shop/checkout.py", 5, "Error"]
        assert "calls shop.models.price, which is declared anew" in caller["text"]
        assert [(one["path"], one["line"]) for one in caller["cites"]] == [("shop/models.py", 9)]
        assert ("shop/models.py", 6, "Error") in found  # a line of the index that the edit has moved
        assert "not indexed yet: late" in found["shop/late.py", 1, "Information"]["text"]
        inside.get_by_text("Tests to run").wait_for()
        page.locator(".squiggly-error").first.wait_for()
        picture(page, "review")
        inside.locator(".findings .cites .place", has_text="shop/models.py:9").first.click()
        wait_until(lambda: at(editor, "shop/models.py", 9), what="the citation opens")
        assert "error shop/checkout.py:5" in str(editor.ask("tool", name="clew_review", input={}))
        values = [{"query": "@clew /review", "modelSelector": {"vendor": "clew"}}]
        editor.ask("command", name="workbench.action.chat.open", values=values)
        page.locator(".interactive-response").last.get_by_text("will break or must follow").wait_for()
        editor.ask("command", name="workbench.action.closeAuxiliaryBar")
        inside.get_by_role("button", name="Clear the findings").click()
        wait_until(lambda: editor.ask("problems") == [], what="the findings are gone")
        inside.locator("main.review").wait_for(state="detached")
    finally:
        path.write_text(before, "utf-8")
        (shop.root / "shop" / "late.py").unlink()
    editor.ask("begin", name="clew.review")
    page.get_by_text("There is nothing to review").last.wait_for()
    page.get_by_role("button", name="Review the last commit").wait_for()
    editor.ask("command", name="notifications.clearAll")
    editor.ask("configure", name="clew.repository", value="")
    clew_json(shop.folder / "store", "forget", "remote", "--yes")


def test_a_change_on_the_servers_own_disk_is_told_in_the_status_bar(
    page: Any, editor: code_server.CodeServer, shop: Shop
) -> None:
    path = shop.root / "shop" / "models.py"
    before = path.read_text("utf-8")
    path.write_text(before + "# more\n", "utf-8")
    try:
        editor.ask("command", name="clew.connect")
        page.get_by_role("button", name=re.compile("Clew: 1 file changed")).wait_for()
    finally:
        path.write_text(before, "utf-8")
    editor.ask("command", name="clew.connect")
    page.get_by_role("button", name=re.compile("Clew: shop")).wait_for()


def test_the_status_bar_tells_how_well_the_index_covers(page: Any) -> None:
    page.get_by_role("button", name=re.compile("Clew: shop")).hover()
    page.locator(".monaco-hover, .workbench-hover").get_by_text(
        re.compile(r"every file was read.*% exact", re.S)
    ).wait_for()
    picture(page, "status")
    page.mouse.move(640, 400)


def test_find_where_offers_places_as_one_types(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("command", name="workbench.action.closeAllEditors")
    editor.ask("command", name="clew.find")
    page.get_by_placeholder(re.compile("What is handled")).fill("price of an order")
    page.get_by_role("option").filter(has_text="shop/models.py:8").wait_for()
    picture(page, "find")
    page.get_by_role("option").filter(has_text="shop/models.py:8").click()
    wait_until(lambda: at(editor, "shop/models.py", 8), what="the place opens")


def test_the_chat_of_the_editor_answers_without_another_provider(page: Any, editor: code_server.CodeServer) -> None:
    values = [{"query": "@clew Who calls price?", "modelSelector": {"vendor": "clew"}}]
    editor.ask("command", name="workbench.action.chat.open", values=values)
    answer = page.locator(".interactive-response").last
    answer.get_by_text("2 callers").wait_for()
    answer.get_by_text("2 of 2 claims verified").wait_for()
    picture(page, "participant")
    answer.locator(".chat-inline-anchor-widget", has_text="checkout.py").click()
    wait_until(lambda: at(editor, "shop/checkout.py", 5), what="the citation opens")
    editor.ask("command", name="workbench.action.closeAuxiliaryBar")


def test_a_traceback_selected_in_the_terminal_is_asked_about(
    page: Any, editor: code_server.CodeServer, shop: Shop
) -> None:
    (shop.root / ".git" / "crash.txt").write_text(TRACEBACK)
    editor.ask("clipboard", text="mine")
    editor.ask("command", name="workbench.action.terminal.new")
    page.locator(".terminal .xterm-helper-textarea").wait_for(state="attached")
    page.keyboard.type("clear; cat .git/crash.txt\n")
    page.locator(".xterm-accessibility-tree, .xterm-screen").first.wait_for()
    page.wait_for_function("document.title.length > 0")
    editor.ask("command", name="workbench.action.terminal.selectAll")
    wait_until(lambda: _selected(editor), what="the traceback is in the terminal")
    editor.ask("clipboard", text="mine")
    editor.ask("command", name="clew.terminal")
    inside = sidebar(page)
    inside.get_by_role("heading", name=re.compile("Why does this happen.*TypeError", re.DOTALL)).wait_for()
    inside.locator("footer.facts").wait_for()
    assert editor.ask("clipboard") == "mine"
    editor.ask("command", name="workbench.action.terminal.killAll")


def _selected(editor: code_server.CodeServer) -> bool:
    editor.ask("command", name="workbench.action.terminal.selectAll")
    editor.ask("command", name="workbench.action.terminal.copySelection")
    return "TypeError: price failed" in str(editor.ask("clipboard"))


def test_other_extensions_find_the_model_and_the_tools(editor: code_server.CodeServer, page: Any) -> None:
    found = editor.ask("extension")
    assert found["active"]
    assert found["tools"] == ["clew_ask", "clew_callers", "clew_impact", "clew_review", "clew_search", "clew_symbol"]
    assert [one["vendor"] for one in editor.ask("models")] == ["clew"]
    said = editor.ask("model", question="Who calls price?")
    assert "shop/checkout.py:5" in said["text"] and said["tokens"] > 0
    callers = editor.ask("tool", name="clew_callers", input={"symbol": "price"})
    assert "= shop/checkout.py:5 shop.checkout.checkout" in callers
    assert "tests to run:" in editor.ask("tool", name="clew_impact", input={"symbol": "price"})
    assert "def price" in editor.ask("tool", name="clew_symbol", input={"symbol": "price"})
    assert "shop/models.py" in editor.ask("tool", name="clew_search", input={"query": "price of an order"})
    assert "verdict: found" in editor.ask("tool", name="clew_ask", input={"question": "Where is price defined?"})


def test_agents_of_the_editor_know_the_endpoint_for_tools(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("begin", name="workbench.mcp.listServer")
    page.locator(".quick-input-list").get_by_text("Clew", exact=True).first.wait_for()
    page.keyboard.press("Escape")


def test_the_walkthrough_begins_with_the_server(page: Any, editor: code_server.CodeServer) -> None:
    editor.ask("command", name="workbench.action.openWalkthrough", values=["clew.clew#start"])
    page.get_by_role("heading", name="Begin with Clew").first.wait_for()
    page.get_by_text("Start a local server").first.wait_for()
    for step in ("Reach a server", "Index this folder", "Ask", "Look round in the editor", "Review your changes"):
        page.get_by_role("button", name=step).or_(page.get_by_role("heading", name=step, exact=True)).first.wait_for()
    picture(page, "walkthrough")
    editor.ask("command", name="workbench.action.closeAllEditors")


def test_the_index_is_brought_up_to_date_from_here(page: Any, editor: code_server.CodeServer, shop: Shop) -> None:
    (shop.root / "shop" / "late.py").write_text(
        "from shop.models import price\n\n\ndef late() -> int:\n    return price(None)\n"
    )
    try:
        editor.ask("command", name="clew.index.update")
        assert "shop/late.py:5" in editor.ask("tool", name="clew_callers", input={"symbol": "price"})
    finally:
        (shop.root / "shop" / "late.py").unlink()
        editor.ask("command", name="clew.index.update")


def test_a_workspace_cannot_name_the_server(editor: code_server.CodeServer, page: Any, shop: Shop) -> None:
    """`.vscode/settings.json` of this workspace tries; the key would go there."""
    found = editor.ask("configured", name="clew.server.url")
    assert found.get("workspaceValue") is None
    page.get_by_role("button", name=re.compile("Clew: shop")).wait_for()


def test_a_server_that_goes_away_is_said_and_comes_back(page: Any, editor: code_server.CodeServer, shop: Shop) -> None:
    shop.stop()
    editor.ask("command", name="clew.connect")
    inside = sidebar(page)
    inside.get_by_text(re.compile("does not answer")).first.wait_for()
    page.get_by_role("button", name=re.compile("Clew: no server")).wait_for()
    picture(page, "no-server")
    assert editor.ask("hover", path="shop/checkout.py", line=5, column=14) == []
    shop.start()
    inside.get_by_role("button", name="Try again").first.click()
    page.get_by_role("button", name=re.compile("Clew: shop")).wait_for()
    inside.get_by_text(re.compile("does not answer")).wait_for(state="detached")


def test_a_local_server_is_started_on_request_and_stopped(
    page: Any, editor: code_server.CodeServer, shop: Shop
) -> None:
    shop.stop()
    editor.ask("command", name="clew.connect")
    sidebar(page).get_by_role("button", name="Start a local server").click()
    page.get_by_role("button", name=re.compile("Clew: shop")).wait_for(timeout=SLOW_MS)
    editor.ask("command", name="clew.server.stop")
    editor.ask("command", name="clew.connect")
    page.get_by_role("button", name=re.compile("Clew: no server")).wait_for()
    shop.start()
    editor.ask("command", name="clew.connect")
    page.get_by_role("button", name=re.compile("Clew: shop")).wait_for()


class _Strange(BaseHTTPRequestHandler):
    """Wants a key; who has it gets one repository, and no other route."""

    def do_GET(self) -> None:
        if self.headers.get("authorization") != "Bearer right-key":
            self._reply(401, {"code": "unauthenticated", "detail": "A key is needed."})
        elif self.path.startswith("/api/v1/repositories"):
            self._reply(200, {"repositories": [], "next_cursor": None})
        else:
            self._reply(404, {"detail": "Not Found"})

    def _reply(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def _strange_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Strange) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_that_wants_a_key_gets_the_one_that_is_given_and_an_old_one_is_said(
    page: Any, editor: code_server.CodeServer, shop: Shop
) -> None:
    with _strange_server() as url:
        editor.ask("configure", name="clew.server.url", value=url)
        inside = sidebar(page)
        page.get_by_role("button", name=re.compile("Clew: needs a key")).wait_for()
        inside.get_by_role("button", name="Give an API key").click()
        field = page.locator(".quick-input-widget input[type=password]")
        field.fill("right-key")
        field.press("Enter")
        page.get_by_role("button", name=re.compile("Clew: old server")).wait_for()
        inside.get_by_text("The server is older than this extension.").wait_for()
        assert inside.get_by_role("button", name="Try again").count() == 1
        kept = [path.read_text("utf-8") for path in editor.folder.rglob("settings.json")]
        assert kept and not any("right-key" in text for text in kept), "it lies in the editor's secret storage"
        editor.ask("configure", name="clew.server.url", value=shop.url)
        page.get_by_role("button", name=re.compile("Clew: shop")).wait_for()
