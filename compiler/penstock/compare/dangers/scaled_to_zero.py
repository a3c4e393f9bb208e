"""A workload stops running: `replicas: 0`, or a suspended CronJob."""

from collections.abc import Iterator

from penstock.changes import Change, Danger

NAME = "scaled to zero"


def check(change: Change) -> Iterator[Danger]:
    for field in change.fields:
        if field.at == ("spec", "replicas") and field.after == 0 and field.after is not False:
            yield Danger(NAME, "danger", "no pod runs any more: spec.replicas is 0")
        elif field.at == ("spec", "suspend") and field.after is True:
            yield Danger(NAME, "caution", f"this {change.id.kind} is suspended")
