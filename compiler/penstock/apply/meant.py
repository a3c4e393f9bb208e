"""What a manifest means where it is not what will be in the cluster. Pure.

An aggregated ClusterRole gets its rules, and a webhook that asks for it its certificate, from a controller. If we sent
what the manifest has in their place, each side would undo the other at every sync.
"""

from base64 import b64encode

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


def as_stored(body: Tree) -> Tree:
    """A Secret with its `stringData` in `data`, as the API server keeps it.

    Of `stringData` the server knows no owner afterwards: what leaves it would never leave the cluster.
    """
    plain, data = body.get("stringData"), body.get("data") or {}
    if body.get("kind") != "Secret" or body.get("apiVersion") != "v1" or not isinstance(plain, dict):
        return body
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in plain.values()):
        return body
    coded = {key: b64encode(value.encode()).decode() for key, value in plain.items()}
    return {**{key: value for key, value in body.items() if key != "stringData"}, "data": {**data, **coded}}


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
