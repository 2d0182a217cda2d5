"""The MCP server over a real index, driven by the official client inside this process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult

from app.mcp.server import create_server
from app.wiring import Wiring
from configs.settings import load_settings
from guardrails.logs import GATE
from tests.unit.app.conftest import Indexed

T = TypeVar("T")
TOOLS = {
    "find_symbol", "callers", "callees", "impact_of", "call_path", "class_hierarchy", "review_change",
    "search_code", "read_lines", "repositories", "ask",
}  # fmt: skip


@pytest.fixture(scope="module")
def wiring(indexed: Indexed) -> Iterator[Wiring]:
    wiring = Wiring(load_settings({"home": str(indexed.store), "model": {"writer": "extractive"}}))
    yield wiring
    wiring.close()


def with_client(wiring: Wiring, use: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Client(create_server(wiring)) as client:
            return await use(client)

    return asyncio.run(run())


def call(wiring: Wiring, tool: str, **arguments: Any) -> CallToolResult:
    return with_client(wiring, lambda client: client.call_tool(tool, arguments))


def text_of(result: CallToolResult) -> str:
    return "\n".join(getattr(part, "text", "") for part in result.content)


def test_the_tools_are_described_and_only_read(wiring: Wiring) -> None:
    listed = with_client(wiring, lambda client: client.list_tools()).tools
    assert {tool.name for tool in listed} == TOOLS
    for tool in listed:
        assert tool.description
        assert tool.annotations is not None and tool.annotations.read_only_hint
        properties = tool.input_schema.get("properties", {})
        assert "context" not in properties
        assert all("description" in shape or name == "limit" for name, shape in properties.items()), (
            f"{tool.name}: {properties}"
        )


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("callers", {"name": "price"}, "shop/größe.py:5"),
        ("callees", {"name": "messen"}, "shop.models.price"),
        ("find_symbol", {"name": "Order"}, "shop/models.py:1"),
        ("impact_of", {"name": "lonely_end"}, "shop.other.above"),
        ("call_path", {"source": "above", "target": "lonely_end"}, "2 links"),
        ("class_hierarchy", {"name": "Order"}, "none"),
        ("search_code", {"query": "price in cents", "kind": "function"}, "shop/models.py:8"),
        ("search_code", {"query": "prices of an order", "kind": "doc"}, "README.md"),
        ("read_lines", {"place": "shop/models.py:8-9"}, "def price(order: Order)"),
        ("read_lines", {"place": "shop/other.py"}, "shop.other.helper"),
        ("repositories", {}, "shop"),
        ("ask", {"question": "who calls price?"}, "claims verified"),
    ],
)
def test_a_tool_answers_as_the_command_line_does(
    wiring: Wiring, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = call(wiring, tool, **arguments)
    assert not result.is_error, text_of(result)
    assert said in text_of(result)
    assert "\x1b" not in text_of(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("callers", {"name": "price", "repository": "nowhere"}, "nowhere"),
        ("read_lines", {"place": "shop/absent.py:1"}, "shop/absent.py"),
        ("read_lines", {"place": "../../etc/passwd"}, "no indexed file"),
        ("ask", {"question": "   "}, "empty"),
        ("search_code", {"query": ""}, "empty"),
        ("callers", {"name": "price", "depth": 99}, "20"),
    ],
)
def test_what_cannot_be_answered_is_an_error_with_the_next_step(
    wiring: Wiring, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = call(wiring, tool, **arguments)
    assert result.is_error
    assert said in text_of(result)


def test_a_name_with_several_meanings_and_one_without_any_are_answers(wiring: Wiring) -> None:
    assert "ambiguous" in text_of(call(wiring, "callers", name="twice"))
    assert "unknown: no symbol 'nothing_like_it'" in text_of(call(wiring, "callers", name="nothing_like_it"))


def test_a_store_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    empty = Wiring(load_settings({"home": str(tmp_path / "store")}))
    result = call(empty, "callers", name="price")
    empty.close()
    assert result.is_error
    assert "clew index" in text_of(result)


def test_asking_tells_its_steps(wiring: Wiring) -> None:
    steps: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        steps.append(message)

    with_client(
        wiring,
        lambda client: client.call_tool("ask", {"question": "who calls price?"}, progress_callback=heard),
    )
    assert "understanding the question" in steps
    assert "checking every claim" in steps


def test_files_symbols_and_repositories_are_resources(wiring: Wiring) -> None:
    async def use(client: Client) -> list[str]:
        uris = (
            "clew://repositories",
            f"clew://file/shop/{quote('shop/größe.py')}",
            f"clew://symbol/{quote('shop:shop/models.py#price', safe='')}",
        )
        return [getattr((await client.read_resource(uri)).contents[0], "text", "") for uri in uris]

    repositories, file, symbol = with_client(wiring, use)
    assert json.loads(repositories)[0]["name"] == "shop"
    assert file.startswith("from shop.models import Order, price")
    assert symbol.startswith("def price(order: Order)")
    assert "return 1" in symbol


def test_a_client_finds_out_which_resources_there_are(wiring: Wiring) -> None:
    async def use(client: Client) -> tuple[set[str], set[str]]:
        listed, templates = await client.list_resources(), await client.list_resource_templates()
        return {str(one.uri) for one in listed.resources}, {one.uri_template for one in templates.resource_templates}

    whole, templates = with_client(wiring, use)
    assert whole == {"clew://repositories"}
    assert templates == {"clew://file/{repository}/{+file}", "clew://symbol/{+id}"}


@pytest.mark.parametrize(
    "uri",
    [
        "clew://file/shop/absent.py",
        "clew://file/shop/../../etc/passwd",
        "clew://symbol/shop%3Aabsent",
        "clew://file/other/a.py",
    ],
)
def test_what_is_not_indexed_is_no_resource(wiring: Wiring, uri: str) -> None:
    async def use(client: Client) -> str:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(uri)
        return str(refused.value)

    assert with_client(wiring, use)


def test_no_handler_of_the_library_passes_by_the_gate_of_the_logs(wiring: Wiring) -> None:
    kept = logging.root.handlers[:]
    logging.root.handlers[:] = []
    try:
        create_server(wiring)
        (handler,) = logging.root.handlers
    finally:
        logging.root.handlers[:] = kept
    assert type(handler) is logging.StreamHandler
    assert GATE in handler.filters
