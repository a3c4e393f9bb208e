"""An immutable field changes: the API server refuses it, and the sync fails until the object is replaced."""

from collections.abc import Iterator

from penstock.changes import Change, Danger, shown
from penstock.fixed import changed_fields, changed_seals
from penstock.model import Tree
from penstock.tree import get

NAME = "immutable"


def check(change: Change) -> Iterator[Danger]:
    if change.before is None or change.after is None or change.renamed or _is_made_anew(change.after.body):
        return
    key, bodies = (change.id.group, change.id.kind), (change.before.body, change.after.body)
    fixed = [field.at for field in changed_fields(key, *bodies)]
    for field in change.fields:
        if any(field.at[: len(at)] == at or at[: len(field.at)] == field.at for at in fixed):
            yield Danger(NAME, "danger", f"{shown(field.at)} cannot be changed: the object has to be replaced")
    if changed_seals(key, *bodies):
        yield Danger(NAME, "danger", "the object is immutable: it has to be replaced")


REPLACING = (
    ("helm.sh/hook", ""),
    ("argocd.argoproj.io/hook", ""),
    ("argocd.argoproj.io/sync-options", "Replace=true"),
    ("argocd.argoproj.io/sync-options", "Force=true"),
    ("kustomize.toolkit.fluxcd.io/force", "enabled"),
)
"""Annotations by which whoever applies an object replaces it, and what is in them."""


def _is_made_anew(body: Tree) -> bool:
    """Return whether an object is replaced at each change anyway."""
    annotations = get(body, ("metadata", "annotations"))
    if not isinstance(annotations, dict):
        return False
    return any(name in annotations and word in str(annotations[name]) for name, word in REPLACING)
