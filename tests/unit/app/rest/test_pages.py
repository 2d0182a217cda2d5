"""The web page as it is served: from its own folder only, under a policy that lets nothing else in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.rest.pages import FOLDER, add_pages


def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    app = FastAPI()
    add_pages(app)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_the_root_leads_to_the_page() -> None:
    reply = get("/")
    assert (reply.status_code, reply.headers["location"]) == (307, "/ui/")


def test_the_page_runs_its_own_scripts_and_nothing_else() -> None:
    reply = get("/ui/")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-cache"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert "<script>" not in reply.text and "style=" not in reply.text and "http" not in reply.text


def test_assets_are_named_by_their_content_and_kept() -> None:
    assets = [path.name for path in (FOLDER / "assets").iterdir()]
    assert assets
    for name in assets:
        reply = get(f"/ui/assets/{name}")
        assert reply.status_code == 200
        assert "immutable" in reply.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/ui/../pages.py", "/ui/%2e%2e/%2e%2e/wiring.py", "/ui/assets/..%2f..%2f..%2fwiring.py"]
)
def test_nothing_outside_the_folder_is_served(path: str) -> None:
    assert get(path).status_code == 404


def test_what_is_loaded_first_is_small() -> None:
    """Code that is only shown later (the graph, colours) lies in files of its own."""
    page = get("/ui/")
    first = [path.name for path in (FOLDER / "assets").iterdir() if path.name in page.text]
    assert {Path(name).suffix for name in first} == {".js", ".css"}
    replies = [page, *(get(f"/ui/assets/{name}") for name in first)]
    assert {reply.headers.get("content-encoding") for reply in replies[1:]} == {"gzip"}
    assert sum(int(reply.headers["content-length"]) for reply in replies) < 120_000


def test_who_takes_no_gzip_gets_the_same_plain() -> None:
    name = next(path.name for path in (FOLDER / "assets").glob("index-*.js"))
    plain = get(f"/ui/assets/{name}", {"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == get(f"/ui/assets/{name}").content
    assert {reply.headers["vary"] for reply in (plain, get("/ui/"))} == {"Accept-Encoding"}
