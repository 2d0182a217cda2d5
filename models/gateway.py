"""The one way to a model: which one writes, or none, and why.

`auto` takes a reachable Ollama that holds a suitable chat model, else the extractive writer, and gives the reason. A model
asked for by name is used or refused with the next step, never replaced in silence.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from configs.errors import ModelUnavailable
from configs.release import ModelChoice
from models.ollama import Completion, OllamaHost, OnToken, Schema
from models.registry import ModelInfo, named, suitable

AUTO = "auto"
NO_MODEL = frozenset({"extractive", "none"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Who writes: the name of a model, or None for the extractive writer; `reason` is a sentence for people."""

    model: str | None
    reason: str


class Gateway:
    """Chooses and calls models of one host.

    cache_s: how long a look at the host stays good. A host that did not answer is looked at again after the same time.
    """

    def __init__(self, host: OllamaHost, *, cache_s: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._cache_s = cache_s
        self._clock = clock
        self._seen_at = -cache_s
        self._models: list[ModelInfo] = []
        self._fault: ModelUnavailable | None = None
        self._can_write: dict[str, bool] = {}

    async def models(self) -> list[ModelInfo]:
        """Return the host's models, from the cache while it is fresh.

        Raises:
            ModelUnavailable: the host does not answer.
        """
        if self._clock() - self._seen_at >= self._cache_s:
            self._models, self._fault = [], None
            try:
                self._models = await self._host.models()
            except ModelUnavailable as exc:
                self._fault = exc
            self._seen_at = self._clock()
        if self._fault is not None:
            raise self._fault
        return self._models

    async def choose(self, requested: str, wanted: ModelChoice) -> Choice:
        """Return who writes for a request of `auto`, `extractive` or a model's name.

        Raises:
            ModelUnavailable: a model was named and cannot be had.
        """
        if requested in NO_MODEL:
            return Choice(None, "no model was asked for")
        if requested != AUTO:
            return await self._named(requested)
        try:
            candidates = suitable(await self.models(), wanted)
            for model in candidates:
                if await self._writes(model.name):
                    return Choice(model.name, f"{model.name} at {self._host.url} is the preferred model of its class")
        except ModelUnavailable as exc:
            return Choice(None, exc.message.rstrip("."))
        return Choice(None, f"Ollama at {self._host.url!r} holds no suitable chat model")

    async def write(
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
        """Let `model` answer `prompt` (see `OllamaHost.chat`). A host that fails is looked at anew before the next choice."""
        try:
            return await self._host.chat(
                model,
                prompt,
                window_tokens=window_tokens,
                max_tokens=max_tokens,
                timeout_s=timeout_s,
                on_token=on_token,
                schema=schema,
            )
        except ModelUnavailable:
            self._seen_at = self._clock() - self._cache_s
            raise

    async def _named(self, name: str) -> Choice:
        found = named(await self.models(), name)
        if found is None:
            raise ModelUnavailable(
                f"Ollama at {self._host.url!r} has no model {name!r}.", next_step=f"Run: ollama pull {name}"
            )
        if not found.may_chat or not await self._writes(found.name):
            raise ModelUnavailable(
                f"Model {name!r} makes embeddings and cannot write answers.", next_step="Name a chat model."
            )
        return Choice(found.name, f"{found.name} was asked for")

    async def _writes(self, name: str) -> bool:
        if name not in self._can_write:
            able = await self._host.capabilities(name)
            self._can_write[name] = not able or "completion" in able
        return self._can_write[name]
