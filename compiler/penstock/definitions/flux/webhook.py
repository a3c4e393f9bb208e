"""Webhooks that change the Kustomizations of a cluster while these are applied.

The one of xunholy/fluxcd-kustomize-mutating-webhook adds variables to `postBuild` of all of them, so that the
definitions in the sources do not say which variables there are.
"""

from penstock.definitions.reading import mapping, mappings, text, texts
from penstock.model import Resource

_CHART = "kustomize-mutating-webhook"
_GROUP = "kustomize.toolkit.fluxcd.io"


def adds_variables(resource: Resource) -> bool:
    """Return whether an object shows that there is such a webhook: its configuration, its chart, or the artifact with
    its chart.
    """
    spec = mapping(resource.body.get("spec"))
    if resource.id.kind == "MutatingWebhookConfiguration":
        return any(map(_is_for_definitions, mappings(resource.body.get("webhooks"))))
    if resource.id.kind == "HelmRelease":
        return text(mapping(mapping(spec.get("chart")).get("spec")).get("chart")) == _CHART
    return resource.id.kind == "OCIRepository" and text(spec.get("url")).endswith(f"/{_CHART}")


def _is_for_definitions(webhook: dict[str, object]) -> bool:
    groups = (each for rule in mappings(webhook.get("rules")) for each in texts(rule.get("apiGroups")))
    return _GROUP in groups
