from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import StoreCorrupt
from knowledge.backends.sqlite_budgets import SqliteBudgets
from knowledge.budgets import Amount, Limit, Reservation
from tests.contract.budgets import ANN, BudgetStoreContract, booking, spend_at_random, used_and_reserved


class TestSqliteBudgets(BudgetStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteBudgets]:
        with closing(SqliteBudgets(tmp_path / "store" / "budgets.db", timeout_s=60)) as store:
            yield store

    def test_processes_together_never_pass_a_limit(self, tmp_path: Path) -> None:
        path = tmp_path / "budgets.db"
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(3, mp_context=spawn) as pool:
            worst = list(pool.map(_spend_in_process, [path] * 3, range(3)))
        assert 500 < max(worst) <= 1_000

    def test_what_a_killed_process_reserved_is_there_until_it_expires(
        self, store: SqliteBudgets, tmp_path: Path
    ) -> None:
        store.reserve(booking("r1"), now=0.0, until=9.0)
        with closing(SqliteBudgets(tmp_path / "store" / "budgets.db")) as other:
            assert used_and_reserved(other, ANN) == (0, 100)
            assert other.reserve(booking("r2", Amount(1)), now=9.0, until=18.0) is None


def _spend_in_process(path: Path, seed: int) -> int:
    with closing(SqliteBudgets(path, timeout_s=60)) as store:
        return spend_at_random(store, 1_000, seed, 25)


_STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "release", "wait"]), st.integers(1, 60), st.integers(0, 5)),
    max_size=20,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteBudgets]:
    with closing(SqliteBudgets(tmp_path_factory.mktemp("budgets") / "budgets.db")) as store:
        yield store


_months = itertools.count()


@settings(max_examples=25, deadline=None)
@given(_STEPS)
def test_in_any_order_of_calls_used_and_reserved_stay_within_the_limit(
    shared: SqliteBudgets, steps: list[tuple[str, int, int]]
) -> None:
    """What is settled in time is at most what was reserved; what expired is dropped and never settled here."""
    month, limits = f"month {next(_months)}", {ANN: Limit(tokens=100)}
    now, held = 0.0, dict[str, tuple[Reservation, float]]()
    for number, (step, amount, which) in enumerate(steps):
        name, open_ids = f"{month}: {number}", [one for one, (_, until) in held.items() if until > now]
        if step == "wait":
            now += amount / 10
        elif step == "reserve":
            booked = booking(name, Amount(amount), limits, month)
            if shared.reserve(booked, now=now, until=now + 3) is None:
                held[name] = (booked, now + 3)
        elif open_ids:
            chosen = open_ids[which % len(open_ids)]
            booked, _ = held.pop(chosen)
            if step == "settle":
                shared.settle(booked, Amount(min(amount, booked.amount.tokens)))
            else:
                shared.release(booked)
        for standing in shared.standings(month, now=now):
            assert standing.used.tokens + standing.reserved.tokens <= 100
            assert standing.reserved.tokens == sum(
                booked.amount.tokens for booked, until in held.values() if until > now
            )


def test_a_damaged_file_is_named_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "budgets.db"
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreCorrupt, match="damaged"):
        SqliteBudgets(path)
    assert path.exists()
