"""The selector of a workload matches the labels of its own pods.

Bad:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: wbe}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Good:
```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
```
Why: the API server refuses the object. The usual cause is a patch that changes only one of the two.
Source: pkg/apis/apps/validation, ValidatePodTemplateSpecForReplicaSet.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, items, mapping, texts
from penstock.words import one_of

_WORKLOADS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")

CODE = "PS413"
NAME = "selector-matches-template"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset((("batch", "Job"), *(("apps", kind) for kind in _WORKLOADS)))

SELECTOR: Pointer = ("spec", "selector")
LABELS: Pointer = ("spec", "template", "metadata", "labels")


def check(resource: Resource) -> Iterator[Problem]:
    selector = get(resource.body, SELECTOR)
    if not isinstance(selector, dict):
        return  # the schema reports it
    if resource.id.kind == "Job" and mapping(resource.body, ("spec",)).get("manualSelector") is not True:
        return  # the selector itself is the mistake
    is_empty = not selector.get("matchLabels") and not selector.get("matchExpressions")
    if is_empty and resource.id.kind != "Job":
        yield Problem(SELECTOR, "the selector is empty", "name the labels of the pods under matchLabels")
    labels = mapping(resource.body, LABELS)
    for at, key, value in texts(resource.body, (*SELECTOR, "matchLabels")):
        if (labels.get(key) or "") != value or key not in labels:
            yield _mismatch(at, key, value, labels)
    for index, expression in enumerate(items(selector, ("matchExpressions",))):
        if isinstance(expression, dict) and not _holds(expression, labels):
            at = (*SELECTOR, "matchExpressions", index)
            yield Problem(at, "the labels of the template do not satisfy this", _labels(labels))


def _mismatch(at: Pointer, key: str, value: str, labels: Tree) -> Problem:
    found = labels.get(key)
    if isinstance(found, str):
        message = f"the selector wants {key}={value}, the template has {key}={found}"
        return Problem(at, message, notes=(((*LABELS, key), "the label of the template"),))
    return Problem(at, f"the selector wants {key}={value}, the template lacks this label", _labels(labels))


def _labels(labels: Tree) -> str:
    return f"the template has {one_of(labels)}" if labels else "the template has no labels"


def _holds(expression: Tree, labels: Tree) -> bool:
    key, operator, values = expression.get("key"), expression.get("operator"), expression.get("values")
    if not isinstance(key, str):
        return True  # the schema reports it
    is_among = isinstance(values, list) and key in labels and (labels[key] or "") in [each or "" for each in values]
    if operator == "In":
        return is_among
    if operator == "NotIn":
        return not is_among
    if operator == "DoesNotExist":
        return key not in labels
    return operator != "Exists" or key in labels
