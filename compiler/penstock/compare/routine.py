"""Routine changes: only images, versions of charts, and labels and annotations that name a version."""

from penstock.changes import At, Change, Field
from penstock.compare.images import names_image
from penstock.tree import get

VERSIONS = ("app.kubernetes.io/version", "helm.sh/chart", "helm.toolkit.fluxcd.io/version", "checksum/config")


CHARTS: tuple[tuple[str, At], ...] = (
    ("HelmRelease", ("spec", "chart", "spec", "version")),
    ("OCIRepository", ("spec", "ref", "tag")),
    ("OCIRepository", ("spec", "ref", "digest")),
)
"""The fields in which kinds of Flux name the version of a chart."""


def is_routine(change: Change) -> bool:
    """Return whether a change is one that every release makes."""
    return (
        change.action == "changed" and not change.renamed and all(_is_usual(change, field) for field in change.fields)
    )


def _is_usual(change: Change, field: Field) -> bool:
    if field.kind != "changed":
        return False
    return (
        (change.id.kind, field.at) in CHARTS
        or _is_revision_of_chart(change, field)
        or names_image(change, field)
        or field.at[-1] == "image"
        or (field.at[-1] in VERSIONS and field.at[-2] in ("labels", "annotations"))
    )


def _is_revision_of_chart(change: Change, field: Field) -> bool:
    """Return whether an Argo CD Application gets another version of a chart. The revision of a repository does not
    count, since it may be anything.
    """
    if change.id.kind != "Application" or field.at[-1] != "targetRevision" or change.after is None:
        return False
    source = get(change.after.body, field.pointer[:-1])
    return isinstance(source, dict) and isinstance(source.get("chart"), str)
