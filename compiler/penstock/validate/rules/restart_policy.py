"""The restart policy of a pod is one that its workload allows.

Deployments, ReplicaSets, DaemonSets and StatefulSets keep pods running: they need `Always`, which is the default. Jobs
and CronJobs let pods end: they need an explicit `OnFailure` or `Never`.

Bad:
```yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      containers: [{name: migrate, image: "shop:1.4"}]
```
Good:
```yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "shop:1.4"}]
```
Why: the API server refuses the object.
Source: pkg/apis/apps/validation and pkg/apis/batch/validation.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, pods
from penstock.words import one_of

CODE = "PS417"
NAME = "restart-policy"
SEVERITY: Severity = "error"

EVERY = ("Always", "Never", "OnFailure")

ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    **{("apps", kind): ("Always",) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")},
    **{("batch", kind): ("OnFailure", "Never") for kind in ("CronJob", "Job")},
}
KINDS: Kinds = frozenset(ALLOWED)


def check(resource: Resource) -> Iterator[Problem]:
    kind = resource.id.kind
    allowed = ALLOWED[resource.id.group, kind]
    hint = f"use {one_of(allowed)}"
    for at, pod in pods(resource):
        policy = pod.get("restartPolicy") or "Always"
        if policy in allowed or policy not in EVERY:
            continue  # an unknown policy is PS406
        if "restartPolicy" in pod:
            yield Problem((*at, "restartPolicy"), f"{policy} cannot be the restart policy of a {kind}", hint)
        else:
            yield Problem(at, f"a {kind} needs a restartPolicy, its default does not work here", hint)
