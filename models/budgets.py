"""Budgets: what a call may cost is reserved before it is made, what it did cost is settled after it.

Owns who pays, the month, thresholds and the words of a refusal; limits and prices are `models.terms`. A call that no limit allows
raises `BudgetExceeded`, with the next step; the caller answers without a model. Source of the month: UTC.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from configs.errors import BudgetExceeded
from knowledge.budgets import (
    MEASURES,
    SCOPES,
    Account,
    Amount,
    BudgetStore,
    Limit,
    Measure,
    Refusal,
    Reservation,
    Standing,
)
from models.terms import NO_LIMIT, Terms


@dataclass(frozen=True, slots=True)
class Payer:
    """On whose accounts a run is booked. An empty team or project has no account."""

    user: str
    team: str = ""
    project: str = ""

    def accounts(self) -> list[Account]:
        named = (Account("user", self.user), Account("team", self.team), Account("project", self.project))
        return [*(account for account in named if account.name), Account("month")]


@dataclass(frozen=True, slots=True)
class Alert:
    """A threshold that an account passed with the amount just settled."""

    account: Account
    measure: Measure
    share: float
    used: int
    limit: int

    @property
    def message(self) -> str:
        used, limit = said(self.measure, self.used), said(self.measure, self.limit)
        return f"{self.share:.0%} of the month's budget of {told(self.account)} is used: {used} of {limit}"


class Budgets:
    """The budgets of one store. Blocking: called from worker threads."""

    def __init__(self, store: BudgetStore, terms: Terms, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self.terms = terms
        self._clock = clock

    def reserve(
        self, payer: Payer, models: Sequence[str], input_tokens: int, output_tokens: int, spent: Amount | None = None
    ) -> Reservation:
        """Book the most that one of the models may cost.

        Args:
            spent: what the run has used so far.

        Raises:
            BudgetExceeded: an account, or the request itself, has not so much left.
            StoreError: the store fails.
        """
        costs = [self.terms.cost(model, input_tokens, output_tokens) for model in models]
        amount = max(costs, key=lambda cost: cost.micro_usd)
        total = amount + (spent or Amount())
        measure = self.terms.request.exceeded_by(total)
        if measure is not None:
            raise self._request_refused(total, measure)
        now = self._clock()
        accounts = {account: self.terms.limits.get(account.scope, NO_LIMIT) for account in payer.accounts()}
        made = Reservation(uuid.uuid4().hex, month_of(now), accounts, amount)
        refusal = self._store.reserve(made, now=now, until=now + self.terms.reservation_s)
        if refusal is not None:
            raise self._refused(refusal, amount, made.month)
        return made

    def limits_dollars(self, payer: Payer) -> bool:
        """Tell whether one question, or an account of the payer, may cost only so many dollars."""
        limits = (self.terms.request, *(self.terms.limits.get(one.scope, NO_LIMIT) for one in payer.accounts()))
        return any(limit.micro_usd is not None for limit in limits)

    def settle(self, reservation: Reservation, used: Amount) -> list[Alert]:
        """Book what the calls of a reservation used, and return the thresholds that this passed."""
        standings = self._store.settle(reservation, used)
        return [
            alert
            for standing in standings
            for alert in self._passed(standing, reservation.accounts[standing.account], used)
        ]

    def release(self, reservation: Reservation) -> None:
        self._store.release(reservation)

    def is_strained(self, payer: Payer) -> bool:
        """Tell whether an account of the payer has passed `economy_share` of a limit."""
        if not any(limit != NO_LIMIT for limit in self.terms.limits.values()):
            return False
        now, own = self._clock(), set(payer.accounts())
        return any(
            limit is not None and standing.used.of(measure) >= self.terms.economy_share * limit
            for standing in self._store.standings(month_of(now), now=now)
            if standing.account in own
            for measure in MEASURES
            if (limit := self.terms.limits.get(standing.account.scope, NO_LIMIT).of(measure)) is not None
        )

    def standings(self, payer: Payer, month: str = "") -> tuple[str, list[tuple[Standing, Limit]]]:
        """Return a month (this one by default) and how its accounts stand, those of the payer among them in any case."""
        now = self._clock()
        month = month or month_of(now)
        known = {standing.account: standing for standing in self._store.standings(month, now=now)}
        for account in payer.accounts() if month == month_of(now) else ():
            known.setdefault(account, Standing(account, Amount(), Amount(), 0))
        ordered = sorted(known.values(), key=lambda one: (SCOPES.index(one.account.scope), one.account.name))
        return month, [(standing, self.terms.limits.get(standing.account.scope, NO_LIMIT)) for standing in ordered]

    def months(self) -> list[str]:
        return self._store.months()

    def close(self) -> None:
        self._store.close()

    def _passed(self, standing: Standing, limit: Limit, used: Amount) -> list[Alert]:
        alerts = []
        for measure in MEASURES:
            most = limit.of(measure)
            if most is None:
                continue
            after = standing.used.of(measure)
            before = after - used.of(measure)
            passed = [share for share in self.terms.alert_shares if before < share * most <= after]
            alerts += [Alert(standing.account, measure, share, after, most) for share in passed[-1:]]
        return alerts

    def _refused(self, refusal: Refusal, amount: Amount, month: str) -> BudgetExceeded:
        standing, measure = refusal.standing, refusal.measure
        limit = self.terms.limits[standing.account.scope].of(measure)
        assert limit is not None
        left = max(limit - standing.used.of(measure) - standing.reserved.of(measure), 0)
        return BudgetExceeded(
            f"The budget of {told(standing.account)} for {month} does not allow this: {said(measure, left)} of"
            f" {said(measure, limit)} are left, the call may take {said(measure, amount.of(measure))}.",
            next_step=f"It is renewed on {_next_month(month)}-01; raise budget.limits.{standing.account.scope}.{measure} to go on"
            " before, or ask with --model extractive, which costs nothing.",
        )

    def _request_refused(self, total: Amount, measure: Measure) -> BudgetExceeded:
        limit = self.terms.request.of(measure)
        assert limit is not None
        return BudgetExceeded(
            f"One question may use {said(measure, limit)}, and this one would use {said(measure, total.of(measure))}.",
            next_step=f"Ask for less at once, or raise budget.limits.request.{measure}.",
        )


def month_of(at: float) -> str:
    """Return `2026-11` for a time in seconds since 1970."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def told(account: Account) -> str:
    """Return `user 'ann'`, or `everybody together` for the account of the month."""
    return f"{account.scope} {account.name!r}" if account.scope != "month" else "everybody together"


def said(measure: Measure, value: int) -> str:
    """Return `12,000 tokens` or `$1.25`."""
    return (
        f"{value:,} tokens" if measure == "tokens" else f"${value / 1e6:,.{2 if value >= 10_000 or not value else 6}f}"
    )


def _next_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"
