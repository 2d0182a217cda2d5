"""A fake Ollama in a process of its own, so that what it costs is not the load generator's: writes so many tokens a second.

What it writes are the first calls that its prompt's evidence states, in the JSON that the prompt asks for, so that Clew has something to check.
"""

from __future__ import annotations

import json
import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from app.dev.fake_ollama import FakeOllama, Fault, running
from app.dev.fake_replies import FakeModel
from benchmarks.served import cpu_of

MODEL = "qwen2.5-coder:7b"
WINDOW_TOKENS = 32_768
MOST_CLAIMS = 3
STARTS_WITHIN_S = 60.0
LONGEST_HANG_S = 3_600.0
_CALL = re.compile(r'<evidence number="(?P<number>\d+)"[^>]*>\n(?P<source>\S+) CALLS (?P<target>\S+) \(')


@dataclass(frozen=True, slots=True)
class ModelHost:
    """The running host. Ask it from one thread."""

    url: str
    pid: int
    _line: Connection

    def told(self) -> dict[str, Any]:
        """Return how many chats there were, how many at once at most, and when clients went away."""
        self._line.send("tell")
        told: dict[str, Any] = self._line.recv()
        return told

    def pace(self, tokens_s: float) -> None:
        """Write so many tokens a second from now on."""
        self._line.send(tokens_s)

    def release(self) -> None:
        """Let every answer that hangs go on."""
        self._line.send("release")

    def cpu_s(self) -> float:
        return cpu_of(self.pid)


@contextmanager
def model_host(tokens_s: float = 0.0, fault: Fault = "") -> Iterator[ModelHost]:
    """Run one until the block ends. tokens_s: of each answer; 0: at once."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_host, args=(theirs, tokens_s, fault), daemon=True)
    process.start()
    try:
        if not ours.poll(STARTS_WITHIN_S):
            raise RuntimeError("the fake Ollama did not start")
        yield ModelHost(ours.recv(), process.pid or 0, ours)
    finally:
        ours.close()
        process.join(10)
        process.kill()


def recited(prompt: str) -> str:
    """Return an answer in the form that Clew's prompt asks for: the first calls of its evidence, each with its number."""
    said = {f"`{found['source']}` calls `{found['target']}`.": int(found["number"]) for found in _CALL.finditer(prompt)}
    claims = [{"text": text, "evidence": [number]} for text, number in said.items()][:MOST_CLAIMS]
    return json.dumps({"claims": claims, "missing": "" if claims else "The evidence has no calls."})


def _host(line: Connection, tokens_s: float, fault: Fault) -> None:
    host = FakeOllama([FakeModel(MODEL, context_tokens=WINDOW_TOKENS)], reply=recited, fault=fault)
    host.tokens_per_second, host.longest_hang_s = tokens_s, LONGEST_HANG_S
    with running(host):
        line.send(host.url)
        try:
            while True:
                said = line.recv()
                if said == "release":
                    host.released.set()
                elif said != "tell":
                    host.tokens_per_second = said
                if said != "tell":
                    continue
                chats = sum(path == "/api/chat" for path, _ in host.requests)
                line.send({"chats": chats, "most_at_once": host.most_in_flight, "left_at": list(host.left_at)})
        except EOFError:
            """The measurement is over."""
