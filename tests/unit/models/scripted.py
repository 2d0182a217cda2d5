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
    """script: for each call `well`, a fault, or `cut`; what follows its end is `then`. ms: what a call takes on the clock."""

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

    async def ready(self) -> None:
        """Need nothing."""

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        self.calls.append(call)
        self.clock.now += self.ms / 1000
        what = self.script.pop(0) if self.script else self.then
        if what not in ("well", "cut", "empty"):
            raise failure(self, what, f"is {what}", wait_s=self.wait_s)
        words = WELL.split(" ")
        for word in words[:2] if what == "cut" else words:
            yield Piece(f"{word} ")
        if what == "cut":
            raise failure(self, "cut", "broke off")
        yield Piece("", "stop", 7, len(words))


def model(name: str, size: float = 7.0, digest: str = "", *, leaves: bool = False) -> ModelInfo:
    return ModelInfo(name, digest or name, "qwen2", size, leaves=leaves)
