"""Clew over a real Ollama with a small real model: what leaves, what is held to a schema, what reaches the host."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.writing.json_answers import claims_schema
from configs.errors import HostFailed
from models.ollama import OllamaHost
from models.provider import Call, Completion, Piece, collected
from tests.integration.processes import SOURCES, clew
from tests.servers.ollama_server import CHAT_MODEL, EMBEDDING_MODEL, MISSING, OllamaProcess, at_hand

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not at_hand(), reason=MISSING)]

ENDLESS = {"type": "array", "items": {"type": "boolean"}, "minItems": 300}
LONG = Call(CHAT_MODEL, "Yes or no, many times, as JSON.", 2_048, 1_500, timeout_s=120.0, schema=ENDLESS)


@pytest.fixture(scope="module")
def ollama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OllamaProcess]:
    server = OllamaProcess(tmp_path_factory.mktemp("ollama"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def host(ollama: OllamaProcess) -> OllamaHost:
    return OllamaHost(ollama.url, connect_s=10.0)


async def _silent(_text: str) -> None:
    """Hear nothing."""


def _said(host: OllamaHost, call: Call) -> Completion:
    return asyncio.run(collected(host, call, _silent))


def test_an_answer_cites_what_exists_and_marks_what_is_not_verified(shop: Path, ollama: OllamaProcess) -> None:
    question = ("ask", "Explain what price does", "--model", CHAT_MODEL, "--json")
    done = clew(shop, *question, CLEW_MODEL__OLLAMA_URL=ollama.url)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    told = [one["message"] for one in answer["findings"] if one["kind"] == "attempt"]
    assert told and all(message.startswith(f"{CHAT_MODEL} at ") and "answered" in message for message in told)
    assert answer["level"] in ("model", "extractive", "structural")
    assert answer["citations"]
    for one in answer["citations"]:
        assert 1 <= one["start_line"] <= one["end_line"] <= len(SOURCES[one["path"]].splitlines())
    unverified = [claim for claim in answer["claims"] if claim["status"] == "unverified"]
    assert answer["answer"].count("not verified") == len(unverified)


def test_a_schema_bounds_sentences_and_lets_only_numbers_that_exist_be_cited(host: OllamaHost) -> None:
    prompt = "1: a lock is held. 2: a page is freed. Tell both as JSON claims with the numbers of their evidence."
    said = _said(host, Call(CHAT_MODEL, prompt, 2_048, 900, timeout_s=120.0, schema=claims_schema(2, 3)))
    assert not said.cut
    claims = json.loads(said.text)["claims"]
    assert len(claims) <= 3
    assert {number for claim in claims for number in claim["evidence"]} <= {1, 2}


def test_who_goes_away_stops_the_host(host: OllamaHost) -> None:
    """It writes for one caller at a time: who comes next would wait for the rest of an answer that nobody hears."""

    async def leave() -> Piece:
        async with aclosing(host.stream(LONG)) as pieces:
            return await anext(pieces)

    begun = time.monotonic()
    _said(host, LONG)
    whole_s = time.monotonic() - begun
    assert asyncio.run(leave()).text
    begun = time.monotonic()
    assert _said(host, replace(LONG, schema=None, max_tokens=2)).text
    assert time.monotonic() - begun < whole_s / 2


def test_a_model_that_is_absent_is_named_with_what_to_do(shop: Path, ollama: OllamaProcess) -> None:
    done = clew(shop, "ask", "Explain price", "--model", "absent:1b", CLEW_MODEL__OLLAMA_URL=ollama.url)
    assert "absent:1b" in done.stdout + done.stderr
    assert "clew models" in done.stdout + done.stderr or "ollama pull" in done.stdout + done.stderr


def test_status_and_doctor_name_model_and_digest(shop: Path, ollama: OllamaProcess, host: OllamaHost) -> None:
    digests = {one.name: one.digest for one in asyncio.run(host.models())}
    done = clew(shop, "status", "--json", CLEW_MODEL__OLLAMA_URL=ollama.url)
    (told,) = json.loads(done.stdout)["models"]["hosts"]
    assert {one["name"]: one["digest"] for one in told["models"]} == digests
    assert CHAT_MODEL in clew(shop, "doctor", CLEW_MODEL__OLLAMA_URL=ollama.url).stdout


def test_a_repository_is_filled_with_real_vectors(shop: Path, ollama: OllamaProcess) -> None:
    done = clew(shop, "vectors", "--fill", "--json", CLEW_MODEL__OLLAMA_URL=ollama.url, CLEW_EMBEDDING__SOURCE="ollama")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["repositories"]
    assert row["complete"] and row["embedder"].startswith(f"ollama:{EMBEDDING_MODEL}@")


def test_a_host_that_is_killed_on_the_way_is_told_apart(ollama: OllamaProcess, host: OllamaHost) -> None:
    async def killed() -> None:
        heard = 0

        async def hear(_text: str) -> None:
            nonlocal heard
            heard += 1
            if heard == 1:
                await asyncio.to_thread(ollama.kill)

        await collected(host, LONG, hear)

    with pytest.raises(HostFailed) as broken:
        asyncio.run(killed())
    assert broken.value.fault == "cut"
    ollama.start()
    assert _said(host, Call(CHAT_MODEL, "Say hello.", 2_048, 5, timeout_s=120.0)).text
