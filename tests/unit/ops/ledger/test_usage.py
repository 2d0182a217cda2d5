from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from knowledge.backends.sqlite_usage import SqliteUsage
from knowledge.usage import Tally, bucket_of, percentile
from ops.ledger.events import Event
from ops.ledger.feedback import LedgerUsage
from ops.ledger.ledger import Ledger
from ops.ledger.privacy import erase
from ops.ledger.usage import ERASED, UsageReport, UsageView, checked_days
from tests.clock import Clock
from tests.unit.ops.ledger.examples import answered, asked, called, finding, one_run, thumb, unanswered


@pytest.fixture
def sums(tmp_path: Path) -> Iterator[SqliteUsage]:
    with closing(SqliteUsage(tmp_path / "usage.db")) as sums:
        yield sums


@pytest.fixture
def view(ledger: Ledger, sums: SqliteUsage) -> UsageView:
    return UsageView(ledger, sums)


def rows(report: UsageReport) -> dict[str, Tally]:
    return {row.key: row.tally for row in report.rows}


def test_what_was_asked_answered_and_spent_by_every_dimension(ledger: Ledger, view: UsageView) -> None:
    ledger.append(one_run("r1", "ann"))
    ledger.append([asked("r2", "bob", project="api"), unanswered("r2", "bob")])
    by_user = rows(view.report("user"))
    assert {name: (one.asked, one.answered, one.unanswered) for name, one in by_user.items()} == {
        "ann": (1, 1, 0), "bob": (1, 0, 1),
    }  # fmt: skip
    ann = by_user["ann"]
    assert (ann.calls, ann.input_tokens, ann.output_tokens, ann.micro_usd, ann.findings) == (1, 100, 20, 30, 1)
    assert ann.levels == {"model": 1}
    assert set(rows(view.report("team"))) == {"core"}
    assert set(rows(view.report("project"))) == {"web", "api"}
    assert rows(view.report("model"))["small"].micro_usd == 30
    assert rows(view.report("release"))["rel1"].asked == 2
    assert rows(view.report("door"))["cli"].asked == 2
    assert view.report("day").total.tally.asked == 2


def test_days_bound_a_report_and_come_in_their_order(ledger: Ledger, view: UsageView, clock: Clock) -> None:
    for number in range(3):
        ledger.append(one_run(f"r{number}"))
        clock.now += 86_400
    whole = view.report("day")
    days = [row.key for row in whole.rows]
    assert days == sorted(days) and len(days) == 3
    assert [row.key for row in view.report("day", since=days[1]).rows] == days[1:]
    assert [row.key for row in view.report("day", until=days[1]).rows] == days[:2]
    assert [row.key for row in view.report("day", since=days[1], until=days[1]).rows] == [days[1]]


def test_one_person_or_one_project_may_be_asked_for(ledger: Ledger, view: UsageView) -> None:
    ledger.append([*one_run("r1", "ann"), *one_run("r2", "bob"), asked("r3", "ann", project="api")])
    assert view.report("day", user="ann").total.tally.asked == 2
    assert view.report("day", user="eve").rows == ()
    assert view.report("user", where={"project": "api"}).total.tally.asked == 1


def test_judgements_belong_to_the_run_and_the_day_they_were_given(
    ledger: Ledger, view: UsageView, clock: Clock
) -> None:
    ledger.append(one_run("r1", "ann"))
    clock.now += 86_400
    ledger.append([thumb("r1", "bob"), thumb("r1", "ann", -1.0), thumb("r1", "eve")])
    report = view.report("model")
    assert (rows(report)["small"].up, rows(report)["small"].down) == (2, 1)
    said = report.total.to_json()["satisfaction"]
    assert said["share"] == pytest.approx(2 / 3)
    assert [row.tally.up for row in view.report("day").rows] == [0, 2]


def test_an_erased_person_is_one_of_many(ledger: Ledger, view: UsageView) -> None:
    ledger.append(one_run("r1", "ann"))
    view.refresh()
    erase(ledger, "ann")
    assert set(rows(view.report("user"))) == {ERASED}


def test_percentiles_are_off_by_two_in_a_hundred_at_most() -> None:
    chance = Random(7)
    times = sorted(chance.lognormvariate(4, 1.5) for _ in range(5_000))
    buckets: dict[int, int] = {}
    for ms in times:
        buckets[bucket_of(ms)] = buckets.get(bucket_of(ms), 0) + 1
    for share in (0.5, 0.95, 0.99):
        found = percentile(buckets, share)
        assert found == pytest.approx(times[round(share * len(times)) - 1], rel=0.021)
    assert percentile({}, 0.5) is None


def random_events(chance: Random, count: int) -> list[Event]:
    made: list[Event] = []
    for number in range(count):
        run, user = f"{chance.randrange(16**8):08x}", chance.choice(["ann", "bob", "eve"])
        project, model = chance.choice(["web", "api", ""]), chance.choice(["small", "large", ""])
        tokens = chance.randrange(1_000)
        made.append(asked(run, user, project=project))
        if chance.random() < 0.5:
            made.append(called(run, user, model=model, input_tokens=tokens, micro_usd=tokens * 2))
        if chance.random() < 0.2:
            made.append(unanswered(run, user, "internal"))
            continue
        made.append(
            answered(run, user, model=model, project=project, latency_ms=chance.uniform(1, 900), input_tokens=tokens)
        )
        if number % 3 == 0:
            made += [finding(run, user), thumb(run, user, chance.choice([1.0, -1.0]))]
    return made


def test_sums_equal_the_events_and_a_view_made_anew_equals_the_one_that_grew(
    ledger: Ledger, view: UsageView, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.ledger.usage.PAGE", 37)
    chance, events = Random(11), []
    for _ in range(6):
        batch = random_events(chance, 40)
        ledger.append(batch)
        events += batch
        clock.now += 50_000
        assert view.refresh() == len(batch)
    assert view.refresh() == 0
    total = view.report("user").total.tally
    assert total.asked == sum(event.kind == "asked" for event in events)
    assert total.answered == sum(event.kind == "answered" for event in events) == sum(total.latencies.values())
    assert total.micro_usd == sum(getattr(event, "micro_usd", 0) for event in events if event.kind == "model")
    assert total.up + total.down == sum(event.kind == "feedback" for event in events)
    grown = {by: rows(view.report(by)) for by in ("user", "project", "model", "day")}
    assert view.rebuild() == len(events)
    assert {by: rows(view.report(by)) for by in grown} == grown  # type: ignore[arg-type]
    with closing(SqliteUsage(tmp_path / "other.db")) as other:
        assert {by: rows(UsageView(ledger, other).report(by)) for by in grown} == grown  # type: ignore[arg-type]


def test_two_that_fold_at_once_count_nothing_twice(ledger: Ledger, sums: SqliteUsage, tmp_path: Path) -> None:
    ledger.append(one_run())
    with closing(SqliteUsage(tmp_path / "usage.db")) as other:
        before = sums.cursors()
        assert UsageView(ledger, other).refresh() == 5
        assert not sums.add(before, {"answers": 5}, {}, [])
        assert UsageView(ledger, sums).refresh() == 0


def test_a_run_is_found_by_the_beginning_of_its_id(ledger: Ledger, view: UsageView) -> None:
    ledger.append([*one_run("abc1"), asked("abd2")])
    found = view.run("abc")
    assert found is not None
    assert (found.id, found.ended, found.cell.model) == ("abc1", "answered", "small")
    assert view.run("ab") is None
    assert view.run("") is None
    assert view.run("zz") is None


def test_days_are_checked() -> None:
    assert checked_days(None, "2026-11-30") == ("", "2026-11-30")
    with pytest.raises(ValueError, match="does not match"):
        checked_days("yesterday", None)


def test_the_ledger_with_its_view_closes_both(ledger: Ledger, tmp_path: Path) -> None:
    both = LedgerUsage(ledger, SqliteUsage(tmp_path / "u.db"))
    both.close()
