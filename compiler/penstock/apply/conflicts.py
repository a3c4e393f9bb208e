"""Who wins where another manager owns a field with another value. Pure.

By default nothing is forced: a conflict with a controller is an error that names the field and the owner. But a field
that somebody has changed by hand is put right, for that is what a sync is for; and replicas that an autoscaler has set
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
    "before-first-apply",  # what the server calls the author of an object that has no managers yet
)
"""Managers that are a person at work. Those of kubectl go on with the subcommand: `kubectl-edit`, `kubectl-scale`."""


class Yield(NamedTuple):
    """A field that a controller may keep, because setting it is that controller's task."""

    field: str
    manager: str
    subresource: str
    why: str


BUNDLE = ".caBundle"
"""The end of the name of a field that holds the certificate of a webhook. What injects it is a controller or a Job."""

YIELDS = (Yield(".spec.replicas", "kube-controller-manager", "scale", "the HorizontalPodAutoscaler sets it"),)


def judge(conflict: Conflict, force: bool, yields: Collection[str] = ()) -> Verdict:
    """What to do about one conflict. `force` is --force-conflicts; `yields` are managers that keep what they set."""
    if conflict.manager in yields:
        return "leave"
    if force:
        return "take"
    if any((y.field, y.manager, y.subresource) == conflict for y in YIELDS):
        return "leave"
    if is_a_person(conflict.manager):
        return "take"
    return "leave" if conflict.field.endswith(BUNDLE) else "fail"


def is_a_person(manager: str) -> bool:
    """Whether somebody has written by hand. kubectl calls itself after the subcommand: `kubectl-edit`."""
    return (manager.partition("-")[0] if manager.startswith("kubectl-") else manager) in HANDS
