"""A PersistentVolumeClaim keeps or increases its requested storage.

Bad:   `requests: {storage: 5Gi}` of a PersistentVolumeClaim that had 10Gi
Good:  10Gi or more; or a new claim, to which the data is copied

Why: the API server refuses a claim that shrinks. It accepts a claim that grows where the storage class allows it.
Source: pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.syntax import quantity
from penstock.words import quoted

CODE = "PS461"
NAME = "shrinking-claim"
SEVERITY: Severity = "error"

AT = ("spec", "resources", "requests", "storage")


def check(old: Resource, new: Resource) -> Iterator[Problem]:
    """Yield a problem where a claim requests less storage than before."""
    if (new.id.group, new.id.kind) != ("", "PersistentVolumeClaim"):
        return
    was, now = get(old.body, AT), get(new.body, AT)
    before, after = quantity(was), quantity(now)
    if before is not None and after is not None and after < before:
        yield Problem(AT, f"a claim cannot shrink from {quoted(str(was))} to {quoted(str(now))}")
