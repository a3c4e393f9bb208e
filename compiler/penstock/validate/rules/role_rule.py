"""A rule of a Role or ClusterRole lists verbs, and either resources with their API groups or URLs.

Only a ClusterRole can have rules with URLs.

Bad:
```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: shop}
rules: [{resources: [configmaps], verbs: [get]}]
```
Good:
```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: shop}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
```
Why: the API server refuses the object. The core group is the empty string, and must be written out.
Source: pkg/apis/rbac/validation, ValidatePolicyRule.
"""

from collections.abc import Iterator

from penstock.model import Resource, Severity
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mappings
from penstock.words import quoted

CODE = "PS429"
NAME = "role-rule"
SEVERITY: Severity = "error"
KINDS: Kinds = frozenset({("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "Role")})


def check(resource: Resource) -> Iterator[Problem]:
    for at, rule in mappings(resource.body, ("rules",)):
        # A rule is about resources or about URLs, never about both.
        if not rule.get("nonResourceURLs"):
            for field in ("apiGroups", "resources"):
                if not rule.get(field):
                    hint = 'the core group is written ""' if field == "apiGroups" else ""
                    yield Problem(at, f"the rule has no {field}", hint)
        elif resource.id.kind == "Role":
            yield Problem((*at, "nonResourceURLs"), "only a ClusterRole can have nonResourceURLs")
        else:
            for field in ("apiGroups", "resources", "resourceNames"):
                if rule.get(field):
                    message = f"{quoted(field)} and nonResourceURLs exclude each other"
                    yield Problem((*at, field), message, "make them two rules")
