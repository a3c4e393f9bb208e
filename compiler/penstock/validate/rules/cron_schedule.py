"""The schedule of a CronJob is five fields of cron, or one of the words such as `@daily`.

Minute 0–59, hour 0–23, day 1–31, month 1–12 or jan–dec, weekday 0–6 or sun–sat; `*`, `?`, ranges, steps and lists.
The time zone belongs into `timeZone`.

Bad:
```yaml
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec:
  schedule: "0 25 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: backup, image: "shop:1.4"}]
```
Good:
```yaml
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec:
  schedule: "0 2 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: backup, image: "shop:1.4"}]
```
Why: the API server refuses the object.
Source: pkg/apis/batch/validation, validateScheduleFormat; robfig/cron v3, ParseStandard.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import is_a
from penstock.words import quoted

CODE = "PS426"
NAME = "cron-schedule"
SEVERITY: Severity = "error"

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 6, WEEKDAYS),
)
"""Name, least, most, and the words for the values from the least on."""

WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def check(resource: Resource) -> Iterator[Problem]:
    schedule = get(resource.body, ("spec", "schedule"))
    if not is_a(resource, "batch", "CronJob") or not isinstance(schedule, str):
        return
    at = ("spec", "schedule")
    if "TZ" in schedule:
        yield Problem(at, "a schedule names no time zone", "write it under timeZone")
    elif schedule.startswith("@"):
        if schedule not in WORDS and not schedule.startswith("@every "):
            yield Problem(at, f"{quoted(schedule)} is not a schedule", f"known words are {', '.join(WORDS)}")
    elif len(fields := schedule.split()) != len(FIELDS):
        yield Problem(
            at, f"{quoted(schedule)} has {len(fields)} fields, a schedule has 5", "as in 0 2 * * *, every day at two"
        )
    else:
        for text, (name, least, most, words) in zip(fields, FIELDS, strict=True):
            if not all(_is_range(part, least, most, words) for part in text.split(",") if part):
                yield Problem(
                    at,
                    f"{quoted(text)} does not fit the field {name}",
                    f"allowed are {least} to {most}, *, ranges, steps, lists",
                )


def _is_range(text: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    """`*`, `*/15`, `2`, `2-5`, `2-10/2`, `mon-fri`."""
    span, slash, step = text.partition("/")
    if slash and not (_is_number(step) and int(step) > 0):
        return False
    low, dash, high = span.partition("-")
    if low in ("*", "?"):
        return True
    first = _value(low, least, words)
    last = _value(high, least, words) if dash else first
    return first is not None and last is not None and least <= first <= last <= most


def _value(text: str, least: int, words: tuple[str, ...]) -> int | None:
    if text.lower() in words:
        return least + words.index(text.lower())
    return int(text) if _is_number(text) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
