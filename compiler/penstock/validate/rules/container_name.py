"""Every container of a pod has a unique name, which is a DNS label.

Init containers and containers share their names: an init container cannot have the name of a container.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: web, image: "busybox:1.36"}]
  containers: [{name: web, image: "nginx:1.27"}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: prepare, image: "busybox:1.36"}]
  containers: [{name: web, image: "nginx:1.27"}]
```
Why: the API server refuses the pod. Two containers with the same name in one list are PS404, duplicate-entry.
Source: pkg/apis/core/validation, validateContainers and validateInitContainers.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers
from penstock.validate.syntax import DNS_LABEL, is_dns_label
from penstock.words import quoted

CODE = "PS414"
NAME = "container-name"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS


def check(resource: Resource) -> Iterator[Problem]:
    seen: dict[str, Pointer] = {}
    for at, container in containers(resource):
        name = container.get("name")
        if not isinstance(name, str):
            continue  # the schema reports it
        here = (*at, "name")
        if not is_dns_label(name):
            yield Problem(here, f"{quoted(name)} is not a DNS label", f"allowed are {DNS_LABEL}")
        first = seen.setdefault(name, at)
        if first[:-1] != at[:-1]:
            message = f"another container of this pod has the name {quoted(name)}"
            yield Problem(here, message, notes=(((*first, "name"), "the first one"),))
