"""Where a field offers alternatives, exactly one is chosen.

A probe or a lifecycle hook has one handler, `valueFrom` or `envFrom` has one source, and a volume has at most one.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  volumes:
  - name: cache
    emptyDir: {}
    persistentVolumeClaim: {claimName: cache}
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
  volumes:
  - name: cache
    persistentVolumeClaim: {claimName: cache}
```
Why: the API server refuses the pod. A strategic merge patch that sets another alternative keeps the one of the base:
let the patch also set `emptyDir: null`.
Source: pkg/apis/core/validation, validateVolumeSource, validateHandler, validateEnvVarValueFrom, ValidateEnvFrom.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers, items, mappings, pods
from penstock.words import one_of, quoted

CODE = "PS423"
NAME = "one-choice"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS

PROBE = ("exec", "grpc", "httpGet", "tcpSocket")
HOOK = ("exec", "httpGet", "sleep", "tcpSocket")
VALUE = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")
SOURCE = ("configMapRef", "secretRef")


def check(resource: Resource) -> Iterator[Problem]:
    for at, _ in pods(resource):
        for here, volume in mappings(resource.body, (*at, "volumes")):
            chosen = [key for key, value in volume.items() if key != "name" and isinstance(value, dict)]
            if len(chosen) > 1:
                yield _too_many(here, chosen)
    for at, container in containers(resource):
        for path, choices in _choices(container):
            alternatives = get(container, path)
            if alternatives is None and path[0] == "envFrom":
                alternatives = {}  # a null list element
            if isinstance(alternatives, dict):
                yield from _one((*at, *path), alternatives, choices)


def _choices(container: Tree) -> Iterator[tuple[Pointer, tuple[str, ...]]]:
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            yield (probe,), PROBE
    if "lifecycle" in container:
        for hook in ("postStart", "preStop"):
            yield ("lifecycle", hook), HOOK
    for at, _ in mappings(container, ("env",)):
        yield (*at, "valueFrom"), VALUE
    for index, _ in enumerate(items(container, ("envFrom",))):
        yield ("envFrom", index), SOURCE


def _one(at: Pointer, alternatives: Tree, choices: tuple[str, ...]) -> Iterator[Problem]:
    chosen = [key for key, value in alternatives.items() if key in choices and value is not None]
    if not chosen:
        yield Problem(at, f"one of these is needed: {one_of(choices)}")
    elif len(chosen) > 1:
        yield _too_many(at, chosen)


def _too_many(at: Pointer, chosen: list[str]) -> Problem:
    message = f"only one of {' and '.join(map(quoted, chosen))} can be chosen"
    notes = tuple(((*at, key), "one choice") for key in chosen[:-1])
    return Problem((*at, chosen[-1]), message, "in a patch, remove the other with null", notes)
