"""What the server says: OpenAI's completion, chunk and error shapes, with Clew's record under `clew`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse

from agents.events import Answer, AnswerReady, AskedBack, Progress
from guardrails.visible import escaped

Body = dict[str, Any]
ASKED_MODEL = "structural"
"""What asks back: no LLM takes part."""

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_EVENT_NAMES = {
    "NodeStarted": "node_started",
    "NodeFinished": "node_finished",
    "Planned": "plan",
    "EvidenceFound": "evidence",
    "Token": "draft",
    "AskedBack": "asked_back",
    "SegmentStarted": "segment",
    "Queued": "queued",
}


def plain_json(body: Any) -> bytes:
    """Return a body as JSON in which characters that hide or repaint are escaped: a log or a terminal may show it as it is."""
    return escaped(json.dumps(body, ensure_ascii=False)).encode("utf-8", "backslashreplace")


class PlainJSON(JSONResponse):
    """A JSON response as `plain_json` writes it."""

    def render(self, content: Any) -> bytes:
        return plain_json(content)


def error_of(status: int, code: str, message: str, next_step: str = "", *, retryable: bool = False) -> Body:
    """Return OpenAI's error shape, with the next step and whether the same call may succeed later."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = {"message": message, "type": kind, "param": None, "code": code}
    return {"error": {**error, "next_step": next_step, "retryable": retryable}}


def completion(answer: Answer | AskedBack, created: int) -> Body:
    """Return a whole chat completion; what was asked back instead of answered is a message with its choices."""
    if isinstance(answer, AskedBack):
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            "id": completion_id(answer.thread_id),
            "object": "chat.completion",
            "created": created,
            "model": ASKED_MODEL,
            "choices": [choice],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
            "clew": progress_of(answer),
        }
    return {
        "id": completion_id(answer.run_id),
        "object": "chat.completion",
        "created": created,
        "model": model_name(answer),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.answer},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": usage_of(answer),
        "clew": record_of(answer),
    }


def chunk(identity: str, created: int, model: str, delta: Body, *, finish: str | None = None, **extra: Any) -> Body:
    """Return one streamed chunk."""
    return {
        "id": identity,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        **extra,
    }


def progress_of(event: Progress) -> Body:
    """Return a progress event as it stands under `clew`. A `draft` is text that has not been checked."""
    assert not isinstance(event, AnswerReady)
    return {"event": _EVENT_NAMES[type(event).__name__], **asdict(event)}


def completion_id(run_id: str) -> str:
    return f"chatcmpl-{run_id}"


def model_name(answer: Answer) -> str:
    return answer.model or answer.level


def record_of(answer: Answer) -> Body:
    """Return the shape of `clew ask --json`, with the verdict."""
    return {**answer.to_json(), "verdict": answer.verdict}


def usage_of(answer: Answer) -> Body:
    asked, written = answer.usage.get("input_tokens", 0), answer.usage.get("output_tokens", 0)
    return {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written}
