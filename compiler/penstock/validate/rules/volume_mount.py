"""A container mounts volumes that its pod declares, each at a different path.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    volumeMounts: [{name: config, mountPath: /etc/shop}]
  volumes: [{name: settings, configMap: {name: shop}}]
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
    volumeMounts: [{name: settings, mountPath: /etc/shop}]
  volumes: [{name: settings, configMap: {name: shop}}]
```
Why: the API server refuses the pod. In a StatefulSet, volume claim templates count as volumes, too.
Source: pkg/apis/core/validation, ValidateVolumeMounts.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.tree import get
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers, is_a, mappings, pods
from penstock.words import did_you_mean, one_of, quoted

CODE = "PS421"
NAME = "volume-mount"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS


def check(resource: Resource) -> Iterator[Problem]:
    volumes = _volumes(resource)
    for at, _ in containers(resource):
        for field in ("volumeMounts", "volumeDevices"):
            for here, mount in mappings(resource.body, (*at, field)):
                name = mount.get("name")
                if isinstance(name, str) and name not in volumes:
                    hint = did_you_mean(name, volumes) or (f"the pod has {one_of(volumes)}" if volumes else "")
                    yield Problem((*here, "name"), f"the pod has no volume {quoted(name)}", hint)


def _volumes(resource: Resource) -> list[str]:
    found = [volume.get("name") for at, _ in pods(resource) for _, volume in mappings(resource.body, (*at, "volumes"))]
    if is_a(resource, "apps", "StatefulSet"):
        templates = mappings(resource.body, ("spec", "volumeClaimTemplates"))
        found += [get(template, ("metadata", "name")) for _, template in templates]
    return [name for name in found if isinstance(name, str)]
