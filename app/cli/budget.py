"""`clew budget`: limits, what is used and what is reserved, by account and month."""

from __future__ import annotations

import re
from typing import Any

from agents.context import Context
from app.cli.composition import opened
from app.errors import FOUND
from app.rendering.screen import Screen, write_json
from app.shapes.access import account_shape, limit_shape
from configs.errors import InputError
from knowledge.budgets import MEASURES, Limit, Measure, Standing
from models.budgets import said, told

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


def run(month: str | None, project: str | None, as_json: bool, store: str | None) -> int:
    """Return 0. A month in which nothing was used has no accounts."""
    if month is not None and not _MONTH.fullmatch(month):
        raise InputError(f"{month!r} is no month", next_step="write it as 2026-11")
    with opened(store, {"budget": {"project": project}}) as wiring:
        budgets, payer = wiring.budgets, wiring.payer_for(Context())
        shown, rows = budgets.standings(payer, month or "")
        terms, months = budgets.terms, budgets.months()
    if as_json:
        prices = {
            name: {"input_usd": price.input_usd, "output_usd": price.output_usd} for name, price in terms.prices.items()
        }
        body = {
            "month": shown,
            "months": months,
            "request": limit_shape(terms.request),
            "accounts": [account_shape(standing, limit) for standing, limit in rows],
            "prices": prices,
        }
        write_json(body)
    else:
        _show(Screen(), shown, rows, terms.request)
    return FOUND


def _show(screen: Screen, month: str, rows: list[tuple[Standing, Limit]], request: Limit) -> None:
    screen.line((f"budgets of {month} (UTC)", "title"))
    table: list[tuple[Any, ...]] = [
        (("account", "dim"), ("calls", "dim"), ("used", "dim"), ("reserved", "dim"), ("limit", "dim"))
    ]
    table += [_row(standing, limit, measure) for standing, limit in rows for measure in MEASURES]
    screen.table(table)
    for measure in MEASURES:
        if request.of(measure) is not None:
            screen.line(f"one question: at most {_said_limit(measure, request)}")


def _row(standing: Standing, limit: Limit, measure: Measure) -> tuple[str, ...]:
    first = measure == MEASURES[0]
    return (
        told(standing.account) if first else "",
        f"{standing.calls:,}" if first else "",
        said(measure, standing.used.of(measure)),
        said(measure, standing.reserved.of(measure)),
        _said_limit(measure, limit),
    )


def _said_limit(measure: Measure, limit: Limit) -> str:
    most = limit.of(measure)
    return "no limit" if most is None else said(measure, most)
