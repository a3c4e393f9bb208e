"""What the builders of all kinds of sources of an Application need: its name in messages, and its variables."""

import re
from collections.abc import Iterable, Mapping

from penstock.definitions.argo.application import Application, Source
from penstock.definitions.reading import text
from penstock.model import NamedPlaces, Origin, Step
from penstock.tree import get, leaves

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


_VARIABLE = re.compile(r"\$\{?(ARGOCD_APP_\w+)")


def places_of_variables(app: Application, sources: Iterable[Source]) -> dict[Origin, NamedPlaces]:
    """Return where the values of variables are written, for each text of some sources that has variables."""
    found: dict[Origin, NamedPlaces] = {}
    for source in sources:
        written = {name: app.at(*at) for name, at in _fields(source).items() if get(app.resource.body, at) is not None}
        texts = ((at, value) for at, value in leaves(source.fields) if isinstance(value, str))
        found |= {app.at(*source.at, *at): places for at, value in texts if (places := _named_in(value, written))}
    return found


def _named_in(value: str, written: Mapping[str, Origin]) -> NamedPlaces:
    """Return the places of the variables in a text."""
    return tuple((written[name], name) for name in _VARIABLE.findall(value) if name in written)


def _fields(source: Source) -> dict[str, tuple[Step, ...]]:
    """Return the fields of an Application from which the variables have their values."""
    return {
        "ARGOCD_APP_NAME": ("metadata", "name"),
        "ARGOCD_APP_NAMESPACE": ("spec", "destination", "namespace"),
        "ARGOCD_APP_PROJECT_NAME": ("spec", "project"),
        "ARGOCD_APP_SOURCE_PATH": (*source.at, "path"),
        "ARGOCD_APP_SOURCE_REPO_URL": (*source.at, "repoURL"),
        "ARGOCD_APP_SOURCE_TARGET_REVISION": (*source.at, "targetRevision"),
    }
