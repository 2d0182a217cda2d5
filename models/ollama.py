"""One Ollama host: what it holds, and chat with one of its models, streamed.

Owns the translation of every transport error and broken reply into `HostFailed`. Chat goes through langchain-ollama, so that
tracing sees it. Source: docs/api.md of ollama/ollama.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from configs.errors import HostFailed
from models.provider import Call, Piece, failure, place_of
from models.registry import ModelInfo, parse_tags

_FAULTS_OF_STATUS = {401: "denied", 403: "denied", 400: "refused", 404: "missing", 429: "busy", 503: "busy"}


class OllamaHost:
    """A host by its address, e.g. `http://127.0.0.1:11434`.

    connect_s: longest wait for a connection, and for short questions such as what it holds. inside: see `models.privacy`.
    """

    kind = "ollama"

    def __init__(self, url: str, *, connect_s: float = 0.5, keep_alive: str = "10m", inside: bool = True) -> None:
        self.url = url.rstrip("/")
        self.name = f"Ollama at {place_of(self.url)}"
        self.inside = inside
        self.keep_alive = keep_alive
        self._connect_s = connect_s

    async def models(self) -> list[ModelInfo]:
        """Return the models that the host holds. Raises HostFailed."""
        try:
            return parse_tags(await self.ask("GET", "/api/tags"))
        except (ValueError, KeyError, AttributeError) as exc:
            raise self._broken("/api/tags", exc) from exc

    async def capabilities(self, model: str) -> frozenset[str]:
        """Return what `/api/show` says the model can do; empty when the host is too old to say."""
        reply = await self.ask("POST", "/api/show", {"model": model})
        return frozenset(reply.get("capabilities") or ())

    async def can_write(self, model: str) -> bool:
        able = await self.capabilities(model)
        return not able or "completion" in able

    async def is_up(self) -> bool:
        try:
            await self.models()
        except HostFailed:
            return False
        return True

    async def ready(self) -> None:
        await asyncio.to_thread(_import_client)  # reads files: must not hold up the event loop

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """Yield the answer. A host too old for a schema answers as it likes."""
        from httpx import HTTPError  # here, both: start-up time of the command line
        from ollama import ResponseError

        usage: dict[str, int] = {}
        heard = False
        try:
            connections = await asyncio.to_thread(self._connections)
            chat = await asyncio.to_thread(self._client, call, connections)
            # ChatOllama closes neither its client nor, when an answer is stopped half way, the request: its connections are ours.
            async with aclosing(connections), aclosing(chat.astream(call.prompt)) as chunks:
                async for chunk in chunks:
                    usage, heard = chunk.usage_metadata or usage, True
                    ended = chunk.response_metadata.get("done_reason") or ""
                    read, written = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
                    if chunk.content or ended:
                        took = chunk.response_metadata
                        yield Piece(
                            chunk.content,
                            ended,
                            read,
                            written,
                            read_s=_seconds(took.get("prompt_eval_duration")),
                            write_s=_seconds(took.get("eval_duration")),
                        )
        except ResponseError as exc:
            raise self._refused(call.model, exc.error, exc.status_code) from exc
        except TimeoutError:
            raise
        except (HTTPError, OSError, EOFError) as exc:
            what = f"{type(exc).__name__}: {exc}".rstrip(": ")
            if heard:
                raise self.failed("cut", f"broke off ({what})") from exc
            raise self.failed("unreachable", f"cannot be reached ({what})") from exc
        except (json.JSONDecodeError, TypeError, ValueError, KeyError) as exc:
            raise self._broken("/api/chat", exc) from exc

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, timeout_s: float | None = None
    ) -> Any:
        """Return the reply to a short question. Raises HostFailed."""
        # here: start-up time of the command line
        from httpx import AsyncClient, HTTPError, HTTPStatusError, InvalidURL, ReadTimeout

        try:
            async with AsyncClient(timeout=timeout_s or self._connect_s, **self.transport()) as client:
                reply = await client.request(method, self.url + path, json=body)
                reply.raise_for_status()
                return reply.json()
        except HTTPStatusError as exc:
            fault = _FAULTS_OF_STATUS.get(exc.response.status_code, "failed")
            raise self.failed(fault, f"answers {path} with status {exc.response.status_code}") from exc
        except ReadTimeout as exc:
            raise self.failed("slow", f"does not answer {path} in time (ReadTimeout)") from exc
        except (HTTPError, InvalidURL, OSError) as exc:
            raise self.failed("unreachable", f"does not answer {path} ({type(exc).__name__})") from exc
        except ValueError as exc:
            raise self._broken(path, exc) from exc

    def transport(self) -> dict[str, Any]:
        """Return how to speak to it: reading the certificate store costs 20 ms and blocks, and plain HTTP needs none. No proxy."""
        return {"trust_env": False, "verify": False} if self.url.startswith("http://") else {}

    def failed(self, fault: str, said: str) -> HostFailed:
        return failure(self, fault, said, next_step="Start it (ollama serve), or ask with --model extractive.")

    def _connections(self) -> Any:
        """Return the connections of one answer. No proxy for plain HTTP, that of the environment for HTTPS."""
        from httpx import AsyncHTTPTransport  # start-up time of the command line

        if self.url.startswith("http://"):
            return AsyncHTTPTransport(verify=False, trust_env=False)  # no certificates are read, which costs 20 ms
        host = urlsplit(self.url).hostname or ""
        return AsyncHTTPTransport(proxy=None if proxy_bypass(host) else getproxies().get("https"))

    def _client(self, call: Call, connections: Any) -> Any:
        from httpx import Timeout  # here, both: half a second of imports
        from langchain_ollama import ChatOllama

        return ChatOllama(
            model=call.model,
            base_url=self.url,
            temperature=0.1,
            num_ctx=call.window_tokens,
            num_predict=call.max_tokens,
            keep_alive=self.keep_alive,
            format=dict(call.schema) if call.schema is not None else None,
            reasoning=False,
            client_kwargs={
                "timeout": Timeout(call.timeout_s, connect=min(self._connect_s * 4, call.timeout_s)),
                "follow_redirects": False,  # a host inside must not hand what it is asked to one elsewhere
                **self.transport(),
            },
            async_client_kwargs={"transport": connections},
        )

    def _refused(self, model: str, message: str, status: int) -> HostFailed:
        if status == 404 or "not found" in message:
            said = f"has no model {model!r}"
            return failure(self, "missing", said, next_step=f"Run: ollama pull {model}")
        fault = "loading" if "loading model" in message else _FAULTS_OF_STATUS.get(status, "failed")
        return self.failed(fault, f"refused ({status}: {message[:200]})")

    def _broken(self, path: str, exc: Exception) -> HostFailed:
        step = "Check that the address is Ollama's, or ask with --model extractive."
        return failure(self, "broken", f"gave a broken reply to {path}: {exc}", next_step=step)


def _seconds(nanoseconds: object) -> float:
    return nanoseconds / 1e9 if isinstance(nanoseconds, int) and nanoseconds > 0 else 0.0


def _import_client() -> None:
    import langchain_ollama  # noqa: F401
