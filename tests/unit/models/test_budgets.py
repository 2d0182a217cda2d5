from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.errors import BudgetExceeded, StoreBusy
from configs.settings import load_settings
from knowledge.backends.sqlite_budgets import SqliteBudgets
from knowledge.budgets import Account, Amount, Limit, Reservation, UnreadableStore
from models.budgets import Budgets, Payer, month_of, said
from models.terms import Price, Terms, terms_of
from tests.clock import Clock

NOVEMBER = datetime(2026, 11, 30, 23, 59, tzinfo=UTC).timestamp()
ANN = Payer("ann", "search", "shop")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteBudgets]:
    with closing(SqliteBudgets(tmp_path / "budgets.db")) as store:
        yield store


def spend(budgets: Budgets, tokens: int, payer: Payer = ANN, model: str = "local") -> list[str]:
    made = budgets.reserve(payer, [model], tokens, 0)
    return [alert.message for alert in budgets.settle(made, budgets.terms.cost(model, tokens, 0))]


def test_the_price_is_that_of_the_longest_name_that_fits() -> None:
    terms = Terms(prices={"gpt": Price(10, 30), "gpt-mini": Price(0.25, 2), "org/x": Price(1, 1)})
    assert terms.cost("gpt-mini-2026", 1_000_000, 500_000) == Amount(1_500_000, 1_250_000)
    assert terms.cost("openai/gpt-4", 1, 0).micro_usd == 10
    assert terms.cost("org/x", 1, 1).micro_usd == 2
    assert terms.cost("qwen3", 5_000, 100) == Amount(5_100, 0), "what no price fits is free, its tokens count"
    assert Price(0.1, 0).of(1, 0) == 1, "money is rounded up"


def test_every_account_of_the_payer_is_booked(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(prices={"api": Price(2, 0)}), Clock(NOVEMBER))
    spend(budgets, 100, model="api")
    _, rows = budgets.standings(ANN)
    booked = [(standing.account, standing.used) for standing, _ in rows]
    accounts = [Account("user", "ann"), Account("team", "search"), Account("project", "shop"), Account("month")]
    assert booked == [(account, Amount(100, 200)) for account in accounts]
    assert Payer("ann").accounts() == [Account("user", "ann"), Account("month")]


def test_a_refusal_says_what_is_left_and_what_to_do(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(limits={"team": Limit(tokens=1_000)}), Clock(NOVEMBER))
    spend(budgets, 900)
    with pytest.raises(BudgetExceeded) as refused:
        budgets.reserve(Payer("bob", "search"), ["local"], 200, 50)
    assert refused.value.message == (
        "The budget of team 'search' for 2026-11 does not allow this: 100 tokens of 1,000 tokens are left, "
        "the call may take 250 tokens."
    )
    assert "renewed on 2026-12-01; raise budget.limits.team.tokens" in refused.value.next_step
    spend(budgets, 500, Payer("bob", "other"))


def test_a_new_month_begins_anew_and_december_is_followed_by_january(store: SqliteBudgets) -> None:
    clock = Clock(NOVEMBER)
    budgets = Budgets(store, Terms(limits={"user": Limit(micro_usd=100)}, prices={"api": Price(1, 1)}), clock)
    spend(budgets, 100, model="api")
    clock.now += 120
    assert month_of(clock.now) == "2026-12"
    spend(budgets, 100, model="api")
    with pytest.raises(BudgetExceeded, match=r"\$0 of \$0.000100|\$0.00 of \$0.000100") as refused:
        spend(budgets, 1, model="api")
    assert "2027-01-01" in refused.value.next_step


def test_a_call_that_crosses_midnight_is_booked_where_it_was_reserved(store: SqliteBudgets) -> None:
    clock = Clock(NOVEMBER)
    budgets = Budgets(store, Terms(), clock)
    made = budgets.reserve(ANN, ["local"], 10, 0)
    clock.now += 120
    budgets.settle(made, Amount(10))
    assert budgets.months() == ["2026-11"]


def test_one_question_has_a_limit_of_its_own(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(request=Limit(tokens=100)), Clock(NOVEMBER))
    budgets.reserve(ANN, ["local"], 50, 40, Amount(10))
    with pytest.raises(BudgetExceeded, match="would use 101 tokens") as refused:
        budgets.reserve(ANN, ["local"], 50, 40, Amount(11))
    assert "budget.limits.request.tokens" in refused.value.next_step


def test_each_threshold_is_told_once_the_highest_when_several_are_passed(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(limits={"user": Limit(tokens=1_000)}), Clock(NOVEMBER))
    assert spend(budgets, 499) == []
    assert spend(budgets, 1) == ["50% of the month's budget of user 'ann' is used: 500 tokens of 1,000 tokens"]
    assert spend(budgets, 1) == []
    assert [text[:4] for text in spend(budgets, 499)] == ["100%"]


def test_a_strained_budget_is_one_past_its_share(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(limits={"user": Limit(tokens=1_000)}, economy_share=0.8), Clock(NOVEMBER))
    spend(budgets, 799)
    assert not budgets.is_strained(ANN)
    spend(budgets, 1)
    assert budgets.is_strained(ANN)
    assert not budgets.is_strained(Payer("bob"))
    assert not Budgets(store, Terms(), Clock(NOVEMBER)).is_strained(ANN)


def test_the_dearest_of_several_models_is_reserved(store: SqliteBudgets) -> None:
    budgets = Budgets(store, Terms(prices={"api": Price(1, 1)}), Clock(NOVEMBER))
    assert budgets.reserve(ANN, ["local", "api"], 10, 5).amount == Amount(15, 15)


def test_a_store_that_cannot_be_read_raises_at_every_use() -> None:
    budgets = Budgets(UnreadableStore(StoreBusy("locked")), Terms(limits={"user": Limit(tokens=1)}))
    reservation = Reservation("r", "2026-11", {}, Amount())
    for use in (
        lambda: budgets.reserve(ANN, ["local"], 1, 0),
        lambda: budgets.settle(reservation, Amount()),
        lambda: budgets.release(reservation),
        lambda: budgets.is_strained(ANN),
        budgets.months,
    ):
        with pytest.raises(StoreBusy, match="locked"):
            use()
    budgets.close()


def test_terms_come_from_the_settings(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "home": tmp_path,
            "budget": {
                "limits": {"user": {"usd": 2.5}, "month": {"tokens": 10}, "request": {"tokens": 5}},
                "prices": {"gpt": {"input_usd": 2, "output_usd": 8}},
                "alert_shares": [0.9, 0.5, 0.9],
            },
        },
        folder=tmp_path,
    )
    terms = terms_of(settings.budget)
    assert terms.limits["user"] == Limit(None, 2_500_000)
    assert (terms.limits["month"], terms.request, terms.limits["team"]) == (Limit(10), Limit(5), Limit())
    assert terms.prices == {"gpt": Price(2, 8)}
    assert terms.alert_shares == (0.5, 0.9)


def test_amounts_are_said_as_people_write_them() -> None:
    assert [said("tokens", 12_000), said("usd", 1_250_000), said("usd", 120), said("usd", 0)] == [
        "12,000 tokens",
        "$1.25",
        "$0.000120",
        "$0.00",
    ]
