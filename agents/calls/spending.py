"""What a node does round a call of a model: reserve what it may cost, settle what it did, and say what both came to.

A refusal is not an error of the run: the answer is made without a model and says why. A store that fails costs the calls only
where a limit is set, since nobody could tell then whether it is kept.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agents.context import Context
from agents.records import finding_row
from agents.services import Services
from agents.state import FindingRow, Usage
from configs.errors import BudgetExceeded, ModelStopped, NoModelAnswered, StoreError
from knowledge.budgets import Amount, Reservation
from knowledge.evidence import Finding
from models.budgets import Budgets, Payer
from models.provider import Attempt
from models.terms import NO_LIMIT

GATE = "budget"
PaidCall: TypeAlias = tuple[str, int, int]
"""A model, and the tokens that it read and wrote."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Which of the models asked for may be called, and what is booked for it; `refusal` says why none may."""

    models: tuple[str, ...]
    reservation: Reservation | None = None
    findings: tuple[FindingRow, ...] = ()
    refusal: str = ""


async def reserve(
    services: Services, context: Context, models: Sequence[str], input_tokens: int, output_tokens: int, spent: Usage
) -> Granted:
    """Book a call of the first of the models, or, when it fails, of the next ones; the dearest go first when money is short.

    Args:
        input_tokens, output_tokens: the most that the call may read and write.
        spent: what the run has used so far.
    """
    budgets, payer = services.budgets, services.payer_for(context)
    if budgets is None or not models:
        return Granted(tuple(models))
    left, unpriced = _priced(services, budgets, payer, models)
    if not left:
        refusal = (
            f"A budget in dollars is set, and nobody said what {models[0]} costs. Name its price in budget.prices."
        )
        return Granted((), None, (_finding("unpriced", "warning", refusal),), refusal)
    before = Amount(spent["input_tokens"] + spent["output_tokens"], spent.get("micro_usd", 0))
    first: BudgetExceeded | None = None
    while left:
        try:
            made = await asyncio.to_thread(budgets.reserve, payer, left, input_tokens, output_tokens, before)
            return Granted(tuple(left), made, (*unpriced, *_cheaper(first, left)))
        except BudgetExceeded as exc:
            first = first or exc
            left = _without_dearest(left, budgets)
        except StoreError as exc:
            return _unbooked(budgets, models, exc)
    assert first is not None
    refusal = f"{first.message} {first.next_step}"
    return Granted((), None, (_finding(BudgetExceeded.code, "warning", refusal),), refusal)


async def settle(
    services: Services, reservation: Reservation | None, calls: Sequence[PaidCall]
) -> tuple[int, list[FindingRow]]:
    """Book what the calls (model, tokens read, tokens written) used; return their millionths of a dollar and what to tell.

    Without calls the reservation is dropped.
    """
    budgets = services.budgets
    if budgets is None:
        return 0, []
    used = sum((budgets.terms.cost(*call) for call in calls), Amount())
    if reservation is None:
        return used.micro_usd, []
    try:
        if not calls:
            await asyncio.to_thread(budgets.release, reservation)
            return 0, []
        alerts = await asyncio.to_thread(budgets.settle, reservation, used)
    except StoreError as exc:
        return used.micro_usd, [_finding(exc.code, "warning", exc.message)]
    for alert in alerts:
        services.events.emit(
            "budget_alert",
            {
                "scope": alert.account.scope,
                "name": alert.account.name,
                "measure": alert.measure,
                "share": alert.share,
                "used": alert.used,
                "limit": alert.limit,
            },
        )
    return used.micro_usd, [_finding("alert", "warning", alert.message) for alert in alerts]


def calls_of(attempts: Sequence[Attempt], read: int) -> list[PaidCall]:
    """Return the calls that have to be paid; what a host did not count is taken as `read`."""
    return [(one.model, one.input_tokens or read, one.output_tokens) for one in attempts if one.has_cost]


def paid(ended: BaseException, model: str, read: int, pieces: int) -> list[PaidCall]:
    """Return what has to be paid although no answer came of it: the host was reading, and so many pieces had come."""
    if isinstance(ended, NoModelAnswered):
        return calls_of(ended.attempts, read)
    begun = isinstance(ended, ModelStopped | CancelledError)
    return [(model, read, pieces)] if begun or pieces else []


async def is_strained(services: Services, context: Context) -> bool:
    """Tell whether so much of a budget is used that only the cheapest model is taken. A store that fails strains nothing."""
    if services.budgets is None:
        return False
    try:
        return await asyncio.to_thread(services.budgets.is_strained, services.payer_for(context))
    except StoreError:
        return False


def _priced(
    services: Services, budgets: Budgets, payer: Payer, models: Sequence[str]
) -> tuple[list[str], list[FindingRow]]:
    """Return the models without those that cost nobody knows what while dollars are limited, and what is to be told of such."""
    unknown = [one for one in models if services.gateway.is_paid(one) and not budgets.terms.has_price(one)]
    if not unknown:
        return list(models), []
    limited = budgets.limits_dollars(payer)
    what = "is not taken, since a budget in dollars is set" if limited else "is taken, and what it costs is not counted"
    told = _finding("unpriced", "warning", f"{', '.join(unknown)} has no price in budget.prices and {what}.")
    return [one for one in models if not (limited and one in unknown)], [told]


def _cheaper(refused: BudgetExceeded | None, left: Sequence[str]) -> tuple[FindingRow, ...]:
    if refused is None:
        return ()
    return (_finding("cheaper", "info", f"{refused.message} {left[0]} is taken instead."),)


def _without_dearest(models: Sequence[str], budgets: Budgets) -> list[str]:
    """Return the models that cost less than the dearest one; none when all cost the same."""
    prices = {model: budgets.terms.cost(model, 1_000_000, 1_000_000).micro_usd for model in models}
    most = max(prices.values())
    return [model for model in models if prices[model] < most]


def _unbooked(budgets: Budgets, models: Sequence[str], failure: StoreError) -> Granted:
    finding = _finding(failure.code, "warning", failure.message)
    if all(limit == NO_LIMIT for limit in budgets.terms.limits.values()):
        return Granted(tuple(models), None, (finding,))
    refusal = f"Budgets are set and cannot be read: {failure.message} {failure.next_step}".strip()
    return Granted((), None, (finding,), refusal)


def _finding(kind: str, severity: str, message: str) -> FindingRow:
    return finding_row(Finding(gate=GATE, kind=kind, severity=severity, message=message, action="annotate"))
