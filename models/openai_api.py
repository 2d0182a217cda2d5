"""An endpoint that speaks OpenAI's chat completions, through OpenAI's own client library: OpenAI, vLLM, llama.cpp, LM Studio.

Source: https://platform.openai.com/docs/api-reference/chat. `max_tokens` rather than `max_completion_tokens` goes to hosts inside:
compatible servers know the older name, OpenAI's own models the newer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from models.api_provider import ApiProvider
from models.provider import Call, Piece

_ENDS = {"stop": "stop", "length": "length", "content_filter": "filtered", "tool_calls": "stop"}


class OpenAIProvider(ApiProvider):
    kind = "openai"
    library = "openai"
    part = "openai.resources.chat.completions"
    requirement = "openai>=2"
    label = "OpenAI endpoint"

    async def pieces(self, client: Any, call: Call) -> AsyncGenerator[Piece, None]:
        # A server inside may want no key, and the library insists on one.
        options = {**self.options(call, client), "api_key": self.key or "none"}
        ended, read, written = "", 0, 0
        async with (
            client.AsyncOpenAI(**options) as api,
            await api.chat.completions.create(**self._body(call)) as chunks,
        ):
            async for chunk in chunks:
                if chunk.usage is not None:
                    read, written = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
                for choice in chunk.choices[:1]:
                    if choice.delta.content:
                        yield Piece(choice.delta.content)
                    ended = _ENDS.get(choice.finish_reason or "", ended)
        if ended:  # the counts come after the reason: only the end of the stream has both
            yield Piece("", ended, read, written)

    def _body(self, call: Call) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": call.model,
            "messages": [{"role": "user", "content": call.prompt}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens" if self.inside else "max_completion_tokens": call.max_tokens,
        }
        if call.schema is not None:
            described = {"name": "answer", "schema": dict(call.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        return body
