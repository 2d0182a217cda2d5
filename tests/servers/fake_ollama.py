"""A fake Ollama host, faithful to its HTTP protocol, with faults on request.

Source: docs/api.md of ollama/ollama: `/api/tags`, `/api/show`, `/api/ps`, `/api/version`, `/api/chat` and `/api/generate`
(NDJSON when streamed), `/api/embed`; errors are `{"error": "..."}` with a status. Also OpenAI's `/v1/embeddings`, as Ollama
serves it, with OpenAI's errors. It knows no language: its answers are scripted, its vectors count words. Run it by itself
with `python -m tests.servers.fake_ollama --port 11434`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal["", "slow_first_token", "cut_stream", "malformed", "error", "error_in_stream", "not_ollama", "empty"]
EmbedFault = Literal[
    "",
    "gone",
    "error",
    "not_ollama",
    "wrong_dimension",
    "wrong_count",
    "nan",
    "infinity",
    "nan_refused",
    "no_numbers",
    "cut",
]
CHARACTERS_A_TOKEN = 3
CREATED = "2026-11-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class FakeModel:
    """A model that the host holds. `capabilities` as `/api/show` gives them. `context_tokens`: what it is trained to read."""

    name: str
    family: str = "qwen2"
    parameter_size: str = "7.6B"
    capabilities: tuple[str, ...] = ("completion", "tools")
    dimension: int = 16
    context_tokens: int = 2_048


@dataclass(slots=True)
class FakeOllama:
    """What the host holds and does; may be changed while it runs.

    reply: gives the answer to a prompt. fault: what goes wrong in chat. requests: (path, body) of every call so far.
    released: set it to let a slow first token go. embed_fault: what goes wrong with embeddings, after `embeds_before_fault`
    calls that went well.
    """

    models: list[FakeModel] = field(default_factory=lambda: [FakeModel("qwen2.5-coder:7b")])
    reply: Callable[[str], str] = lambda prompt: "I have nothing to say."
    fault: Fault = ""
    embed_fault: EmbedFault = ""
    embeds_before_fault: int = 0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def prompts(self) -> list[str]:
        """Return the last message of every chat so far."""
        return [body["messages"][-1]["content"] for path, body in self.requests if path == "/api/chat"]

    def embedded(self) -> list[str]:
        """Return every text that was to be embedded so far."""
        paths = ("/api/embed", "/v1/embeddings")
        return [text for path, body in self.requests if path in paths for text in _texts(body)]


@contextmanager
def running(host: FakeOllama, port: int = 0) -> Iterator[FakeOllama]:
    """Serve `host` on a loopback port (0: a free one) until the block ends; its address is in `host.url`."""
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    host: FakeOllama
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client that stops listening is no fault of the host
            super().handle()

    def do_GET(self) -> None:
        self.host.requests.append((self.path, {}))
        if self.host.fault == "not_ollama":
            self._send(200, {"hello": "there"})
        elif self.path == "/api/tags":
            self._send(200, {"models": [_tag(model) for model in self.host.models]})
        elif self.path == "/api/ps":
            self._send(200, {"models": [{**_tag(model), "size_vram": 1} for model in self.host.models[:1]]})
        elif self.path == "/api/version":
            self._send(200, {"version": "0.12.6"})
        else:
            self._send(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        self.host.requests.append((self.path, body))
        model = next((known for known in self.host.models if known.name == body.get("model")), None)
        openai = self.path == "/v1/embeddings"
        if self.path not in ("/api/show", "/api/chat", "/api/generate", "/api/embed", "/v1/embeddings"):
            self._send(404, {"error": "not found"})
        elif model is None:
            self._fail(404, f"model '{body.get('model')}' not found", openai=openai)
        elif self.path == "/api/show":
            details = _tag(model)["details"]
            trained = {f"{model.family}.context_length": model.context_tokens}
            self._send(200, {"details": details, "model_info": trained, "capabilities": list(model.capabilities)})
        elif openai or self.path == "/api/embed":
            self._embed(body, model, openai=openai)
        elif self.host.fault == "error":
            self._send(500, {"error": "llama runner process has terminated"})
        else:
            self._write(body, chat=self.path == "/api/chat")

    def _embed(self, body: dict[str, Any], model: FakeModel, *, openai: bool) -> None:
        texts = _texts(body)
        options = body.get("options") or {}
        context = min(options.get("num_ctx") or model.context_tokens, model.context_tokens)
        kept = [text[: context * CHARACTERS_A_TOKEN] for text in texts]
        fault = self.host.embed_fault if self.host.embeds_before_fault <= 0 else ""
        self.host.embeds_before_fault -= 1
        if fault == "gone":
            self.close_connection = True
        elif fault == "error":
            self._fail(500, "llama runner process has terminated", openai=openai)
        elif fault == "nan_refused":  # Go cannot write NaN as JSON
            self._fail(500, "failed to encode response: json: unsupported value: NaN", openai=openai)
        elif fault == "not_ollama":
            self._send(200, {"hello": "there"})
        elif kept != texts and body.get("truncate") is False:
            self._fail(400, "the input length exceeds the context length", openai=openai)
        else:
            vectors = _faulty([_vector(text, model.dimension) for text in kept], fault)
            reply: dict[str, Any] = {"model": body["model"], "embeddings": vectors, "prompt_eval_count": len(texts)}
            if openai:
                rows = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(vectors)]
                reply = {"object": "list", "model": body["model"], "data": rows[::-1]}
            self._send(200, reply, cut=fault == "cut")

    def _fail(self, status: int, message: str, *, openai: bool) -> None:
        self._send(status, {"error": {"message": message, "type": "api_error"}} if openai else {"error": message})

    def _write(self, body: dict[str, Any], *, chat: bool) -> None:
        if body.get("format") not in (None, "", "json") and not isinstance(body["format"], dict):
            self._send(400, {"error": 'invalid format: expected "json" or a JSON schema'})
            return
        prompt = body["messages"][-1]["content"] if chat else body["prompt"]
        text = "" if self.host.fault == "empty" else self.host.reply(prompt)
        head = {"model": body["model"], "created_at": CREATED}
        words = text.split(" ")
        pieces = [f"{word} " for word in words[:-1]] + words[-1:]
        last = {**head, **_part("", chat), "done": True, "done_reason": "stop", "total_duration": 5_000_000}
        last |= {"prompt_eval_count": len(prompt.split()), "eval_count": len(pieces)}
        if body.get("stream") is False:
            self._send(200, {**last, **_part(text, chat)})
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.host.fault == "slow_first_token":
            self.host.released.wait(5)
        for number, piece in enumerate(pieces):
            if number == 2 and self._breaks():
                return
            self._chunk({**head, **_part(piece, chat), "done": False})
        self._chunk(last)
        self.wfile.write(b"0\r\n\r\n")

    def _breaks(self) -> bool:
        """Return whether the stream ends here, as the fault says."""
        if self.host.fault == "cut_stream":
            self.close_connection = True
            return True
        if self.host.fault == "error_in_stream":
            self._chunk({"error": "an error was encountered while running the model"})
            self.wfile.write(b"0\r\n\r\n")
            return True
        if self.host.fault == "malformed":
            self.wfile.write(b'c\r\n{"message":\n\n\r\n0\r\n\r\n')
            self.close_connection = True
            return True
        return False

    def _chunk(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

    def _send(self, status: int, body: dict[str, Any], *, cut: bool = False) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload[: len(payload) // 2] if cut else payload)
        self.close_connection = self.close_connection or cut

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def _texts(body: dict[str, Any]) -> list[str]:
    return body["input"] if isinstance(body["input"], list) else [body["input"]]


def _vector(text: str, dimension: int) -> list[float]:
    """Return the words of a text, counted in buckets, scaled to length 1."""
    counts = [1e-6] * dimension
    for word in re.findall(r"[a-z]+", text.lower()):
        counts[zlib.crc32(word.encode()) % dimension] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def _faulty(vectors: list[list[float]], fault: str) -> list[Any]:
    if fault == "wrong_dimension":
        return [vector[:-1] for vector in vectors]
    if fault == "wrong_count":
        return vectors[:-1]
    if fault == "no_numbers":
        return [["one"] * len(vector) for vector in vectors]
    if fault in ("nan", "infinity"):
        return [[*vector[:-1], float(fault)] for vector in vectors]
    return vectors


def _tag(model: FakeModel) -> dict[str, Any]:
    details = {"format": "gguf", "family": model.family, "parameter_size": model.parameter_size}
    digest = f"{zlib.crc32(model.name.encode()):08x}" * 8
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": CREATED,
        "size": 1,
        "digest": digest,
        "details": details,
    }


def _part(text: str, chat: bool) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text}} if chat else {"response": text}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A fake Ollama host with one scripted model.")
    parser.add_argument("--port", type=int, default=11434)
    with running(FakeOllama(), parser.parse_args().port) as host:
        print(f"fake Ollama at {host.url}; Ctrl-C stops it")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
