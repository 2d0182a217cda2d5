"""OpenAI's and Anthropic's own client libraries against stubs that keep to their protocols."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from configs.errors import HostFailed
from models.anthropic_api import AnthropicProvider
from models.api_provider import ApiProvider
from models.openai_api import OpenAIProvider
from models.provider import Call, Completion, collected
from tests.servers.anthropic_stub import running_anthropic
from tests.servers.openai_stub import running_openai
from tests.servers.streaming_stub import KEY, Stub, StubFault

pytestmark = pytest.mark.parametrize("kind", ["openai", "anthropic"])


@pytest.fixture
def stub(kind: str) -> Iterator[Stub]:
    with (running_openai if kind == "openai" else running_anthropic)(Stub()) as served:
        yield served


def provider(kind: str, stub: Stub, *, key: str = KEY, inside: bool = False) -> ApiProvider:
    made = OpenAIProvider if kind == "openai" else AnthropicProvider
    return made(stub.url, SecretStr(key), ["big-one", "unknown-one"], inside=inside)


def call(**changes: Any) -> Call:
    return Call(
        **{
            "model": "big-one",
            "prompt": "Say it.",
            "window_tokens": 4096,
            "max_tokens": 50,
            "timeout_s": 60.0,
            **changes,
        }
    )


def write(asked: ApiProvider, one: Call) -> tuple[Completion, list[str]]:
    pieces: list[str] = []

    async def on_token(text: str) -> None:
        pieces.append(text)

    return asyncio.run(collected(asked, one, on_token)), pieces


def test_an_answer_streams_with_its_counts(kind: str, stub: Stub) -> None:
    completion, pieces = write(provider(kind, stub), call())
    assert pieces == ["Three ", "small ", "words"]
    assert (completion.text, completion.cut) == ("Three small words", False)
    assert (completion.input_tokens, completion.output_tokens) == (11, 3)
    _, _, body = stub.requests[0]
    assert body["stream"] is True
    assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert body["messages"] == [{"role": "user", "content": "Say it."}]


def test_a_length_limit_is_told(kind: str, stub: Stub) -> None:
    stub.length_reached = True
    assert write(provider(kind, stub), call())[0].cut


def test_a_schema_reaches_the_model(kind: str, stub: Stub) -> None:
    write(provider(kind, stub), call(schema={"type": "object", "required": ["order"]}))
    assert '"order"' in str(stub.requests[0][2]).replace("'", '"')


@pytest.mark.parametrize(
    ("fault", "means", "pieces_seen"),
    [
        ("cut_stream", {"cut"}, 2),
        ("error_in_stream", {"failed", "busy"}, 2),
        ("malformed", {"broken"}, 2),
        ("overloaded", {"busy"}, 0),
        ("rate_limited", {"busy"}, 0),
        ("failed", {"failed"}, 0),
    ],
)
def test_each_fault_has_its_kind_and_no_library_retries_it(
    kind: str, stub: Stub, fault: StubFault, means: set[str], pieces_seen: int
) -> None:
    stub.fault, stub.reply = fault, "one two three four five"
    pieces: list[str] = []

    async def on_token(text: str) -> None:
        pieces.append(text)

    with pytest.raises(HostFailed) as failed:
        asyncio.run(collected(provider(kind, stub), call(), on_token))
    assert failed.value.fault in means
    assert len(pieces) == pieces_seen
    assert len(stub.requests) == 1
    assert failed.value.wait_s == (7.0 if fault == "rate_limited" else None)


def test_a_wrong_key_names_the_variable_and_is_shown_nowhere(kind: str, stub: Stub) -> None:
    wrong = "sk-wrong-and-secret"
    with pytest.raises(HostFailed) as failed:
        write(provider(kind, stub, key=wrong), call())
    error = failed.value
    assert error.fault == "denied"
    assert f"CLEW_MODEL__{kind.upper()}_KEY" in error.next_step
    assert wrong not in error.message + error.next_step + repr(provider(kind, stub, key=wrong).__dict__)


def test_a_message_that_repeats_the_key_is_masked(kind: str, stub: Stub) -> None:
    asked = provider(kind, stub)
    assert KEY not in asked._said(ValueError(f"you sent {KEY}"))


def test_an_unknown_model_and_a_closed_port(kind: str, stub: Stub) -> None:
    with pytest.raises(HostFailed) as missing:
        write(provider(kind, stub), call(model="unknown-one"))
    assert (missing.value.fault, "unknown-one" in missing.value.message) == ("missing", True)
    stub.url = "http://127.0.0.1:9/v1"
    with pytest.raises(HostFailed) as gone:
        write(provider(kind, stub), call())
    assert gone.value.fault == "unreachable"


def test_a_deadline_closes_the_request(kind: str, stub: Stub) -> None:
    stub.fault = "hang"
    with pytest.raises(HostFailed, match=r"wrote nothing within 0\.2 s") as slow:
        write(provider(kind, stub), call(first_token_s=0.2))
    assert slow.value.fault == "slow"
    assert not stub.arrived.is_set() or stub.left.wait(5), "the endpoint never saw its client leave"


def test_a_caller_that_goes_away_closes_the_request(kind: str, stub: Stub) -> None:
    stub.fault = "hang"

    async def on_token(text: str) -> None:
        raise AssertionError(text)

    async def leave() -> None:
        task = asyncio.create_task(collected(provider(kind, stub), call(), on_token))
        assert await asyncio.to_thread(stub.arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert stub.left.wait(5)


def test_a_missing_library_names_the_command(kind: str, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(HostFailed) as missing:
        write(provider(kind, stub), call())
    assert missing.value.next_step.startswith(f"pip install '{kind}>=")
    assert stub.requests == []


def test_its_models_are_those_of_the_settings_and_nobody_is_asked(kind: str, stub: Stub) -> None:
    asked = provider(kind, stub)
    models = asyncio.run(asked.models())
    assert [(one.name, one.leaves) for one in models] == [("big-one", True), ("unknown-one", True)]
    assert not asyncio.run(provider(kind, stub, inside=True).models())[0].leaves
    assert asyncio.run(asked.can_write("big-one"))
    assert stub.requests == []
