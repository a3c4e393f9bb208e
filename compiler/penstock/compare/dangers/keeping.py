"""A setting that protects data or objects from deletion is removed, or a setting that deletes them is added."""

from collections.abc import Iterator
from typing import Any

from penstock.changes import Change, Danger
from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.tree import get

NAME = "keeping"


class Keeper(NamedTuple):
    """A field that says whether something stays. With a value of `keeping` it does, with one of `deleting` it does not;
    of other values nothing is known. An empty kind is any kind.
    """

    kind: str
    at: Pointer
    keeping: tuple[Any, ...]
    deleting: tuple[Any, ...]
    what: str


OF_CLAIMS = ("spec", "persistentVolumeClaimRetentionPolicy")
PRUNE = ("syncPolicy", "automated", "prune")

KEEPERS = (
    Keeper("PersistentVolume", ("spec", "persistentVolumeReclaimPolicy"), ("Retain",), ("Delete", "Recycle"), "data"),
    Keeper("StatefulSet", (*OF_CLAIMS, "whenDeleted"), ("Retain", None), ("Delete",), "the data of its pods"),
    Keeper("StatefulSet", (*OF_CLAIMS, "whenScaled"), ("Retain", None), ("Delete",), "the data of its pods"),
    Keeper("Kustomization", ("spec", "prune"), (False, None), (True,), "what its sources do not have any more"),
    Keeper("Application", ("spec", *PRUNE), (False, None), (True,), "what its sources do not have any more"),
    Keeper(
        "ApplicationSet", ("spec", "template", "spec", *PRUNE), (False, None), (True,), "what sources no longer have"
    ),
    Keeper(
        "ApplicationSet", ("spec", "syncPolicy", "preserveResourcesOnDeletion"), (True,), (False, None), "what it made"
    ),
    Keeper("", ("spec", "deletionPolicy"), ("Orphan", "Retain"), ("Delete", None), "what it stands for"),
    Keeper("", ("deletionPolicy",), ("Retain",), ("Delete",), "snapshots"),
)

MARKS = (
    ("helm.sh/resource-policy", "keep"),
    ("argocd.argoproj.io/sync-options", "Prune=false"),
    ("argocd.argoproj.io/sync-options", "Delete=false"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("penstock.dev/prune", "disabled"),
)
"""Annotations, or labels, by which an object stays when nothing names it any more, and what is in them."""


def check(change: Change) -> Iterator[Danger]:
    if change.action != "changed" or change.before is None or change.after is None:
        return
    before, after = change.before.body, change.after.body
    for keeper in KEEPERS:
        was, now = get(before, keeper.at, None), get(after, keeper.at, None)
        if keeper.kind in ("", change.id.kind) and was in keeper.keeping and now in keeper.deleting:
            yield Danger(
                NAME, "caution", f"{'.'.join(map(str, keeper.at))}: {keeper.what} may be deleted, and was kept before"
            )
    for name, word in MARKS:
        if word in _mark(before, name) and word not in _mark(after, name):
            yield Danger(NAME, "caution", f"{name} said {word}: the object may be deleted, and was kept before")


def _mark(body: Tree, name: str) -> str:
    """Return what the annotation and the label of a name say."""
    found = (get(body, ("metadata", where, name), "") for where in ("annotations", "labels"))
    return " ".join(map(str, found))
