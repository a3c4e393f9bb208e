"""An object goes that holds data, or that others live in."""

from collections.abc import Iterator

from penstock.changes import Change, Danger

NAME = "removal"

LOSSES = {
    ("apps", "StatefulSet"): "its pods go",
    ("", "PersistentVolumeClaim"): "its data may go with it",
    ("", "PersistentVolume"): "its data may go with it",
    ("", "Namespace"): "everything in it goes",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "all objects of its kind go",
    ("", "Secret"): "who uses it no longer starts",
    ("networking.k8s.io", "NetworkPolicy"): "what it kept out gets in",
}


def check(change: Change) -> Iterator[Danger]:
    loss = LOSSES.get((change.id.group, change.id.kind))
    if change.action == "removed" and loss:
        yield Danger(NAME, "danger", f"{change.id.kind} {change.id.name} is removed: {loss}")
