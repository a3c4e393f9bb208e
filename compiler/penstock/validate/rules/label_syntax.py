"""Labels, label selectors and node selectors follow the syntax of labels.

A key is `name` or `prefix/name`: the prefix is a DNS subdomain, and the name has at most 63 letters, digits, `-`, `_`
and `.`, with a letter or digit at each end. A value has the same form as a name, or is empty.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  labels: {app.kubernetes.io/part-of: "web shop"}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
  labels: {app.kubernetes.io/part-of: web-shop}
```
Why: the API server refuses the object. Free text belongs in an annotation.
Source: apimachinery pkg/apis/meta/v1/validation, ValidateLabels.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import EVERY, Kinds, texts
from penstock.validate.syntax import NAME_PART, is_label_value, is_qualified_name
from penstock.words import quoted

CODE = "PS411"
NAME = "label-syntax"
SEVERITY: Severity = "error"
KINDS: Kinds = EVERY


def check(resource: Resource) -> Iterator[Problem]:
    for at, key, value in texts(resource.body, ("metadata", "labels")):
        if not is_qualified_name(key):
            hint = f"write name or prefix/name; in the name are allowed {NAME_PART}"
            yield Problem(at, f"{quoted(key)} is not a label key", hint)
        if not is_label_value(value):
            yield Problem(at, f"{quoted(value)} is not a label value", f"allowed are {NAME_PART}")
