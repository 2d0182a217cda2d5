"""Every secret of the settings is set, and nothing that Clew prints, logs, replies or sends where it does not belong holds one.

Once with the stores in files, and once with each at a server that does not answer, so that what is said of their faults is seen too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.cli import main
from configs.settings import setting_names
from tests.integration.hostile.served import Attacked, attacked, prepared
from tests.integration.processes import ROOT

pytestmark = pytest.mark.integration

SECRETS = {
    "CLEW_" + name.upper().replace(".", "__"): f"Zq{number:02}Kp7vT2mXw4LrY8"
    for number, (name, _, default) in enumerate(setting_names())
    if isinstance(default, SecretStr)
}
"""Variable -> a value that stands nowhere else, nor does its beginning."""
NOWHERE = "127.0.0.1:9"
MODELS = {
    "CLEW_MODEL__OPENAI_URL": f"http://{NOWHERE}/v1",
    "CLEW_MODEL__OPENAI_MODELS": "gpt-none",
    "CLEW_MODEL__ANTHROPIC_URL": f"http://{NOWHERE}",
    "CLEW_MODEL__ANTHROPIC_MODELS": "claude-none",
    "CLEW_EMBEDDING__URL": f"http://{NOWHERE}/v1",
    "CLEW_EMBEDDING__MODEL": "none",
    "CLEW_TRACING__LANGSMITH": "true",
    "CLEW_TRACING__URL": f"http://{NOWHERE}",
    "CLEW_SOURCES__PROXY": f"http://{NOWHERE}",
    "CLEW_SOURCES__PROXIED": "git.example.org",
    "CLEW_SOURCES__PROXY_USER": "clew",
}
KNOWN = {"CLEW_ACCESS__AUTHENTICATION": "required"}
AWAY = {
    "CLEW_GRAPH__BACKEND": "neo4j",
    "CLEW_GRAPH__URL": f"bolt://{NOWHERE}",
    "CLEW_RETRIEVAL__VECTORS": "server",
    "CLEW_RETRIEVAL__CHROMA_URL": f"http://{NOWHERE}",
    "CLEW_MEMORY__BACKEND": "redis",
    "CLEW_MEMORY__URL": f"redis://{NOWHERE}/0",
    "CLEW_RATES__STORE": "redis",
    "CLEW_RATES__URL": f"redis://{NOWHERE}/1",
    "CLEW_THREADS__STORE": "postgres",
    "CLEW_THREADS__URL": f"postgresql://clew@{NOWHERE}/clew",
    "CLEW_LEDGER__STORE": "postgres",
    "CLEW_LEDGER__URL": f"postgresql://clew@{NOWHERE}/clew",
}
COMMANDS = (
    ("status",), ("doctor",), ("repos",), ("models",), ("usage",), ("budget",), ("audit", "show"), ("audit", "verify"), ("threads", "list"),
    ("keys", "list"), ("principals", "list"), ("credentials", "list"), ("webhooks", "list"), ("schedules", "list"), ("repositories", "list"),
    ("ask", "who calls price?"), ("ask", "explain price", "--model", "gpt-none"), ("search", "price of an order"), ("slack", "links"),
)  # fmt: skip


def routes() -> list[str]:
    """Return every address of our own that is read and takes nothing in its path."""
    described = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    return [path for path, methods in described.items() if "get" in methods and "{" not in path]


@pytest.fixture(scope="module", params=["here", "away"])
def served(
    request: pytest.FixtureRequest, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Attacked, Mapping[str, str]]]:
    """A server with every secret, and its variables; where the servers are away it does not ask who asks, so that every request comes to them."""
    store, roots, keys = prepared(shop, tmp_path_factory.mktemp(request.param))
    variables = {**SECRETS, **MODELS, **(AWAY if request.param == "away" else KNOWN)}
    with attacked(store, roots, keys, request.param, variables) as one:
        yield one, variables


def none_in(told: str, what: str) -> None:
    assert not [name for name, secret in SECRETS.items() if secret[:5] in told], f"{what}: {told}"


def test_there_are_secrets_to_look_for() -> None:
    assert len(SECRETS) >= 16
    assert len(set(SECRETS.values())) == len(SECRETS)


def test_no_reply_and_no_line_of_a_server_holds_one(served: tuple[Attacked, Mapping[str, str]]) -> None:
    server, _ = served
    headers = {"authorization": f"Bearer {server.keys['operator']}"}
    question = {"question": "explain price", "model": "gpt-none"}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60, trust_env=False
    ) as client:
        replies = {path: client.get(path) for path in routes()}
        replies["chat"] = client.post("/api/v1/chat", json=question)
        replies["job"] = client.post("/api/v1/jobs", json={"repository": "shop"})
    for path, reply in replies.items():
        none_in(f"{reply.headers} {reply.text}", path)
    shown = replies["/api/v1/admin/configuration"].json()["settings"]
    assert len([row for row in shown if row["value"] == "(set)"]) == len(SECRETS), "each is said to be there"
    none_in(server.log.read_text(), "the log")
    assert server.process.poll() is None


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["words", "json"])
def test_no_command_prints_one(
    served: tuple[Attacked, Mapping[str, str]], as_json: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server, variables = served
    for name, value in {**variables, "CLEW_HOME": str(server.store)}.items():
        monkeypatch.setenv(name, value)
    for command in COMMANDS:
        main([*command, *as_json])
        told = capfd.readouterr()
        assert told.out or told.err, command
        none_in(told.out + told.err + caplog.text, " ".join(command))
