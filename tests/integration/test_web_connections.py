"""The page of connected repositories in Chromium, over a server that knows its callers and a real git host: connected, run, told of, removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.browser import AXE, CHROMIUM, NARROW, WIDE, complaints_of_axe, go, opened, picture
from tests.integration.processes import CLEW, clew_json, environment, started, wait_until, write_sources
from tests.integration.test_index_service import PASSWORD, ended, settings
from tests.servers.git_server import GitServer
from tests.servers.git_server import serving as git_serving
from tests.unit.ops.sources.test_deliveries import signed
from tests.unit.ops.sources.test_webhooks import push

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `apt-get install chromium`"),
    pytest.mark.skipif(os.name == "nt", reason="needs git http-backend"),
]
LOOKS_AGAIN_MS = 15_000
FILES = {
    "till/drawer.py": "def open_drawer():\n    return 1\n",
    "README.md": "# Till\n\n## Closing time\n\nCount the coins.\n",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """Start a git host that wants a password."""
    with git_serving(tmp_path_factory.mktemp("git")) as running:
        running.password = PASSWORD
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("connections")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    return folder / "store"


@pytest.fixture(scope="module")
def keys(store: Path) -> dict[str, str]:
    """Return a key of an administrator and one of a reader."""
    every = [part for right in ("ask", "read", "index", "connect", "admin") for part in ("--right", right)]
    made = {
        "root": clew_json(store, "keys", "create", "root", "--role", "admin", *every),
        "rea": clew_json(store, "keys", "create", "rea", "--role", "reader"),
    }
    return {name: one["key"] for name, one in made.items()}


@pytest.fixture(scope="module")
def address(
    store: Path, host: GitServer, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    assert keys
    log = tmp_path_factory.mktemp("server") / "log"
    env = environment(store, **settings(host), CLEW_ACCESS__AUTHENTICATION="required")
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=store.parent, env=env, log=log) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline() or log.read_text())["url"]


@pytest.fixture(scope="module")
def client(address: str, keys: dict[str, str]) -> Iterator[httpx.Client]:
    """Return an administrator's client; the credential `robot` is kept."""
    headers = {"Authorization": f"Bearer {keys['root']}"}
    with httpx.Client(base_url=address, timeout=60, trust_env=False, headers=headers) as one:
        body = {"name": "robot", "host": "127.0.0.1", "username": "robot", "secret": PASSWORD}
        assert one.post("/api/v1/credentials", json=body).status_code == 201
        yield one


@pytest.fixture(scope="module")
def shelf(client: httpx.Client, host: GitServer) -> str:
    """Return the name of a repository that is connected and indexed; no test takes it away."""
    host.repository("shelf", FILES)
    reply = client.post("/api/v1/repositories", json={"url": host.url("shelf"), "credential": "robot"})
    assert ended(client, reply.headers["location"])["state"] == "finished"
    return "shelf"


@contextmanager
def come_in(browser: Any, address: str, key: str, **options: Any) -> Iterator[Any]:
    """Open the page of connections with a key in its tab."""
    with opened(browser, address, known=key, place="#/connections", **options) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        yield page


@pytest.fixture
def page(browser: Any, address: str, client: httpx.Client, keys: dict[str, str]) -> Iterator[Any]:
    assert client
    with come_in(browser, address, keys["root"], refused=True) as one:
        yield one


def card(page: Any, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def test_a_repository_is_connected_found_and_removed_with_the_keyboard_alone(
    page: Any, host: GitServer, client: httpx.Client
) -> None:
    host.repository("till", FILES)
    page.get_by_role("textbox", name="Called").focus()
    for word in ("spare", "Tab", "git.example.org", "Tab", "Tab", "robot", "Tab", "hunter2"):
        (page.keyboard.press if word == "Tab" else page.keyboard.type)(word)
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("spare is kept.").wait_for()
    page.get_by_role("textbox", name="Address").focus()
    for word in (host.url("till"), "Tab", "Tab", "Tab", "robot", "Tab", "Tab"):
        (page.keyboard.press if word == "Tab" else page.keyboard.type)(word)
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("its first run has begun").wait_for()
    till = card(page, "till")
    till.locator(".state.finished").wait_for()
    (commit,) = [
        one["commit"] for one in client.get("/api/v1/sources").json()["sources"] if one["repository"] == "till"
    ]
    till.get_by_text(commit[:10]).wait_for()
    assert "every 1h" in till.inner_text() and "opened by robot" in till.inner_text()
    page.get_by_role("combobox", name="Search code and documents").focus()
    page.keyboard.type("open drawer")
    page.keyboard.press("Enter")
    page.locator(".lines").get_by_text("till/drawer.py").first.wait_for()
    page.keyboard.press("Escape")
    till.get_by_role("button", name="Remove till").focus()
    page.keyboard.press("Enter")
    till.wait_for(state="detached")


def test_a_push_is_told_by_a_webhook_whose_secret_is_shown_once_and_its_run_is_seen(
    page: Any, host: GitServer, shelf: str, address: str, client: httpx.Client
) -> None:
    page.clock.install()
    page.reload()
    one = card(page, shelf)
    one.get_by_role("combobox").select_option("gitea")
    one.get_by_role("button", name="Make a webhook").click()
    secret = page.get_by_label("The secret of the webhook").input_value()
    path = one.locator(".hooks code").inner_text()
    picture(page, "webhook")
    page.get_by_role("button", name="I have kept it").click()
    page.get_by_label("The secret of the webhook").wait_for(state="detached")
    one.get_by_text("not heard of yet").wait_for()
    commit = host.commit(shelf, {"till/pushed.py": "def pushed():\n    return 4\n"})
    content = push("gitea", "main", number=1)
    headers = {**signed("gitea", content, secret), "x-gitea-delivery": "1", "content-type": "application/json"}
    assert httpx.post(address.rstrip("/") + path, content=content, headers=headers, trust_env=False).status_code == 202
    wait_until(lambda: commit in client.get("/api/v1/sources").text, what="the push is fetched")
    page.clock.fast_forward(LOOKS_AGAIN_MS)
    one.get_by_text("not heard of yet").wait_for(state="detached")
    one.get_by_text("heard of").wait_for()
    one.get_by_text(commit[:10]).wait_for()
    one.get_by_role("button", name="Another secret").click()
    page.get_by_label("The secret of the webhook").wait_for()
    assert page.get_by_label("The secret of the webhook").input_value() != secret
    one.get_by_role("button", name="End the webhook").click()
    one.locator(".hooks li").wait_for(state="detached")


def test_it_is_run_now_and_scheduled(page: Any, host: GitServer, shelf: str) -> None:
    one = card(page, shelf)
    commit = host.commit(shelf, {"till/late.py": "def late():\n    return 2\n"})
    one.get_by_role("button", name="Run now").click()
    one.get_by_text(commit[:10]).wait_for()
    one.locator(".state.finished").wait_for()
    one.get_by_role("button", name="Change the schedule").click()
    page.keyboard.type("every now and then")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("every 15m").wait_for()
    one.get_by_label("Schedule of shelf").fill("30 3 * * mon-fri")
    page.keyboard.press("Enter")
    one.get_by_text("next ").wait_for()
    page.get_by_role("alert").wait_for(state="detached")
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    picture(page, "connections")
    one.get_by_role("button", name="Change the schedule").click()
    one.get_by_label("Schedule of shelf").fill("")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("has no schedule any more").wait_for()
    one.get_by_text("next ").wait_for(state="detached")


def test_what_is_refused_and_what_failed_says_why(page: Any, host: GitServer, shelf: str) -> None:
    page.get_by_role("textbox", name="Address").fill("file:///etc/passwd")
    page.get_by_role("button", name="Connect it").click()
    page.get_by_role("alert").get_by_text("file").first.wait_for()
    one = card(page, shelf)
    host.redirect = "https://127.0.0.1:1"
    try:
        one.get_by_role("button", name="Run now").click()
        one.locator(".state.failed").wait_for()
    finally:
        host.redirect = ""
    assert "another address" in one.locator("em").inner_text()


def test_a_run_shows_how_far_it_is_and_is_cancelled(page: Any, host: GitServer, shelf: str) -> None:
    one = card(page, shelf)
    host.commit(shelf, {"till/more.py": "def more():\n    return 3\n"})
    host.hold.clear()
    try:
        one.get_by_role("button", name="Run now").click()
        one.get_by_role("progressbar").wait_for()
        one.get_by_role("button", name="Remove").and_(page.locator(":disabled")).wait_for()
        one.get_by_role("button", name="Cancel").click()
        one.locator(".state.cancelled").wait_for()
    finally:
        host.hold.set()


def test_a_reader_sees_no_way_in_and_is_told_so_kindly(browser: Any, address: str, keys: dict[str, str]) -> None:
    with come_in(browser, address, keys["rea"]) as page:
        page.get_by_role("heading", name="These pages are for those who connect repositories").wait_for()
        assert page.get_by_role("link", name="Connections").count() == 0
        go(page, "#/")
        page.get_by_role("heading", name="Ask about your code").wait_for()


@pytest.mark.skipif(not AXE.exists(), reason="`npm ci` in web/ brings axe")
@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_nothing(
    browser: Any, address: str, keys: dict[str, str], shelf: str, scheme: str, width: int
) -> None:
    with come_in(browser, address, keys["root"], width=width, scheme=scheme, axe=True) as page:
        one = card(page, shelf)
        one.get_by_role("button", name="Make a webhook").click()
        page.get_by_label("The secret of the webhook").wait_for()
        one.get_by_role("button", name="Change the schedule").click()
        one.get_by_label("Schedule of shelf").wait_for()
        page.get_by_role("button", name="Replace the secret of robot").click()
        page.get_by_role("form", name="Another secret for robot").wait_for()
        assert complaints_of_axe(page) == []
        fits = "(main) => main.scrollWidth <= main.clientWidth"
        assert page.get_by_role("main").evaluate(fits), "nothing stands out at the side"
        if width == NARROW:
            one.get_by_role("heading", name=shelf).scroll_into_view_if_needed()
            picture(page, "connections-dark-narrow")
        page.get_by_role("button", name="I have kept it").click()
        one.get_by_role("button", name="End the webhook").click()
        one.locator(".hooks li").wait_for(state="detached")
