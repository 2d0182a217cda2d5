"""The gateway as a node gets it: every call of a model carries a canary, is watched while it streams, and can be stopped.

A node cannot reach a model in another way, so none can forget it; where code may go is bound already (`agents.bound_gateway`). What comes back has passed the output filter: an
address that the prompt does not hold is gone from the pieces that stream and from the whole text alike.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from agents.watching import Call, Notice, Visit, Watch
from configs.errors import ModelStopped
from configs.release import Limits, ModelChoice
from guardrails.canaries import Canary, planted_in, unescaped
from guardrails.drafts import DraftFilter
from guardrails.output import filtered, urls_in
from knowledge.evidence import Finding
from models.gateway import Choice, Gateway
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
        canary, known = Canary.fresh(), frozenset(urls_in(prompt))
        draft = DraftFilter(known, canary.held_back)
        loop, bound = asyncio.get_running_loop(), asyncio.timeout(None)
        stopped: list[Finding] = []

        def stop(found: Finding) -> None:
            stopped.append(found)
            with contextlib.suppress(RuntimeError):  # the loop of a reranking ends with its call
                loop.call_soon_threadsafe(lambda: bound.reschedule(loop.time()) if call.running else None)

        call = self._call(model, prompt, max_tokens, stop)

        def judge(wrong: tuple[Notice, str, str] | None) -> None:
            if wrong is not None and not stopped:
                notice, message, action = wrong
                stopped.append(self._visit.notice(notice, message, action))
            if stopped:
                raise ModelStopped(stopped[0].message)

        def leaks(text: str) -> tuple[Notice, str, str] | None:
            meant = f"{text}\n{unescaped(text)}" if "\\" in text else text
            said = "a canary" if canary.is_in(meant) else "a planted canary" if planted_in(meant) else ""
            return (Notice.CANARY, f"{model} gave {said} away; its words were dropped", "downgrade") if said else None

        told = heard or Heard()

        async def restarted(name: str, why: str) -> None:
            """Forget what an earlier segment said: the next one is another model's, or another host's."""
            nonlocal draft
            draft = DraftFilter(known, canary.held_back)
            call.anew(name or model, self._watch.clock())
            await told.restarted(name, why)

        async def waiting(host: str, place: int) -> None:
            call.alive = self._watch.clock()
            await told.waiting(host, place)

        async def piece_heard(piece: str) -> None:
            judge(call.heard(piece, self._watch.clock()))
            before = max(draft.shown - _CANARY_REACH, 0)
            if released := draft.feed(piece):
                judge(leaks(draft.text[before:]))
                await on_token(released)

        self._visit.call(call)
        if options.get("schema") is not None:
            self._visit.known_urls = known
        try:
            async with bound:
                completion = await self._gateway.write(
                    model,
                    canary.rule + prompt,
                    on_token=piece_heard,
                    max_tokens=max_tokens,
                    heard=Heard(restarted, waiting),
                    **options,
                )
        except Exception as exc:
            if stopped:
                raise ModelStopped(stopped[0].message) from exc
            raise
        finally:
            call.running = False
            self._visit.alive()
        judge(leaks(completion.text))
        if released := draft.finish():
            await on_token(released)
        if options.get("schema") is not None:  # who reads the JSON filters what it says
            return completion
        if (wrong := call.ended()) is not None:
            self._visit.notice(*wrong)
        clean = filtered(completion.text, known)
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
