"""Embedding models behind the OpenAI protocol: `POST BASE/embeddings`, which vLLM, llama.cpp, TEI and many services speak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.embedders.known import known_model
from models.embedders.remote import RemoteEmbedder, TooLong

TOO_LONG = ("context length", "maximum context", "too many tokens", "too long", "must have less than")
"""How servers say it; there is no code for it."""


class OpenAIEmbedder(RemoteEmbedder):
    """`url` is the base with its version, such as `http://127.0.0.1:8000/v1`."""

    @property
    def identity(self) -> str:
        return f"openai:{self.model}@{self.url}"

    def _ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Any]:
        body = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        status, reply = self._post("/embeddings", body, timeout_s)
        if status != 200:
            message = str(reply.get("error", reply) if isinstance(reply, dict) else reply)[:300]
            if status in (400, 413, 422) and any(word in message.lower() for word in TOO_LONG):
                raise TooLong
            raise self._failed(f"refused ({status}: {message})")
        rows = reply.get("data") if isinstance(reply, dict) else None
        if not isinstance(rows, list):
            raise self._failed("gave a reply without data")
        try:
            by_index = {int(row["index"]): row["embedding"] for row in rows}
        except (KeyError, TypeError, ValueError) as exc:
            raise self._failed("gave rows without index or embedding") from exc
        # Rows may come in any order; two of one index, or one that nobody asked for, are a wrong count.
        return [by_index[at] for at in range(len(texts)) if at in by_index] if len(by_index) == len(rows) else []


def openai_embedder(url: str, model: str, api_key: str, *, timeout_s: float) -> OpenAIEmbedder:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return OpenAIEmbedder(url, model, known_model(model), timeout_s=timeout_s, headers=headers)
