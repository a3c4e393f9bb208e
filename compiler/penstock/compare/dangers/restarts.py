"""Pods are replaced, since their template changes."""

from collections.abc import Iterator

from penstock.changes import Change, Danger
from penstock.kubernetes import POD_TEMPLATES

NAME = "restarts"

KEEPING = (("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout"))


def check(change: Change) -> Iterator[Danger]:
    key = change.id.group, change.id.kind
    at = POD_TEMPLATES.get(key)
    if key in KEEPING and at is not None and any(field.at[: len(at)] == at for field in change.fields):
        yield Danger(NAME, "note", "its pods are restarted")
