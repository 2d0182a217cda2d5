"""The gateway and the Ollama host against a fake server that keeps to the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from configs.errors import ModelUnavailable
from configs.release import ModelChoice
from models.gateway import Gateway
from models.ollama import Completion, OllamaHost
from models.registry import ModelInfo, named, parse_tags, suitable
from tests.servers.fake_ollama import FakeModel, FakeOllama, Fault, running

SMALL = ModelChoice(prefer=("qwen2.5-coder", "llama"), max_parameters_b=16)


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama()) as served:
        yield served


def write(host: FakeOllama, *, model: str = "qwen2.5-coder:7b", timeout_s: float = 5.0) -> tuple[Completion, list[str]]:
    pieces: list[str] = []

    async def on_token(text: str) -> None:
        pieces.append(text)

    async def run() -> Completion:
        return await Gateway(OllamaHost(host.url)).write(
            model, "Say it.", window_tokens=4096, max_tokens=50, timeout_s=timeout_s, on_token=on_token
        )

    return asyncio.run(run()), pieces


def test_auto_takes_the_preferred_chat_model(host: FakeOllama) -> None:
    host.models = [
        FakeModel("nomic-embed-text:latest", "nomic-bert", "137M", ("embedding",)),
        FakeModel("llama3.2:3b", "llama", "3.2B"),
        FakeModel("qwen2.5-coder:70b", "qwen2", "70B"),
        FakeModel("qwen2.5-coder:7b"),
    ]
    choice = asyncio.run(Gateway(OllamaHost(host.url)).choose("auto", SMALL))
    assert choice.model == "qwen2.5-coder:7b"
    assert host.url in choice.reason


def test_auto_without_a_chat_model_is_extractive_and_says_why(host: FakeOllama) -> None:
    host.models = [FakeModel("some-name:1b", "odd", "1B", ("embedding",)), FakeModel("bge-m3", "bert", "500M")]
    choice = asyncio.run(Gateway(OllamaHost(host.url)).choose("auto", SMALL))
    assert choice.model is None
    assert "no suitable chat model" in choice.reason


def test_auto_without_a_host_is_extractive_and_the_look_is_kept() -> None:
    with running(FakeOllama()) as gone:
        url = gone.url
    now = [0.0]
    gateway = Gateway(OllamaHost(url), cache_s=10, clock=lambda: now[0])
    assert "does not answer" in asyncio.run(gateway.choose("auto", SMALL)).reason
    with running(FakeOllama(), port=int(url.rpartition(":")[2])) as back:
        assert asyncio.run(gateway.choose("auto", SMALL)).model is None
        assert back.requests == []
        now[0] = 10.0
        assert asyncio.run(gateway.choose("auto", SMALL)).model == "qwen2.5-coder:7b"


@pytest.mark.parametrize(("name", "step"), [("absent:1b", "ollama pull absent:1b"), ("vectors:1b", "chat model")])
def test_a_named_model_that_cannot_be_had_is_refused(host: FakeOllama, name: str, step: str) -> None:
    host.models.append(FakeModel("vectors:1b", "odd", "1B", ("embedding",)))
    with pytest.raises(ModelUnavailable) as refused:
        asyncio.run(Gateway(OllamaHost(host.url)).choose(name, SMALL))
    assert step in refused.value.next_step


def test_extractive_never_looks_at_the_host(host: FakeOllama) -> None:
    assert asyncio.run(Gateway(OllamaHost(host.url)).choose("extractive", SMALL)).model is None
    assert host.requests == []


def test_chat_streams_and_reports_usage_and_asks_for_the_window(host: FakeOllama) -> None:
    host.reply = lambda prompt: "Three small words"
    completion, pieces = write(host)
    assert completion.text == "Three small words"
    assert pieces == ["Three ", "small ", "words"]
    assert (completion.input_tokens, completion.output_tokens, completion.cut) == (2, 3, False)
    body = next(body for path, body in host.requests if path == "/api/chat")
    assert body["options"]["num_ctx"] == 4096
    assert body["options"]["num_predict"] == 50
    assert body["keep_alive"]


@pytest.mark.parametrize("fault", ["cut_stream", "malformed", "error", "error_in_stream"])
def test_a_broken_answer_is_one_kind_of_error(host: FakeOllama, fault: Fault) -> None:
    host.reply, host.fault = lambda prompt: "one two three four five", fault
    with pytest.raises(ModelUnavailable) as broken:
        write(host)
    assert broken.value.next_step


def test_a_slow_first_token_ends_at_the_deadline(host: FakeOllama) -> None:
    host.fault = "slow_first_token"
    with pytest.raises(ModelUnavailable, match=r"within 0\.2 s"):
        write(host, timeout_s=0.2)


def test_a_model_that_went_away_names_the_command_that_brings_it(host: FakeOllama) -> None:
    with pytest.raises(ModelUnavailable) as gone:
        write(host, model="gone:1b")
    assert gone.value.next_step == "Run: ollama pull gone:1b"


def test_a_host_that_is_not_ollama_is_no_host(host: FakeOllama) -> None:
    host.fault = "not_ollama"
    assert "broken reply" in asyncio.run(Gateway(OllamaHost(host.url)).choose("auto", SMALL)).reason


def test_sizes_are_read_in_thousand_millions() -> None:
    rows = [{"name": "a:latest", "details": {"parameter_size": "137M", "family": "x"}}, {"name": "b"}]
    models = parse_tags({"models": rows})
    assert [model.parameters_b for model in models] == [pytest.approx(0.137), 0.0]
    assert named(models, "a") == models[0]


def test_the_larger_of_equally_preferred_models_comes_first() -> None:
    models = [ModelInfo("llama:1b", "", "llama", 1), ModelInfo("llama:8b", "", "llama", 8), ModelInfo("z", "", "z", 9)]
    assert [model.name for model in suitable(models, SMALL)] == ["llama:8b", "llama:1b", "z"]
