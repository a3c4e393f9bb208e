"""A PodDisruptionBudget has one bound, `minAvailable` or `maxUnavailable`: a number or a percentage.

Bad:
```yaml
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  minAvailable: 1
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
```
Good:
```yaml
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: web}}
```
Why: the API server refuses the object. A patch that sets the other bound does not remove the first: let the patch also
set the first to null.
Source: pkg/apis/policy/validation, ValidatePodDisruptionBudgetSpec.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.amount import wrong_amount
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping

CODE = "PS428"
NAME = "disruption-budget"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("policy", "PodDisruptionBudget")})


def check(resource: Resource) -> Iterator[Problem]:
    spec = mapping(resource.body, ("spec",))
    for field in ("minAvailable", "maxUnavailable"):
        yield from wrong_amount(("spec", field), spec.get(field))
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        message = "minAvailable and maxUnavailable exclude each other"
        note = (("spec", "minAvailable"), "the other bound")
        yield Problem(("spec", "maxUnavailable"), message, "in a patch, remove the other with null", (note,))
