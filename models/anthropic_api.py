"""Anthropic's messages, through Anthropic's own client library.

Source: https://docs.anthropic.com/en/api/messages-streaming. A schema is asked for in words: not every model of theirs takes one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

from models.api_provider import ApiProvider
from models.provider import Call, Piece

_ENDS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "filtered"}


class AnthropicProvider(ApiProvider):
    kind = "anthropic"
    library = "anthropic"
    part = "anthropic.resources.messages"
    requirement = "anthropic>=0.70"
    label = "Anthropic"

    async def pieces(self, client: Any, call: Call) -> AsyncGenerator[Piece, None]:
        messages = [{"role": "user", "content": _prompt(call)}]
        ended, read, written, stopped = "", 0, 0, False
        async with (
            client.AsyncAnthropic(**self.options(call, client)) as api,
            await api.messages.create(
                model=call.model, max_tokens=call.max_tokens, messages=messages, stream=True
            ) as events,
        ):
            async for event in events:
                if event.type == "message_start":
                    read = event.message.usage.input_tokens
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield Piece(event.delta.text)
                elif event.type == "message_delta":
                    ended = _ENDS.get(event.delta.stop_reason or "", "stop")
                    written = event.usage.output_tokens
                elif event.type == "message_stop":
                    stopped = True
        if stopped:
            yield Piece("", ended, read, written)


def _prompt(call: Call) -> str:
    if call.schema is None:
        return call.prompt
    return f"{call.prompt}\n\nAnswer with JSON alone, of this schema:\n{json.dumps(dict(call.schema))}"
