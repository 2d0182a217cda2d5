"""Where a setting's value comes from, and what is said about a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.settings import find_file, is_loopback, load_settings, setting_names, unknown_variables


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no personal file of the person who runs the tests."""
    for name in unknown_variables():
        monkeypatch.delenv(name)
    for name, _, _ in setting_names():
        monkeypatch.delenv("CLEW_" + name.upper().replace(".", "__"), raising=False)
    monkeypatch.setattr("configs.settings.files.personal_file", lambda: tmp_path / "config" / "clew.yaml")


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "clew.yaml"
    file.write_text(text, "utf-8")
    return file


def test_precedence_is_run_then_environment_then_file_then_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    assert load_settings(folder=tmp_path).serve.port == 8674
    write(folder, "serve: {port: 1001, drain_timeout_s: 3}\n")
    assert load_settings(folder=folder).serve.port == 1001
    monkeypatch.setenv("CLEW_SERVE__PORT", "1002")
    assert load_settings(folder=folder).serve.port == 1002
    settings = load_settings({"serve": {"port": 1003}}, folder=folder)
    assert settings.serve.port == 1003
    assert settings.serve.drain_timeout_s == 3, "a source replaces single values, not whole groups"


def test_an_absent_override_leaves_the_lower_sources_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    settings = load_settings({"home": None, "model": {"writer": None}}, folder=tmp_path)
    assert settings.home == tmp_path / "store"
    assert settings.model.writer == "auto"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = load_settings().home
    monkeypatch.setenv("CLEW_HOME", "")
    assert load_settings().home == usual, "not the current folder"


def test_the_nearest_file_upwards_wins_and_the_personal_one_is_last(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    personal = write(tmp_path / "config", "graph: {timeout_s: 7}\n")
    assert find_file(deep) == personal
    outer = write(tmp_path / "a", "graph: {timeout_s: 8}\n")
    assert find_file(deep) == outer
    assert load_settings(folder=deep).graph.timeout_s == 8


def test_a_relative_home_in_a_file_counts_from_that_file(tmp_path: Path) -> None:
    write(tmp_path / "config", "home: .clew\n")
    assert load_settings(folder=tmp_path).home == tmp_path / "config" / ".clew"


def test_a_projects_file_may_not_choose_the_store(tmp_path: Path) -> None:
    write(tmp_path / "p", "home: .clew\n")
    with pytest.raises(ConfigError, match="may not choose the store") as caught:
        load_settings(folder=tmp_path / "p")
    assert "CLEW_HOME" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("serv: {port: 1}\n", "'serv'", "'serve'"),
        ("serve: {prot: 1}\n", "'serve.prot'", "'serve.port'"),
        ("serve: {zzzz: 1}\n", "'serve.zzzz'", "host, port"),
        ("serve: {port: high}\n", "'serve.port' cannot be 'high'", "CLEW_SERVE__PORT"),
        ("- a list\n", "not list", "docs/settings.md"),
        ("serve: [\n", "cannot be read", "repair"),
        ("embedding: {api_key: x}\n", "a key does not belong into a file", "CLEW_EMBEDDING__API_KEY"),
        ("retrieval: {chroma_token: x}\n", "a token does not belong into a file", "CLEW_RETRIEVAL__CHROMA_TOKEN"),
        ("retrieval: {vectors: server}\n", "'retrieval.vectors'", "CLEW_RETRIEVAL__VECTORS"),
        ("retrieval: {chroma_url: 'http://127.0.0.1:1'}\n", "'retrieval.chroma_url'", "CLEW_RETRIEVAL__CHROMA_URL"),
        ("embedding: {folder: model}\n", "'embedding.folder'", "CLEW_EMBEDDING__FOLDER"),
        (
            "embedding: {models_url: 'https://files.example/maven2'}\n",
            "'embedding.models_url'",
            "CLEW_EMBEDDING__MODELS_URL",
        ),
        ("slack: {bot_token: x}\n", "a token does not belong into a file", "CLEW_SLACK__BOT_TOKEN"),
        ("slack: {signing_secret: x}\n", "a secret does not belong into a file", "CLEW_SLACK__SIGNING_SECRET"),
        ("slack: {api_url: 'https://evil.example/api/'}\n", "'slack.api_url'", "CLEW_SLACK__API_URL"),
        ("slack: {links: {shop: 'https://evil.example/'}}\n", "'slack.links'", "CLEW_SLACK__LINKS"),
        ("embedding: {url: 'http://models.example/v1'}\n", "sends code to", "CLEW_EMBEDDING__URL"),
        ("model: {ollama_url: 'http://models.example:11434'}\n", "sends code to", "CLEW_MODEL__OLLAMA_URL"),
    ],
)
def test_a_wrong_file_is_refused_with_its_key_and_what_to_do(tmp_path: Path, text: str, said: str, hint: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(folder=tmp_path)
    assert said in caught.value.message
    assert hint in caught.value.next_step


def test_the_personal_file_and_the_environment_may_name_a_remote_model_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "config", "model: {ollama_url: 'http://models.example:11434'}\n")
    assert load_settings(folder=tmp_path).model.ollama_url == "http://models.example:11434"
    monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", "http://other.example")
    assert load_settings(folder=tmp_path).model.ollama_url == "http://other.example"


def test_a_wrong_environment_value_is_a_config_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_SERVE__PORT", "70000")
    with pytest.raises(ConfigError, match="'serve.port' cannot be '70000'"):
        load_settings(folder=tmp_path)
    monkeypatch.setenv("CLEW_SERVE__PORT", "8000")
    monkeypatch.setenv("CLEW_SERVE", "not json")
    with pytest.raises(ConfigError):
        load_settings(folder=tmp_path)


def test_a_misspelt_nested_variable_is_refused_with_the_nearest_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_SERVE__PROT", "1")
    with pytest.raises(ConfigError, match="'serve.prot'.*CLEW_SERVE__PROT") as caught:
        load_settings(folder=tmp_path)
    assert caught.value.next_step == "did you mean 'serve.port'?"


def test_unknown_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_SERVE__PRT", "1")
    monkeypatch.setenv("CLEW_SERVE__PORT", "1")
    assert unknown_variables() == ["CLEW_SERVE__PRT"]


def test_every_setting_is_described() -> None:
    rows = list(setting_names())
    assert len(rows) > 12
    assert [name for name, description, _ in rows if not description] == []


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True), ("LOCALHOST", True)]
    + [("0.0.0.0", False), ("::", False), ("192.168.1.2", False), ("example.org", False), ("", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete the current folder")
def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError, match="current folder"):
        load_settings()


def test_a_model_host_that_is_no_address_is_refused_in_a_projects_file(tmp_path: Path) -> None:
    (tmp_path / "clew.yaml").write_text("model:\n  ollama_url: 'http://[evil'\n")
    with pytest.raises(ConfigError, match="may only name a host on this machine"):
        load_settings(folder=tmp_path)


@pytest.mark.parametrize("key", ["backend", "url", "user", "database"])
def test_a_projects_file_may_not_choose_the_graphs_store(tmp_path: Path, key: str) -> None:
    (tmp_path / "clew.yaml").write_text(f"graph:\n  {key}: neo4j\n")
    with pytest.raises(ConfigError, match=f"graph.{key}") as error:
        load_settings(folder=tmp_path)
    assert f"CLEW_GRAPH__{key.upper()}" in error.value.next_step


def test_a_password_comes_from_the_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_GRAPH__PASSWORD", "hunter2")
    graph = load_settings(folder=tmp_path).graph
    assert graph.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(graph)
    personal = tmp_path / "clew.yaml"
    personal.write_text("graph:\n  url: bolt://127.0.0.1:7687\n")
    monkeypatch.setattr("configs.settings.files.personal_file", lambda: personal)
    assert load_settings(folder=tmp_path).graph.url == "bolt://127.0.0.1:7687"
    personal.write_text("graph:\n  password: hunter2\n")
    with pytest.raises(ConfigError, match="does not belong into a file") as error:
        load_settings(folder=tmp_path)
    assert "hunter2" not in f"{error.value} {error.value.next_step}"


def test_an_unknown_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"graph\.backend"):
        load_settings({"graph": {"backend": "oracle"}}, folder=tmp_path)


def test_a_named_file_rules_instead_of_any_other_and_may_choose_the_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clew.yaml").write_text("serve: {port: 1}\n", "utf-8")
    named = tmp_path / "full.yaml"
    named.write_text("graph: {backend: neo4j}\nserve: {workers: 3}\n", "utf-8")
    monkeypatch.setenv("CLEW_CONFIG", str(named))
    settings = load_settings(folder=tmp_path)
    assert (settings.graph.backend, settings.serve.workers, settings.serve.port) == ("neo4j", 3, 8674)
    assert unknown_variables() == []
    monkeypatch.setenv("CLEW_CONFIG", str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match="there is no file"):
        load_settings(folder=tmp_path)


def test_a_deployment_with_every_server_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_CONFIG", str(Path(__file__).parents[3] / "deploy" / "clew.full.yaml"))
    settings = load_settings()
    assert (settings.graph.backend, settings.retrieval.vectors, settings.memory.backend) == ("neo4j", "server", "redis")
    assert (settings.threads.store, settings.ledger.store, settings.rates.store) == ("postgres", "postgres", "redis")


@pytest.mark.parametrize(
    "address",
    ["proxy.corp", "socks5://proxy.corp:1080", "http://proxy.corp", "http://me:pw@proxy.corp:3128", "http://p:1/x"],
)
def test_a_proxy_is_a_host_and_a_port_and_no_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("CLEW_SOURCES__PROXY", address)
    with pytest.raises(ConfigError, match="host:port"):
        load_settings(folder=tmp_path)
    monkeypatch.setenv("CLEW_SOURCES__PROXY", "http://proxy.corp:3128/")
    monkeypatch.setenv("CLEW_SOURCES__PROXIED", "github.com,*.githost.example")
    monkeypatch.setenv("CLEW_SOURCES__PROXY_PASSWORD", "tunnel-secret")
    sources = load_settings(folder=tmp_path).sources
    assert (sources.proxy, sources.proxied) == ("http://proxy.corp:3128", ("github.com", "*.githost.example"))
    assert "tunnel-secret" not in repr(sources)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("ledger.url", "postgresql://clew:hunter2@db.example/clew"),
        ("threads.url", "postgresql://clew@db.example/clew?sslmode=require&password=hunter2"),
        ("threads.url", "host=db.example user=clew password=hunter2"),
        ("memory.url", "redis://:hunter2@cache.example/0"),
        ("rates.url", "rediss://clew:hunter2@cache.example/1"),
        ("graph.url", "bolt://neo4j:hunter2@graph.example"),
        ("retrieval.chroma_url", "http://u:hunter2@vectors.example:8000"),
        ("embedding.url", "https://models.example/v1?api_key=hunter2"),
        ("model.ollama_url", "http://u:hunter2@models.example"),
        ("model.further_hosts", "http://one.example,http://u:hunter2@two.example"),
        ("model.openai_url", "https://u:hunter2@models.example/v1"),
        ("tracing.url", "https://u:hunter2@traces.example"),
        ("access.oidc.issuer", "https://u:hunter2@id.example"),
        ("sources.proxy", "http://u:hunter2@proxy.example:3128"),
        ("sources", '["hunter2"]'),
        ("graph", '{"password": ["hunter2"]}'),
        ("ledger", '{"signing_key": {"hunter2": 1}}'),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv("CLEW_" + setting.upper().replace(".", "__"), value)
    with pytest.raises(ConfigError, match=f"setting '{setting}") as caught:
        load_settings(folder=tmp_path)
    assert "hunter2" not in f"{caught.value} {caught.value.next_step}"
    assert "CLEW_" + setting.upper().replace(".", "__") in caught.value.next_step


def test_an_address_with_a_user_or_a_key_file_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        "postgresql://clew@db.example:5432/clew",
        "postgresql://clew@db.example/clew?sslkey=/etc/clew/client.key",
    ):
        monkeypatch.setenv("CLEW_LEDGER__URL", url)
        assert load_settings(folder=tmp_path).ledger.url == url


@pytest.mark.parametrize(
    "text",
    [
        "graph: {password: 'hunter2}\n",
        "model: {ollama_url: 'http://u:hunter2@models.example'}\n",
        "graph: {password: hunter2}\n",
    ],
)
def test_a_file_that_cannot_be_used_is_not_repeated(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(folder=tmp_path)
    assert "hunter2" not in f"{caught.value} {caught.value.next_step}"
