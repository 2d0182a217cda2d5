"""Embedding models behind HTTP, over a host that speaks Ollama's and OpenAI's protocols and goes wrong on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest

from configs.errors import ModelUnavailable
from models.embedders import remote
from models.embedders.known import UNKNOWN, EmbeddingModel, known_model, preference
from models.embedders.ollama import OllamaEmbedder, ollama_embedder
from models.embedders.openai import OpenAIEmbedder, openai_embedder
from models.embedders.remote import RemoteEmbedder
from tests.servers.fake_ollama import EmbedFault, FakeModel, FakeOllama, running

NOMIC = FakeModel("nomic-embed-text:latest", "nomic-bert", "137M", ("embedding",), 768, 2_048)
MINILM = FakeModel("all-minilm:latest", "bert", "23M", ("embedding",), 384, 512)
OWN = FakeModel("company/code-embed:1", "bert", "100M", ("embedding",), 24, 300)
FAULTS = [fault for fault in get_args(EmbedFault) if fault]


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama([FakeModel("qwen2.5-coder:7b"), MINILM, NOMIC, OWN])) as served:
        yield served


def ollama(host: FakeOllama, model: str = "") -> OllamaEmbedder:
    return ollama_embedder(host.url, model, timeout_s=5, probe_timeout_s=5)


def openai(host: FakeOllama, model: str = OWN.name, key: str = "") -> OpenAIEmbedder:
    return openai_embedder(f"{host.url}/v1", model, key, timeout_s=5)


@pytest.fixture(params=["ollama", "openai"])
def embedder(request: pytest.FixtureRequest, host: FakeOllama) -> RemoteEmbedder:
    return ollama(host, OWN.name) if request.param == "ollama" else openai(host)


def test_the_best_embedding_model_of_the_host_is_taken(host: FakeOllama) -> None:
    assert ollama(host).model == "nomic-embed-text:latest"
    host.models = [MINILM, OWN]
    assert ollama(host).model == "all-minilm:latest"
    host.models = [OWN]
    assert ollama(host).model == OWN.name
    assert ollama(host, OWN.name).identity.startswith(f"ollama:{OWN.name}@")


def test_a_host_without_such_a_model_says_how_to_get_one(host: FakeOllama) -> None:
    with pytest.raises(ModelUnavailable, match="no model 'bge-m3'") as caught:
        ollama(host, "bge-m3")
    assert caught.value.next_step == "Run: ollama pull bge-m3"
    host.models = host.models[:1]
    with pytest.raises(ModelUnavailable, match="holds no embedding model") as caught:
        ollama(host)
    assert "ollama pull" in caught.value.next_step
    host.fault = "not_ollama"
    with pytest.raises(ModelUnavailable, match="does not answer"):
        ollama(host)
    with pytest.raises(ModelUnavailable, match="does not answer"):
        ollama_embedder("http://127.0.0.1:9", "", timeout_s=1, probe_timeout_s=1)


def test_prefixes_context_and_truncation_are_said(host: FakeOllama) -> None:
    embedder = ollama(host)
    assert embedder.dimension == 768
    vectors = embedder.embed_documents(["def one(): ...", ""])
    assert vectors.shape == (2, 768)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    assert embedder.embed_query("where is one").shape == (768,)
    bodies = [body for path, body in host.requests if path == "/api/embed"]
    assert [body["input"] for body in bodies] == [
        ["search_document: def one(): ...", "search_document: "],
        ["search_query: where is one"],
    ]
    for body in bodies:
        assert body["truncate"] is False
        assert body["options"] == {"num_ctx": 2_048}


def test_a_model_that_we_do_not_know_is_asked_about(host: FakeOllama) -> None:
    embedder = ollama(host, OWN.name)
    assert embedder.dimension == OWN.dimension
    embedder.embed_documents(["x"])
    assert host.requests[-1][1]["options"] == {"num_ctx": 300}
    host.models = [FakeModel("big-embed:1", "bert", "1B", ("embedding",), 24, 32_768)]
    ollama(host).embed_query("x")
    assert host.requests[-1][1]["options"] == {"num_ctx": 8_192}, "a chunk is rarely longer, and memory is not free"


def test_a_text_longer_than_the_context_is_cut_until_the_host_takes_it(host: FakeOllama) -> None:
    embedder = ollama(host, OWN.name)
    long = "alpha " * 400
    vectors = embedder.embed_documents(["beta", long, "gamma"])
    assert vectors.shape == (3, OWN.dimension)
    alone = [embedder.embed_documents([text])[0] for text in ("beta", "alpha", "gamma")]
    assert np.allclose(vectors, alone, atol=1e-5)
    assert max(len(text) for text in host.embedded()) <= 300 * remote.CHARACTERS_A_TOKEN


def test_a_host_that_finds_everything_too_long_is_not_asked_for_ever(host: FakeOllama) -> None:
    host.models = [FakeModel("tiny-embed:1", "bert", "1M", ("embedding",), 24, 1)]
    with pytest.raises(ModelUnavailable, match="too long"):
        ollama(host).embed_documents(["word " * 300])


def test_texts_go_in_batches_and_come_back_in_order(embedder: RemoteEmbedder, host: FakeOllama) -> None:
    texts = [f"{word} text" for word in map(str, range(remote.BATCH_TEXTS * 2 + 5))]
    texts = [text.translate(str.maketrans("0123456789", "abcdefghij")) for text in texts]
    vectors = embedder.embed_documents(texts)
    calls = [len(body["input"]) for path, body in host.requests if path in ("/api/embed", "/v1/embeddings")]
    assert calls == [remote.BATCH_TEXTS, remote.BATCH_TEXTS, 5]
    assert np.allclose(vectors[40], embedder.embed_documents([texts[40]])[0])
    assert embedder.embed_documents([]).shape == (0, OWN.dimension)


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_wrong_with_an_answer_is_an_error_with_the_next_step(
    embedder: RemoteEmbedder, host: FakeOllama, fault: EmbedFault
) -> None:
    embedder.embed_documents(["well"])
    host.embed_fault = fault
    with pytest.raises(ModelUnavailable) as caught:
        embedder.embed_documents(["one", "two", "three"])
    assert OWN.name in caught.value.message
    assert caught.value.next_step
    host.embed_fault = ""
    assert embedder.embed_documents(["one", "two", "three"]).shape == (3, OWN.dimension)


def test_a_dimension_that_changes_is_named(embedder: RemoteEmbedder, host: FakeOllama) -> None:
    embedder.embed_query("well")
    host.embed_fault = "wrong_dimension"
    with pytest.raises(ModelUnavailable, match="dimension 23, where it had 24") as caught:
        embedder.embed_documents(["one"])
    assert "--rebuild" in caught.value.next_step


def test_a_known_models_dimension_is_held_against_its_first_answer(host: FakeOllama) -> None:
    host.models = [FakeModel(NOMIC.name, "nomic-bert", "137M", ("embedding",), 512, 2_048)]
    with pytest.raises(ModelUnavailable, match="dimension 512, where it had 768"):
        ollama(host).embed_documents(["one"])


def test_questions_do_not_wait_for_a_host_that_failed(host: FakeOllama) -> None:
    now = [100.0]
    embedder = OllamaEmbedder(host.url, OWN.name, UNKNOWN, timeout_s=5, clock=lambda: now[0])
    host.embed_fault = "gone"
    with pytest.raises(ModelUnavailable, match="does not answer"):
        embedder.embed_query("one")
    asked = len(host.requests)
    with pytest.raises(ModelUnavailable, match="a moment ago"):
        embedder.embed_query("one")
    assert len(host.requests) == asked
    host.embed_fault = ""
    now[0] += remote.REST_S
    assert embedder.embed_query("one").shape == (OWN.dimension,)


def test_a_question_asked_again_is_not_embedded_again(host: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "KEPT_QUERIES", 2)
    embedder = ollama(host)
    for question in ("one", "two", "one", "three", "one", "two"):
        embedder.embed_query(question)
    assert [text.split()[-1] for text in host.embedded()] == ["one", "two", "three", "two"]


def test_the_key_travels_and_openais_errors_are_understood(host: FakeOllama) -> None:
    embedder = openai(host, key="secret")
    assert embedder._headers == {"Authorization": "Bearer secret"}
    with pytest.raises(ModelUnavailable, match="refused \\(404.*not found"):
        openai(host, "nobody").embed_query("x")
    assert "secret" not in embedder.identity


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nomic-embed-text", 768),
        ("nomic-embed-text:v1.5", 768),
        ("qwen3-embedding:0.6b", 1_024),
        ("qwen3-embedding:8b", 4_096),
        ("qwen3-embedding:latest", 0),
        ("registry/library/bge-m3:567m", 1_024),
        ("mxbai-embed-large", 1_024),
        ("all-minilm:33m", 384),
        ("else", 0),
    ],
)
def test_what_is_known_of_a_model(name: str, expected: int) -> None:
    assert known_model(name).dimension == expected
    assert isinstance(known_model(name), EmbeddingModel)


def test_the_models_that_we_know_are_preferred() -> None:
    names = ["zzz-embed", "all-minilm", "nomic-embed-text:v1.5", "bge-m3", "qwen3-embedding:4b"]
    assert sorted(names, key=preference) == names[::-1]
