"""A pod gets closer to its node: privileged, the node's network, processes or files, more capabilities."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger
from penstock.kubernetes import POD_TEMPLATES
from penstock.tree import get

NAME = "privileged"

FLAGS = ("privileged", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC")


def check(change: Change) -> Iterator[Danger]:
    at = POD_TEMPLATES.get((change.id.group, change.id.kind))
    if at is None or change.after is None:
        return
    before = set(_risks(get(change.before.body, (*at, "spec")) if change.before else None))
    for risk in dict.fromkeys(_risks(get(change.after.body, (*at, "spec")))):
        if risk not in before:
            yield Danger(NAME, "danger", risk)


def _risks(spec: Any) -> Iterator[str]:
    """What of a pod's specification gives it power over its node."""
    waiting = [spec]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            yield from (f"{flag} is true" for flag in FLAGS if value.get(flag) is True)
            path = value.get("hostPath")
            if isinstance(path, dict):
                yield f"it has the node's files at {path.get('path')}"
            capabilities = value.get("capabilities")
            if isinstance(capabilities, dict):
                yield from (f"it gets the capability {each}" for each in capabilities.get("add") or ())
            waiting += value.values()
