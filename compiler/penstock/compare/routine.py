"""What is routine: only images change, and labels and annotations that name a version."""

from penstock.changes import Change, Field

VERSIONS = ("app.kubernetes.io/version", "helm.sh/chart", "helm.toolkit.fluxcd.io/version", "checksum/config")


def is_routine(change: Change) -> bool:
    """Whether a change is one that every release makes."""
    return change.action == "changed" and not change.renamed and all(map(_is_usual, change.fields))


def _is_usual(field: Field) -> bool:
    if field.kind != "changed":
        return False
    return field.at[-1] == "image" or (field.at[-1] in VERSIONS and field.at[-2] in ("labels", "annotations"))
