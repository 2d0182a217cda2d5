"""The official `openai` client, and requests as Continue and other editors send them, against a real server that knows its callers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.integration.hostile.served import Attacked, attacked, prepared
from tests.integration.processes import clew_json

pytestmark = pytest.mark.integration

QUESTION: Any = [{"role": "user", "content": "who calls price?"}]
CONTINUE: dict[str, Any] = {
    "model": "clew",
    "messages": [
        {"role": "system", "content": "<important_rules>\n  You are in chat mode.\n</important_rules>"},
        {"role": "user", "content": [{"type": "text", "text": "```python shop/models.py\nclass Order: ...\n```\nhello"}]},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "class Order: ..."},
        {"role": "user", "content": [{"type": "text", "text": "who calls price?"}]},
    ],
    "tools": [{"type": "function", "function": {"name": "read_file", "description": "", "parameters": {"type": "object"}}}],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "max_tokens": 4096,
    "max_completion_tokens": 4096,
    "temperature": 0.2,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "stop": ["</answer>"],
    "seed": 7,
    "user": "someone",
    "response_format": {"type": "text"},
    "stream": True,
    "stream_options": {"include_usage": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def server(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    store, roots, keys = prepared(shop, tmp_path_factory.mktemp("openai"))
    with attacked(store, roots, keys, "openai", {"CLEW_ACCESS__AUTHENTICATION": "required"}) as one:
        yield one


def client_of(server: Attacked, key: str | None = None, kind: Any = openai.OpenAI) -> Any:
    url = f"http://127.0.0.1:{server.port}/v1"
    plain = httpx.AsyncClient if kind is openai.AsyncOpenAI else httpx.Client
    return kind(
        base_url=url,
        api_key=key or server.keys["reader"],
        max_retries=0,
        timeout=60,
        http_client=plain(trust_env=False),
    )


def test_models_are_listed_and_found(server: Attacked) -> None:
    with client_of(server) as client:
        names = [model.id for model in client.models.list()]
        assert names[:3] == ["clew", "auto", "extractive"]
        assert client.models.retrieve("clew").owned_by == "clew"
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve("gpt-9")
        assert caught.value.code == "model_not_found"


def test_an_answer(server: Attacked) -> None:
    with client_of(server) as client:
        answer = client.chat.completions.create(model="clew", messages=QUESTION, temperature=0, user="x")
    assert "shop/checkout.py:5" in answer.choices[0].message.content
    assert (answer.object, answer.choices[0].finish_reason, answer.choices[0].message.role) == (
        "chat.completion",
        "stop",
        "assistant",
    )
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model_extra["clew"]["verdict"] == "found"
    assert {row["repository"] for row in answer.model_extra["clew"]["citations"]} == {"shop"}


def test_a_stream_says_the_same_as_the_answer(server: Attacked) -> None:
    with client_of(server) as client:
        whole = client.chat.completions.create(model="extractive", messages=QUESTION)
        pieces, usage, last = [], None, None
        options: Any = {"include_usage": True}
        for chunk in client.chat.completions.create(
            model="extractive", messages=QUESTION, stream=True, stream_options=options
        ):
            usage = chunk.usage or usage
            pieces += [choice.delta.content or "" for choice in chunk.choices]
            last = next((choice.finish_reason for choice in chunk.choices), last)
        with client.chat.completions.stream(model="extractive", messages=QUESTION) as stream:
            gathered = stream.get_final_completion()
    assert "".join(pieces) == whole.choices[0].message.content == gathered.choices[0].message.content
    assert last == "stop"
    assert usage is not None


def test_many_at_once(server: Attacked) -> None:
    async def run() -> list[str]:
        async with client_of(server, kind=openai.AsyncOpenAI) as client:
            asked = [client.chat.completions.create(model="extractive", messages=QUESTION) for _ in range(8)]
            return [one.choices[0].message.content for one in await asyncio.gather(*asked)]

    assert len(set(asyncio.run(run()))) == 1


def test_an_editor_asks_with_all_that_it_sends(server: Attacked) -> None:
    """Roles, parts, tool calls and parameters that mean nothing here are taken, and the last words of the user are the question."""
    headers = {"authorization": f"Bearer {server.keys['reader']}"}
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    with httpx.stream("POST", url, json=CONTINUE, headers=headers, timeout=60, trust_env=False) as response:
        assert response.status_code == 200, response.read()
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert "shop/checkout.py:5" in "".join(lines)


@pytest.mark.parametrize(
    ("kind", "code", "more"),
    [
        (openai.BadRequestError, "invalid_request", {"messages": []}),
        (openai.BadRequestError, "input", {"messages": [{"role": "user", "content": " "}]}),
        (openai.BadRequestError, "invalid_request", {"extra_body": {"clew": {"repository": "shop"}}}),
        (openai.NotFoundError, "unknown_repository", {"extra_body": {"clew": {"repositories": ["hidden"]}}}),
        (openai.NotFoundError, "unknown_release", {"extra_body": {"clew": {"release": "nope"}}}),
        (openai.APIStatusError, "too_large", {"messages": [{"role": "user", "content": "x" * 60_000}]}),
        (openai.InternalServerError, "host_failed", {"model": "no-such-model"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_errors_are_those_of_the_client(server: Attacked, kind: Any, code: str, more: dict[str, Any]) -> None:
    asked = {"model": "extractive", "messages": QUESTION, **more}
    with client_of(server) as client, pytest.raises(kind) as caught:
        client.chat.completions.create(**asked)
    assert caught.value.code == code
    assert caught.value.body["next_step"]
    assert caught.value.request_id


def test_who_may_not_is_told_so(server: Attacked) -> None:
    reading = clew_json(server.store, "keys", "create", "reader", "--right", "read")["key"]
    for key, kind, code in (
        ("sk-anything", openai.AuthenticationError, "unauthenticated"),
        (reading, openai.PermissionDeniedError, "policy"),
    ):
        with client_of(server, key) as client, pytest.raises(kind) as caught:
            client.chat.completions.create(model="clew", messages=QUESTION)
        assert caught.value.code == code
    with client_of(server, "sk-anything") as client, pytest.raises(openai.AuthenticationError):
        client.models.list()


def test_too_much_is_the_client_s_rate_limit_and_says_when_to_come_back(server: Attacked, tmp_path: Path) -> None:
    store = Path(shutil.copytree(server.store, tmp_path / "store"))
    limited = {"CLEW_ACCESS__AUTHENTICATION": "required", "CLEW_RATES__KEY_REQUESTS": "2"}
    with attacked(store, server.roots, server.keys, "limited", limited) as few, client_of(few) as client:
        for _ in range(2):
            client.models.list()
        with pytest.raises(openai.RateLimitError) as caught:
            client.models.list()
    assert caught.value.code == "rate_limited"
    assert int(caught.value.response.headers["retry-after"]) >= 1
