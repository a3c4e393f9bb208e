"""What is routine: only images and versions of charts change, and labels and annotations that name a version."""

from penstock.changes import At, Change, Field

VERSIONS = ("app.kubernetes.io/version", "helm.sh/chart", "helm.toolkit.fluxcd.io/version", "checksum/config")


CHARTS: tuple[tuple[str, At], ...] = (
    ("HelmRelease", ("spec", "chart", "spec", "version")),
    ("OCIRepository", ("spec", "ref", "tag")),
    ("OCIRepository", ("spec", "ref", "digest")),
    ("Application", ("spec", "source", "targetRevision")),
)
"""The fields in which kinds of Flux and Argo CD name the version of a chart."""


def is_routine(change: Change) -> bool:
    """Whether a change is one that every release makes."""
    return (
        change.action == "changed"
        and not change.renamed
        and all(_is_usual(change.id.kind, field) for field in change.fields)
    )


def _is_usual(kind: str, field: Field) -> bool:
    if field.kind != "changed":
        return False
    return (
        (kind, field.at) in CHARTS
        or field.at[-1] == "image"
        or (field.at[-1] in VERSIONS and field.at[-2] in ("labels", "annotations"))
    )
