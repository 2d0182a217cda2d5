"""What the settings say of budgets: limits, prices, thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from configs.settings import BudgetSettings, LimitSettings
from knowledge.budgets import SCOPES, Amount, Limit, ScopeOfBudget

NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens."""

    input_usd: float = 0.0
    output_usd: float = 0.0

    def of(self, input_tokens: int, output_tokens: int) -> int:
        """Return millionths of a dollar, rounded up."""
        return math.ceil(round(input_tokens * self.input_usd + output_tokens * self.output_usd, 6))


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings say of budgets.

    limits: for each account of a scope, a month. request: for one question. prices: by the beginning of a model's name; the longest
    that fits counts; a model that none fits costs nothing, and one that is known to cost money is refused where dollars are limited. alert_shares: of a limit, ascending, each told when it is passed.
    economy_share: of a limit, from which on only the cheapest model is taken. reservation_s: after it a reservation expires.
    """

    limits: Mapping[ScopeOfBudget, Limit] = field(default_factory=dict)
    request: Limit = NO_LIMIT
    prices: Mapping[str, Price] = field(default_factory=dict)
    alert_shares: Sequence[float] = (0.5, 0.8, 1.0)
    economy_share: float = 0.8
    reservation_s: float = 600.0

    def price(self, model: str) -> Price:
        """Return the price of a model, by its whole name or the part after the last slash."""
        fitting = self._fitting(model)
        return self.prices[max(fitting, key=len)] if fitting else Price()

    def has_price(self, model: str) -> bool:
        return bool(self._fitting(model))

    def _fitting(self, model: str) -> list[str]:
        names = (model, model.rpartition("/")[2])
        return [begin for begin in self.prices if any(name.startswith(begin) for name in names)]

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> Amount:
        return Amount(input_tokens + output_tokens, self.price(model).of(input_tokens, output_tokens))


def terms_of(settings: BudgetSettings) -> Terms:
    """Return the terms that the settings say."""
    scopes = settings.limits
    return Terms(
        limits={scope: _limit(getattr(scopes, scope)) for scope in SCOPES},
        request=_limit(scopes.request),
        prices={name: Price(price.input_usd, price.output_usd) for name, price in settings.prices.items()},
        alert_shares=settings.alert_shares,
        economy_share=settings.economy_share,
        reservation_s=settings.reservation_s,
    )


def _limit(settings: LimitSettings) -> Limit:
    return Limit(settings.tokens, None if settings.usd is None else round(settings.usd * 1e6))
