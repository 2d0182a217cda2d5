"""The port of everything that writes text for us, and what passes through it.

A provider is one address that speaks one protocol. It streams, keeps to the deadlines that it is given, closes the upstream
request when its caller goes away, and turns every failure into `HostFailed` with a typed fault. It never retries: that, and what
comes next, is the gateway's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from configs.errors import HostFailed
from models.registry import ModelInfo

_READ_ITS_PROMPT = frozenset({"slow", "cut", "broken"})
"""Faults of a host that had begun: it charges for what it read."""
OnToken = Callable[[str], Awaitable[None]]
STALL_S = 15.0
Schema = Mapping[str, Any]
"""A JSON schema that an answer has to fit."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a prompt is for, and which lines it holds: (repository, path, first line, last line, revision). For records; never sent."""

    purpose: str = ""
    lines: tuple[tuple[str, str, int, int, str], ...] = ()


NO_READS = Reads()


@dataclass(frozen=True, slots=True)
class Call:
    """One prompt to one model.

    window_tokens: the context window to ask for, where the protocol lets one ask (Ollama's `num_ctx`).
    timeout_s: for the whole answer. first_token_s: until its first piece; None: as long as the whole may take. stall_s: between two.
    """

    model: str
    prompt: str
    window_tokens: int
    max_tokens: int
    timeout_s: float
    first_token_s: float | None = None
    stall_s: float = STALL_S
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer as it comes. The last one says how it `ended` (`stop`, `length`) and carries the host's own counts.

    read_s, write_s: how long the host says that it took over the prompt and over the answer; 0 where it does not say.
    """

    text: str = ""
    ended: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    read_s: float = 0.0
    write_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one host, for logs, findings and prices. error: empty when it answered, else what went wrong, for people.

    fault: one of `configs.errors.HostFailed`'s. pieces: how many pieces of text came before it ended.
    """

    model: str
    host: str
    fault: str
    error: str
    ms: float
    pieces: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def answered(self) -> bool:
        return not self.fault

    @property
    def has_cost(self) -> bool:
        """Whether it has to be paid: the host read the prompt, whatever came back."""
        return self.answered or self.pieces > 0 or self.fault in _READ_ITS_PROMPT


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer of a model. Token counts and seconds are the host's own (see `Piece`). `cut`: it stopped at the length limit.

    attempts: every call that was made for it, the one that answered last.
    """

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    cut: bool = False
    host: str = ""
    attempts: tuple[Attempt, ...] = field(default=(), compare=False)
    read_s: float = field(default=0.0, compare=False)
    write_s: float = field(default=0.0, compare=False)


class Provider(Protocol):
    """An address that writes text. Its name is for people and logs, and holds no secret."""

    @property
    def kind(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def inside(self) -> bool:
        """Whether what is sent to it stays within the company."""
        ...

    async def models(self) -> list[ModelInfo]:
        """Return what it can serve. Raises HostFailed."""
        ...

    async def can_write(self, model: str) -> bool:
        """Whether the model writes text rather than embeddings. Raises HostFailed."""
        ...

    async def is_up(self) -> bool:
        """Tell whether it answers a short question now, after an answer was late; False also where there is none to ask. Never raises for a host."""
        ...

    async def ready(self) -> None:
        """Load what calls need, such as a client library: that takes seconds once, and is no fault of the host. Raises HostFailed."""
        ...

    def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """Yield the answer; closing the iterator closes the request. Raises HostFailed, but for deadlines."""
        ...


async def collected(provider: Provider, call: Call, on_token: OnToken) -> Completion:
    """Return the whole answer, each piece handed on as it comes, within the call's deadlines.

    Raises:
        HostFailed: as the provider does; `slow` when a deadline passed, `cut` when the stream ended before the answer did.
    """
    text: list[str] = []
    final: Piece | None = None
    first_s = call.timeout_s if call.first_token_s is None else min(call.first_token_s, call.timeout_s)
    try:
        async with asyncio.timeout(call.timeout_s), aclosing(provider.stream(call)) as pieces:
            await provider.ready()
            async with asyncio.timeout(first_s):
                piece = await anext(pieces, None)
            while piece is not None:
                if piece.text:
                    text.append(piece.text)
                    await on_token(piece.text)
                final = piece if piece.ended else final
                async with asyncio.timeout(call.stall_s):
                    piece = await anext(pieces, None)
    except TimeoutError as exc:
        said = (
            f"gave no whole answer within {_seconds(call.timeout_s)} s"
            if text
            else f"wrote nothing within {_seconds(first_s)} s"
        )
        raise failure(provider, "slow", said) from exc
    except HostFailed as exc:
        if text and exc.fault == "unreachable":
            raise failure(provider, "cut", "broke off before the answer ended") from exc
        raise
    if final is None:
        raise failure(provider, "cut", "broke off before the answer ended")
    return Completion(
        text="".join(text),
        model=call.model,
        input_tokens=final.input_tokens,
        output_tokens=final.output_tokens,
        cut=final.ended == "length",
        host=provider.name,
        read_s=final.read_s,
        write_s=final.write_s,
    )


def failure(
    provider: Provider, fault: str, said: str, *, next_step: str = "", wait_s: float | None = None
) -> HostFailed:
    """Return the error of a provider: `said` goes on from its name."""
    step = next_step or "Look at that host, or ask with --model extractive."
    return HostFailed(f"{provider.name} {said}.", next_step=step, fault=fault, wait_s=wait_s)


def place_of(url: str) -> str:
    """Return a host's address as answers and logs name it: `gpu-1:11434`.

    No scheme, since the output filter takes an address out of an answer when no evidence holds it; no credentials.
    """
    bare = url.partition("://")[2] or url
    host, slash, path = bare.partition("/")
    return f"{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}".rstrip("/")


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"
