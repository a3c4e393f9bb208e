"""A rollout gets another type in one step only if the old manifest wrote its `rollingUpdate`.

Bad:   `strategy: {type: Recreate}` of a Deployment that had no `strategy`
Good:  first `strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}`, and Recreate after
       that has been applied

Why: the API server fills in `rollingUpdate`, which no other type of rollout may have. Server-side apply (as of
`penstock sync` and Flux) removes only what an earlier manifest wrote, so the update is refused; null does not
help. `kubectl apply` without `--server-side` removes the field.
Source: pkg/apis/apps/v1/defaults.go, and pkg/apis/apps/validation, ValidateDeploymentStrategy, validateStatefulSetSpec.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.tree import MISSING, get
from penstock.validate.fault import Problem
from penstock.words import dotted, quoted

CODE = "PS478"
NAME = "kept-rollout"
SEVERITY: Severity = "warning"

ROLLING = "RollingUpdate"

FIELDS = {("apps", "Deployment"): "strategy", ("apps", "StatefulSet"): "updateStrategy"}
"""The field with the rollout, by kind. A DaemonSet may keep its `rollingUpdate`."""


def check(old: Resource, new: Resource) -> Iterator[Problem]:
    """Yield a problem where the type of a rollout changes, and the API server keeps what it filled in before."""
    field = FIELDS.get((new.id.group, new.id.kind))
    if field is None:
        return
    at = ("spec", field, "type")
    was, now = (get(each.body, at, None) or ROLLING for each in (old, new))
    written = get(old.body, ("spec", field, "rollingUpdate"), None)
    is_null = get(new.body, ("spec", field, "rollingUpdate"), MISSING) is None
    if was == ROLLING != now and (not written or is_null):
        message = f"{dotted(at)}: server-side apply cannot change it to {quoted(str(now))} in one step"
        hint = "write the rollingUpdate that is in use and apply it, and change the type after that"
        yield Problem(at, message, hint)
