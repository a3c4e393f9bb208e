"""Objects that are partial on purpose: Flux merges them into what the cluster has of them already."""

from penstock.model import Pointer, Tree
from penstock.tree import get
from penstock.validate.verdicts import Judged

_POLICY: Pointer = ("metadata", "annotations", "kustomize.toolkit.fluxcd.io/ssa")
_MERGING = ("Merge", "Override")
"""The policies of Flux by which it adds fields to an object of others. `Override` is what it does unasked, so whoever
writes it has such an object in mind.
"""

MISSING_FIELD = "PS402"


def softened(judged: Judged, body: Tree) -> Judged:
    """Return what is said of a missing field. It is only an info where the object in the cluster may have the field."""
    fault = judged[0]
    if fault.code != MISSING_FIELD or get(body, _POLICY) not in _MERGING:
        return judged
    message = f"{fault.message}, and Flux merges it into what the cluster has: that must have the field"
    return fault._replace(message=message), "info"
