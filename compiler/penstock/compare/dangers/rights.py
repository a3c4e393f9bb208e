"""A subject gets new rights that apply to the whole cluster or include everything."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger
from penstock.model import Resource, Tree

NAME = "rights"
GROUP = "rbac.authorization.k8s.io"

EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated")
RAISING = ("*", "escalate", "bind", "impersonate")
"""Verbs by which one gets more rights than the rule says."""


def check(change: Change) -> Iterator[Danger]:
    if change.id.group != GROUP or change.after is None:
        return
    checks = {
        "ClusterRoleBinding": _of_cluster,
        "RoleBinding": _of_namespace,
        "ClusterRole": _of_cluster_role,
        "Role": _of_role,
    }
    if change.id.kind in checks:
        yield from checks[change.id.kind](change, change.after.body)


def _of_cluster(change: Change, body: Tree) -> Iterator[Danger]:
    new = _new(change, "subjects")
    if new:
        yield Danger(NAME, "danger", f"rights in the whole cluster are given: {_role(body)}")
    yield from _to_everybody(new)


def _of_namespace(change: Change, body: Tree) -> Iterator[Danger]:
    new = _new(change, "subjects")
    if new and _role(body) in ("cluster-admin", "admin"):
        yield Danger(NAME, "caution", f"all rights in a namespace are given: {_role(body)}")
    yield from _to_everybody(new)


def _to_everybody(subjects: list[Any]) -> Iterator[Danger]:
    for each in subjects:
        if isinstance(each, dict) and each.get("name") in EVERYBODY:
            yield Danger(NAME, "danger", f"rights are given to everybody: {each['name']}")


def _of_cluster_role(change: Change, body: Tree) -> Iterator[Danger]:
    new = _new(change, "rules")
    if any(map(_is_wide, new)):
        yield Danger(NAME, "danger", f"a role for the whole cluster has {_which(change)} rules{_how_wide(new)}")
    elif new and change.action == "changed":
        yield Danger(NAME, "caution", "a role for the whole cluster has other rules")


def _of_role(change: Change, body: Tree) -> Iterator[Danger]:
    new = _new(change, "rules")
    if any(map(_is_wide, new)):
        yield Danger(NAME, "caution", f"a role in a namespace has {_which(change)} rules{_how_wide(new)}")


def _which(change: Change) -> str:
    return "new" if change.action == "added" else "other"


def _new(change: Change, name: str) -> list[Any]:
    """Return the subjects or rules that the object did not have before."""
    before = _entries(change.before, name)
    return [each for each in _entries(change.after, name) if each not in before]


def _entries(resource: Resource | None, name: str) -> list[Any]:
    found = resource.body.get(name) if resource else None
    return found if isinstance(found, list) else []


def _role(body: Any) -> str:
    role = body.get("roleRef")
    return str(role.get("name", "")) if isinstance(role, dict) else ""


def _is_wide(rule: Any) -> bool:
    return bool(_wide_words(rule))


def _how_wide(rules: list[Any]) -> str:
    words = dict.fromkeys(word for rule in rules for word in _wide_words(rule))
    return f" with {', '.join(f'`{word}`' for word in words)}"


def _wide_words(rule: Any) -> list[str]:
    """Return the words of a rule that grant more than the objects that it names."""
    if not isinstance(rule, dict):
        return []
    verbs, resources = (rule.get(field) for field in ("verbs", "resources"))
    found = [verb for verb in RAISING if isinstance(verbs, list) and verb in verbs]
    return found or (["*"] if isinstance(resources, list) and "*" in resources else [])
