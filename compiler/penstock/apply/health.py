"""Whether a live object has become what it should be: Healthy, Progressing or Degraded, and why. Pure.

The rules are those of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus), as tables, with a few more where kstatus is content
too early: a Job that is still running, an autoscaler that cannot scale, an API service that does not answer. The
corresponding words of kstatus are Current, InProgress, Failed.
"""

import json
from collections.abc import Callable
from typing import Any

from penstock.apply.conditions import said_by, stated
from penstock.apply.failure import one_line
from penstock.apply.generations import behind, of_the_past
from penstock.apply.pods import pod_health
from penstock.apply.ruled import by_rules
from penstock.apply.shape import mappings
from penstock.apply.silence import paused, silent, tells_something
from penstock.cluster import Health, HealthWord
from penstock.kubernetes import GroupKind, group_kind
from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import get


class Expects(NamedTuple):
    """A rule about a condition: an object that has it with this status (and reason; "" means any) is `word`."""

    type: str
    status: str
    reason: str
    word: HealthWord


class Counts(NamedTuple):
    """A rule about a number: an object is Progressing while `have` is less than `need`.

    `default` is the value of `need` where the field is not set.
    """

    what: str
    have: Pointer
    need: Pointer
    default: int = 0


SPEC_REPLICAS: Pointer = ("spec", "replicas")
REPLICAS: Pointer = ("status", "replicas")

CONDITIONS: dict[GroupKind, tuple[Expects, ...]] = {
    ("apps", "Deployment"): (
        Expects("Progressing", "", "ProgressDeadlineExceeded", "Degraded"),
        Expects("ReplicaFailure", "True", "", "Progressing"),
    ),
    ("apps", "ReplicaSet"): (Expects("ReplicaFailure", "True", "", "Progressing"),),
    ("batch", "Job"): (
        Expects("Complete", "True", "", "Healthy"),
        Expects("Failed", "True", "", "Degraded"),
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        Expects("Terminating", "True", "", "Progressing"),
        Expects("NamesAccepted", "False", "", "Degraded"),
        Expects("NonStructuralSchema", "True", "", "Degraded"),
        Expects("Established", "True", "", "Healthy"),
        Expects("Established", "False", "Installing", "Progressing"),
        Expects("Established", "False", "", "Degraded"),
    ),
    ("apiregistration.k8s.io", "APIService"): (
        Expects("Available", "True", "", "Healthy"),
        Expects("Available", "", "", "Progressing"),
    ),
}
"""The first rule that matches decides."""

EVERYWHERE = (
    Expects("Reconciling", "True", "ProgressingWithRetry", "Degraded"),
    Expects("Reconciling", "True", "", "Progressing"),
    Expects("Stalled", "True", "", "Degraded"),
)
"""Conditions that mean the same on any object."""

READY = (
    Expects("Ready", "True", "", "Healthy"),
    Expects("Ready", "", "", "Progressing"),
)
"""Conditions that a kind without rules of its own may have."""

COUNTS: dict[GroupKind, tuple[Counts, ...]] = {
    ("apps", "Deployment"): (
        Counts("created", REPLICAS, SPEC_REPLICAS, 1),
        Counts("updated", ("status", "updatedReplicas"), SPEC_REPLICAS, 1),
        Counts("of the new version", ("status", "updatedReplicas"), REPLICAS),
        Counts("available", ("status", "availableReplicas"), ("status", "updatedReplicas")),
        Counts("ready", ("status", "readyReplicas"), SPEC_REPLICAS, 1),
    ),
    ("apps", "ReplicaSet"): (
        Counts("labelled", ("status", "fullyLabeledReplicas"), SPEC_REPLICAS, 1),
        Counts("available", ("status", "availableReplicas"), SPEC_REPLICAS, 1),
        Counts("ready", ("status", "readyReplicas"), SPEC_REPLICAS, 1),
        Counts("still wanted", SPEC_REPLICAS, REPLICAS),
    ),
    ("apps", "StatefulSet"): (
        Counts("created", REPLICAS, SPEC_REPLICAS, 1),
        Counts("ready", ("status", "readyReplicas"), SPEC_REPLICAS, 1),
        Counts("still wanted", SPEC_REPLICAS, REPLICAS),
    ),
    ("apps", "DaemonSet"): (
        Counts("scheduled", ("status", "currentNumberScheduled"), ("status", "desiredNumberScheduled")),
        Counts("updated", ("status", "updatedNumberScheduled"), ("status", "desiredNumberScheduled")),
        Counts("available", ("status", "numberAvailable"), ("status", "desiredNumberScheduled")),
        Counts("ready", ("status", "numberReady"), ("status", "desiredNumberScheduled")),
    ),
}
"""Every count must reach what it needs."""

CONDITIONS_OF_V1 = "autoscaling.alpha.kubernetes.io/conditions"
OF_KUBERNETES = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates",
        "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver", "metrics", "networking",
        "node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration",
    )
)  # fmt: skip
"""Groups that the API server itself serves; other groups with this ending are those of custom resources."""

OF_THE_CORE = (("", "PersistentVolume"), ("", "ReplicationController"))
"""Kinds of the core group that have no rules of their own, and whose status tells how they are."""

REMAINING = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
)
"""Conditions of a namespace that is being deleted, the most telling first."""


def health(body: Tree, *, fresh: bool = False, has_status: bool | None = None) -> Health:
    """Return the health of a live object.

    `fresh` means that the object was written a moment ago, `has_status` that a controller reports on it; None means
    that this is not known. A custom resource that is fresh, that has a status and no report yet is Progressing, because
    its controller has not looked at it. Kinds of Kubernetes need no such grace.
    """
    if get(body, ("metadata", "deletionTimestamp")):
        return Health("Progressing", "is being deleted" + _hold(body))
    # The first answer counts. Rules are about one kind and come first, names that many controllers use come late, and
    # a status that says nothing wrong is the last resort.
    return (
        by_rules(body, has_status)
        or behind(body)
        or _by_condition(body, EVERYWHERE)
        or _by_kind(body)
        or _guessed(body, has_status)
        or _by_condition(body, READY)
        or _unseen(body, fresh and has_status is True)
        or Health("Healthy")
    )


def _guessed(body: Tree, has_status: bool | None) -> Health | None:
    """Return the health of an object for whose kind nobody has written rules, or None."""
    kind = group_kind(body)
    may_be_guessed = "." in kind[0] or kind in OF_THE_CORE
    if not may_be_guessed or kind in CONDITIONS or kind in COUNTS or kind in LAST_WORDS:
        return None
    if not tells_something(body.get("status")) and not body.get("conditions"):
        of_kubernetes = kind in OF_THE_CORE or kind[0] in OF_KUBERNETES
        return paused(body, None if of_kubernetes else silent(body, has_status))
    from penstock.apply.guess import guess

    return of_the_past(body) or paused(body, guess(body))


def _by_condition(body: Tree, rules: tuple[Expects, ...]) -> Health | None:
    for rule in rules:
        condition = stated(body, rule.type)
        if condition and rule.status in ("", condition.get("status")) and rule.reason in ("", condition.get("reason")):
            return Health(rule.word, "" if rule.word == "Healthy" else said_by(condition))
    return None


def _by_kind(body: Tree) -> Health | None:
    kind = group_kind(body)
    if kind == ("apps", "Deployment") and get(body, ("spec", "paused")) is True:
        return Health("Suspended", "its rollout is paused")
    if kind in CONDITIONS or kind in COUNTS:
        found = _by_condition(body, CONDITIONS.get(kind, ()))
        return found or _first_shortfall(body, kind) or _last_word(body, kind)
    return _last_word(body, kind)


def _first_shortfall(body: Tree, kind: GroupKind) -> Health | None:
    if kind == ("apps", "DaemonSet") and get(body, ("status", "desiredNumberScheduled")) is None:
        return Health("Progressing", "its controller has not counted the nodes yet")
    for rule in COUNTS.get(kind, ()):
        if rule.what == "updated" and get(body, ("spec", "updateStrategy", "type")) == "OnDelete":
            continue  # pods are updated when somebody deletes the old ones
        have, need = (
            _number(body, rule.have, 1 if rule.have == SPEC_REPLICAS else 0),
            _number(body, rule.need, rule.default),
        )
        if have < need:
            return Health("Progressing", f"{have} of {need} {rule.what}")
    return None


def _last_word(body: Tree, kind: GroupKind) -> Health | None:
    """Return the health by the kind's own function, for rules that a table cannot express, or None."""
    judge = LAST_WORDS.get(kind)
    return judge(body) if judge else None


def _daemon_set(body: Tree) -> Health:
    seen = isinstance(get(body, ("status", "observedGeneration")), int)
    return Health("Healthy") if seen else Health("Progressing", "its controller has not seen it yet")


def _claim(body: Tree) -> Health:
    phase = get(body, ("status", "phase"), "unknown")
    return Health("Healthy") if phase == "Bound" else Health("Progressing", f"is not bound, but {phase}")


def _resource_claim(body: Tree) -> Health:
    is_allocated = bool(get(body, ("status", "allocation")))
    return Health("Healthy") if is_allocated else Health("Progressing", "nothing is allocated to it yet")


def _ingress(body: Tree) -> Health:
    return Health("Healthy") if _has_address(body) else Health("Progressing", "has no address yet")


def _deployment(body: Tree) -> Health:
    """Return the health of a Deployment.

    A deadline of 2³¹-1 means none; without a deadline, no condition says that the rollout is complete.
    """
    endless = get(body, ("spec", "progressDeadlineSeconds")) == 2**31 - 1
    progressing = stated(body, "Progressing")
    complete = progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"
    if not endless and not complete:
        return Health("Progressing", "its new ReplicaSet is not available yet")
    if stated(body, "Available").get("status") != "True":
        return Health("Progressing", "is not available yet")
    return Health("Healthy")


def _stateful_set(body: Tree) -> Health:
    if get(body, ("spec", "updateStrategy", "type")) == "OnDelete":
        return Health("Healthy")
    need = _number(body, SPEC_REPLICAS, 1)
    partition = get(body, ("spec", "updateStrategy", "rollingUpdate", "partition"))
    # Only the pods from the partition on are meant to be updated.
    if isinstance(partition, int) and partition > 0:
        updated = _number(body, ("status", "updatedReplicas"), 0)
        short = updated < need - partition
        return Health("Progressing", f"{updated} of {need - partition} updated") if short else Health("Healthy")
    current = _number(body, ("status", "currentReplicas"), 0)
    if current < need:
        return Health("Progressing", f"{current} of {need} current")
    if get(body, ("status", "currentRevision")) != get(body, ("status", "updateRevision")):
        return Health("Progressing", "its update is not complete")
    return Health("Healthy")


def _job(body: Tree) -> Health:
    suspended = stated(body, "Suspended")
    if get(body, ("spec", "suspend")) is True and suspended.get("status") == "True":
        return Health("Suspended", said_by(suspended)) if suspended.get("reason") else Health("Healthy", "suspended")
    if not get(body, ("status", "startTime")):
        return Health("Progressing", "has not started yet")
    need = _number(body, ("spec", "completions"), 1)
    return Health("Progressing", f"{_number(body, ('status', 'succeeded'), 0)} of {need} completed")


def _service(body: Tree) -> Health:
    if get(body, ("spec", "type")) != "LoadBalancer":
        return Health("Healthy")
    if not get(body, ("spec", "clusterIP")):
        return Health("Progressing", "has no cluster IP yet")
    return Health("Healthy") if _has_address(body) else Health("Progressing", "has no address of a load balancer yet")


def _has_address(body: Tree) -> bool:
    return bool(get(body, ("status", "loadBalancer", "ingress")))


def _disruption_budget(body: Tree) -> Health:
    allowed = stated(body, "DisruptionAllowed")
    for condition in mappings(get(body, ("status", "conditions"))):
        if condition.get("reason") == "SyncFailed":
            return Health("Degraded", said_by(condition))
    return Health("Healthy") if allowed or body.get("status") else Health("Progressing", "was not counted yet")


def _autoscaler(body: Tree) -> Health:
    """Return the health of a HorizontalPodAutoscaler. In autoscaling/v1, its conditions are in an annotation."""
    conditions = mappings(get(body, ("status", "conditions"))) or _annotated_conditions(body)
    trouble = next(filter(_cannot_scale, conditions), None)
    if trouble:
        return Health("Degraded", said_by(trouble))
    able = any(each.get("type") == "AbleToScale" and each.get("status") == "True" for each in conditions)
    return Health("Healthy") if able else Health("Progressing", "its controller has not looked at it yet")


def _cannot_scale(condition: Tree) -> bool:
    return str(condition.get("reason")).startswith(("Failed", "Invalid"))


def _annotated_conditions(body: Tree) -> list[Tree]:
    try:
        return mappings(json.loads(get(body, ("metadata", "annotations", CONDITIONS_OF_V1)) or "[]"))
    except (TypeError, ValueError, RecursionError):
        return []


def _cron_job(body: Tree) -> Health:
    """Return the health of a CronJob.

    Its last run has failed if the last success is older than the last start and nothing is running.
    """
    scheduled, succeeded = (get(body, ("status", key)) for key in ("lastScheduleTime", "lastSuccessfulTime"))
    done = not get(body, ("status", "active")) and get(body, ("spec", "suspend")) is not True
    # Times of Kubernetes are in UTC and of one length, so their texts compare like the times.
    if done and isinstance(scheduled, str) and isinstance(succeeded, str) and succeeded < scheduled:
        return Health("Degraded", "its last run has not succeeded")
    return Health("Healthy")


def _unseen(body: Tree, expects_status: bool) -> Health | None:
    group = group_kind(body)[0]
    if expects_status and "." in group and group not in OF_KUBERNETES and not body.get("status"):
        return Health("Progressing", "its controller has not reported yet")
    return None


def _hold(body: Tree) -> str:
    """Return what holds an object that is being deleted; for a namespace, what is still in it."""
    names = get(body, ("metadata", "finalizers")) or ()
    if names:
        return f", held by the finalizers {', '.join(map(str, names))}"
    found = (stated(body, each) for each in REMAINING)
    return next((f": {_said(each)}" for each in found if each.get("status") == "True"), "")


def _said(state: Tree) -> str:
    return one_line(str(state.get("message") or state.get("reason") or state.get("type")))


def _number(body: Tree, at: Pointer, default: int) -> int:
    value: Any = get(body, at)
    return value if isinstance(value, int) else default


LAST_WORDS: dict[GroupKind, Callable[[Tree], Health]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): lambda body: Health("Healthy"),
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): lambda body: Health("Progressing", "is not established yet"),
    ("apiregistration.k8s.io", "APIService"): lambda body: Health("Progressing", "is not available yet"),
    ("", "Pod"): pod_health,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("resource.k8s.io", "ResourceClaim"): _resource_claim,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("extensions", "Ingress"): _ingress,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
}
"""Functions for kinds whose health a table cannot express, called when the tables have found no trouble."""
