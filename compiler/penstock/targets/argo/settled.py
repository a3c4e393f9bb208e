"""What the builders of all kinds of sources of an Application need: its name in messages, and its variables."""

from collections.abc import Mapping

from penstock.definitions.argo.application import Application, Source
from penstock.definitions.reading import text

NOT_RENDERED = "PS631"

Refs = Mapping[str, str | None]
"""The tops of sources by their `ref`: empty for this repository, None for a source that is not available."""


def named(app: Application) -> str:
    """Return how messages name an Application."""
    return f"Application {app.id[0]}/{app.id[1]}"


def variables_of(app: Application, source: Source) -> dict[str, str]:
    """Return the values that Argo CD substitutes for `$ARGOCD_APP_NAME` and other variables.

    The variables for the commit are kept as they are, since the commit is unknown.
    """
    return {
        "ARGOCD_APP_NAME": app.name,
        "ARGOCD_APP_NAMESPACE": app.destination.namespace,
        "ARGOCD_APP_PROJECT_NAME": app.project,
        "ARGOCD_APP_SOURCE_PATH": text(source.fields.get("path")),
        "ARGOCD_APP_SOURCE_REPO_URL": source.repository,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": text(source.fields.get("targetRevision")),
        **{
            name: f"${{{name}}}"
            for name in ("ARGOCD_APP_REVISION", "ARGOCD_APP_REVISION_SHORT", "ARGOCD_APP_REVISION_SHORT_8")
        },
    }
