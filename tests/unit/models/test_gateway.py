"""The gateway and the Ollama host against a fake server that keeps to the protocol."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import HostFailed, ModelForbidden, ModelUnavailable
from configs.release import ModelChoice
from knowledge.backends.pace_file import PaceFile
from knowledge.paces import KeptPace
from models.gateway import Choice, Gateway
from models.host import Host, less_loaded
from models.ollama import OllamaHost
from models.provider import Completion, place_of
from models.registry import ModelInfo, named, parse_tags, suitable
from tests.clock import Clock
from tests.servers.fake_ollama import FakeModel, FakeOllama, Fault, running
from tests.unit.models.scripted import Scripted, model

SMALL = ModelChoice(prefer=("qwen2.5-coder", "llama"), max_parameters_b=16)


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama()) as served:
        yield served


def write(host: FakeOllama, *, name: str = "qwen2.5-coder:7b", timeout_s: float = 30.0) -> tuple[Completion, list[str]]:
    pieces: list[str] = []

    async def on_token(text: str) -> None:
        pieces.append(text)

    async def run() -> Completion:
        return await Gateway(OllamaHost(host.url)).write(
            name, "Say it.", window_tokens=4096, max_tokens=50, timeout_s=timeout_s, on_token=on_token, tries=3
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
    assert place_of(host.url) in choice.reason


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
    with pytest.raises(ModelUnavailable, match=r"within 0\.[12]\d* s"):
        write(host, timeout_s=0.2)


def test_a_model_that_went_away_names_the_command_that_brings_it(host: FakeOllama) -> None:
    with pytest.raises(ModelUnavailable) as gone:
        write(host, name="gone:1b")
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


def gateway_over(*providers: Scripted) -> Gateway:
    return Gateway(*providers, cache_s=1e9, seed=1)


def choose(gateway: Gateway, requested: str = "auto", kept: list[str] | None = None) -> Choice:
    return asyncio.run(gateway.choose(requested, SMALL, kept=kept))


def scripted(url: str, *held: ModelInfo, inside: bool = True, kind: str = "ollama") -> Scripted:
    return Scripted(url, Clock(), held, inside=inside, kind=kind)


def test_hosts_that_hold_the_same_build_share_its_calls_and_others_do_not() -> None:
    first, same, other = (
        scripted(url, model("qwen2.5-coder:7b", 7, digest)) for url, digest in (("a", "x"), ("b", "x"), ("c", "y"))
    )
    gateway = gateway_over(first, same, other)
    assert choose(gateway).reason == "qwen2.5-coder:7b at 2 hosts is the preferred model of its class"
    for _ in range(40):
        asyncio.run(_say(gateway))
    assert (len(other.calls), len(first.calls) + len(same.calls)) == (0, 40)
    assert min(len(first.calls), len(same.calls)) >= 1


async def _say(gateway: Gateway) -> Completion:
    async def on_token(text: str) -> None:
        """Hear nothing."""

    return await gateway.write(
        "qwen2.5-coder:7b", "Say it.", window_tokens=4096, max_tokens=50, timeout_s=5, on_token=on_token, tries=3
    )


def test_of_two_hosts_the_one_that_is_less_busy_and_faster_is_taken() -> None:
    hosts = gateway_over(*(scripted(url, model("m")) for url in "ab")).hosts
    for host, ms in zip(hosts, (100.0, 900.0), strict=True):
        for _ in range(5):
            host.note(ms, well=True)
    assert less_loaded(hosts, random.Random(1)) is hosts[0]
    hosts[0].note(90_000.0, well=False)
    assert less_loaded(hosts, random.Random(1)) is hosts[1], "a host that failed looks slower"


def test_a_host_that_was_slow_long_ago_is_tried_again() -> None:
    clock = Clock()
    slow, fast = (Host(Scripted(url, clock, [model("m")]), clock=clock) for url in "ab")
    slow.note(8_000.0, well=True)
    clock.now = 600.0
    fast.note(100.0, well=True)
    assert less_loaded([slow, fast], random.Random(1)) is slow


def test_calls_in_flight_count_before_any_has_ended() -> None:
    hosts = gateway_over(*(scripted(url, model("m")) for url in "ab")).hosts

    async def run() -> None:
        async with hosts[0].slots.taken(_unplaced):
            assert less_loaded(hosts, random.Random(1)) is hosts[1]

    asyncio.run(run())


async def _unplaced(_place: int) -> None:
    """Hear nothing."""


def test_code_that_may_not_leave_never_reaches_a_host_elsewhere_not_even_a_look() -> None:
    inside = scripted("inside", model("embed:1b", 1))
    elsewhere = scripted("elsewhere", model("big"), inside=False)
    api = scripted("api", model("gpt", 0, leaves=True), inside=False, kind="openai")
    gateway = gateway_over(inside, elsewhere, api)
    for kept in (["shop"], None):
        choice = choose(gateway, kept=kept)
        assert choice.model is None
        assert "elsewhere and api is not asked: the code of 'shop' may not leave" in choice.reason or kept is None
        assert asyncio.run(gateway.ladder("embed:1b", SMALL, kept=kept)) == []
        with pytest.raises(ModelUnavailable):
            asyncio.run(_write_named(gateway, "gpt", kept))
    with pytest.raises(ModelForbidden, match="the code of 'shop' may not leave"):
        choose(gateway, "gpt", ["shop"])
    assert (elsewhere.looks, elsewhere.calls, api.calls) == (0, [], [])
    assert choose(gateway, kept=[]).model in ("big", "gpt")


async def _write_named(gateway: Gateway, name: str, kept: list[str] | None) -> Completion:
    async def on_token(text: str) -> None:
        raise AssertionError(text)

    return await gateway.write(
        name, "secret code", window_tokens=4096, max_tokens=50, timeout_s=5, on_token=on_token, tries=3, kept=kept
    )


def test_a_cloud_model_of_a_host_inside_counts_as_elsewhere(host: FakeOllama) -> None:
    host.models = [FakeModel("gpt-oss:120b-cloud", "gptoss", "120B", remote_host="https://ollama.com:443")]
    gateway = Gateway(OllamaHost(host.url))
    wide = ModelChoice(max_parameters_b=1000)
    assert asyncio.run(gateway.choose("auto", wide, kept=["shop"])).model is None
    with pytest.raises(ModelForbidden):
        asyncio.run(gateway.choose("gpt-oss:120b-cloud", wide, kept=["shop"]))
    assert asyncio.run(gateway.choose("auto", wide, kept=[])).model == "gpt-oss:120b-cloud"


def test_a_host_gets_as_many_calls_at_once_as_it_has_slots_and_no_more(host: FakeOllama) -> None:
    both_there = threading.Barrier(2, timeout=20)

    def reply(_prompt: str) -> str:
        both_there.wait()
        return "two at a time"

    host.reply = reply
    gateway = Gateway(OllamaHost(host.url), slots=2)

    async def six() -> None:
        await asyncio.gather(*(_say(gateway) for _ in range(6)))

    asyncio.run(six())
    assert (len(host.prompts()), host.most_in_flight) == (6, 2)


def test_what_somebody_else_serves_is_paid(host: FakeOllama) -> None:
    host.models.append(FakeModel("gpt-oss:120b-cloud", remote_host="https://ollama.com:443"))
    api = scripted("api", model("gpt-big", 0.0, leaves=True), inside=False, kind="openai")
    gateway = Gateway(OllamaHost(host.url), api)
    choose(gateway, kept=[])
    assert [
        name for name in ("qwen2.5-coder:7b", "gpt-oss:120b-cloud", "gpt-big", "unknown") if gateway.is_paid(name)
    ] == [
        "gpt-oss:120b-cloud",
        "gpt-big",
    ]


def test_models_inside_come_before_those_elsewhere_and_the_ladder_goes_down_in_size() -> None:
    inside = scripted("inside", *(model(f"qwen2.5-coder:{size}b", size) for size in (14, 3, 7, 0.5)), model("embed", 1))
    api = scripted("api", model("qwen2.5-coder-max", 0, leaves=True), inside=False, kind="openai")
    gateway = gateway_over(api, inside)
    assert choose(gateway, kept=[]).model == "qwen2.5-coder:14b"
    assert asyncio.run(gateway.ladder("qwen2.5-coder:14b", SMALL, kept=[])) == ["qwen2.5-coder:7b", "qwen2.5-coder:3b"]
    assert asyncio.run(gateway.ladder("qwen2.5-coder:0.5b", SMALL, kept=[])) == ["qwen2.5-coder-max"]
    assert asyncio.run(gateway.ladder("qwen2.5-coder:0.5b", SMALL, kept=["shop"])) == []


def test_one_host_that_is_down_does_not_hide_the_others() -> None:
    down, up = scripted("down", model("a")), scripted("up", model("qwen2.5-coder:7b"))
    down.down = True
    gateway = gateway_over(down, up)
    assert choose(gateway).model == "qwen2.5-coder:7b"
    assert [one.name for one in asyncio.run(gateway.models())] == ["qwen2.5-coder:7b"]
    up.down = True
    with pytest.raises(ModelUnavailable, match=r"down does not answer.*up does not answer"):
        asyncio.run(gateway_over(down, up).models())


def test_a_host_that_is_slow_to_say_what_it_holds_still_holds_it() -> None:
    clock = Clock()
    provider = Scripted("a", clock, [model("m")], slow=True)
    host = Host(provider, cache_s=15, clock=clock)
    for now, looks in ((0.0, 1), (0.5, 1), (1.5, 2)):
        clock.now = now
        with pytest.raises(HostFailed):
            asyncio.run(host.models())
        assert provider.looks == looks, "nothing is known: it is asked again soon"
    provider.slow, clock.now = False, 3.0
    asyncio.run(host.models())
    provider.slow, clock.now = True, 30.0
    assert [one.name for one in asyncio.run(host.models())] == ["m"]
    provider.slow, provider.down, clock.now = False, True, 60.0
    with pytest.raises(HostFailed):
        asyncio.run(host.models())


def test_a_pace_that_one_process_learned_the_next_one_knows(tmp_path: Path, host: FakeOllama) -> None:
    host.reads_per_second, host.tokens_per_second, host.seconds_take = 1.0, 5.0, 0.0
    host.reply = lambda _prompt: "a b c d e f g h i j"
    paces = PaceFile(tmp_path / "paces.json")
    asyncio.run(_say(Gateway(OllamaHost(host.url), paces=paces)))
    (next_one,) = Gateway(OllamaHost(host.url), paces=paces).hosts
    pace = next_one.speeds.of("qwen2.5-coder:7b")
    assert pace.reads == pytest.approx(1.0, rel=0.01)
    assert pace.writes == pytest.approx(5.0, rel=0.01)
    assert pace.measured
    assert next_one.speeds.usual_tokens("qwen2.5-coder:7b", 50) == 10
    before = (tmp_path / "paces.json").read_text()
    gateway = Gateway(OllamaHost(host.url))
    asyncio.run(_say(gateway))
    assert (tmp_path / "paces.json").read_text() == before, "a gateway without a file keeps nothing"


def test_a_pace_that_has_not_moved_is_not_written_again(host: FakeOllama) -> None:
    class Kept(list[KeptPace]):
        def read(self) -> list[KeptPace]:
            return []

        def keep(self, pace: KeptPace) -> None:
            self.append(pace)

    host.reads_per_second, host.tokens_per_second, host.seconds_take = 1.0, 5.0, 0.0
    host.reply = lambda _prompt: "a b c d e f g h i j"
    kept = Kept()
    gateway = Gateway(OllamaHost(host.url), paces=kept)
    for _ in range(3):
        asyncio.run(_say(gateway))
    assert len(kept) == 1
    host.tokens_per_second = 50.0
    asyncio.run(_say(gateway))
    assert len(kept) == 2
