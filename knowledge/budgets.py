"""What may be spent and what was: amounts, the accounts they are booked on, and the port of the store that books them.

An amount is reserved before a call, at the most that it may cost, and settled afterwards at what it did cost. A reservation that
nobody settles (a process that died) expires. Money is counted in millionths of a dollar, so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol, TypeAlias, get_args

from configs.errors import StoreError

ScopeOfBudget: TypeAlias = Literal["user", "team", "project", "month"]
SCOPES: tuple[ScopeOfBudget, ...] = ("user", "team", "project", "month")
"""`month` is everything that is spent in a month, whoever spends it."""
Measure: TypeAlias = Literal["tokens", "usd"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, slots=True)
class Amount:
    tokens: int = 0
    micro_usd: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.micro_usd + other.micro_usd)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.tokens - other.tokens, self.micro_usd - other.micro_usd)

    def of(self, measure: Measure) -> int:
        return self.tokens if measure == "tokens" else self.micro_usd


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """One user, team or project; name is empty for the account of the whole month."""

    scope: ScopeOfBudget
    name: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that an account may spend in a month; None for no limit."""

    tokens: int | None = None
    micro_usd: int | None = None

    def of(self, measure: Measure) -> int | None:
        return self.tokens if measure == "tokens" else self.micro_usd

    def exceeded_by(self, amount: Amount) -> Measure | None:
        """Return the measure in which the amount is more than allowed."""
        if self.tokens is not None and amount.tokens > self.tokens:
            return "tokens"
        if self.micro_usd is not None and amount.micro_usd > self.micro_usd:
            return "usd"
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has used in a month, what is reserved on it, and how many calls were settled."""

    account: Account
    used: Amount
    reserved: Amount
    calls: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an amount could not be reserved: the account, the measure, and how the account stands."""

    standing: Standing
    measure: Measure


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount to be booked on all of these accounts, each within its limit, in one month: that in which it is settled too."""

    id: str
    month: str
    accounts: Mapping[Account, Limit]
    amount: Amount


class BudgetStore(Protocol):
    """Safe between threads and processes: used and reserved together never pass a limit that all callers name."""

    def reserve(self, reservation: Reservation, *, now: float, until: float) -> Refusal | None:
        """Book the amount as reserved on all the accounts, or on none of them and say why.

        until: when the reservation expires by itself, in seconds since 1970, as `now`.
        """
        ...

    def settle(self, reservation: Reservation, used: Amount) -> list[Standing]:
        """Put what was used in the place of a reservation, expired ones included, and return how the accounts stand now."""
        ...

    def release(self, reservation: Reservation) -> None:
        """Drop a reservation of which nothing was used."""
        ...

    def standings(self, month: str, *, now: float) -> list[Standing]:
        """Return how every account of a month stands, by scope in the order of `SCOPES`, then name."""
        ...

    def months(self) -> list[str]:
        """Return the months that have accounts, the newest first."""
        ...

    def close(self) -> None: ...


class UnreadableStore:
    """A BudgetStore in the place of one that could not be opened: every use raises what kept it from that."""

    def __init__(self, error: StoreError) -> None:
        self._error = error

    def _raise(self, *_: object, **__: object) -> NoReturn:
        raise self._error

    reserve = settle = release = standings = months = _raise

    def close(self) -> None: ...
