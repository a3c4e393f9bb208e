"""Somebody gets new rights: in the whole cluster, or all that there are."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger
from penstock.model import Tree

NAME = "rights"
GROUP = "rbac.authorization.k8s.io"


def check(change: Change) -> Iterator[Danger]:
    if change.id.group != GROUP or change.after is None:
        return
    checks = {"ClusterRoleBinding": _of_cluster, "RoleBinding": _of_namespace, "ClusterRole": _of_role}
    if change.id.kind in checks:
        yield from checks[change.id.kind](change, change.after.body)


def _of_cluster(change: Change, body: Tree) -> Iterator[Danger]:
    if _gives(change, "subjects"):
        yield Danger(NAME, "danger", f"rights in the whole cluster are given: {_role(body)}")


def _of_namespace(change: Change, body: Tree) -> Iterator[Danger]:
    if _gives(change, "subjects") and _role(body) in ("cluster-admin", "admin"):
        yield Danger(NAME, "caution", f"all rights in a namespace are given: {_role(body)}")


def _of_role(change: Change, body: Tree) -> Iterator[Danger]:
    if _gives(change, "rules"):
        wide = " with `*`" if any(map(_is_wide, body.get("rules") or ())) else ""
        yield Danger(NAME, "danger" if wide else "caution", f"a role for the whole cluster has other rules{wide}")


def _gives(change: Change, name: str) -> bool:
    """Whether an object is new, or has other subjects or rules."""
    return change.action == "added" or any(field.at[0] == name for field in change.fields)


def _role(body: Any) -> str:
    role = body.get("roleRef")
    return str(role.get("name", "")) if isinstance(role, dict) else ""


def _is_wide(rule: Any) -> bool:
    return isinstance(rule, dict) and any("*" in (rule.get(field) or ()) for field in ("verbs", "resources"))
