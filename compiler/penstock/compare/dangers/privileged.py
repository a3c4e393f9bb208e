"""A pod gets more access to its node: privileged mode, more capabilities, or the node's network, processes or files."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger, Level
from penstock.kubernetes import POD_TEMPLATES
from penstock.tree import get

NAME = "privileged"

FLAGS = ("privileged", "hostProcess", "hostNetwork", "hostPID", "hostIPC")

Risk = tuple[str, Level, str]
"""The container, or nothing for the pod; how bad it is, and what it is."""


def check(change: Change) -> Iterator[Danger]:
    yield from _of_namespace(change)
    at = POD_TEMPLATES.get((change.id.group, change.id.kind))
    if at is None or change.after is None:
        return
    before = set(_risks(get(change.before.body, (*at, "spec")) if change.before else None))
    for risk in dict.fromkeys(_risks(get(change.after.body, (*at, "spec")))):
        if risk not in before:
            container, level, words = risk
            yield Danger(NAME, level, f"{words} in {container}" if container else words)


STANDARDS = ("restricted", "baseline", "privileged")
"""The Pod Security Standards, the strictest first. The last one allows everything; it holds where there is no label."""

ENFORCED = ("metadata", "labels", "pod-security.kubernetes.io/enforce")


def _of_namespace(change: Change) -> Iterator[Danger]:
    """Yield a caution where pods may do more in a namespace than before."""
    if change.before is None or change.after is None or change.id.kind != "Namespace":
        return
    was, now = (get(each.body, ENFORCED, STANDARDS[-1]) for each in (change.before, change.after))
    if was in STANDARDS and now in STANDARDS and STANDARDS.index(now) > STANDARDS.index(was):
        yield Danger(NAME, "caution", f"pods of this namespace may be {now}, no longer only {was}")


def _risks(spec: Any) -> Iterator[Risk]:
    """Yield the fields of a pod specification that give the pod power over its node."""
    waiting: list[tuple[str, Any]] = [("", spec)]
    while waiting:
        container, value = waiting.pop()
        if isinstance(value, list):
            waiting += ((container, each) for each in value)
        elif isinstance(value, dict):
            yield from ((container, level, words) for level, words in _of_mapping(value))
            for key, below in value.items():
                if key in ("containers", "initContainers", "ephemeralContainers") and isinstance(below, list):
                    waiting += ((_name(each), each) for each in below)
                else:
                    waiting.append((container, below))


def _name(container: Any) -> str:
    return str(container.get("name", "")) if isinstance(container, dict) else ""


def _of_mapping(value: dict[str, Any]) -> Iterator[tuple[Level, str]]:
    """Yield the risks of one mapping: a security context, a volume, a port, or the pod itself."""
    yield from (("danger", f"{flag} is true") for flag in FLAGS if value.get(flag) is True)
    path = value.get("hostPath")
    if isinstance(path, dict):
        yield "danger", f"it has the node's files at {path.get('path')}"
    capabilities = value.get("capabilities")
    added = capabilities.get("add") if isinstance(capabilities, dict) else None
    if isinstance(added, list):
        yield from (("danger", f"it gets the capability {each}") for each in added)
    if value.get("runAsUser") == 0 and value.get("runAsUser") is not False:
        yield "caution", "runAsUser is 0"
    if isinstance(value.get("hostPort"), int):
        yield "caution", f"it takes the port {value['hostPort']} of its node"
    if value.get("type") == "Unconfined":
        yield "caution", "a profile is Unconfined"
