"""A short question to a model on the way to an answer: few tries, an answer in JSON, booked as any other call.

Who asks it goes on without the answer, so nothing here fails: what kept the model from answering is a reason in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.calls.spending import PaidCall, calls_of, paid, reserve, settle
from agents.context import Context
from agents.services import Services
from agents.state import FindingRow, Usage
from configs.errors import ModelError
from configs.release import Release
from models.provider import Reads, Schema
from models.tokens import tokens_of


@dataclass(frozen=True, slots=True)
class ShortCall:
    """How to ask, in a run of this context. timeout_s, budget_tokens and tries bound one question."""

    services: Services
    context: Context
    release: Release
    timeout_s: float
    budget_tokens: int
    tries: int


@dataclass(frozen=True, slots=True)
class Short:
    """What came of it. text: None where no model answered, `why` says then what kept it. usage: of this call alone."""

    text: str | None
    why: str = ""
    model: str = ""
    usage: Usage | None = None
    findings: tuple[FindingRow, ...] = ()


async def short_answer(by: ShortCall, prompt: str, most: int, schema: Schema, spent: Usage, reads: Reads) -> Short:
    """Let a small model, or the one that the run names, answer `prompt` in at most `most` tokens.

    Args:
        spent: what the run has used so far. reads: which lines are in the prompt.
    """
    services, limits = by.services, by.release.limits
    if tokens_of(prompt) + most > by.budget_tokens:
        return Short(None, f"{by.budget_tokens} tokens are too few")
    try:
        choice = await services.gateway.choose(by.context.model, by.release.models["small"])
    except ModelError as error:
        return Short(None, error.message)
    if choice.model is None:
        return Short(None, choice.reason)
    granted = await reserve(services, by.context, [choice.model], tokens_of(prompt), most, spent)
    if not granted.models:
        return Short(None, granted.refusal, choice.model, findings=granted.findings)
    read_at_most, calls = tokens_of(prompt), list[PaidCall]()
    try:
        completion = await services.gateway.write(
            choice.model,
            prompt,
            window_tokens=max(limits.window_tokens, read_at_most + most),
            max_tokens=most,
            timeout_s=by.timeout_s,
            on_token=_unheard,
            tries=by.tries,
            schema=schema,
            reads=reads,
        )
        calls = calls_of(completion.attempts, read_at_most)
        text, why = completion.text, ""
    except ModelError as error:
        calls = paid(error, choice.model, read_at_most, 0)
        text, why = None, error.message
    finally:
        cost, alerts = await settle(services, granted.reservation, calls)
    usage = Usage(
        input_tokens=sum(read for _, read, _ in calls),
        output_tokens=sum(written for _, _, written in calls),
        micro_usd=cost,
    )
    return Short(text, why, choice.model, usage if calls else None, (*granted.findings, *alerts))


async def _unheard(_text: str) -> None:
    """Take the pieces of an answer that nobody reads as they come."""
