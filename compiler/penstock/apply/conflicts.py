"""Which value wins where another manager owns a field with another value. Pure.

By default nothing is forced: a conflict with a controller is an error that names the field and its owner. But a field
that somebody has changed by hand is reset, since that is what a sync is for, and replicas that an autoscaler has set
are left alone.
"""

from collections.abc import Collection
from typing import Literal

from penstock.apply.failure import Conflict
from penstock.records import NamedTuple

Verdict = Literal["take", "leave", "fail"]

HANDS = (
    "kubectl",
    "k9s",
    "rancher",
    "dashboard",
    "Mozilla",  # consoles in a browser
    "node-fetch",  # Lens
    "before-first-apply",  # the server's name for the author of an object that has no managers yet
)
"""Managers that mean a person at work. kubectl appends the subcommand to its name: `kubectl-edit`, `kubectl-scale`."""


class Yield(NamedTuple):
    """A field that a controller may keep, because setting that field is the controller's task."""

    field: str
    manager: str
    subresource: str
    why: str


BUNDLE = ".caBundle"
"""The last part of the path of a field with a webhook's certificate. A controller or a Job injects the certificate."""

YIELDS = (Yield(".spec.replicas", "kube-controller-manager", "scale", "the HorizontalPodAutoscaler sets it"),)


def judge(conflict: Conflict, force: bool, yields: Collection[str] = ()) -> Verdict:
    """Return what to do about one conflict: take the field, leave it to the other manager, or fail.

    `force` is --force-conflicts; `yields` are the managers that keep the values they set.
    """
    if conflict.manager in yields:
        return "leave"
    if force:
        return "take"
    # Controllers that are known to set this field, such as an autoscaler the replicas.
    if any((y.field, y.manager, y.subresource) == conflict for y in YIELDS):
        return "leave"
    # What people have changed by hand goes back to what Git says.
    if is_a_person(conflict.manager):
        return "take"
    return "leave" if conflict.field.endswith(BUNDLE) else "fail"


def is_a_person(manager: str) -> bool:
    """Return whether a manager is a tool used by hand. kubectl names itself after the subcommand: `kubectl-edit`."""
    return (manager.partition("-")[0] if manager.startswith("kubectl-") else manager) in HANDS
