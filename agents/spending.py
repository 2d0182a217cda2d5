"""What a node does round a call of a model: reserve what it may cost, settle what it did, and say what both came to.

A refusal is not an error of the run: the answer is made without a model and says why. A store that fails costs the calls only
where a limit is set, since nobody could tell then whether it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agents.context import Context
from agents.records import finding_row
from agents.services import Services
from agents.state import FindingRow, Usage
from configs.errors import BudgetExceeded, StoreError
from knowledge.budgets import Amount
from knowledge.evidence import Finding
from models.budgets import NO_LIMIT, Budgets, Reservation

GATE = "budget"


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
    left = list(models)
    before = Amount(spent["input_tokens"] + spent["output_tokens"], spent.get("micro_usd", 0))
    first: BudgetExceeded | None = None
    while left:
        try:
            made = await asyncio.to_thread(budgets.reserve, payer, left, input_tokens, output_tokens, before)
            return Granted(tuple(left), made, _cheaper(first, left))
        except BudgetExceeded as exc:
            first = first or exc
            left = _without_dearest(left, budgets)
        except StoreError as exc:
            return _unbooked(budgets, models, exc)
    assert first is not None
    refusal = f"{first.message} {first.next_step}"
    return Granted((), None, (_finding(BudgetExceeded.code, "warning", refusal),), refusal)


async def settle(
    services: Services, reservation: Reservation | None, calls: Sequence[tuple[str, int, int]]
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


async def is_strained(services: Services, context: Context) -> bool:
    """Tell whether so much of a budget is used that only the cheapest model is taken. A store that fails strains nothing."""
    if services.budgets is None:
        return False
    try:
        return await asyncio.to_thread(services.budgets.is_strained, services.payer_for(context))
    except StoreError:
        return False


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
