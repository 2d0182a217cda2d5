"""A fake Ollama host, faithful to its HTTP protocol, with faults on request.

Source: docs/api.md of ollama/ollama: `/api/tags`, `/api/show`, `/api/ps`, `/api/version`, `/api/chat` and `/api/generate`
(NDJSON when streamed), `/api/embed`, `/api/pull`; errors are `{"error": "..."}` with a status. Also OpenAI's `/v1/embeddings`, as
Ollama serves it, with OpenAI's errors. It knows no language: its answers are scripted, its vectors count words. Run it by itself
with `clew dev fake-ollama`.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from app.dev.fake_replies import (
    CREATED,
    VERSION,
    EmbedFault,
    FakeModel,
    faulty,
    invalid_format,
    loaded_of,
    missing,
    part_of,
    pulled,
    shown_of,
    tag_of,
    texts_of,
    vector_of,
)

Fault = Literal[
    "",
    "refuse",
    "hang",
    "slow_first_token",
    "cut_stream",
    "stall",
    "malformed",
    "error",
    "error_in_stream",
    "busy",
    "loading",
    "missing",
    "not_ollama",
    "empty",
]
ERRORS: dict[str, tuple[int, str]] = {
    "error": (500, "llama runner process has terminated: exit status 2"),
    "busy": (503, "server busy, please try again.  maximum pending requests exceeded"),
    "loading": (500, "unexpected server status: llm server loading model"),
}
"""Faults that are a status and a message, in Ollama's words."""
CHARACTERS_A_TOKEN = 3
LONGEST_HANG_S = 30.0
_PEEK_S = 0.01
_READ_AT_ONCE_S, _WRITTEN_AT_ONCE_S = 0.001, 0.003


@dataclass(slots=True)
class FakeOllama:
    """What the host holds and does; may be changed while it runs.

    reply: gives the answer to a prompt. faults: what goes wrong in the next chats, one each; then `fault` in all others.
    released: set it to let a slow first token, a stall or a hang go. left_at: when clients went away, by `time.monotonic`. embed_fault: what goes wrong with embeddings, after
    `embeds_before_fault` calls that went well. tokens_per_second, reads_per_second: 0: at once; what it tells of its time agrees. seconds_take: how long it lets a second of that last; 0: it only tells them. longest_hang_s: after so long what hangs goes on by itself. vram_share: how much of a model fits the GPU.
    requests: (path, body) of every call so far. loaded: model -> its window. left: set when a client went away.
    """

    models: list[FakeModel] = field(default_factory=lambda: [FakeModel("qwen2.5-coder:7b")])
    reply: Callable[[str], str] = lambda _prompt: "I have nothing to say."
    fault: Fault = ""
    faults: list[Fault] = field(default_factory=list)
    embed_fault: EmbedFault = ""
    embeds_before_fault: int = 0
    tokens_per_second: float = 0.0
    reads_per_second: float = 0.0
    seconds_take: float = 1.0
    longest_hang_s: float = LONGEST_HANG_S
    vram_share: float = 1.0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    loaded: dict[str, int] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    left_at: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def prompts(self) -> list[str]:
        """Return the last message of every chat so far."""
        return [body["messages"][-1]["content"] for path, body in self.requests if path == "/api/chat"]

    def embedded(self) -> list[str]:
        """Return every text that was to be embedded so far."""
        paths = ("/api/embed", "/v1/embeddings")
        return [text for path, body in self.requests if path in paths for text in texts_of(body)]

    def next_fault(self) -> Fault:
        with self.lock:
            return self.faults.pop(0) if self.faults else self.fault

    def note_left(self) -> None:
        self.left_at.append(time.monotonic())
        self.left.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a chat that runs."""
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            with self.lock:
                self.in_flight -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: a client that goes away is what many tests are about."""


@contextmanager
def running(host: FakeOllama, port: int = 0) -> Iterator[FakeOllama]:
    """Serve `host` on a loopback port (0: a free one) until the block ends; its address is in `host.url`."""
    handler = type("Handler", (_Handler,), {"host": host})
    server = _Server(("127.0.0.1", port), handler)
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

    def do_GET(self) -> None:
        self.host.requests.append((self.path, {}))
        if self.host.fault == "not_ollama":
            self._send(200, {"hello": "there"})
        elif self.path == "/api/tags":
            self._send(200, {"models": [tag_of(model) for model in self.host.models]})
        elif self.path == "/api/ps":
            self._send(200, {"models": self._loaded()})
        elif self.path == "/api/version":
            self._send(200, {"version": VERSION})
        else:
            self._send(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        self.host.requests.append((self.path, body))
        model = next((known for known in self.host.models if known.name == body.get("model")), None)
        openai = self.path == "/v1/embeddings"
        if self.path == "/api/pull":
            self._pull(body)
        elif self.path not in ("/api/show", "/api/chat", "/api/generate", "/api/embed", "/v1/embeddings"):
            self._send(404, {"error": "not found"})
        elif model is None:
            self._fail(404, missing(str(body.get("model")), self.path), openai=openai)
        elif self.path == "/api/show":
            self._send(200, shown_of(model))
        elif openai or self.path == "/api/embed":
            self._embed(body, model, openai=openai)
        elif self.path == "/api/generate" and not body.get("prompt"):
            self._load(body, model)
        elif self.path == "/api/chat" and "completion" not in model.capabilities:
            self._fail(400, f'"{model.name}" does not support chat', openai=False)
        else:
            with self.host.answering():
                self._answer(body, model)

    def _loaded(self) -> list[dict[str, Any]]:
        known = {model.name: model for model in self.host.models}
        share = self.host.vram_share
        return [loaded_of(known[name], window, share) for name, window in self.host.loaded.items() if name in known]

    def _load(self, body: dict[str, Any], model: FakeModel) -> None:
        """An empty prompt loads a model, or with `keep_alive` 0 unloads it."""
        unload = body.get("keep_alive") in (0, "0")
        if unload:
            self.host.loaded.pop(model.name, None)
        else:
            self._hold(body, model)
        reason = "unload" if unload else "load"
        self._send(
            200, {"model": model.name, "created_at": CREATED, "response": "", "done": True, "done_reason": reason}
        )

    def _hold(self, body: dict[str, Any], model: FakeModel) -> None:
        window = (body.get("options") or {}).get("num_ctx") or model.context_tokens
        self.host.loaded[model.name] = min(window, model.context_tokens)

    def _pull(self, body: dict[str, Any]) -> None:
        name = str(body.get("model") or body.get("name"))
        self._head()
        if name.startswith("absent"):
            self._chunk({"status": "pulling manifest"})
            self._chunk({"error": "pull model manifest: file does not exist"})
        else:
            for line in pulled(name):
                self._chunk(line)
            if all(model.name != name for model in self.host.models):
                self.host.models.append(FakeModel(name))
        self.wfile.write(b"0\r\n\r\n")

    def _embed(self, body: dict[str, Any], model: FakeModel, *, openai: bool) -> None:
        texts = texts_of(body)
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
            self._fail(400, "input length exceeds maximum context length", openai=openai)
        else:
            vectors = faulty([vector_of(text, model.dimension) for text in kept], fault)
            reply: dict[str, Any] = {"model": body["model"], "embeddings": vectors, "prompt_eval_count": len(texts)}
            if openai:
                rows = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(vectors)]
                reply = {"object": "list", "model": body["model"], "data": rows[::-1]}
            self._send(200, reply, cut=fault == "cut")

    def _fail(self, status: int, message: str, *, openai: bool) -> None:
        told = {"message": message, "type": "api_error", "param": None, "code": None}
        self._send(status, {"error": told if openai else message})

    def _answer(self, body: dict[str, Any], model: FakeModel) -> None:
        """Answer a chat or a generation, as its fault says."""
        fault = self.host.next_fault()
        if fault in ERRORS:
            status, message = ERRORS[fault]
            self._send(status, {"error": message})
        elif fault == "missing":
            self._send(404, {"error": f"model '{model.name}' not found"})
        elif fault == "refuse":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "hang":
            self._wait_for_release()
            self.close_connection = True
        elif body.get("format") not in (None, "", "json") and not isinstance(body["format"], dict):
            self._send(500, {"error": invalid_format(body["format"])})
        else:
            self._hold(body, model)
            self._write(body, fault, chat=self.path == "/api/chat")

    def _write(self, body: dict[str, Any], fault: Fault, *, chat: bool) -> None:
        prompt = body["messages"][-1]["content"] if chat else body["prompt"]
        text = "" if fault == "empty" else self.host.reply(prompt)
        head = {"model": body["model"], "created_at": CREATED}
        words = text.split(" ")
        pieces = [f"{word} " for word in words[:-1]] + words[-1:]
        most = (body.get("options") or {}).get("num_predict") or 0
        cut = 0 < most < len(pieces)
        pieces = pieces[:most] if cut else pieces
        last = {**head, **part_of("", chat=chat), "done": True, "done_reason": "length" if cut else "stop"}
        read = min(
            len(prompt.split()), self.host.loaded[body["model"]]
        )  # what is longer loses its middle without a word
        last |= {"total_duration": 5_000_000, "load_duration": 1_000_000, "prompt_eval_count": read}
        read_s, write_s = (
            count / pace if pace else quickest
            for count, pace, quickest in (
                (read, self.host.reads_per_second, _READ_AT_ONCE_S),
                (len(pieces), self.host.tokens_per_second, _WRITTEN_AT_ONCE_S),
            )
        )
        last |= {
            "prompt_eval_duration": int(read_s * 1e9),
            "eval_count": len(pieces),
            "eval_duration": int(write_s * 1e9),
        }
        hangs = fault == "slow_first_token"
        pause_s = self.host.longest_hang_s if hangs else read_s * self.host.seconds_take
        if body.get("stream") is False:
            if self.host.reads_per_second and not self._wait_for_release(pause_s):
                return
            self._send(200, {**last, **part_of("".join(pieces), chat=chat)})
            return
        if hangs:
            self._head()
        if (hangs or self.host.reads_per_second) and not self._wait_for_release(pause_s):
            return
        if not hangs:
            self._head()
        try:
            for number, piece in enumerate(pieces):
                if number == 2 and self._breaks(fault):
                    return
                if self.host.tokens_per_second:
                    time.sleep(self.host.seconds_take / self.host.tokens_per_second)
                self._chunk({**head, **part_of(piece, chat=chat), "done": False})
            self._chunk(last)
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.close_connection = True
            self.host.note_left()

    def _breaks(self, fault: Fault) -> bool:
        """Return whether the stream ends here, as the fault says."""
        if fault == "cut_stream":
            self.close_connection = True
            return True
        if fault == "stall":
            return not self._wait_for_release()
        if fault == "error_in_stream":
            self._chunk({"error": "an error was encountered while running the model"})
            self.wfile.write(b"0\r\n\r\n")
            return True
        if fault == "malformed":
            self.wfile.write(b'c\r\n{"message":\n\n\r\n0\r\n\r\n')
            self.close_connection = True
            return True
        return False

    def _wait_for_release(self, longest_s: float | None = None) -> bool:
        """Say nothing until somebody sets `released`, or for so long; False when the client went away meanwhile."""
        until = time.monotonic() + (self.host.longest_hang_s if longest_s is None else longest_s)
        while time.monotonic() < until and not self.host.released.is_set():
            readable, _, _ = select.select([self.connection], [], [], _PEEK_S)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                self.close_connection = True
                self.host.note_left()
                return False
        return True

    def _head(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

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
