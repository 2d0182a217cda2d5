"""`clew models` and `clew dev fake-ollama` as people type them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agents.context import Context
from app.cli import main
from app.cli.dev import fake_host
from app.dev.fake_replies import quoting
from app.model_health import health
from app.wiring import Wiring
from configs.errors import InputError
from configs.settings import load_settings
from knowledge.backends.pace_file import PaceFile
from knowledge.budgets import Amount
from knowledge.paces import KeptPace
from models.provider import place_of
from tests.servers.fake_ollama import FakeModel, FakeOllama, running
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    models = [
        FakeModel("qwen2.5-coder:7b", context_tokens=32_768, size=4_700_000_000),
        FakeModel("qwen2.5-coder:32b", parameter_size="32B", context_tokens=32_768, size=20_000_000_000),
        FakeModel("nomic-embed-text:latest", "nomic-bert", "137M", ("embedding",), size=274_000_000),
        FakeModel("gpt-oss:120b-cloud", remote_host="https://ollama.com:443"),
    ]
    with running(FakeOllama(models=models)) as served:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", served.url)
        yield served


def test_models_are_listed_with_what_fits_and_what_leaves(
    host: FakeOllama, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_MODEL__MEMORY_GB", "16")
    monkeypatch.setenv("CLEW_MODEL__OPENAI_MODELS", "gpt-5")
    host.loaded["qwen2.5-coder:7b"] = 8_192
    assert main(["--store", str(tmp_path), "models"]) == 0
    said = capsys.readouterr().out
    for words in (
        r"qwen2\.5-coder:7b .*4\.7 GB .*32,768 tokens .*loaded, in GPU memory, window 8,192",
        r"qwen2\.5-coder:32b .*needs about 22\.5 GB: too large for 16 GB",
        r"nomic-embed-text:latest .*embeddings",
        r"gpt-oss:120b-cloud .*served elsewhere",
        r"openai https://api\.openai\.com/v1  elsewhere: code of repositories labelled local never goes there",
    ):
        assert re.search(words, said), said
    assert main(["--store", str(tmp_path), "models", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for one in body["hosts"] for row in one["models"]}
    assert rows["qwen2.5-coder:7b"]["loaded"]["gpu_bytes"] == 4_700_000_000
    assert [rows[name]["fits"] for name in ("qwen2.5-coder:7b", "qwen2.5-coder:32b", "gpt-5")] == [True, False, None]
    assert set(keys_of(body)) <= set(re.findall(r"[a-z_]+", section("models")))


def test_a_host_that_is_down_is_told_and_another_is_listed(
    host: FakeOllama, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_MODEL__FURTHER_HOSTS", "http://127.0.0.1:9")
    assert main(["--store", str(tmp_path), "models"]) == 0
    assert "does not answer" in capsys.readouterr().out
    monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", "http://127.0.0.1:9")
    assert main(["--store", str(tmp_path), "models"]) == 1


def test_pull_and_warm(host: FakeOllama, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(tmp_path)]
    assert main([*store, "models", "pull", "tiny:1b"]) == 0
    captured = capsys.readouterr()
    assert "tiny:1b: success" in captured.err
    assert "holds tiny:1b" in captured.out
    assert main([*store, "models", "warm", "qwen2.5-coder:7b", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["model"], body["keep_alive"], body["loaded"]["context_tokens"]) == ("qwen2.5-coder:7b", "10m", 8_192)
    host.reads_per_second, host.tokens_per_second, host.seconds_take = 20.0, 4.0, 0.0
    host.reply = lambda _prompt: "one and two and three and four and five"
    assert main([*store, "models", "warm", "qwen2.5-coder:32b", "--json"]) == 0
    told = {"reads_tokens_s": 20.0, "writes_tokens_s": 4.0, "measured": True}
    assert json.loads(capsys.readouterr().out)["pace"] == told
    assert main([*store, "models", "--json"]) == 0
    rows = [row for one in json.loads(capsys.readouterr().out)["hosts"] for row in one["models"]]
    assert next(row["pace"] for row in rows if row["name"] == "qwen2.5-coder:32b") == told, "another command knows it"
    host.vram_share = 0.25
    assert main([*store, "models", "warm", "qwen2.5-coder:7b"]) == 0
    assert "spills out of the GPU" in capsys.readouterr().out
    assert main([*store, "models", "pull", "absent:1b"]) == 3
    assert main([*store, "models", "pull", "tiny:1b", "--host", "nowhere"]) == 2
    assert place_of(host.url) in capsys.readouterr().err


def test_status_and_doctor_say_which_code_may_leave(
    host: FakeOllama, indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def checks() -> dict[str, Any]:
        main(["--store", str(indexed.store), "doctor", "--json"])
        return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}

    assert "no code leaves" in checks()["privacy"]["detail"]
    monkeypatch.setenv("CLEW_MODEL__ANTHROPIC_MODELS", "claude-x")
    found = checks()
    assert found["privacy"]["detail"] == "code of no repository may go to Anthropic at api.anthropic.com; of shop never"
    assert (found["anthropic"]["state"], found["anthropic"]["mend"]) == ("warn", "set CLEW_MODEL__ANTHROPIC_KEY")
    monkeypatch.setenv("CLEW_PRIVACY__REPOSITORIES", '{"shop": "remote"}')
    monkeypatch.setenv("CLEW_MODEL__ANTHROPIC_KEY", "sk-very-secret")
    main(["--store", str(indexed.store), "status"])
    assert "privacy  remote: its code may go to any model host" in capsys.readouterr().out
    main(["--store", str(indexed.store), "doctor"])
    said = capsys.readouterr().out
    assert "code of shop may go to Anthropic" in said
    assert "sk-very-secret" not in said


def test_status_says_how_hosts_are_and_who_would_write(
    host: FakeOllama, indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_MODEL__FURTHER_HOSTS", "http://127.0.0.1:9")
    host.loaded["qwen2.5-coder:7b"] = 8_192
    live = {
        "url": host.url,
        "breaker": "open",
        "opens_in_s": 7.0,
        "usual_ms": 812.0,
        "in_flight": 1,
        "waiting": 2,
        "slots": 4,
    }
    monkeypatch.setattr("app.cli.status.live_hosts", lambda _folder: [live])
    paces, now = PaceFile(indexed.store / "paces.json"), time.time()
    paces.keep(KeptPace(host.url, "qwen2.5-coder:7b", now, reads=98.3, most_read=98.3, writes=12.0, most_written=12.0))
    paces.keep(KeptPace(host.url, "qwen2.5-coder:32b", now, reads=20.0))
    command = ["--store", str(indexed.store), "status"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"]
    up, down = found["hosts"]
    assert up["answers_ms"] > 0 and up["error"] is None and up["server"]["waiting"] == 2
    assert [one["name"] for one in up["models"] if one["loaded"]] == ["qwen2.5-coder:7b"]
    assert all(len(one["digest"]) == 64 for one in up["models"])
    assert "does not answer" in down["error"] and down["server"] is None
    assert [(one["class"], one["may_leave"], one["rungs"]) for one in found["ladders"]] == [
        ("small", False, ["qwen2.5-coder:7b", "cached", "extractive", "handoff"]),
        ("large", False, ["qwen2.5-coder:32b", "qwen2.5-coder:7b", "cached", "extractive", "handoff"]),
    ]
    told = {"reads_tokens_s": 98.3, "writes_tokens_s": 12.0, "measured": True}
    assert next(one["pace"] for one in up["models"] if one["loaded"]) == told
    assert main(["--store", str(indexed.store), "models"]) == 0
    assert "reads 98 and writes 12 tokens a second" in capsys.readouterr().out
    assert main(command) == 0
    said = capsys.readouterr().out
    for words in (
        r"in the running server: breaker open for another 7 s; usually 812 ms; 1 of 4 calls, 2 in line",
        r"qwen2\.5-coder:7b [0-9a-f]{12}  loaded, in GPU memory, window 8,192; reads 98 and writes 12 tokens a second",
        r"qwen2\.5-coder:32b [0-9a-f]{12}  reads at most 20 tokens a second",
        r"large, code of shop \(stays inside\): qwen2\.5-coder:32b > qwen2\.5-coder:7b > cached > extractive > handoff",
    ):
        assert re.search(words, said), said


def test_status_looks_down_the_ladder_of_each_kind_of_code(
    host: FakeOllama, indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ladders() -> list[list[str]]:
        main(["--store", str(indexed.store), "status", "--json"])
        return [one["rungs"] for one in json.loads(capsys.readouterr().out)["models"]["ladders"]]

    monkeypatch.setenv("CLEW_PRIVACY__REPOSITORIES", '{"shop": "remote"}')
    monkeypatch.setenv("CLEW_MODEL__ANTHROPIC_MODELS", "claude-x")
    assert "gpt-oss:120b-cloud" in ladders()[0] and "claude-x" not in ladders()[0][:1]
    monkeypatch.setenv("CLEW_MODEL__WRITER", "absent:1b")
    assert ladders() == [[], []]
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    assert ladders() == [["cached", "extractive", "handoff"]] * 2


def test_a_strained_budget_is_told(host: FakeOllama, tmp_path: Path) -> None:
    for tokens, strained in ((10, True), (10_000, False)):
        limits = {"limits": {"month": {"tokens": tokens}}}
        with closing(Wiring(load_settings({"home": str(tmp_path), "budget": limits}))) as wiring:
            payer = wiring.payer_for(Context())
            if strained:
                wiring.budgets.settle(wiring.budgets.reserve(payer, ["m"], 9, 0), Amount(9))
            assert health(wiring).strained == strained


def test_doctor_names_the_ladder_what_is_loaded_and_a_paid_model_without_a_price(
    host: FakeOllama, indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def checks() -> dict[str, Any]:
        main(["--store", str(indexed.store), "doctor", "--json"])
        return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}

    host.loaded["qwen2.5-coder:7b"] = 8_192
    monkeypatch.setenv("CLEW_MODEL__OPENAI_MODELS", "gpt-5")
    monkeypatch.setenv("CLEW_MODEL__OPENAI_KEY", "sk-very-secret")
    found = checks()
    assert "in memory: qwen2.5-coder:7b; answers in" in found["ollama"]["detail"]
    assert "large, code that stays: qwen2.5-coder:32b > qwen2.5-coder:7b > cached" in found["ladder"]["detail"]
    assert (found["openai"]["state"], "gpt-5 has no price" in found["openai"]["detail"]) == ("warn", True)
    monkeypatch.setenv("CLEW_BUDGET__PRICES", '{"gpt-5": {"input_usd": 1, "output_usd": 4}}')
    assert checks()["openai"]["state"] == "ok"


def test_the_fake_is_made_as_its_options_say() -> None:
    host = fake_host(("a:1.5b", "b"), ("cut_stream:2", "busy", "wrong_dimension"), 5.0)
    assert [(model.name, model.parameter_size) for model in host.models] == [("a:1.5b", "1.5B"), ("b:latest", "7.6B")]
    assert (host.faults, host.fault, host.embed_fault) == (["cut_stream", "cut_stream"], "busy", "wrong_dimension")
    assert host.tokens_per_second == 5.0
    for wrong in ("nothing", "hang:0", "hang:x", ""):
        with pytest.raises(InputError):
            fake_host((), (wrong,), 0.0)


def test_the_fake_quotes_what_it_is_shown() -> None:
    prompt = '<evidence number="1" source="a:1" symbol="">x</evidence><evidence number="2" source="b:2" symbol="m.f">y'
    assert quoting(prompt) == "The first thing that the index has on this is `m.f` [2]."
    assert quoting("nothing") == "I have nothing to say."
