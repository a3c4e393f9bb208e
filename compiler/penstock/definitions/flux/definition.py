"""A Flux `Kustomization` among the objects, and the directory of this repository that it builds."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.definitions.argo.repository import normal
from penstock.definitions.reading import clipped, mapping, mappings, text
from penstock.model import Origin, Resource, Tree
from penstock.records import NamedTuple
from penstock.tree import get, origin_of

GROUP, KIND = "kustomize.toolkit.fluxcd.io", "Kustomization"

SOURCES = "source.toolkit.fluxcd.io"
"""The group of the kinds of sources."""

BUCKET = "Bucket"
_ARTIFACT_GENERATORS = ("source.extensions.fluxcd.io", "ArtifactGenerator")


class SourceId(NamedTuple):
    """The object that a `sourceRef` names."""

    kind: str
    namespace: str
    name: str


class Definition(NamedTuple):
    """The parts of a `Kustomization` that Penstock reads. `path` cannot lead out of the root of its source, as in
    Flux.
    """

    resource: Resource
    path: str
    source: SourceId

    @property
    def spec(self) -> Tree:
        return mapping(self.resource.body.get("spec"))

    @property
    def id(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.resource.id.namespace, self.resource.id.name

    def at(self, *steps: str | int) -> Origin:
        """Return where a field of the spec was written."""
        return origin_of(self.resource, ("spec", *steps))


def definitions(resources: Iterable[Resource]) -> Iterator[Definition]:
    """Yield the definitions among some objects, in their order."""
    for resource in resources:
        if resource.id.group == GROUP and resource.id.kind == KIND:
            spec = mapping(resource.body.get("spec"))
            reference = mapping(spec.get("sourceRef"))
            namespace = text(reference.get("namespace")) or resource.id.namespace
            source = SourceId(text(reference.get("kind")), namespace, text(reference.get("name")))
            yield Definition(resource, clipped(text(spec.get("path"))), source)


class Named:
    """The objects of a list that grows, by kind, namespace and name. Of several with the same name, the last one
    wins.
    """

    __slots__ = ("_addresses", "_known", "_objects", "_size")

    def __init__(self, objects: Sequence[Resource], addresses: Mapping[SourceId, str] = {}) -> None:
        self._objects = objects
        self._addresses = addresses
        self._known: dict[SourceId, Resource] = {}
        self._size = 0
        """How many of the objects are known already."""

    def get(self, id: SourceId) -> Resource | None:
        """Return the object with an id, or None where there is none."""
        if self._size < len(self._objects):
            self._known |= by_source(self._objects[self._size :])
            self._size = len(self._objects)
        return self._known.get(id)

    def address(self, id: SourceId) -> str:
        """Return the address of a source in its normal form. If no object of the list is that source, it is the address
        that another file of the repository gives it, or "" where none does.
        """
        found = self.get(id)
        if found is None:
            return self._addresses.get(id, "")
        return normal(text(get(found.body, ("spec", "url"))))


def is_here(source: SourceId, root: SourceId, objects: Named) -> bool:
    """Return whether a source is this repository: the source of the cluster's entry, or another object with the same
    address.
    """
    if source == root:
        return True
    address = objects.address(source)
    return bool(address) and address == objects.address(root)


def by_source(resources: Iterable[Resource]) -> dict[SourceId, Resource]:
    """Return objects by the references to them. Of several with the same name, the last one wins."""
    return {SourceId(each.id.kind, each.id.namespace, each.id.name): each for each in resources}


def git_of(spec: Tree) -> tuple[str, str, str]:
    """Return what a `GitRepository` names: the address; a branch, tag or commit; and a range of tags instead of
    these.
    """
    reference = mapping(spec.get("ref"))
    for field in ("commit", "name", "semver", "tag", "branch"):
        found = text(reference.get(field))
        if found:
            return text(spec.get("url")), "" if field == "semver" else found, found if field == "semver" else ""
    return text(spec.get("url")), DEFAULT_BRANCH, ""


DEFAULT_BRANCH = "master"
"""The branch that Flux uses if a `GitRepository` has no `ref`."""


def in_artifact(definition: Definition, root: SourceId, resources: Sequence[Resource]) -> str | None:
    """Return the directory of this repository that an `ArtifactGenerator` copies to a definition's path, or None if
    there is none.
    """
    for resource in resources:
        if (resource.id.group, resource.id.kind) == _ARTIFACT_GENERATORS:
            found = _in_generator(definition, root, mapping(resource.body.get("spec")), resource.id.namespace)
            if found is not None:
                return found
    return None


def _in_generator(definition: Definition, root: SourceId, spec: Tree, namespace: str) -> str | None:
    aliases = {
        text(each.get("alias"))
        for each in mappings(spec.get("sources"))
        if SourceId(text(each.get("kind")), text(each.get("namespace")) or namespace, text(each.get("name"))) == root
    }
    for artifact in mappings(spec.get("artifacts")):
        if text(artifact.get("name")) == definition.source.name and definition.source.kind == "ExternalArtifact":
            rules = mappings(artifact.get("copy"))
            for rule in rules:
                found = _copied(definition.path, rule, aliases, len(rules) == 1)
                if found is not None:
                    return found
    return None


def _copied(path: str, rule: Tree, aliases: set[str], is_all: bool) -> str | None:
    """Return the directory from which a rule copies a path of an artifact, or None if it does not.

    `@repo/apps/**` means the content of a directory, and `@repo/apps/` the directory itself, which is copied into the
    destination. `is_all` says that the artifact contains nothing else, so that a directory above the copied one builds
    to the same objects.
    """
    source, target = text(rule.get("from")), text(rule.get("to"))
    alias, _, folder = source.removeprefix("@").partition("/")
    if alias not in aliases or not target.startswith("@artifact/"):
        return None
    start = clipped(folder.removesuffix("/**"))
    inside = clipped(target.removeprefix("@artifact/"))
    if not folder.endswith("/**"):
        inside = clipped(posixpath.join(inside, posixpath.basename(start)))
    if any(sign in start for sign in "*?[]"):
        return None
    below = "." if is_all and _below(inside, path) is not None else _below(path, inside)
    return None if below is None else clipped(posixpath.join(start, below))


def _below(path: str, folder: str) -> str | None:
    if folder in (".", path):
        return path if folder == "." else "."
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None
