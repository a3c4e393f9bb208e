"""Definitions whose objects go to another cluster than the one that Flux runs in, by `spec.kubeConfig`, as those of a
hub that looks after others.
"""

from penstock.definitions.flux.definition import Definition
from penstock.definitions.reading import mapping, text
from penstock.records import NamedTuple

_MARKS = ("kubeconfig", "kube-config")
_GENERAL = ("", "cluster", "remote", "target", "value", *_MARKS)
"""Names of Secrets that say nothing of the cluster."""


class RemoteCluster(NamedTuple):
    """Another cluster: what people call it, and the object that has the access to it.

    A Secret counts in its namespace alone, so several of one name are copies for one cluster, unless the name is a
    general one: then it is the namespace that stands for the cluster.
    """

    name: str
    access: str


def remote_cluster(definition: Definition) -> RemoteCluster | None:
    """The cluster that the objects of a definition go to, if it names one."""
    settings = mapping(definition.spec.get("kubeConfig"))
    for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        name = text(mapping(settings.get(field)).get("name"))
        if name:
            namespace = definition.id[0]
            short = _short(name)
            return RemoteCluster(short or namespace, f"{kind} {namespace}/{name}")
    return None


def _short(name: str) -> str:
    """What the name of a Secret says of its cluster: `north` of `north-kubeconfig`; empty for nothing."""
    for mark in _MARKS:
        name = name.removesuffix(f"-{mark}").removeprefix(f"{mark}-")
    return "" if name in _GENERAL else name
