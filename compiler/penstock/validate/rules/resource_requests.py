"""A container requests no more of a resource than its limit, and never a negative amount.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    resources:
      requests: {memory: 1Gi}
      limits: {memory: 512Mi}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    resources:
      requests: {memory: 256Mi}
      limits: {memory: 512Mi}
```
Why: the API server refuses the pod. The usual cause is an overlay that raises the request and forgets the limit.
Source: pkg/apis/core/validation, validateContainerResourceRequirements.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers, mapping, stored
from penstock.validate.syntax import quantity
from penstock.words import quoted, shortened

CODE = "PS420"
NAME = "resource-requests"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS


def check(resource: Resource) -> Iterator[Problem]:
    for at, container in containers(resource):
        limits = mapping(container, ("resources", "limits"))
        for side in ("requests", "limits"):
            for name, amount in mapping(container, ("resources", side)).items():
                number = quantity(amount)
                if number is not None and number < 0:
                    yield Problem((*at, "resources", side, name), f"{quoted(str(amount))} is negative")
        for name, request in mapping(container, ("resources", "requests")).items():
            wanted, limit = stored(request), stored(limits.get(name, request))
            if wanted is None or limit is None or wanted <= limit:
                continue
            message = (
                f"the request {shortened(str(request))} is more than the limit {shortened(str(limits[name] or 0))}"
            )
            here, there = ((*at, "resources", side, name) for side in ("requests", "limits"))
            yield Problem(here, message, notes=((there, "the limit"),))
