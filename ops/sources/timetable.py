"""When a schedule runs next: cron expressions of five fields in UTC, `every 15m`, and `@hourly`, `@daily`, `@weekly`, `@monthly`.

As in cron, a day matches either of its two fields where both are given. UTC has no hour that comes twice or never.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from configs.errors import InputError

_EVERY = re.compile(r"every\s+(\d{1,4})\s*(m|h|d)")
_SPANS: Final = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_S = 366 * 86_400
_NAMED: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
_DAYS: Final = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_FIELDS: Final[tuple[tuple[str, int, int, Mapping[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_FURTHEST = timedelta(days=366 * 8 + 2)
"""From one 29 February to the next there are eight years at most."""
_STEP = "say it as '30 3 * * *' (UTC), 'every 15m' or '@daily'"


@dataclass(frozen=True, slots=True)
class Timetable:
    """every_s: a fixed pause, 0 for a cron expression, whose fields hold what they match."""

    text: str
    every_s: int = 0
    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    either_day: bool = False

    def after(self, at: float) -> float:
        """Return the first time after `at`, both in seconds since 1970."""
        if self.every_s:
            return at + self.every_s
        moment = datetime.fromtimestamp(at, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = moment + _FURTHEST
        while moment < end:
            if moment.month not in self.months:
                moment = (moment.replace(day=1, hour=0, minute=0) + timedelta(days=32)).replace(day=1)
            elif not self._is_day(moment):
                moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
            elif moment.hour not in self.hours:
                moment = moment.replace(minute=0) + timedelta(hours=1)
            elif moment.minute not in self.minutes:
                moment += timedelta(minutes=1)
            else:
                return moment.timestamp()
        raise _unusable(self.text, "there is no such day")

    def period_s(self, at: float) -> float:
        """Return the time between the next two runs."""
        first = self.after(at)
        return self.after(first) - first

    def _is_day(self, moment: datetime) -> bool:
        of_month, of_week = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week


def parse_timetable(text: str) -> Timetable:
    """Return what an expression says. Raises InputError, naming the part that cannot be used."""
    shown = " ".join(text.lower().split())
    if len(text) > 200 or not text.isprintable():
        raise _unusable(text[:40], "it is too long, or not plain text")
    if (found := _EVERY.fullmatch(shown)) is not None:
        every_s = int(found.group(1)) * _SPANS[found.group(2)]
        if not 60 <= every_s <= LONGEST_S:
            raise _unusable(text, "the pause must be between a minute and a year")
        return Timetable(f"every {found.group(1)}{found.group(2)}", every_s)
    fields = _NAMED.get(shown, shown).split(" ")
    if len(fields) != len(_FIELDS):
        raise _unusable(text, "a cron expression has five fields")
    minutes, hours, days, months, weekdays = (
        _matched(text, field, *about) for field, about in zip(fields, _FIELDS, strict=True)
    )
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    weekdays = frozenset(day % 7 for day in weekdays)
    made = Timetable(shown, 0, minutes, hours, days, months, weekdays, either)
    made.after(0.0)  # a 30 February is told at once
    return made


def _matched(text: str, field: str, name: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step)):
            raise _unusable(text, f"the {name} {part!r}")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _number(text, first, name, names)
            end = _number(text, last, name, names) if dash else (high if slash else start)
        if not low <= start <= end <= high:
            raise _unusable(text, f"the {name} {part!r}")
        found.update(range(start, end + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(text: str, word: str, name: str, names: Mapping[str, int]) -> int:
    if word in names:
        return names[word]
    if not (word.isascii() and word.isdigit() and len(word) <= 2):
        raise _unusable(text, f"the {name} {word!r}")
    return int(word)


def _unusable(text: str, why: str) -> InputError:
    return InputError(f"{text!r} is no schedule: {why}", next_step=_STEP)
