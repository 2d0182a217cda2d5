"""Every level of the ladder is stated at every door: in words, in JSON, over REST and over MCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from mcp import Client

from agents.events import AnswerReady, Progress
from app.asking import Asked
from app.mcp.server import create_server
from app.rendering.answers import show
from app.rendering.screen import Screen
from app.rest.replies import completion
from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.evidence import Level
from tests.unit.app.conftest import Indexed
from tests.unit.app.rest.test_server import ANSWER


class Answering:
    """An assistant whose answer is of one level."""

    def __init__(self, level: str) -> None:
        self.answer = replace(ANSWER, level=level)

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        assert asked.question
        yield AnswerReady(self.answer)


@pytest.mark.parametrize("level", list(Level))
def test_the_level_of_an_answer_is_stated(
    level: Level, indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = Answering(level.value)
    show(screen := Screen(), assistant.answer)
    screen.flush()
    assert f"found · {level.value} · " in capsys.readouterr().out
    assert assistant.answer.to_json()["level"] == level.value
    assert completion(assistant.answer, 0)["clew"]["level"] == level.value

    wiring = Wiring(load_settings({"home": str(indexed.store)}))
    monkeypatch.setattr(wiring, "assistant", lambda: assistant)

    async def over_mcp() -> str:
        async with Client(create_server(wiring)) as client:
            result = await client.call_tool("ask", {"question": "Who calls price?"})
            return "\n".join(getattr(part, "text", "") for part in result.content)

    assert f"found · {level.value} · " in asyncio.run(over_mcp())
    wiring.close()
