"""`clew mcp` as a process and `/mcp` of `clew serve`, driven by the official client."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.integration.processes import CLEW, ROOT, environment, started

pytestmark = pytest.mark.integration


async def answers(server: StdioServerParameters | str) -> list[str]:
    async with Client(server) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"ask", "callers", "impact_of"} <= names
        called = [
            await client.call_tool("callers", {"name": "price"}),
            await client.call_tool("ask", {"question": "what does checkout call?"}),
        ]
        file = await client.read_resource("clew://file/shop/shop/checkout.py")
        texts = ["".join(getattr(part, "text", "") for part in result.content) for result in called]
        return [*texts, getattr(file.contents[0], "text", "")]


def check(told: list[str]) -> None:
    callers, asked, file = told
    assert "shop/checkout.py:5" in callers
    assert "= exact" in callers
    assert "claims verified" in asked
    assert file.startswith("from shop.models import")


def test_an_agent_that_starts_it_talks_over_its_pipes(shop: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=list(CLEW[1:]) + ["mcp"], env=environment(shop), cwd=str(ROOT)
    )
    check(asyncio.run(answers(command)))


def test_the_server_speaks_it_too(shop: Path, tmp_path: Path) -> None:
    command = [*CLEW, "serve", "--port", "0", "--json"]
    log = tmp_path / "log"
    with started(command, folder=shop.parent, env=environment(shop), log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        check(asyncio.run(answers(f"{url}/mcp")))


@pytest.mark.skipif(os.name == "nt", reason="a pipe without a reader is made here as POSIX has it")
def test_an_agent_that_went_away_is_no_fault(shop: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    }
    done = subprocess.run(
        [*CLEW, "mcp"],
        input=json.dumps(asked).encode() + b"\n",
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        env=environment(shop),
        cwd=ROOT,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
