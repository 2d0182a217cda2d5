"""One Ollama host: what it holds, and chat with one of its models, streamed.

Owns the translation of every transport error and broken reply into `ModelUnavailable`. Refuses to retry: the gateway and
the graph decide what comes next. Chat goes through langchain-ollama, so that tracing sees it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from configs.errors import ModelUnavailable
from models.registry import ModelInfo, parse_tags

OnToken = Callable[[str], Awaitable[None]]
Schema = Mapping[str, Any]
"""A JSON schema that an answer has to fit."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer of a model. Token counts are the host's own. `cut`: it stopped at the length limit."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    cut: bool = False


class OllamaHost:
    """A host by its address, e.g. `http://127.0.0.1:11434`."""

    def __init__(self, url: str, *, probe_timeout_s: float = 0.5, keep_alive: str = "10m") -> None:
        self.url = url.rstrip("/")
        self._probe_timeout_s = probe_timeout_s
        self._keep_alive = keep_alive

    async def models(self) -> list[ModelInfo]:
        """Return the models that the host holds.

        Raises:
            ModelUnavailable: no answer within the probe timeout, or one that is not Ollama's.
        """
        try:
            return parse_tags(await self._ask("GET", "/api/tags"))
        except (ValueError, KeyError, AttributeError) as exc:
            raise self._broken("/api/tags", exc) from exc

    async def capabilities(self, model: str) -> frozenset[str]:
        """Return what `/api/show` says the model can do; empty when the host is too old to say."""
        reply = await self._ask("POST", "/api/show", {"model": model})
        return frozenset(reply.get("capabilities") or ())

    async def chat(
        self,
        model: str,
        prompt: str,
        *,
        window_tokens: int,
        max_tokens: int,
        timeout_s: float,
        on_token: OnToken,
        schema: Schema | None = None,
    ) -> Completion:
        """Let the model answer, handing on each piece of text as it comes.

        Args:
            window_tokens: context window to ask for (`num_ctx`): Ollama's default is small and cuts in silence.
            timeout_s: for the whole answer.
            schema: asks for constrained JSON; a host too old for it answers as it likes.

        Raises:
            ModelUnavailable: unreachable, no such model, too slow, a broken reply, or a stream cut short.
        """
        await asyncio.to_thread(_import_client)  # reads files: must not hold up the event loop
        from httpx import HTTPError  # here, both: start-up time of the command line
        from ollama import ResponseError

        try:
            async with asyncio.timeout(timeout_s):
                chat = await asyncio.to_thread(self._client, model, window_tokens, max_tokens, timeout_s, schema)
                return await _collect(chat.astream(prompt), model, on_token)
        except ResponseError as exc:
            raise self._refused(model, exc.error, exc.status_code) from exc
        except TimeoutError as exc:
            raise self._unavailable(f"gave no whole answer within {timeout_s:g} s") from exc
        except (HTTPError, OSError, EOFError) as exc:
            raise self._unavailable(f"broke off ({type(exc).__name__}: {exc})") from exc
        except (json.JSONDecodeError, TypeError, ValueError, KeyError) as exc:
            raise self._broken("/api/chat", exc) from exc

    def _client(self, model: str, window_tokens: int, max_tokens: int, timeout_s: float, schema: Schema | None) -> Any:
        from httpx import Limits  # here, both: half a second of imports
        from langchain_ollama import ChatOllama

        return ChatOllama(
            model=model,
            base_url=self.url,
            temperature=0.1,
            num_ctx=window_tokens,
            num_predict=max_tokens,
            keep_alive=self._keep_alive,
            format=dict(schema) if schema is not None else None,
            reasoning=False,
            # ChatOllama never closes its client: without kept connections nothing stays open after an answer.
            client_kwargs={"timeout": timeout_s, "limits": Limits(max_keepalive_connections=0), **self._transport()},
        )

    def _transport(self) -> dict[str, Any]:
        # Reading the certificate store costs 20 ms and blocks; plain HTTP needs none. Local hosts are not proxied.
        return {"trust_env": False, "verify": False} if self.url.startswith("http://") else {}

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        from httpx import AsyncClient, HTTPError, InvalidURL  # here: start-up time of the command line

        try:
            async with AsyncClient(timeout=self._probe_timeout_s, **self._transport()) as client:
                reply = await client.request(method, self.url + path, json=body)
                reply.raise_for_status()
                return reply.json()
        except (HTTPError, InvalidURL, OSError) as exc:
            raise self._unavailable(f"does not answer {path} ({type(exc).__name__})") from exc
        except ValueError as exc:
            raise self._broken(path, exc) from exc

    def _refused(self, model: str, message: str, status: int) -> ModelUnavailable:
        if status == 404 or "not found" in message:
            return ModelUnavailable(
                f"Ollama at {self.url!r} has no model {model!r}.", next_step=f"Run: ollama pull {model}"
            )
        return self._unavailable(f"refused ({status}: {message[:200]})")

    def _unavailable(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"Ollama at {self.url!r} {what}.", next_step="Start it (ollama serve), or ask with --model extractive."
        )

    def _broken(self, path: str, exc: Exception) -> ModelUnavailable:
        return ModelUnavailable(
            f"The host at {self.url!r} gave a broken reply to {path}: {exc}.",
            next_step="Check that the address is Ollama's, or ask with --model extractive.",
        )


def _import_client() -> None:
    import langchain_ollama  # noqa: F401


async def _collect(stream: Any, model: str, on_token: OnToken) -> Completion:
    """Return the whole text; raise EOFError when the stream ends without its final record."""
    pieces: list[str] = []
    usage: dict[str, int] = {}
    ended: str | None = None
    async for chunk in stream:
        if chunk.content:
            pieces.append(chunk.content)
            await on_token(chunk.content)
        usage = chunk.usage_metadata or usage
        ended = chunk.response_metadata.get("done_reason") or ended
    if ended is None:
        raise EOFError("the stream ended before the answer did")
    return Completion(
        text="".join(pieces),
        model=model,
        input_tokens=usage.get("input_tokens", 0),
        output_tokens=usage.get("output_tokens", 0),
        cut=ended == "length",
    )
