"""The Ollama host over HTTP: what each fault is called, deadlines, and that a caller who leaves ends the request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from configs.errors import HostFailed
from guardrails.output import filtered
from models.ollama import OllamaHost
from models.provider import Call, Completion, collected
from tests.servers.fake_ollama import FakeOllama, Fault, running


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(reply=lambda prompt: "one two three four five")) as served:
        yield served


def call(**changes: Any) -> Call:
    values = {
        "model": "qwen2.5-coder:7b",
        "prompt": "Say it.",
        "window_tokens": 4096,
        "max_tokens": 50,
        "timeout_s": 10.0,
    }
    return Call(**{**values, **changes})


def write(url: str, one: Call) -> Completion:
    async def on_token(text: str) -> None:
        """Hear nothing."""

    return asyncio.run(collected(OllamaHost(url), one, on_token))


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        ("refuse", "unreachable"),
        ("cut_stream", "cut"),
        ("malformed", "broken"),
        ("error", "failed"),
        ("error_in_stream", "failed"),
        ("busy", "busy"),
        ("loading", "loading"),
        ("missing", "missing"),
    ],
)
def test_each_fault_has_its_kind(host: FakeOllama, fault: Fault, means: str) -> None:
    host.faults = [fault]
    with pytest.raises(HostFailed) as failed:
        write(host.url, call())
    assert failed.value.fault == means
    assert failed.value.next_step
    assert write(host.url, call()).text == "one two three four five", "a scripted fault is one of its time"


@pytest.mark.parametrize("fault", ["hang", "slow_first_token", "stall"])
def test_a_deadline_ends_the_request_at_the_host(host: FakeOllama, fault: Fault) -> None:
    write(host.url, call())
    host.fault = fault
    with pytest.raises(HostFailed) as slow:
        write(host.url, call(timeout_s=1.0, first_token_s=None if fault == "stall" else 0.3))
    assert slow.value.fault == "slow"
    assert slow.value.message.endswith("within 1 s." if fault == "stall" else "wrote nothing within 0.3 s.")
    asked = sum(path == "/api/chat" for path, _ in host.requests)
    assert asked == 1 or host.left.wait(5), "the host never saw its client leave"
    assert asked == 1 or len(host.left_at) == 1


def test_what_hangs_goes_on_by_itself_in_the_end(host: FakeOllama) -> None:
    host.longest_hang_s = 0.05
    host.faults = ["slow_first_token"]
    assert write(host.url, call()).text == "one two three four five"


def test_a_caller_that_goes_away_ends_the_request_at_the_host(host: FakeOllama) -> None:
    host.fault = "stall"

    async def leave() -> None:
        began = asyncio.Event()

        async def on_token(text: str) -> None:
            began.set()

        task = asyncio.create_task(collected(OllamaHost(host.url), call(), on_token))
        await asyncio.wait_for(began.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert host.left.wait(5)
    assert host.in_flight in (0, 1)


def test_a_caller_that_fails_ends_the_request_too(host: FakeOllama) -> None:
    host.fault = "stall"

    async def on_token(text: str) -> None:
        raise RuntimeError("the reader is gone")

    async def run() -> None:
        with pytest.raises(RuntimeError, match="reader is gone"):
            await collected(OllamaHost(host.url), call(), on_token)

    asyncio.run(run())
    assert host.left.wait(5)


def test_window_length_and_keeping_are_asked_for(host: FakeOllama) -> None:
    completion = write(host.url, call(max_tokens=2))
    assert (completion.text, completion.cut) == ("one two ", True)
    body = next(body for path, body in host.requests if path == "/api/chat")
    assert (body["options"]["num_ctx"], body["options"]["num_predict"], body["keep_alive"]) == (4096, 2, "10m")
    assert host.loaded == {"qwen2.5-coder:7b": 2048}


def test_an_empty_answer_is_whole(host: FakeOllama) -> None:
    host.fault = "empty"
    assert write(host.url, call()).text == ""


def test_a_host_that_points_elsewhere_is_not_followed(host: FakeOllama) -> None:
    """A host inside must not hand code on, whatever it says."""

    class Pointing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", host.url + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pointing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with pytest.raises(HostFailed) as refused:
            write(f"http://127.0.0.1:{server.server_address[1]}", call())
        server.shutdown()
    assert refused.value.fault == "failed"
    assert host.requests == []


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://gpu-1:11434", "gpu-1:11434"),
        ("https://somebody:secret@llm.corp.example/ollama/?key=secret", "llm.corp.example/ollama"),
        ("http://[::1]:11434/", "[::1]:11434"),
    ],
)
def test_a_host_is_named_without_scheme_and_credentials_so_that_no_filter_takes_it_for_a_link(
    url: str, place: str
) -> None:
    said = f"{OllamaHost(url).name} wrote nothing within 30 s."
    assert said == f"Ollama at {place} wrote nothing within 30 s."
    assert filtered(said, ()).text == said


def test_what_a_host_says_of_its_time_is_read(host: FakeOllama) -> None:
    host.reads_per_second, host.tokens_per_second, host.seconds_take = 20.0, 4.0, 0.0
    completion = write(host.url, call(prompt="word " * 100))
    assert (completion.input_tokens, completion.read_s) == (100, 5.0)
    assert (completion.output_tokens, completion.write_s) == (5, 1.25)


def test_a_host_that_hangs_is_up_while_it_says_what_it_holds(host: FakeOllama) -> None:
    host.fault = "hang"
    assert asyncio.run(OllamaHost(host.url).is_up())
    assert not asyncio.run(OllamaHost("http://127.0.0.1:9").is_up())
