"""The gateway as a node gets it: every call of a model carries a canary, is watched while it streams, and can be stopped.

A node cannot reach a model in another way, so none can forget it; where code may go is bound already (`agents.calls.bound_gateway`). What comes back has passed the output filter: an
address that the prompt does not hold is gone from the pieces that stream and from the whole text alike.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from agents.calls.watching import Call, Notice, Visit, Watch
from configs.errors import ModelStopped
from configs.release import Limits, ModelChoice
from guardrails.canaries import Canary, planted_in, unescaped
from guardrails.drafts import DraftFilter
from guardrails.output import filtered, urls_in
from knowledge.evidence import Finding
from models.gateway import Choice, Gateway, Room
from models.provider import Completion
from models.writing import Heard

_CANARY_REACH = 2_000
"""Characters before a piece in which a canary may have begun, however it is spelled; the whole text is judged at its end."""
_SLACK = 1.25
"""A model may count its tokens a little differently."""


class WatchedGateway:
    """Stands in for `models.gateway.Gateway` during one visit of a node."""

    def __init__(
        self, gateway: Gateway, watch: Watch, visit: Visit, limits: Limits, room_tokens: float, remaining_s: float
    ) -> None:
        self._gateway = gateway
        self._watch = watch
        self._visit = visit
        self._limits = limits
        self._room_tokens = room_tokens
        self._remaining_s = remaining_s

    async def choose(self, requested: str, wanted: ModelChoice) -> Choice:
        return await self._gateway.choose(requested, wanted)

    async def ladder(self, model: str, wanted: ModelChoice) -> list[str]:
        return await self._gateway.ladder(model, wanted)

    async def room(self, model: str, **options: Any) -> Room:
        return await self._gateway.room(model, **options)

    def is_paid(self, model: str) -> bool:
        return self._gateway.is_paid(model)

    async def write(
        self,
        model: str,
        prompt: str,
        *,
        on_token: Callable[[str], Awaitable[None]],
        max_tokens: int,
        heard: Heard | None = None,
        **options: Any,
    ) -> Completion:
        """See `Gateway.write`.

        Raises:
            ModelStopped: the watcher ended the call, or what came back gave a canary away.
        """
        is_json = options.get("schema") is not None
        watched = _WatchedCall(self._visit, self._watch, model, frozenset(urls_in(prompt)), on_token, heard or Heard())
        watched.call = self._call(model, prompt, max_tokens, watched.stop)
        self._visit.call(watched.call)
        if is_json:
            self._visit.known_urls = watched.known_urls
        try:
            async with watched.bound:
                completion = await self._gateway.write(
                    model,
                    watched.canary.rule + prompt,
                    on_token=watched.piece_heard,
                    max_tokens=max_tokens,
                    heard=Heard(watched.restarted, watched.waiting),
                    **options,
                )
        except Exception as exc:
            if watched.stopped:
                raise ModelStopped(watched.stopped[0].message) from exc
            raise
        finally:
            watched.call.running = False
            self._visit.alive()
        await watched.ended(completion.text)
        if is_json:  # who reads the JSON filters what it says
            return completion
        if (wrong := watched.call.ended()) is not None:
            self._visit.notice(*wrong)
        clean = filtered(completion.text, watched.known_urls)
        return replace(completion, text=clean.text) if clean.taken or clean.text != completion.text else completion

    def _call(self, model: str, prompt: str, max_tokens: int, stop: Callable[[Finding], None]) -> Call:
        now = self._watch.clock()
        return Call(
            model=model,
            ends_at=now + self._remaining_s,
            alive=now,
            first_word_s=self._limits.first_word_s,
            between_s=self._limits.stuck_s,
            most_tokens=int(min(max_tokens * _SLACK + 16, self._room_tokens)),
            prompt=prompt,
            stop=stop,
        )


class _WatchedCall:
    """One call of a model while it streams: its canary, its draft, and what ended it. `call` is set before the call begins."""

    call: Call

    def __init__(
        self,
        visit: Visit,
        watch: Watch,
        model: str,
        known_urls: frozenset[str],
        on_token: Callable[[str], Awaitable[None]],
        heard: Heard,
    ) -> None:
        self.canary = Canary.fresh()
        self.known_urls = known_urls
        self.bound = asyncio.timeout(None)
        self.stopped: list[Finding] = []
        self._visit, self._watch, self._model = visit, watch, model
        self._on_token, self._heard = on_token, heard
        self._loop = asyncio.get_running_loop()
        self._draft = DraftFilter(known_urls, self.canary.held_back)

    def stop(self, found: Finding) -> None:
        """End the call; may come from another thread."""
        self.stopped.append(found)
        with contextlib.suppress(RuntimeError):  # the loop of a reranking ends with its call
            self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        if self.call.running:
            self.bound.reschedule(self._loop.time())

    async def restarted(self, name: str, why: str) -> None:
        """Forget what an earlier segment said: the next one is another model's, or another host's."""
        self._draft = DraftFilter(self.known_urls, self.canary.held_back)
        self.call.anew(name or self._model, self._watch.clock())
        await self._heard.restarted(name, why)

    async def waiting(self, host: str, place: int) -> None:
        self.call.alive = self._watch.clock()
        await self._heard.waiting(host, place)

    async def piece_heard(self, piece: str) -> None:
        """Judge a piece and let through what has become fit to be shown. Raises ModelStopped."""
        self._judge(self.call.heard(piece, self._watch.clock()))
        before = max(self._draft.shown - _CANARY_REACH, 0)
        if released := self._draft.feed(piece):
            self._judge(self._leak_in(self._draft.text[before:]))
            await self._on_token(released)

    async def ended(self, text: str) -> None:
        """Judge the whole text and let through the rest of the draft. Raises ModelStopped."""
        self._judge(self._leak_in(text))
        if released := self._draft.finish():
            await self._on_token(released)

    def _judge(self, wrong: tuple[Notice, str, str] | None) -> None:
        if wrong is not None and not self.stopped:
            self.stopped.append(self._visit.notice(*wrong))
        if self.stopped:
            raise ModelStopped(self.stopped[0].message)

    def _leak_in(self, text: str) -> tuple[Notice, str, str] | None:
        meant = f"{text}\n{unescaped(text)}" if "\\" in text else text
        said = "a canary" if self.canary.is_in(meant) else "a planted canary" if planted_in(meant) else ""
        return (Notice.CANARY, f"{self._model} gave {said} away; its words were dropped", "downgrade") if said else None
