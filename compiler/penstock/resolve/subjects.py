"""The subjects of role bindings that Kustomize changes and should not change."""

from penstock.kubernetes import text
from penstock.model import Resource
from penstock.resolve.level import Level
from penstock.tree import origin_of
from penstock.typed import Any


def report_changed(level: Level, resource: Resource, before: Any) -> None:
    """Warn of each User or Group whose name or namespace has changed, as Kustomize goes by names alone.

    `before` is the value of `subjects` before the change.
    """
    after = resource.body.get("subjects")
    if before is after or not isinstance(before, list) or not isinstance(after, list):
        return
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        # Users and Groups have no namespace and are no objects, so nothing in the tree can rename them on purpose.
        if old is new or not isinstance(new, dict) or text(new.get("kind")) not in ("User", "Group"):
            continue
        for field in ("name", "namespace"):
            if old.get(field) != new.get(field):
                at = ("subjects", index)
                message = f"the {new['kind']} {text(old.get('name'))} gets the {field} {text(new.get(field))}"
                notes = ((origin_of(resource, (*at, field)), "from here"),)
                hint = "call no ServiceAccount like a User or Group, and none of these `default`"
                where = origin_of(resource, (*at, "kind"))
                level.report("PS234", message, where, severity="warning", resource=resource.id, notes=notes, hint=hint)
