from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from configs.errors import InputError
from knowledge.backends.sqlite_usage import SqliteUsage
from ops.ledger.feedback import SIGNALS, Judgement, checked, give_feedback
from ops.ledger.ledger import Ledger
from ops.ledger.usage import UsageView
from tests.unit.ops.ledger.examples import one_run

RUN = "a" * 32


@pytest.fixture
def view(ledger: Ledger, tmp_path: Path) -> Iterator[UsageView]:
    ledger.append(one_run(RUN))
    with closing(SqliteUsage(tmp_path / "usage.db")) as sums:
        yield UsageView(ledger, sums)


def test_a_judgement_is_kept_with_release_rank_and_propensity(ledger: Ledger, view: UsageView) -> None:
    one = Judgement(RUN[:12], "opened", rank=2, claim=1, place="shop/models.py:4")
    give_feedback(ledger, view, one, user="bob", door="rest")
    (row,) = ledger.opened(ledger.entries(["feedback"]))
    assert row.user == "bob"
    assert row.fields == {
        "run": RUN, "door": "rest", "signal": "opened", "value": None, "claim": 1, "rank": 2, "propensity": 1.0,
        "release": "rel1", "place": "shop/models.py:4",
    }  # fmt: skip


def test_of_somebody_else_s_answer_nothing_is_kept_where_everybody_has_their_own(
    ledger: Ledger, view: UsageView
) -> None:
    for run, user in ((RUN, "bob"), (RUN, "nobody"), (RUN[:12], "ann"), ("b" * 32, "ann")):
        with pytest.raises(InputError, match=f"no run '{run}'"):
            give_feedback(ledger, view, Judgement(run, "thumb", value=1), user=user, door="rest", own=True)
    assert give_feedback(ledger, view, Judgement(RUN, "thumb", value=1), user="ann", door="rest", own=True).number == 1


def test_a_correction_is_sealed(ledger: Ledger, view: UsageView) -> None:
    entry = give_feedback(ledger, view, Judgement(RUN, "correction", correction="It is retry."), user="bob", door="cli")
    assert b"retry" not in entry.body
    (row,) = ledger.opened([entry])
    assert row.words == {"correction": "It is retry."}
    assert row.fields["propensity"] is None


@pytest.mark.parametrize("run", ["b" * 32, "aaaa", ""])
def test_a_run_that_the_ledger_does_not_know_is_refused(run: str, ledger: Ledger, view: UsageView) -> None:
    with pytest.raises(InputError, match="no run"):
        give_feedback(ledger, view, Judgement(run, "thumb", value=1), user="bob", door="cli")


@pytest.mark.parametrize(
    "said",
    [
        {"signal": "thumb"}, {"signal": "thumb", "value": 0}, {"signal": "thumb", "value": 2},
        {"signal": "rating", "value": 6}, {"signal": "rating", "value": 2.5}, {"signal": "rating"},
        {"signal": "dwell", "value": -1}, {"signal": "correction"}, {"signal": "correction", "correction": "  "},
        {"signal": "correction", "correction": "x" * 10_001}, {"signal": "shrug"},
        {"signal": "copied", "propensity": 0}, {"signal": "copied", "propensity": 1.1}, {"signal": "copied", "rank": -1},
        {"signal": "copied", "claim": -1}, {"signal": "thumb", "value": float("nan")},
    ],
    ids=str,
)  # fmt: skip
def test_what_says_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        checked(Judgement(RUN, **said))


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_is_taken(signal: Any, ledger: Ledger, view: UsageView) -> None:
    value = {"thumb": -1.0, "rating": 4.0, "dwell": 12.5}.get(signal)
    words = "so" if signal == "correction" else ""
    give_feedback(ledger, view, Judgement(RUN, signal, value=value, correction=words), user="bob", door="cli")
    total = view.report("day").total.tally
    assert total.up + total.down + total.ratings + total.corrections + total.signals == 1
