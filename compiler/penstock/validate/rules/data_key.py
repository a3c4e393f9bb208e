"""The keys of a ConfigMap or Secret are valid file names.

A key has at most 253 letters, digits, `-`, `_` and `.`; it is not `.` and does not start with `..`. In a ConfigMap, no
key is in both `data` and `binaryData`.

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
Why: the API server refuses the object. The folder belongs in `items[].path` of the volume that mounts the object.
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
