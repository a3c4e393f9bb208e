"""Pods are replaced because their template changes."""

from collections.abc import Iterator

from penstock.changes import Change, Danger
from penstock.kubernetes import POD_TEMPLATES
from penstock.tree import get

NAME = "restarts"

KEEPING = (("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout"))


def check(change: Change) -> Iterator[Danger]:
    key = change.id.group, change.id.kind
    at = POD_TEMPLATES.get(key)
    if key not in KEEPING or at is None or _waits(change):
        return
    if any(field.at[: len(at)] == at for field in change.fields):
        yield Danger(NAME, "note", "its pods are restarted")


def _waits(change: Change) -> bool:
    """Return whether new pods are made only after somebody deletes the old ones, or not at all since the object is
    paused.
    """
    body = change.after.body if change.after else {}
    return get(body, ("spec", "updateStrategy", "type")) == "OnDelete" or get(body, ("spec", "paused")) is True
