"""An immutable field changes: the API server refuses it, and the sync fails until the object is replaced."""

from collections.abc import Iterator

from penstock.changes import Change, Danger, shown
from penstock.fixed import changed_fields, changed_seals, is_made_anew

NAME = "immutable"


def check(change: Change) -> Iterator[Danger]:
    if change.before is None or change.after is None or change.renamed or is_made_anew(change.after.body):
        return
    key, bodies = (change.id.group, change.id.kind), (change.before.body, change.after.body)
    fixed = [field.at for field in changed_fields(key, *bodies)]
    for field in change.fields:
        if any(field.at[: len(at)] == at or at[: len(field.at)] == field.at for at in fixed):
            yield Danger(NAME, "danger", f"{shown(field.at)} cannot be changed: the object has to be replaced")
    if changed_seals(key, *bodies):
        yield Danger(NAME, "danger", "the object is immutable: it has to be replaced")
