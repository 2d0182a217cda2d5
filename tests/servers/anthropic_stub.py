"""A stub of Anthropic's messages: the named events of its stream, errors in its shape.

Source: https://docs.anthropic.com/en/api/messages-streaming and /en/api/errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.streaming_stub import Stub, StubHandler, served


@contextmanager
def running_anthropic(stub: Stub) -> Iterator[Stub]:
    with served(stub, _Handler):
        yield stub


class _Handler(StubHandler):
    def answer(self, headers: dict[str, str], body: dict[str, Any]) -> None:
        fault = self.stub.fault
        if self.path != "/v1/messages":
            self._refuse(404, "not_found_error", "Not Found")
        elif self.stub.key not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
            self._refuse(401, "authentication_error", f"invalid key {headers.get('authorization')}")
        elif "anthropic-version" not in headers or not isinstance(body.get("max_tokens"), int):
            self._refuse(400, "invalid_request_error", "max_tokens: Field required")
        elif body["model"] not in self.stub.models:
            self._refuse(404, "not_found_error", f"model: {body['model']}")
        elif fault == "rate_limited":
            self._refuse(429, "rate_limit_error", "This request would exceed your rate limit", retry_after="7")
        elif fault == "overloaded":
            self._refuse(529, "overloaded_error", "Overloaded")
        elif fault == "failed":
            self._refuse(500, "api_error", "Internal server error")
        elif body.get("stream"):
            self._stream(body)
        else:
            self._refuse(400, "invalid_request_error", "only streams are served here")

    def _stream(self, body: dict[str, Any]) -> None:
        self.begin_stream()
        usage = {"input_tokens": 11, "output_tokens": 1}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        stopped = {"stop_reason": None, "stop_sequence": None}
        self._event("message_start", message={**message, **stopped, "usage": usage})
        self._event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        self._event("ping")
        for number, piece in enumerate([] if self.stub.fault == "no_content" else self.stub.pieces()):
            if number == 2 and self._breaks():
                return
            self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        self._event("content_block_stop", index=0)
        reason = "max_tokens" if self.stub.length_reached else "end_turn"
        delta = {"stop_reason": reason, "stop_sequence": None}
        self._event("message_delta", delta=delta, usage={"output_tokens": len(self.stub.pieces())})
        self._event("message_stop")
        self.end_stream()

    def _breaks(self) -> bool:
        if self.stub.fault == "cut_stream":
            self.close_connection = True
            return True
        if self.stub.fault == "error_in_stream":
            self._event("error", error={"type": "overloaded_error", "message": "Overloaded"})
            self.end_stream()
            return True
        if self.stub.fault == "malformed":
            self.chunk('event: content_block_delta\ndata: {"type": \n\n')
            self.end_stream()
            return True
        return False

    def _event(self, kind: str, **fields: Any) -> None:
        self.chunk(f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n")

    def _refuse(self, status: int, kind: str, message: str, **headers: str) -> None:
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
        self.send_json(status, body, **headers)
