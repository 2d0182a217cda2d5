"""A stub of OpenAI's chat completions: streamed chunks, usage at the end, errors in its shape.

Source: https://platform.openai.com/docs/api-reference/chat and /docs/guides/error-codes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.streaming_stub import Stub, StubHandler, served


@contextmanager
def running_openai(stub: Stub) -> Iterator[Stub]:
    with served(stub, _Handler, "/v1"):
        yield stub


class _Handler(StubHandler):
    def answer(self, headers: dict[str, str], body: dict[str, Any]) -> None:
        fault = self.stub.fault
        if self.path != "/v1/chat/completions":
            self._refuse(404, f"Invalid URL (POST {self.path})", "invalid_request_error", None)
        elif self.stub.key and headers.get("authorization") != f"Bearer {self.stub.key}":
            said = f"Incorrect API key provided: {headers.get('authorization', '')}."
            self._refuse(401, said, "invalid_request_error", "invalid_api_key")
        elif body["model"] not in self.stub.models:
            self._refuse(404, f"The model `{body['model']}` does not exist", "invalid_request_error", "model_not_found")
        elif fault == "rate_limited":
            self._refuse(429, "Rate limit reached", "requests", "rate_limit_exceeded", Retry_After="7")
        elif fault in ("failed", "overloaded"):
            status = 500 if fault == "failed" else 503
            self._refuse(status, "The server had an error while processing your request", "server_error", None)
        elif body.get("stream"):
            self._stream(body)
        else:
            self._refuse(400, "only streams are served here", "invalid_request_error", None)

    def _stream(self, body: dict[str, Any]) -> None:
        self.begin_stream()
        self._event(body, {"role": "assistant", "content": ""})
        for number, piece in enumerate([] if self.stub.fault == "no_content" else self.stub.pieces()):
            if number == 2 and self._breaks():
                return
            self._event(body, {"content": piece})
        self._event(body, {}, finish="length" if self.stub.length_reached else "stop")
        if (body.get("stream_options") or {}).get("include_usage"):
            usage = {"prompt_tokens": 11, "completion_tokens": len(self.stub.pieces()), "total_tokens": 0}
            self._event(body, None, usage={**usage, "total_tokens": 11 + usage["completion_tokens"]})
        self.chunk("data: [DONE]\n\n")
        self.end_stream()

    def _breaks(self) -> bool:
        if self.stub.fault == "cut_stream":
            self.close_connection = True
            return True
        if self.stub.fault == "error_in_stream":
            error = {"message": "The server had an error", "type": "server_error", "param": None, "code": None}
            self.chunk(f"data: {json.dumps({'error': error})}\n\n")
            self.end_stream()
            return True
        if self.stub.fault == "malformed":
            self.chunk('data: {"choices": [\n\n')
            self.end_stream()
            return True
        return False

    def _event(
        self, body: dict[str, Any], delta: dict[str, Any] | None, *, finish: str | None = None, **extra: Any
    ) -> None:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        self.chunk(f"data: {json.dumps({**head, 'choices': choices, 'usage': None, **extra})}\n\n")

    def _refuse(self, status: int, message: str, kind: str, code: str | None, **headers: str) -> None:
        error = {"message": message, "type": kind, "param": None, "code": code}
        self.send_json(status, {"error": error}, **headers)
