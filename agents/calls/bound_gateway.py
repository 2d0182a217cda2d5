"""The gateway of one run: code that may not leave is a matter of what the run can see, never of who calls a model.

Whoever asks a model for a run gets this one; it has no word for where code may go, so none can say it wrongly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from agents.calls.model_calls import Telling
from agents.context import Context
from agents.services import Services
from configs.release import ModelChoice
from models.gateway import Choice, Gateway, Room
from models.provider import NO_READS, Completion, OnToken, Reads


@dataclass(slots=True)
class BoundGateway:
    """Stands in for `models.gateway.Gateway`. What a run can see is looked up at its first call, outside of the event loop."""

    services: Services
    context: Context
    _kept: list[str] | None = field(default=None, init=False)

    async def choose(self, requested: str, wanted: ModelChoice) -> Choice:
        return await self.services.gateway.choose(requested, wanted, kept=await self._kept_ones())

    async def ladder(self, model: str, wanted: ModelChoice) -> list[str]:
        return await self.services.gateway.ladder(model, wanted, kept=await self._kept_ones())

    async def room(self, model: str, **options: Any) -> Room:
        return await self.services.gateway.room(model, kept=await self._kept_ones(), **options)

    async def write(
        self, model: str, prompt: str, *, on_token: OnToken, reads: Reads = NO_READS, **options: Any
    ) -> Completion:
        """See `Gateway.write`. Every call is told to the record, whatever comes of it."""
        telling = Telling(self.services, self.context, prompt, reads)

        async def heard(piece: str) -> None:
            telling.pieces += 1
            await on_token(piece)

        kept = await self._kept_ones()
        try:
            completion = await self.services.gateway.write(model, prompt, kept=kept, on_token=heard, **options)
        except BaseException as ended:
            telling.failed(ended, model)
            raise
        telling.answered(completion)
        return completion

    def is_paid(self, model: str) -> bool:
        return self.services.gateway.is_paid(model)

    async def _kept_ones(self) -> Sequence[str]:
        if self._kept is None:
            self._kept = await asyncio.to_thread(self._looked_up)
        return self._kept

    def _looked_up(self) -> list[str]:
        graph, scope = self.services.graph, self.services.scope_for(self.context)
        return self.services.privacy.kept(info.name for info in graph.repositories(scope))


def bound(services: Services, context: Context) -> Gateway:
    """Return the only gateway that a run of this context may use."""
    return cast(Gateway, BoundGateway(services, context))
