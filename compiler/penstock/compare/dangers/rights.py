"""Somebody gets new rights: in the whole cluster, or all that there are."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger

NAME = "rights"
GROUP = "rbac.authorization.k8s.io"


def check(change: Change) -> Iterator[Danger]:
    if change.id.group != GROUP or change.after is None:
        return
    body = change.after.body
    if change.id.kind == "ClusterRoleBinding" and (change.action == "added" or _touches(change, "subjects")):
        role = _role(body)
        yield Danger(NAME, "danger", f"rights in the whole cluster are given: {role}")
    elif change.id.kind == "RoleBinding" and _role(body) in ("cluster-admin", "admin"):
        if change.action == "added" or _touches(change, "subjects"):
            yield Danger(NAME, "caution", f"all rights in a namespace are given: {_role(body)}")
    elif change.id.kind == "ClusterRole" and (change.action == "added" or _touches(change, "rules")):
        wide = " with `*`" if any(_is_wide(rule) for rule in body.get("rules") or ()) else ""
        yield Danger(NAME, "danger" if wide else "caution", f"a role for the whole cluster has other rules{wide}")


def _touches(change: Change, name: str) -> bool:
    return any(field.at[0] == name for field in change.fields)


def _role(body: Any) -> str:
    role = body.get("roleRef")
    return str(role.get("name", "")) if isinstance(role, dict) else ""


def _is_wide(rule: Any) -> bool:
    return isinstance(rule, dict) and any("*" in (rule.get(field) or ()) for field in ("verbs", "resources"))
