"""Annotation keys have the form of label keys, regardless of case, and an object's annotations fit into 256 KiB.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  annotations: {"example.com/team/owner": payments}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  annotations: {example.com/owner: payments}
```
Why: the API server refuses the object. Values may be any text.
Source: apimachinery pkg/api/validation, ValidateAnnotations.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import EVERY, Kinds, template_of, texts
from penstock.validate.syntax import NAME_PART, is_qualified_name
from penstock.words import quoted

CODE = "PS412"
NAME = "annotation-key"
SEVERITY: Severity = "error"
KINDS: Kinds = EVERY

MAX_BYTES = 256 * 1024
"""The maximum total size of all keys and values of one object."""


def check(resource: Resource) -> Iterator[Problem]:
    template = template_of(resource)
    for owner in [(), template] if template else [()]:
        place = (*owner, "metadata", "annotations")
        size = 0
        for at, key, value in texts(resource.body, place):
            size += len(key.encode()) + len(value.encode())
            if not is_qualified_name(key.lower()):
                hint = f"write name or prefix/name; in the name are allowed {NAME_PART}"
                yield Problem(at, f"{quoted(key)} is not an annotation key", hint)
        if size > MAX_BYTES:
            yield Problem(place, f"annotations have {size:,} bytes, at most {MAX_BYTES:,} are allowed")
