"""The schedule of a CronJob has the five fields of cron, or is a word such as `@daily`.

The fields are minute 0–59, hour 0–23, day 1–31, month 1–12 or jan–dec, and weekday 0–6 or sun–sat; they accept `*`,
`?`, ranges, steps and lists. The time zone belongs in `timeZone`.

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

from penstock.cron import FIELDS, WORDS, values
from penstock.model import Pointer, Resource, Severity
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds
from penstock.words import quoted

CODE = "PS426"
NAME = "cron-schedule"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("batch", "CronJob")})


def check(resource: Resource) -> Iterator[Problem]:
    schedule = get(resource.body, ("spec", "schedule"))
    if not isinstance(schedule, str):
        return
    at = ("spec", "schedule")
    if "TZ" in schedule:
        yield Problem(at, "a schedule names no time zone", "write it under timeZone")
    elif not schedule.startswith("@"):
        yield from _fields(schedule, at)
    elif schedule not in WORDS and not schedule.startswith("@every "):
        yield Problem(at, f"{quoted(schedule)} is not a schedule", f"known words are {', '.join(WORDS)}")


def _fields(schedule: str, at: Pointer) -> Iterator[Problem]:
    texts = schedule.split()
    if len(texts) != len(FIELDS):
        message = f"{quoted(schedule)} has {len(texts)} fields, a schedule has 5"
        yield Problem(at, message, "as in 0 2 * * *, every day at two")
        return
    for text, field in zip(texts, FIELDS, strict=True):
        if values(text, field) is None:
            message = f"{quoted(text)} does not fit the field {field.name}"
            yield Problem(at, message, f"allowed are {field.least} to {field.most}, *, ranges, steps, lists")
