"""Every container names an image.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web}]
```
Good:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: web, image: "nginx:1.27"}]
```
Why: the schema calls the image optional, but the API server requires it. A strategic merge patch that misspells the
name of a container adds a new container, which has no image: compare the name with the one in the base.
Source: pkg/apis/core/validation, validateContainerCommon.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers
from penstock.words import nearest, quoted

CODE = "PS415"
NAME = "container-image"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS


def check(resource: Resource) -> Iterator[Problem]:
    found = list(containers(resource))
    names = [str(container["name"]) for _, container in found if container.get("image") and "name" in container]
    for at, container in found:
        if container.get("image"):
            continue
        name = str(container.get("name") or "")
        meant = nearest(name, names)
        hint = f"a patch for the container {quoted(meant)}? the names must be the same" if meant else ""
        yield Problem(at, f"the container {quoted(name)} has no image", hint)
