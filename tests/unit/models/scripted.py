"""A provider that does what its script says, on a clock that only it moves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from models.provider import Call, Piece, failure
from models.registry import ModelInfo
from tests.clock import Clock

WELL = "one two three four"


@dataclass(slots=True)
class Scripted:
    """script: for each call `well`, a fault, `cut`, or `late` (a deadline passes after two pieces, three seconds apart and `silent_s` after the last); what follows its end is `then`.

    ms: what a call takes on the clock. took: tokens read, seconds, tokens written, seconds, as the host tells them.
    """

    url: str
    clock: Clock
    held: Sequence[ModelInfo]
    script: list[str] = field(default_factory=list)
    then: str = "well"
    ms: float = 10.0
    wait_s: float | None = None
    inside: bool = True
    kind: str = "ollama"
    calls: list[Call] = field(default_factory=list)
    looks: int = 0
    down: bool = False
    slow: bool = False
    silent_s: float = 0.0
    took: tuple[int, float, int, float] = (7, 0.0, 4, 0.0)

    @property
    def name(self) -> str:
        return self.url

    async def models(self) -> list[ModelInfo]:
        self.looks += 1
        if self.slow:
            raise failure(self, "slow", "does not answer in time")
        if self.down:
            raise failure(self, "unreachable", "does not answer")
        return list(self.held)

    async def can_write(self, model: str) -> bool:
        return "embed" not in model

    async def is_up(self) -> bool:
        return not self.down

    async def ready(self) -> None:
        """Need nothing."""

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        self.calls.append(call)
        self.clock.now += self.ms / 1000
        what = self.script.pop(0) if self.script else self.then
        if what not in ("well", "cut", "empty", "late"):
            raise failure(self, what, f"is {what}", wait_s=self.wait_s)
        words = WELL.split(" ")
        for word in words[:2] if what in ("cut", "late") else words:
            yield Piece(f"{word} ")
            self.clock.now += 3.0 if what == "late" and word == words[0] else 0.0
        if what == "late":
            self.clock.now += self.silent_s
            raise failure(self, "slow", "gave no whole answer in time")
        if what == "cut":
            raise failure(self, "cut", "broke off")
        read, read_s, written, write_s = self.took
        yield Piece("", "stop", read, written, read_s, write_s)


def model(name: str, size: float = 7.0, digest: str = "", *, leaves: bool = False) -> ModelInfo:
    return ModelInfo(name, digest or name, "qwen2", size, leaves=leaves)
