"""How to mend managedFields in a version that a definition has dropped. Pure.

Before an apply the API server converts a custom resource to the version of each entry of its managedFields. Where a
definition no longer has one of these versions, the server answers every apply with 500, forever. A patch of
managedFields is not converted, so such entries are changed to the version that is applied.
"""

from penstock.apply.field_sets import as_tree, drop, lacking, minus, union
from penstock.apply.ownership import entries, is_ours
from penstock.apply.plan import overlaid
from penstock.model import Tree
from penstock.tree import get


def respelled(live: Tree, lost: str, version: str) -> list[Tree]:
    """Return the managedFields of an object with `version` in place of the `lost` one.

    The server takes two entries that differ only in their fields as one, so they are joined.
    """
    found: dict[tuple[str, ...], Tree] = {}
    for entry in entries(live):
        renamed = {**entry, "apiVersion": version} if entry.get("apiVersion") == lost else entry
        key = tuple(str(renamed.get(name, "")) for name in ("manager", "operation", "apiVersion", "subresource"))
        fields = as_tree(renamed.get("fieldsV1"))
        found[key] = {**renamed, "fieldsV1": union(as_tree(found.get(key, {}).get("fieldsV1")), fields)}
    return list(found.values())


def patch(live: Tree, lost: str, version: str) -> list[Tree]:
    """Return the JSON patch of managedFields, which fails with a conflict where the object has changed in the meantime.

    The patch is empty where no entry is written in the lost version.
    """
    if all(entry.get("apiVersion") != lost for entry in entries(live)):
        return []
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": respelled(live, lost, version)},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": get(live, ("metadata", "resourceVersion"), "")},
    ]


def preview(live: Tree, wanted: Tree, lost: str) -> Tree:
    """Return what the object would become, computed here because the server refuses dry runs of such an object, too."""
    gone = lacking(_fields(live, ours=True), wanted)
    left = drop(live, minus(gone, _fields(live, ours=False))) if gone else live
    made = overlaid(left if isinstance(left, dict) else live, wanted)
    return {**made, "metadata": {**made["metadata"], "managedFields": respelled(live, lost, wanted["apiVersion"])}}


def _fields(live: Tree, *, ours: bool) -> Tree:
    """Return all fields that Penstock owns, or with `ours` false all fields that others own."""
    fields: Tree = {}
    for entry in entries(live):
        if is_ours(entry) == ours:
            fields = union(fields, as_tree(entry.get("fieldsV1")))
    return fields
