"""An environment variable has a name without `=`, and either a value or a source of its value.

Bad:
```yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.27
    env:
    - name: TOKEN
      value: none
      valueFrom: {secretKeyRef: {name: shop, key: token}}
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
    env:
    - name: TOKEN
      valueFrom: {secretKeyRef: {name: shop, key: token}}
```
Why: the API server refuses the pod. A patch that sets `valueFrom` where the base has `value` leaves both: let the patch
also set `value: null`.
Source: pkg/apis/core/validation, ValidateEnv.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import PODS, Kinds, containers, mappings
from penstock.words import quoted

CODE = "PS422"
NAME = "environment-variable"
SEVERITY: Severity = "error"
KINDS: Kinds = PODS


def check(resource: Resource) -> Iterator[Problem]:
    for container, _ in containers(resource):
        for at, variable in mappings(resource.body, (*container, "env")):
            name = variable.get("name")
            if isinstance(name, str) and not _is_name(name):
                hint = "allowed are printable ASCII characters but '='"
                yield Problem((*at, "name"), f"{quoted(name)} cannot be the name of a variable", hint)
            if variable.get("value") and variable.get("valueFrom") is not None:
                message = f"{quoted(str(name))} has a value and a valueFrom"
                hint = "keep one of the two; in a patch, remove the other with null"
                yield Problem((*at, "valueFrom"), message, hint, (((*at, "value"), "the value"),))


def _is_name(name: str) -> bool:
    return name != "" and all(" " <= character <= "~" and character != "=" for character in name)
