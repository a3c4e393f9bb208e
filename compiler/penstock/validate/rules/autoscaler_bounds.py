"""The `minReplicas` of a HorizontalPodAutoscaler is not greater than its `maxReplicas`.

Bad:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 5
  maxReplicas: 3
```
Good:
```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 3
```
Why: the API server refuses the object. The usual cause is an overlay that raises only one of the two.
Source: pkg/apis/autoscaling/validation, validateHorizontalPodAutoscalerSpec.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, integer_of, mapping

CODE = "PS427"
NAME = "autoscaler-bounds"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("autoscaling", "HorizontalPodAutoscaler")})


def check(resource: Resource) -> Iterator[Problem]:
    spec = mapping(resource.body, ("spec",))
    least, most = integer_of(spec, "minReplicas"), integer_of(spec, "maxReplicas")
    if least is not None and most is not None and least > most:
        message = f"minReplicas {least} is more than maxReplicas {most}"
        yield Problem(("spec", "minReplicas"), message, notes=((("spec", "maxReplicas"), "the other bound"),))
