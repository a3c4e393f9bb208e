"""A RoleBinding or ClusterRoleBinding names its role and its subjects in full.

The `roleRef` names a Role or ClusterRole (in a ClusterRoleBinding: a ClusterRole) of `rbac.authorization.k8s.io`. A
ServiceAccount among the subjects has no `apiGroup`, and in a ClusterRoleBinding it has a namespace; a User or Group has
the same group as the role.

Bad:
```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: shop}]
```
Good:
```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: shop, namespace: shop}]
```
Why: the API server refuses the object.
Source: pkg/apis/rbac/validation.
"""

from collections.abc import Iterator

from penstock.model import Pointer, Resource, Severity, Tree
from penstock.validate.fault import Problem
from penstock.validate.objects import Kinds, mapping, mappings
from penstock.words import did_you_mean, one_of, quoted

CODE = "PS424"
NAME = "role-binding"
SEVERITY: Severity = "error"

RBAC = "rbac.authorization.k8s.io"

KINDS: Kinds = frozenset({(RBAC, "ClusterRoleBinding"), (RBAC, "RoleBinding")})


def check(resource: Resource) -> Iterator[Problem]:
    roles = ("ClusterRole",) if resource.id.kind == "ClusterRoleBinding" else ("Role", "ClusterRole")
    role = mapping(resource.body, ("roleRef",))
    if role:
        yield from _kind(("roleRef",), role, roles)
        yield from _group(("roleRef",), role, RBAC)
        if role.get("name") == "":
            yield Problem(("roleRef", "name"), "the name of the role is empty")
    for at, subject in mappings(resource.body, ("subjects",)):
        kind = subject.get("kind")
        yield from _kind(at, subject, ("ServiceAccount", "User", "Group"))
        yield from _group(at, subject, "" if kind == "ServiceAccount" else RBAC)
        if kind == "ServiceAccount" and not subject.get("namespace") and resource.id.kind == "ClusterRoleBinding":
            yield Problem(at, "a ServiceAccount in a ClusterRoleBinding needs a namespace")


def _kind(at: Pointer, reference: Tree, allowed: tuple[str, ...]) -> Iterator[Problem]:
    kind = reference.get("kind")
    if isinstance(kind, str) and kind not in allowed:
        yield Problem((*at, "kind"), f"{quoted(kind)} is not {one_of(allowed)}", did_you_mean(kind, allowed))


def _group(at: Pointer, reference: Tree, wanted: str) -> Iterator[Problem]:
    """Yield a problem where a reference has the wrong `apiGroup`. An absent one defaults to the right group."""
    group = reference.get("apiGroup")
    if isinstance(group, str) and group != wanted and not (group == "" and wanted == RBAC):
        hint = f"write {wanted}" if wanted else "remove it"
        yield Problem((*at, "apiGroup"), f"{quoted(group)} is not the group of this kind", hint)
