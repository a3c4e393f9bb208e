"""Fields that a manifest may hold and a controller fills in: they are left to it. Pure.

An aggregated ClusterRole gets its rules, and a webhook that asks for it its certificate, from a controller. If we sent
what the manifest has in their place, each side would undo the other at every sync.
"""

from penstock.model import Tree
from penstock.tree import get

INJECTED = (
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
    "service.beta.openshift.io/inject-cabundle",
)
"""Annotations by which an object asks for the certificate of a webhook."""

BUNDLE = "caBundle"


def left_to_controllers(body: Tree) -> Tree:
    """The body without the fields that a controller will write; the original stays as it is."""
    if body.get("kind") == "ClusterRole" and body.get("aggregationRule"):
        return {key: value for key, value in body.items() if key != "rules"}
    annotations = get(body, ("metadata", "annotations")) or {}
    if isinstance(annotations, dict) and any(name in annotations for name in INJECTED):
        return _without_bundles(body)
    return body


def _without_bundles(tree: Tree) -> Tree:
    """Without any `caBundle` where Kubernetes has one: in client configurations, and in the spec of an APIService."""
    kept = {}
    for key, value in tree.items():
        if key == BUNDLE:
            continue
        if isinstance(value, dict):
            value = _without_bundles(value)
        elif isinstance(value, list) and key == "webhooks":
            value = [_without_bundles(each) if isinstance(each, dict) else each for each in value]
        kept[key] = value
    return kept
