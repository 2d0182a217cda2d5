"""What every backend of `knowledge.budgets.BudgetStore` must do. A backend's test class gives `store`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from knowledge.budgets import Account, Amount, BudgetStore, Limit, Reservation

MONTH = "2026-11"
ANN, BOB, ALL = Account("user", "ann"), Account("user", "bob"), Account("month")
WHOLE = Amount(100)
WHO = {ANN: Limit(tokens=100), ALL: Limit(tokens=150, micro_usd=1_000)}


def booking(
    name: str, amount: Amount = WHOLE, accounts: Mapping[Account, Limit] = WHO, month: str = MONTH
) -> Reservation:
    return Reservation(name, month, accounts, amount)


def used_and_reserved(store: BudgetStore, account: Account, *, now: float = 0.0) -> tuple[int, int]:
    found = {one.account: one for one in store.standings(MONTH, now=now)}
    return (found[account].used.tokens, found[account].reserved.tokens) if account in found else (0, 0)


def spend_at_random(store: BudgetStore, limit: int, seed: int, rounds: int) -> int:
    """Reserve, settle and release at random; return the most that used and reserved were together."""
    chance, worst = random.Random(seed), 0
    for number in range(rounds):
        name, wanted = f"{seed}-{number}", chance.randrange(1, limit // 3)
        accounts = {Account("user", f"u{seed % 2}"): Limit(), ALL: Limit(tokens=limit)}
        if store.reserve(booked := booking(name, Amount(wanted), accounts), now=0.0, until=9.0) is None:
            worst = max(worst, sum(used_and_reserved(store, ALL)))
            if chance.random() < 0.3:
                store.settle(booked, Amount(chance.randrange(wanted // 4 + 1)))
            elif chance.random() < 0.8:
                store.release(booked)
        worst = max(worst, sum(used_and_reserved(store, ALL)))
    return worst


class BudgetStoreContract:
    def test_what_is_reserved_counts_until_it_is_settled(self, store: BudgetStore) -> None:
        assert store.reserve(booking("r1", Amount(60, 500)), now=0.0, until=9.0) is None
        assert used_and_reserved(store, ANN) == (0, 60)
        (ann, everybody) = store.settle(booking("r1"), Amount(20, 100))
        assert (ann.account, ann.used, ann.reserved, ann.calls) == (ANN, Amount(20, 100), Amount(), 1)
        assert everybody.used == Amount(20, 100)
        assert used_and_reserved(store, ANN) == (20, 0)

    def test_an_amount_over_any_limit_is_refused_and_books_nothing(self, store: BudgetStore) -> None:
        assert store.reserve(booking("r1", Amount(100), {BOB: Limit(), ALL: WHO[ALL]}), now=0.0, until=9.0) is None
        refusal = store.reserve(booking("r2", Amount(60)), now=0.0, until=9.0)
        assert refusal is not None
        assert (refusal.standing.account, refusal.standing.reserved.tokens, refusal.measure) == (ALL, 100, "tokens")
        assert used_and_reserved(store, ANN) == (0, 0)
        money = store.reserve(booking("r3", Amount(1, 1_001)), now=0.0, until=9.0)
        assert money is not None and money.measure == "usd"

    def test_the_whole_of_a_limit_may_be_used(self, store: BudgetStore) -> None:
        assert store.reserve(booking("r1"), now=0.0, until=9.0) is None
        assert store.reserve(booking("r2", Amount(1)), now=0.0, until=9.0) is not None

    def test_a_reservation_that_nobody_settles_expires(self, store: BudgetStore) -> None:
        store.reserve(booking("r1"), now=0.0, until=9.0)
        assert store.reserve(booking("r2"), now=8.9, until=18.0) is not None
        assert used_and_reserved(store, ANN, now=9.0) == (0, 0)
        assert store.reserve(booking("r3"), now=9.0, until=18.0) is None

    def test_what_is_settled_late_is_booked_all_the_same(self, store: BudgetStore) -> None:
        store.reserve(booking("r1"), now=0.0, until=9.0)
        store.reserve(booking("r2"), now=9.0, until=18.0)
        store.settle(booking("r1"), Amount(40))
        assert used_and_reserved(store, ANN, now=9.0) == (40, 100)

    def test_what_is_released_costs_nothing(self, store: BudgetStore) -> None:
        store.reserve(booking("r1"), now=0.0, until=9.0)
        store.release(booking("r1"))
        store.release(booking("unknown"))
        assert used_and_reserved(store, ANN) == (0, 0)

    def test_months_and_accounts_are_told_apart(self, store: BudgetStore) -> None:
        store.settle(booking("r1", Amount(7), {ANN: Limit()}, "2026-10"), Amount(7))
        store.settle(
            booking("r2", Amount(5), {Account("project", "ann"): Limit(), ALL: Limit(), ANN: Limit()}, MONTH), Amount(5)
        )
        assert [one.account.scope for one in store.standings(MONTH, now=0.0)] == ["user", "project", "month"]
        assert [one.used.tokens for one in store.standings("2026-10", now=0.0)] == [7]
        assert store.months() == [MONTH, "2026-10"]

    def test_threads_together_never_pass_a_limit(self, store: BudgetStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            worst = list(pool.map(lambda seed: spend_at_random(store, 1_000, seed, 12), range(8)))
        assert 500 < max(worst) <= 1_000
