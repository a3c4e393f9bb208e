"""Fields of an object that only the verdict about that object reads. No reference leads through them, no selector asks
for them, and no rule about several objects looks at them.

So where an edit changes nothing else, and the verdict is as good as before, all other findings stay as they were. A
field that is missing here only costs time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.kubernetes import POD_TEMPLATES
from penstock.model import Pointer
from penstock.records import NamedTuple

GroupKind = tuple[str, str]

_OF_CONTAINERS = (
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "workingDir",
    "resources",
    "env[].value",
    "stdin",
    "tty",
)
_OF_PROBES = ("failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")

_IN_CONTAINERS = (*_OF_CONTAINERS, *(f"{probe}.{field}" for probe in _PROBES for field in _OF_PROBES))

IN_PODS = (
    "terminationGracePeriodSeconds",
    *(f"{containers}[].{field}" for containers in ("containers", "initContainers") for field in _IN_CONTAINERS),
)
"""Those of the specification of a pod. In a path, `[]` stands for every element of a list."""

_OF_WORKLOADS = ("minReadySeconds", "progressDeadlineSeconds", "replicas", "revisionHistoryLimit")

FIELDS: Mapping[GroupKind, tuple[str, ...]] = {
    ("apps", "DaemonSet"): ("spec.minReadySeconds", "spec.revisionHistoryLimit"),
    ("apps", "Deployment"): tuple(f"spec.{field}" for field in _OF_WORKLOADS),
    ("apps", "ReplicaSet"): ("spec.minReadySeconds", "spec.replicas"),
    ("apps", "StatefulSet"): ("spec.minReadySeconds", "spec.replicas", "spec.revisionHistoryLimit"),
    ("autoscaling", "HorizontalPodAutoscaler"): ("spec.maxReplicas", "spec.minReplicas"),
    ("batch", "CronJob"): (
        *("spec.concurrencyPolicy", "spec.failedJobsHistoryLimit", "spec.schedule", "spec.startingDeadlineSeconds"),
        *("spec.successfulJobsHistoryLimit", "spec.suspend", "spec.timeZone"),
    ),
    ("batch", "Job"): ("spec.activeDeadlineSeconds", "spec.backoffLimit", "spec.ttlSecondsAfterFinished"),
    ("policy", "PodDisruptionBudget"): ("spec.maxUnavailable", "spec.minAvailable"),
}
"""Those of each kind, beside those of its pods."""

CONFIG_MAP: GroupKind = ("", "ConfigMap")
"""The values of its keys are nobody else's, but others name the keys."""


class Difference(NamedTuple):
    """A place at which two trees differ. What one of them does not have is MISSING."""

    at: Pointer
    old: Any
    new: Any


class _Missing:
    """The value that is not there."""


MISSING = _Missing()


def differences(old: Any, new: Any, at: Pointer = ()) -> Iterator[Difference]:
    """Yield where two trees differ: single fields, or whole lists and mappings whose elements or keys cannot be told
    apart one by one.
    """
    if old is new:
        return
    if old.__class__ is dict and new.__class__ is dict:
        yield from _in_mappings(old, new, at)
    elif old.__class__ is list and new.__class__ is list and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, (*at, index))
    elif old.__class__ is not new.__class__ or old != new:
        yield Difference(at, old, new)


def _in_mappings(old: dict[str, Any], new: dict[str, Any], at: Pointer) -> Iterator[Difference]:
    if old.keys() != new.keys():
        yield from (Difference((*at, key), old[key], MISSING) for key in old if key not in new)
        yield from (Difference((*at, key), MISSING, new[key]) for key in new if key not in old)
    both = [key for key in old if key in new]
    if both != [key for key in new if key in old]:  # the order of findings may depend on that of the keys
        yield Difference(at, old, new)
        return
    for key in both:
        yield from differences(old[key], new[key], (*at, key))


def has_own(group: str, kind: str) -> bool:
    """Return whether objects of a kind have own fields."""
    return (group, kind) in _SHAPES or (group, kind) == CONFIG_MAP


def is_own(kind: GroupKind, difference: Difference) -> bool:
    """Return whether a difference between two states of an object is one of its own fields only."""
    shape = _shape_of(difference.at)
    if any(shape[:length] in _SHAPES.get(kind, ()) for length in range(1, len(shape) + 1)):
        return is_ordinary(difference.new)
    is_text = difference.old.__class__ is str and difference.new.__class__ is str
    return is_text and _is_value(kind, shape)


def is_apart(kind: GroupKind, at: Pointer) -> bool:
    """Return whether a place neither is in one of the own fields of an object, nor holds any, nor depends on one."""
    shape = _shape_of(at)
    own = _SHAPES.get(kind, frozenset())
    if kind == CONFIG_MAP and (
        shape[:1] == ("data",) or shape == ("metadata", "name")
    ):  # which may have a hash of them
        return False
    return shape not in _WAYS.get(kind, ()) and not any(shape[:length] in own for length in range(1, len(shape) + 1))


def _is_value(kind: GroupKind, shape: Pointer) -> bool:
    return kind == CONFIG_MAP and len(shape) == 2 and shape[0] == "data"


def _shape_of(at: Pointer) -> Pointer:
    return tuple("[]" if step.__class__ is int else step for step in at)


def is_ordinary(value: Any) -> bool:
    """Return whether a value is kept as it is on its way to the cluster, whatever touches the object: a text, an
    integer, a boolean, or something that holds those. MISSING counts, too.
    """
    if value.__class__ is dict or value.__class__ is list:
        return bool(value) and all(map(is_ordinary, value.values() if value.__class__ is dict else value))
    return value is MISSING or value.__class__ in (str, int, bool)


def _shapes() -> dict[GroupKind, frozenset[Pointer]]:
    found: dict[GroupKind, set[Pointer]] = {kind: set(map(_shape, paths)) for kind, paths in FIELDS.items()}
    pods = [_shape(path) for path in IN_PODS]
    for kind, template in POD_TEMPLATES.items():
        found.setdefault(kind, set()).update((*template, "spec", *path) for path in pods)
    return {kind: frozenset(shapes) for kind, shapes in found.items()}


def _shape(path: str) -> Pointer:
    return tuple(path.replace("[]", ".[]").split("."))


_SHAPES = _shapes()
_WAYS = {
    kind: frozenset(shape[:length] for shape in shapes for length in range(len(shape)))
    for kind, shapes in _SHAPES.items()
}
"""The places that hold own fields."""
