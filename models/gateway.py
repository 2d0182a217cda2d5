"""The one way to a model: which one writes, or none, and why; and the call itself, with what comes after a failure.

`auto` takes a suitable chat model of the hosts inside, then of those elsewhere, else the extractive writer, and gives the reason. A
model asked for by name is used or refused with the next step, never replaced in silence. Code of repositories that keep it never
goes to a host elsewhere: such hosts are not even looked at.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from configs.errors import HostFailed, ModelForbidden, ModelUnavailable
from configs.release import ModelChoice
from knowledge.breaker import REST_S, Breaker
from knowledge.paces import PaceStore
from models.host import CACHE_S, SLOTS, Host, Offer, offered, offers_of
from models.provider import NO_READS, STALL_S, Call, Completion, OnToken, Provider, Reads, Schema
from models.registry import ModelInfo, suitable
from models.retrying import RetryBudget
from models.writing import Heard, Writing, first_piece_s, reads_said

AUTO = "auto"
NO_MODEL = frozenset({"extractive", "none"})
FIRST_TOKEN_S = 30.0
_LADDER = 2
"""Models at most that stand below the chosen one."""
_SURE_SHARE = 0.8
"""Of the time for reading, what a prompt is made to take: no two prompts are read equally fast."""
_USUAL_SHARE = 0.5
"""Of the tokens that an answer may have, what it takes as long as none was seen."""
_LONGER = 1.25
"""An answer may be so much longer than usual."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who writes: the name of a model, or None for the extractive writer; `reason` is a sentence for people."""

    model: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Room:
    """What a prompt may hold so that a model reads it and writes its answer in time. tokens: None where nothing bounds it.

    why: a clause for people about the host that bounds it, empty for none.
    """

    tokens: int | None = None
    why: str = ""


NO_BOUND = Room()


class Gateway:
    """Chooses among and calls the models of several hosts. Safe to share between threads, each with its event loop.

    first_token_s: longest wait for the first piece of an answer. slots: calls at once at one host.
    cache_s: how long a look at a host stays good. rest_s: how long a host that keeps failing rests at first.
    paces: how fast hosts were, for this process and the next.
    """

    def __init__(
        self,
        *providers: Provider,
        cache_s: float = CACHE_S,
        slots: int = SLOTS,
        first_token_s: float = FIRST_TOKEN_S,
        rest_s: float = REST_S,
        budget: RetryBudget | None = None,
        paces: PaceStore | None = None,
        clock: Callable[[], float] = time.monotonic,
        seed: int | None = None,
    ) -> None:
        self.hosts = tuple(
            Host(
                provider,
                slots=slots,
                cache_s=cache_s,
                clock=clock,
                breaker=Breaker(rest_s=rest_s, clock=clock),
                paces=paces,
            )
            for provider in providers
        )
        by_url = {host.provider.url: host for host in self.hosts}
        for pace in paces.read() if paces is not None else ():
            if pace.host in by_url:
                by_url[pace.host].speeds.believe(pace, time.time())
        self.budget = budget or RetryBudget()
        self._first_token_s = first_token_s
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - spreads load, hides nothing

    async def models(self) -> list[ModelInfo]:
        """Return the models of all hosts, from the cache while it is fresh. Raises ModelUnavailable: no host answers."""
        offers, faults = await self._offers(())
        if faults and not offers:
            raise _joined(faults)
        return [offer.model for offer in offers]

    def is_paid(self, model: str) -> bool:
        """Tell whether calls of a model cost money, by the last look: it is served by somebody else."""
        return any(info.leaves and info.name == model for host in self.hosts for info in host.seen)

    async def choose(self, requested: str, wanted: ModelChoice, *, kept: Sequence[str] | None = None) -> Choice:
        """Return who writes for a request of `auto`, `extractive` or a model's name.

        Args:
            kept: repositories in sight whose code may not leave; None: not known, so that nothing may.

        Raises:
            ModelUnavailable: a model was named and cannot be had.
            ModelForbidden: a model elsewhere was named, and the code may not leave.
        """
        if requested in NO_MODEL:
            return Choice(None, "no model was asked for")
        if requested != AUTO:
            return await self._named(requested, kept)
        offers, faults = await self._offers(kept)
        resting = []
        for offer in _in_order(offers, wanted):
            if not offer.is_well:
                resting.append(offer.model.name)
                continue
            try:
                able = await _writes(offer)
            except HostFailed as exc:
                faults.append(exc)
                continue
            if able:
                if resting:
                    return Choice(
                        offer.model.name, f"{offer.model.name} writes while {resting[0]} rests after failures"
                    )
                where = offer.hosts[0].provider.name if len(offer.hosts) == 1 else f"{len(offer.hosts)} hosts"
                return Choice(offer.model.name, f"{offer.model.name} at {where} is the preferred model of its class")
        return Choice(None, self._none_of(offers, faults, kept))

    async def ladder(self, model: str, wanted: ModelChoice, *, kept: Sequence[str] | None = None) -> list[str]:
        """Return what may write when `model` fails: smaller models, then models elsewhere, best first."""
        offers, _ = await self._offers(kept)
        chosen = offered(offers, model)
        limit = chosen.model.parameters_b if chosen and chosen.model.parameters_b else float("inf")
        below = [
            offer
            for offer in _in_order(offers, wanted)
            if offer is not chosen and (offer.model.leaves or offer.model.parameters_b < limit) and offer.model.may_chat
        ]
        able = []
        for offer in below:
            try:
                if await _writes(offer):
                    able.append(offer.model.name)
            except HostFailed:
                continue
            if len(able) == _LADDER:
                break
        return able

    async def room(
        self,
        model: str,
        *,
        max_tokens: int,
        timeout_s: float,
        ladder: Sequence[str] = (),
        kept: Sequence[str] | None = None,
    ) -> Room:
        """Return how long a prompt may be that `model` is to answer in time, by the fastest of its hosts that are well.

        Args:
            timeout_s: for everything together, as in `write`. ladder, kept: as there; what could be tried after it takes a part of the time.
        """
        offers, _ = await self._offers(kept)
        offer = offered(offers, model)
        well = [host for host in offer.hosts if host.breaker.would_pass()] if offer else []
        if offer is None or not well:
            return NO_BOUND
        later = [found for name in ladder if (found := offered(offers, name)) is not None]
        others = len(well) > 1 or any(found.is_well for found in later)
        first_s = first_piece_s(self._first_token_s, timeout_s, others=others)
        return max(
            (_room_at(host, offer.model.name, max_tokens, timeout_s, first_s) for host in well),
            key=lambda room: float("inf") if room.tokens is None else room.tokens,
        )

    async def write(
        self,
        model: str,
        prompt: str,
        *,
        window_tokens: int,
        max_tokens: int,
        timeout_s: float,
        on_token: OnToken,
        tries: int,
        schema: Schema | None = None,
        ladder: Sequence[str] = (),
        kept: Sequence[str] | None = None,
        heard: Heard | None = None,
        reads: Reads = NO_READS,  # noqa: ARG002 - who stands before this gateway keeps a record of it
    ) -> Completion:
        """Let `model` answer `prompt`, else the models of `ladder` in turn, each piece of text handed on as it comes.

        Args:
            timeout_s: for everything together.
            tries: calls at most for one of the models, on all of its hosts.
            kept: as in `choose`; hosts elsewhere are no rungs then.
            reads: what the prompt is for and holds; told to nobody here (see `agents.calls.bound_gateway`).

        Raises:
            NoModelAnswered: every call that could be made failed.
            ModelUnavailable: no host has the model.
        """
        offers, faults = await self._offers(kept)
        rungs = [offer for name in (model, *ladder) if (offer := offered(offers, name)) is not None]
        if not rungs:
            raise _joined(faults) if faults else self._no_model(model)
        call = Call(
            model,
            prompt,
            window_tokens,
            max_tokens,
            timeout_s,
            self._first_token_s,
            min(STALL_S, self._first_token_s),
            schema,
        )
        writing = Writing(call, rungs, on_token, heard or Heard(), self.budget, self._random, tries, self._clock)
        return await writing.run()

    async def _offers(self, kept: Sequence[str] | None) -> tuple[list[Offer], list[HostFailed]]:
        """Return what the hosts offer to code that may go there, and what kept some from answering."""
        leaves = kept is not None and not kept
        hosts = [host for host in self.hosts if leaves or host.provider.inside]
        looked = await asyncio.gather(*(host.models() for host in hosts), return_exceptions=True)
        held, faults = [], []
        for host, found in zip(hosts, looked, strict=True):
            if isinstance(found, HostFailed):
                faults.append(found)
            elif isinstance(found, BaseException):
                raise found
            else:
                held.append((host, [model for model in found if leaves or not model.leaves]))
        return offers_of(held), faults

    async def _named(self, name: str, kept: Sequence[str] | None) -> Choice:
        offers, faults = await self._offers(kept)
        offer = offered(offers, name)
        if offer is None:
            if kept is None or kept:
                await self._refuse_if_elsewhere(name, kept)
            raise _joined(faults) if faults and not offers else self._no_model(name)
        if not offer.model.may_chat or not await _writes(offer):
            raise ModelUnavailable(
                f"Model {name!r} makes embeddings and cannot write answers.", next_step="Name a chat model."
            )
        return Choice(offer.model.name, f"{offer.model.name} was asked for")

    async def _refuse_if_elsewhere(self, name: str, kept: Sequence[str] | None) -> None:
        """Raise ModelForbidden when the model is one of those that are known without asking a host elsewhere."""
        for host in self.hosts:
            if host.provider.inside or host.provider.kind != "ollama":
                try:
                    found = offered(offers_of([(host, await host.models())]), name)
                except HostFailed:
                    continue
                if found is not None and (found.model.leaves or not host.provider.inside):
                    raise ModelForbidden(
                        f"{name!r} is served elsewhere ({host.provider.name}), and {_kept_said(kept)}.",
                        next_step="Name a model of a host inside, or give the repository the label remote in privacy.repositories.",
                    )

    def _no_model(self, name: str) -> ModelUnavailable:
        where = " and ".join(host.provider.name for host in self.hosts if host.provider.kind == "ollama")
        return ModelUnavailable(f"{where or 'No host'} has no model {name!r}.", next_step=f"Run: ollama pull {name}")

    def _none_of(self, offers: Sequence[Offer], faults: Sequence[HostFailed], kept: Sequence[str] | None) -> str:
        """Say why nobody writes."""
        if faults:
            said = _joined(faults).message.rstrip(".")
        elif any(offer.model.may_chat and not offer.is_well for offer in offers):
            said = "every host with a chat model rests after failures"
        else:
            inside = " and ".join(host.provider.name for host in self.hosts if host.provider.inside)
            said = f"{inside or 'no host inside'} holds no suitable chat model"
        elsewhere = [host.provider.name for host in self.hosts if not host.provider.inside]
        if elsewhere and (kept is None or kept):
            said += f"; {' and '.join(elsewhere)} is not asked: {_kept_said(kept)}"
        return said


def _room_at(host: Host, model: str, max_tokens: int, timeout_s: float, first_s: float) -> Room:
    pace = host.speeds.of(model)
    if pace.surely_reads is None:
        return NO_BOUND
    usual = host.speeds.usual_tokens(model, max_tokens)
    if usual is None:  # half of the time is kept for reading as long as nobody knows better
        writing_s = min(pace.writing_s(_USUAL_SHARE * max_tokens), timeout_s / 2)
    else:
        writing_s = pace.writing_s(min(usual * _LONGER, max_tokens))
    reading_s = min(first_s, timeout_s - writing_s) * _SURE_SHARE
    slow = f"{host.provider.name} {reads_said(host, model)}"
    if pace.writes is not None:
        slow += f" and writes {pace.writes:,.0f}" if pace.writes >= 10 else f" and writes {pace.writes:.1g}"
    return Room(max(int(pace.surely_reads * reading_s), 0), f"{slow}, with {timeout_s:,.0f} s left")


def _in_order(offers: Sequence[Offer], wanted: ModelChoice) -> list[Offer]:
    """Return the offers that fit the class: those inside first, then as the class prefers."""
    fitting = suitable((offer.model for offer in offers), wanted)
    by_name = {offer.model.name: offer for offer in offers}
    return sorted((by_name[model.name] for model in fitting), key=lambda offer: offer.model.leaves)


async def _writes(offer: Offer) -> bool:
    return await offer.hosts[0].can_write(offer.model)


def _kept_said(kept: Sequence[str] | None) -> str:
    if not kept:
        return "the code may not leave"
    shown = ", ".join(repr(name) for name in kept[:3]) + (f" and {len(kept) - 3} more" if len(kept) > 3 else "")
    return f"the code of {shown} may not leave"


def _joined(faults: Sequence[HostFailed]) -> ModelUnavailable:
    if len(faults) == 1:
        return faults[0]
    return ModelUnavailable(" ".join(fault.message for fault in faults), next_step=faults[0].next_step)
