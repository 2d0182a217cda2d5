"""When a schedule runs next, against a minute-by-minute reading of the same expression."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import InputError
from ops.sources.timetable import parse_timetable


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("expression", "before", "after"),
    [
        ("30 3 * * *", "2026-11-30 03:29:59", "2026-11-30 03:30"),
        ("30 3 * * *", "2026-11-30 03:30:00", "2026-12-01 03:30"),
        ("*/20 * * * *", "2026-11-30 23:41", "2026-12-01 00:00"),
        ("5/20 * * * *", "2026-11-30 23:06", "2026-11-30 23:25"),
        ("0 9-17/4 * * mon-fri", "2026-11-28 10:00", "2026-11-30 09:00"),
        ("0 0 29 2 *", "2026-11-30 00:00", "2028-02-29 00:00"),
        ("0 0 13 * 5", "2026-11-10 00:00", "2026-11-13 00:00"),
        ("0 0 13 * 5", "2026-11-13 00:00", "2026-11-20 00:00"),
        ("0 0 * * 7", "2026-11-30 00:00", "2026-12-06 00:00"),
        ("0 12 1 jan,JUL *", "2026-11-30 00:00", "2027-01-01 12:00"),
        ("@weekly", "2026-11-30 00:00", "2026-12-06 00:00"),
        ("@monthly", "2026-11-30 00:00", "2026-12-01 00:00"),
        ("every 15m", "2026-11-30 00:00:30", "2026-11-30 00:15:30"),
        ("  Every   2 h ", "2026-11-30 00:00", "2026-11-30 02:00"),
    ],
)
def test_the_next_run(expression: str, before: str, after: str) -> None:
    assert parse_timetable(expression).after(at(before)) == at(after)


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "5-2 * * * *", "a * * * *", "1,,2 * * * *",
     "0 0 30 2 *", "0 0 31 4,6 *", "every 0m", "every 30s", "every 9999d", "every", "@reboot", "-1 * * * *", "1- * * * *", "* * * * mon-", "٣ * * * *", "*/٣ * * * *", "x" * 300],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_an_example(expression: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_timetable(expression)
    assert "every 15m" in raised.value.next_step


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.just("*") | span, st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.just("*") | st.lists(number.map(str) | span | step, min_size=1, max_size=3).map(",".join)


def numbers(text: str, low: int, high: int) -> set[int]:
    """Read a field in the plainest way: of every number, whether one of the parts names it."""
    found = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = (low, high) if span == "*" else map(int, (span.split("-") * 2)[:2])
        found |= {
            number
            for number in range(low, high + 1)
            if first <= number <= last and (number - first) % int(step or 1) == 0
        }
    return found


@settings(max_examples=60, deadline=None)
@given(field(0, 59), field(0, 23), field(1, 31), field(0, 6), st.integers(0, 2_000_000_000))
def test_the_next_run_is_the_first_minute_that_matches(
    minute: str, hour: str, day: str, weekday: str, now: int
) -> None:
    table = parse_timetable(f"{minute} {hour} {day} * {weekday}")
    minutes, hours, days, weekdays = (
        numbers(minute, 0, 59),
        numbers(hour, 0, 23),
        numbers(day, 1, 31),
        numbers(weekday, 0, 6),
    )

    def matches(time: int) -> bool:
        moment = datetime.fromtimestamp(time, UTC)
        found = moment.day in days, moment.isoweekday() % 7 in weekdays
        is_day = any(found) if not day.startswith("*") and not weekday.startswith("*") else all(found)
        return is_day and moment.hour in hours and moment.minute in minutes

    following = int(table.after(float(now)))
    assert following > now
    assert following % 60 == 0
    assert matches(following)
    looked = range((now // 60 + 1) * 60, min(following, now + 3 * 86_400), 60)
    assert not any(map(matches, looked))
    assert table.period_s(float(now)) > 0
