"""An update strategy can make progress and has only the parameters of its type.

`Recreate` has no `rollingUpdate`. A rolling update must be able to add pods (`maxSurge`) or to remove pods
(`maxUnavailable`), in a DaemonSet not both. Each value is a number or a percentage such as `25%`.

Bad:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Good:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  strategy: {type: Recreate, rollingUpdate: null}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Why: the API server refuses the object. A patch that sets the type keeps the parameters of the base: let the patch also
set `rollingUpdate: null`.
Source: pkg/apis/apps/validation, ValidateDeploymentStrategy and ValidateRollingUpdateDaemonSet.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity
from penstock.tree import get
from penstock.validate.amount import wrong_amount
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping

CODE = "PS425"
NAME = "update-strategy"
SEVERITY: Severity = "error"

STRATEGIES = {"DaemonSet": "updateStrategy", "Deployment": "strategy", "StatefulSet": "updateStrategy"}
ZERO = (0, "0%")

KINDS: Kinds = frozenset(("apps", kind) for kind in STRATEGIES)


def check(resource: Resource) -> Iterator[Problem]:
    strategy: Pointer = ("spec", STRATEGIES[resource.id.kind])
    parameters = (*strategy, "rollingUpdate")
    kind = get(resource.body, (*strategy, "type"))
    if kind in ("OnDelete", "Recreate"):
        if resource.id.kind != "DaemonSet" and get(resource.body, parameters) is not None:
            message = f"the strategy {kind} has no rollingUpdate"
            yield Problem(parameters, message, "in a patch, remove it with null", (((*strategy, "type"), "the type"),))
        return
    surge, unavailable = (mapping(resource.body, parameters).get(f"max{word}") for word in ("Surge", "Unavailable"))
    yield from wrong_amount((*parameters, "maxSurge"), surge)
    yield from wrong_amount((*parameters, "maxUnavailable"), unavailable)
    if surge in ZERO and unavailable in ZERO:
        message = "maxSurge and maxUnavailable are both 0, so no pod can be replaced"
        yield Problem((*parameters, "maxUnavailable"), message, notes=(((*parameters, "maxSurge"), "the other one"),))
