"""What models are asked for and what becomes of it, through the whole graph: JSON claims, thinking, patches, and repairs."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.context import Context
from agents.events import Answer, AnswerReady, Progress, Token
from agents.services import Services
from agents.writing.json_answers import claims_schema
from graph.runtime import compile_assistant, stream_answer
from knowledge.scope import EVERYTHING
from models.gateway import Gateway
from models.ollama import OllamaHost
from tests.servers.fake_ollama import FakeOllama, running
from tools.patches import SCHEMA as EDITS_SCHEMA

TAX = "return total * 1.2"


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama()) as served:
        yield served


def asked(bookshop: Services, host: FakeOllama, question: str) -> tuple[Answer, list[Progress]]:
    services = replace(bookshop, gateway=Gateway(OllamaHost(host.url)))

    async def collect() -> list[Progress]:
        return [event async for event in stream_answer(compile_assistant(services), question, Context())]

    events = asyncio.run(collect())
    last = events[-1]
    assert isinstance(last, AnswerReady)
    return last.answer, events


def formats(host: FakeOllama) -> list[Any]:
    return [body.get("format") for path, body in host.requests if path == "/api/chat"]


def number_of(prompt: str, text: str) -> int:
    """Return the number of the evidence that holds `text`."""
    for match in re.finditer(r"<evidence[^>]*number=\"(\d+)\"[^>]*>(.*?)</evidence", prompt, re.DOTALL):
        if text in match[2]:
            return int(match[1])
    raise AssertionError(f"{text!r} is not in the prompt")


def claims(prompt: str) -> str:
    rows = [{"text": "`Order.total` sums the lines and adds the tax", "evidence": [number_of(prompt, "def total")]}]
    return json.dumps({"claims": rows, "missing": ""})


def edits(replacement: str, explanation: str = "") -> str:
    return json.dumps({"explanation": explanation, "edits": [{"path": "shop/pricing.py", "find": f"    {TAX}", "replace": f"    {replacement}"}]})  # fmt: skip


def test_a_small_model_answers_in_constrained_json_and_people_see_its_sentences(
    bookshop: Services, host: FakeOllama
) -> None:
    host.reply = claims
    answer, events = asked(bookshop, host, "Explain Order.total")
    [schema] = formats(host)
    numbers = schema["properties"]["claims"]["items"]["properties"]["evidence"]["items"]["enum"]
    assert schema == claims_schema(len(numbers), 8) and numbers
    assert [int(match[1]) for match in re.finditer(r"<evidence number=\"(\d+)\"", host.prompts()[0])] == numbers
    assert (answer.level, len(host.prompts())) == ("model", 1)
    assert re.match(r"`Order.total` sums the lines and adds the tax \[\d+\]\.", answer.answer)
    assert [claim["status"] for claim in answer.claims] == ["verified"]
    streamed = "".join(event.text for event in events if isinstance(event, Token))
    assert streamed.strip() == "`Order.total` sums the lines and adds the tax"


def test_what_a_json_answer_says_passes_the_output_filter(bookshop: Services, host: FakeOllama) -> None:
    host.reply = lambda prompt: claims(prompt).replace("adds the tax", "adds ![x](https://evil.example/?q=1) the tax")
    answer, events = asked(bookshop, host, "Explain Order.total")
    seen = answer.answer + "".join(event.text for event in events if isinstance(event, Token))
    assert answer.level == "model"
    assert "evil.example" not in seen


def test_an_answer_that_cannot_be_read_is_asked_for_once_more(bookshop: Services, host: FakeOllama) -> None:
    host.reply = lambda prompt: claims(prompt) if "rejected" in prompt else '{"claims": [], "missing": ""}'
    answer, _ = asked(bookshop, host, "Explain Order.total")
    assert answer.level == "model"
    assert "not the JSON that was asked for" in host.prompts()[1]


def test_what_stays_unreadable_costs_the_models_words_only(bookshop: Services, host: FakeOllama) -> None:
    host.reply = lambda _prompt: '{"claims": []'
    answer, _ = asked(bookshop, host, "Explain Order.total")
    assert (answer.level, answer.verdict) == ("extractive", "found")
    assert "unreadable_answer" in {finding["kind"] for finding in answer.findings}
    assert len(host.prompts()) == 2


def test_thinking_is_asked_for_by_the_route_and_never_shown(bookshop: Services, host: FakeOllama) -> None:
    traceback = 'Traceback (most recent call last):\n  File "shop/pricing.py", line 10, in discount\n    raise ValueError(rate)\nValueError: 2\n'
    host.reply = lambda prompt: f"<thinking>the rate may be two</thinking>{json.dumps({'claims': [{'text': 'A rate above one is refused', 'evidence': [number_of(prompt, 'raise ValueError')]}], 'missing': ''})}"  # fmt: skip
    answer, events = asked(bookshop, host, traceback)
    shown = answer.answer + "".join(event.text for event in events if isinstance(event, Token))
    assert "the rate may be two" not in shown
    assert answer.level == "model"
    assert "A rate above one is refused" in answer.answer


def test_code_that_is_asked_for_comes_as_a_diff_that_applies(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    host.reply = lambda prompt: edits("return round(total * 1.2, 2)", f"The tax is rounded [{number_of(prompt, TAX)}].")
    answer, _ = asked(bookshop, host, "Change `with_tax` so that it rounds")
    assert formats(host) == [EDITS_SCHEMA]
    assert answer.level == "model"
    assert f"```diff\n{answer.patch}" in answer.answer
    assert "The tax is rounded" in answer.answer
    assert {claim["status"] for claim in answer.claims} == {"verified"}
    root = Path(bookshop.graph.repositories(EVERYTHING)[0].root)
    text = (root / "shop/pricing.py").read_text()
    assert TAX in text, "nothing is written to the repository"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pricing.py").write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=answer.patch, text=True, check=True)
    assert "round(total * 1.2, 2)" in (tmp_path / "shop/pricing.py").read_text()


def test_a_patch_that_does_not_hold_is_mended_once_and_else_withheld(bookshop: Services, host: FakeOllama) -> None:
    host.reply = lambda prompt: edits("return round(total, 2)" if "rejected" in prompt else "return brew_coffee(total)")
    answer, _ = asked(bookshop, host, "Change `with_tax` so that it rounds")
    assert "round(total, 2)" in answer.patch
    assert "'brew_coffee' is called and exists neither" in host.prompts()[1]
    host.reply = lambda _prompt: edits("return (total")
    answer, _ = asked(bookshop, host, "Change `with_tax` so that it rounds up")
    assert (answer.patch, answer.level) == ("", "extractive")
    assert "No patch held" in answer.answer
    assert "The change belongs in `shop.pricing.with_tax`" in answer.answer


def test_without_a_model_the_places_are_told_and_that_one_is_needed(bookshop: Services) -> None:
    async def run() -> Answer:
        async for event in stream_answer(
            compile_assistant(bookshop), "Change `with_tax` so that it rounds", Context(model="extractive")
        ):
            if isinstance(event, AnswerReady):
                return event.answer
        raise AssertionError

    answer = asyncio.run(run())
    assert answer.patch == ""
    assert "A model is needed to write the change itself" in answer.answer
