"""Definitions whose objects go to another cluster than the one that Flux runs in, by `spec.kubeConfig`.

A hub that manages other clusters has such definitions.
"""

from penstock.definitions.flux.definition import Definition
from penstock.definitions.reading import mapping, text
from penstock.records import NamedTuple

_MARKS = ("kubeconfig", "kube-config")
_GENERAL = ("", "cluster", "remote", "target", "value", *_MARKS)
"""Names of Secrets that do not identify a cluster."""


class RemoteCluster(NamedTuple):
    """Another cluster: its name, and the object with the access to it.

    A Secret is only visible in its namespace, so several Secrets of one name are copies for one cluster. But if the
    name is a generic one, the namespace identifies the cluster.
    """

    name: str
    access: str


def remote_cluster(definition: Definition) -> RemoteCluster | None:
    """Return the cluster to which the objects of a definition go, or None if it names none."""
    settings = mapping(definition.spec.get("kubeConfig"))
    for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        name = text(mapping(settings.get(field)).get("name"))
        if name:
            namespace = definition.id[0]
            short = _short(name)
            return RemoteCluster(short or namespace, f"{kind} {namespace}/{name}")
    return None


def _short(name: str) -> str:
    """Return the name of the cluster in the name of a Secret (`north` in `north-kubeconfig`), or the empty string if it
    has none.
    """
    for mark in _MARKS:
        name = name.removesuffix(f"-{mark}").removeprefix(f"{mark}-")
    return "" if name in _GENERAL else name
