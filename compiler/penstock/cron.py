"""Schedules in the five fields of cron, as Kubernetes and Argo CD read them.

Minute 0-59, hour 0-23, day 1-31, month 1-12 or jan-dec, weekday 0-6 or sun-sat; `*`, `?`, ranges, steps and lists; or
a word such as `@daily`. Where both a day of the month and a weekday are given, either is enough.

Source: robfig/cron v3, ParseStandard.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from penstock.records import NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Field(NamedTuple):
    """One field of a schedule; `words` stand for its values from the least on."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 6, WEEKDAYS),
)

WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

MAX_DAYS = 5 * 366
"""Days ahead in which a next time is looked for: 29 February may be that far away."""


class Values(NamedTuple):
    """The values that a field takes. `is_open` says that the field is a star, so that it restricts nothing."""

    numbers: frozenset[int]
    is_open: bool


class Schedule(NamedTuple):
    """The five fields of a schedule, in their order."""

    minutes: Values
    hours: Values
    days: Values
    months: Values
    weekdays: Values

    def starts(self, after: datetime) -> Iterator[datetime]:
        """The times later than `after`, in its time zone, by the clock on the wall; none that lies five years ahead.

        A time that the clock shows twice, as it is put back, counts twice. A time that it leaves out, as it is put
        forward, counts as many minutes after the change as it lies after the time at which the clock was changed.
        """
        for ahead in range(MAX_DAYS):
            day = after.date() + timedelta(days=ahead)
            if self._is_day(day.day, day.month, (day.weekday() + 1) % 7):
                # Times of one zone compare by what the clock shows, those of two by when they are.
                later = (moment for moment in self._moments(day, after.tzinfo) if moment > after.astimezone(UTC))
                yield from (moment.astimezone(after.tzinfo) for moment in later)

    def _moments(self, day: date, zone: tzinfo | None) -> list[datetime]:
        """The times of a day in UTC, in their order."""
        shown = [
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            for hour in self.hours.numbers
            for minute in self.minutes.numbers
        ]
        first = {each.astimezone(UTC) for each in shown}
        again = {each.replace(fold=1).astimezone(UTC) for each in shown if _is_shown_twice(each)}
        return sorted(first | again)

    def _is_day(self, day: int, month: int, weekday: int) -> bool:
        of_month, of_week = day in self.days.numbers, weekday in self.weekdays.numbers
        both = self.days.is_open or self.weekdays.is_open
        return month in self.months.numbers and (of_month and of_week if both else of_month or of_week)


def _is_shown_twice(time: datetime) -> bool:
    # Where the clock is put forward, the second reading of a time is the earlier one.
    return time.replace(fold=1).astimezone(UTC) > time.astimezone(UTC)


def parse(text: str) -> Schedule | None:
    """The schedule that a text says; None where it says none."""
    fields = WORDS.get(text, text).split()
    if len(fields) != len(FIELDS):
        return None
    found = [values(part, field) for part, field in zip(fields, FIELDS, strict=True)]
    known = [each for each in found if each is not None]
    return Schedule(*known) if len(known) == len(FIELDS) else None


def values(text: str, field: Field) -> Values | None:
    """What a text such as `1,5-7,*/20` means in a field; None where it does not fit."""
    ranges = [_range(part, field) for part in text.split(",") if part]
    if not all(ranges):
        return None
    numbers = frozenset(number for each in ranges if each for number in each.numbers)
    return Values(numbers, any(each.is_open for each in ranges if each))


def _range(text: str, field: Field) -> Values | None:
    """`*`, `*/15`, `2`, `2/5`, `2-5`, `2-10/2`, `mon-fri`."""
    span, slash, steps = text.partition("/")
    step = _number(steps) if slash else 1
    if not step:
        return None
    low, dash, high = span.partition("-")
    if low in ("*", "?"):
        return Values(frozenset(range(field.least, field.most + 1, step)), step == 1)
    first = _value(low, field)
    last = _value(high, field) if dash else field.most if slash else first
    if first is None or last is None or not field.least <= first <= last <= field.most:
        return None
    return Values(frozenset(range(first, last + 1, step)), False)


def _value(text: str, field: Field) -> int | None:
    if text.lower() in field.words:
        return field.least + field.words.index(text.lower())
    return _number(text)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
