"""Objects that are partial on purpose: Flux merges them into what the cluster has of them already."""

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.fault import Fault
from penstock.validate.verdicts import Judged

_KEY = "kustomize.toolkit.fluxcd.io/ssa"
_POLICIES: tuple[Pointer, ...] = (("metadata", "annotations", _KEY), ("metadata", "labels", _KEY))
"""Where the policy of Flux for one object stands."""

_MERGING = ("merge", "override")
"""The policies by which Flux adds fields to an object of others, in any case. `Override` is what it does unasked, so
whoever writes it has such an object in mind. (AnyInMetadata of Flux.)
"""

TO_MERGE = f"where this only labels an object that others make, say so: annotate it with `{_KEY}: merge`"
"""The hint at an object that has nothing but labels or annotations. The API server refuses to make such an object."""

MISSING_FIELD = "PS402"
FEW_ITEMS = "PS406"


def softened(judged: Judged, body: Tree) -> Judged:
    """Return what is said of a missing field. It is only an info where the object in the cluster may have the field."""
    fault = judged[0]
    if _is_missing(fault) and _is_merged(body):
        message = f"{fault.message}, and Flux merges it into what the cluster has: that must have the field"
        return fault._replace(message=message), "info"
    if fault.code == MISSING_FIELD and _has_labels_alone(body):
        return fault._replace(hint=TO_MERGE), judged[1]
    return judged


def _has_labels_alone(body: Tree) -> bool:
    """Return whether an object says nothing but labels or annotations, as one for an object that others make."""
    return body.keys() <= _HEAD and any(get(body, ("metadata", field)) for field in ("labels", "annotations"))


_HEAD = {"apiVersion", "kind", "metadata"}


def _is_missing(fault: Fault) -> bool:
    """Return whether a field is not there, or an empty list stands for it."""
    return fault.code == MISSING_FIELD or (fault.code == FEW_ITEMS and "has 0 items" in fault.message)


def _is_merged(body: Tree) -> bool:
    return any(str(get(body, at)).lower() in _MERGING for at in _POLICIES)
