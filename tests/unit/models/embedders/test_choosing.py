from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from configs.errors import ConfigError, ModelUnavailable
from configs.settings import EmbeddingSettings
from models.embedders.choosing import chosen_embedder
from models.provider import place_of
from tests.servers.fake_ollama import FakeModel, FakeOllama, running
from tests.unit.models.embedders.small_onnx import write_model

NOWHERE = "http://127.0.0.1:9"
MINILM = FakeModel("all-minilm:latest", "bert", "23M", ("embedding",), 384, 512)


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama([MINILM])) as served:
        yield served


def identity(settings: EmbeddingSettings, url: str, installed: Path | None = None) -> str:
    embedder = chosen_embedder(settings, url, installed).embedder
    return embedder.identity.partition("@")[0] if embedder else "learned"


def test_auto_takes_the_first_that_is_there(host: FakeOllama, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "small")
    both = EmbeddingSettings(folder=folder, url=f"{host.url}/v1", model=MINILM.name)
    assert identity(both, host.url) == "local:small"
    assert identity(both.model_copy(update={"folder": None}), host.url) == "openai:all-minilm:latest"
    assert identity(EmbeddingSettings(), host.url) == "ollama:all-minilm:latest"
    assert identity(EmbeddingSettings(), NOWHERE) == "learned"


def test_an_installed_model_comes_after_what_the_settings_name(host: FakeOllama, tmp_path: Path) -> None:
    installed, named = write_model(tmp_path / "installed"), write_model(tmp_path / "named")
    assert identity(EmbeddingSettings(), host.url, installed) == "local:installed"
    assert identity(EmbeddingSettings(source="local"), host.url, installed) == "local:installed"
    assert identity(EmbeddingSettings(folder=named), host.url, installed) == "local:named"
    endpoint = EmbeddingSettings(url=f"{host.url}/v1", model=MINILM.name)
    assert identity(endpoint, host.url, installed) == "openai:all-minilm:latest"
    assert identity(EmbeddingSettings(source="ollama"), host.url, installed) == "ollama:all-minilm:latest"
    assert identity(EmbeddingSettings(source="learned"), host.url, installed) == "learned"


def test_which_its_licence_and_where_is_said(host: FakeOllama, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "small")
    plain = chosen_embedder(EmbeddingSettings(folder=folder), NOWHERE)
    assert plain.reason == f"small (licence not stated) in {str(folder)!r}"
    (folder / "README.md").write_text("---\ntags: [a]\nlicense: mit\n---\nA card.\n")
    (folder / "onnx" / "model.onnx").touch()
    assert chosen_embedder(EmbeddingSettings(folder=folder), NOWHERE).reason.startswith("small (licence mit) in ")
    assert chosen_embedder(EmbeddingSettings(), host.url).reason.startswith("all-minilm:latest (licence apache-2.0) at")
    other = EmbeddingSettings(url=f"{host.url}/v1", model="other")
    assert chosen_embedder(other, NOWHERE).reason == f"other (licence not stated) at {host.url}/v1"


def test_a_model_is_opened_once_until_it_is_replaced(tmp_path: Path) -> None:
    settings = EmbeddingSettings(folder=write_model(tmp_path / "small"))
    first = chosen_embedder(settings, NOWHERE).embedder
    assert chosen_embedder(settings, NOWHERE).embedder is first
    weights = tmp_path / "small" / "onnx" / "model.onnx"
    os.utime(weights, ns=(1, 1))
    assert chosen_embedder(settings, NOWHERE).embedder is not first


def test_auto_says_why_and_whether_it_may_change(host: FakeOllama) -> None:
    away = chosen_embedder(EmbeddingSettings(), NOWHERE)
    assert away.may_return and place_of(NOWHERE) in away.reason
    assert not chosen_embedder(EmbeddingSettings(), host.url).may_return
    asked = chosen_embedder(EmbeddingSettings(source="learned"), host.url)
    assert asked.embedder is None and not asked.may_return
    assert host.requests[-1][0] == "/api/tags"


def test_what_is_named_is_never_replaced_in_silence(host: FakeOllama, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        chosen_embedder(EmbeddingSettings(source="ollama"), NOWHERE)
    with pytest.raises(ModelUnavailable, match="bge-m3"):
        chosen_embedder(EmbeddingSettings(source="ollama", model="bge-m3"), host.url)
    with pytest.raises(ConfigError, match=r"no model\.onnx"):
        chosen_embedder(EmbeddingSettings(folder=tmp_path), host.url)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (EmbeddingSettings(source="local"), "CLEW_EMBEDDING__FOLDER"),
        (EmbeddingSettings(source="openai", model="m"), "CLEW_EMBEDDING__URL"),
        (EmbeddingSettings(source="openai", url="http://127.0.0.1:1/v1"), "CLEW_EMBEDDING__MODEL"),
        (EmbeddingSettings(url="http://127.0.0.1:1/v1"), "CLEW_EMBEDDING__MODEL"),
    ],
)
def test_what_a_source_lacks_is_named(settings: EmbeddingSettings, variable: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen_embedder(settings, NOWHERE)
    assert variable in caught.value.next_step


def test_the_key_is_no_part_of_what_is_said(host: FakeOllama) -> None:
    settings = EmbeddingSettings(url=f"{host.url}/v1", model=MINILM.name, api_key=SecretStr("secret"))
    assert "secret" not in repr(settings) + chosen_embedder(settings, NOWHERE).reason
