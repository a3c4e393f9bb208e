"""An Argo CD `Application` among the objects: what it builds, and where the result goes."""

import posixpath
from collections.abc import Iterable, Iterator

from penstock.definitions.reading import clipped, mapping, mappings, text
from penstock.model import Origin, Resource, Step, Tree
from penstock.records import NamedTuple
from penstock.tree import origin_of

GROUP = "argoproj.io"
KIND, SET, PROJECT = "Application", "ApplicationSet", "AppProject"
NAMESPACE = "argocd"
"""The namespace of an Application that names none."""

IN_CLUSTER = ("in-cluster", "https://kubernetes.default.svc", "kubernetes.default.svc")
"""Names and addresses of the cluster that Argo CD itself runs in."""

TOOLS = ("kustomize", "helm", "directory", "plugin")


class Source(NamedTuple):
    """One source of an Application.

    `at` is its path in the object. `top` is the directory of its repository or chart; it is empty for this repository.
    """

    fields: Tree
    at: tuple[Step, ...]
    top: str = ""

    @property
    def repository(self) -> str:
        return text(self.fields.get("repoURL"))

    @property
    def path(self) -> str:
        """The directory of the source's files."""
        return self.below(self.inside)

    @property
    def inside(self) -> str:
        """The directory within the source's repository. `..` does not lead out of the repository."""
        return clipped(text(self.fields.get("path")))

    def below(self, path: str) -> str:
        """Return the full path of a path that is relative to the top of the source's repository."""
        return posixpath.normpath(posixpath.join(self.top, path)) if self.top else path

    @property
    def revision(self) -> str:
        """A branch, tag, commit or range of versions. It is empty for the default branch or the newest chart."""
        found = text(self.fields.get("targetRevision"))
        return "" if found == "HEAD" else found

    @property
    def has_path(self) -> bool:
        return bool(text(self.fields.get("path")))

    @property
    def chart(self) -> str:
        return text(self.fields.get("chart"))

    @property
    def ref(self) -> str:
        """The name by which other sources refer to values files of this source."""
        return text(self.fields.get("ref"))


class Destination(NamedTuple):
    """A cluster, by name or address, and the namespace for objects that name none."""

    name: str
    server: str
    namespace: str

    @property
    def cluster(self) -> str:
        """The name or address of the cluster. It is empty for the cluster that Argo CD runs in."""
        for word in (self.name, self.server.rstrip("/")):
            if word and word not in IN_CLUSTER:
                return word
        return ""


class Application(NamedTuple):
    """The parts of an `Application` that Penstock reads."""

    resource: Resource

    @property
    def spec(self) -> Tree:
        return mapping(self.resource.body.get("spec"))

    @property
    def id(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.resource.id.namespace or NAMESPACE, self.resource.id.name

    @property
    def name(self) -> str:
        return self.resource.id.name

    @property
    def project(self) -> str:
        return text(self.spec.get("project")) or "default"

    @property
    def destination(self) -> Destination:
        found = mapping(self.spec.get("destination"))
        return Destination(text(found.get("name")), text(found.get("server")), text(found.get("namespace")))

    @property
    def sources(self) -> list[Source]:
        """The sources. `sourceHydrator` takes precedence over `sources`, and `sources` over `source`."""
        dry = mapping(mapping(self.spec.get("sourceHydrator")).get("drySource"))
        if dry:
            return [Source(dry, ("spec", "sourceHydrator", "drySource"))]
        several = mappings(self.spec.get("sources"))
        if several:
            return [Source(each, ("spec", "sources", index)) for index, each in enumerate(several)]
        return [Source(mapping(self.spec.get("source")), ("spec", "source"))]

    @property
    def branch(self) -> str:
        """The branch from which Argo CD deploys what its own hydrator has written."""
        return text(self._hydrator("syncSource").get("targetBranch"))

    @property
    def hydrated(self) -> str:
        """The directory of that branch from which Argo CD deploys; empty if the definition names none."""
        path = text(self._hydrator("syncSource").get("path"))
        return clipped(path) if path else ""

    @property
    def staged(self) -> str:
        """The branch that Argo CD's hydrator writes, if others merge it into `branch`; else empty."""
        return text(self._hydrator("hydrateTo").get("targetBranch"))

    def _hydrator(self, field: str) -> Tree:
        return mapping(mapping(self.spec.get("sourceHydrator")).get(field))

    def at(self, *steps: Step) -> Origin:
        """Return where a field of the object was written."""
        return origin_of(self.resource, steps)


def is_definition(resource: Resource) -> bool:
    """Return whether an object is an Application, an ApplicationSet or an AppProject."""
    return resource.id.group == GROUP and resource.id.kind in (KIND, SET, PROJECT)


def applications(resources: Iterable[Resource]) -> Iterator[Application]:
    """Yield the Applications among some objects, in their order."""
    for resource in resources:
        if resource.id.group == GROUP and resource.id.kind == KIND:
            yield Application(resource)
