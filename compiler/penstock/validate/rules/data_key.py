"""The keys of a ConfigMap or Secret can be file names.

Letters, digits, `-`, `_` and `.`, at most 253 of them; neither `.` nor anything that starts with `..`. In a
ConfigMap, no key stands both in `data` and in `binaryData`.

Bad:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {"conf/shop.ini": "debug=0"}
```
Good:
```yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {shop.ini: "debug=0"}
```
Why: the API server refuses the object. The folder belongs into `items[].path` of the volume that mounts it.
Source: apimachinery pkg/util/validation, IsConfigMapKey; pkg/apis/core/validation, ValidateConfigMap.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, is_a, mapping
from penstock.validate.syntax import is_config_key
from penstock.words import quoted

CODE = "PS419"
NAME = "data-key"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("", "ConfigMap"), ("", "Secret")})


def check(resource: Resource) -> Iterator[Problem]:
    for field in ("data", "stringData", "binaryData"):
        for key in mapping(resource.body, (field,)):
            if not is_config_key(key):
                hint = "allowed are letters, digits, '-', '_' and '.', 253 characters at most, no '..' at the start"
                yield Problem((field, key), f"{quoted(key)} cannot be a key", hint)
    texts = mapping(resource.body, ("data",))
    for key in mapping(resource.body, ("binaryData",)):
        if key in texts and is_a(resource, "", "ConfigMap"):
            yield Problem(
                ("binaryData", key), f"{quoted(key)} is a key of data too", notes=((("data", key), "the other one"),)
            )
