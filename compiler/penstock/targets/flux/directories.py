"""The directory that a definition of Flux builds, in this repository or in another one that is locked."""

import posixpath
from collections.abc import Sequence

from penstock.definitions.flux.definition import BUCKET, Definition, in_artifact, is_here
from penstock.definitions.reading import mapping, text
from penstock.model import Diagnostic, Resource
from penstock.parse.project import Project
from penstock.records import NamedTuple
from penstock.resolve.options import Clone
from penstock.targets.flux.clusters import Cluster
from penstock.targets.flux.contents import from_included, source_of
from penstock.targets.flux.entries import Entry, builds
from penstock.targets.flux.releases import IN_BUCKET, brought, files_of_artifact
from penstock.words import LOCKS

PLACEHOLDER = "${"
"""The start of a variable that Flux replaces."""


class Directory(NamedTuple):
    """The directory that a definition builds.

    `clone` is its repository, if that is not this one. `findings` say why the directory is not available. `is_included`
    says that its source has it from another source.
    """

    path: str
    clone: Clone | None = None
    findings: tuple[Diagnostic, ...] = ()
    is_included: bool = False


def directory_of(project: Project, cluster: Cluster, definition: Definition) -> Directory | Diagnostic:
    """Return what directory a definition builds, or a finding if its source is another repository and is not locked."""
    included = from_included(definition, source_of(cluster, definition))
    place = _place_in_source(project, cluster, included)
    is_included = included is not definition
    return place._replace(is_included=is_included) if isinstance(place, Directory) else place


def _place_in_source(project: Project, cluster: Cluster, definition: Definition) -> Directory | Diagnostic:
    root = cluster.entry.definition.source
    source = definition.source
    is_of_entry = definition is cluster.entry.definition or is_here(source, root, cluster.named)
    if is_of_entry and not _is_of_another(project, cluster.entry, definition):
        return Directory(cluster.in_repository(definition.path))
    if source.kind == "ExternalArtifact":
        directory = in_artifact(definition, root, cluster.objects)
        return Directory(cluster.in_repository(directory)) if directory is not None else not_compiled(definition)
    repository = cluster.named.get(source)
    if repository is None or source.kind not in BRINGS:
        return not_compiled(definition)
    return _brought(project, definition, repository)


def _is_of_another(project: Project, entry: Entry, definition: Definition) -> bool:
    """Return whether the source of a definition is taken for another repository. That is so where nothing says which
    source is this repository, and the definition builds the root of its source, but the root here has no kustomization.
    """
    builds_root = definition.path == "." and not builds(definition, definition)
    return builds_root and not entry.has_source and project.kustomization(".")[0] is None


def _brought(project: Project, definition: Definition, repository: Resource) -> Directory | Diagnostic:
    """Return the directory that a definition builds of another repository, or a finding if this is not locked."""
    url = text(mapping(repository.body.get("spec")).get("url"))
    if PLACEHOLDER in url:
        return not_compiled(definition)._replace(hint=f"{PLACEHOLDER}…}} in its URL is not known here")
    result = BRINGS[definition.source.kind](project, repository, definition.at("sourceRef"))
    if not result.is_locked:
        return not_compiled(definition)._replace(hint=LOCKS)
    path = posixpath.normpath(posixpath.join(result.top, definition.path))
    return Directory(path, Clone(url, result.top, url), result.findings)


BRINGS = {"GitRepository": brought, "OCIRepository": files_of_artifact}
"""The functions that locate the files of a source, by its kind."""


def not_compiled(definition: Definition) -> Diagnostic:
    """Return the finding about a definition whose source is not at hand."""
    namespace, name = definition.id
    builds = f"builds {definition.source.kind} {definition.source.name}, which is not this repository"
    builds = builds if definition.source.name else "names no source"
    message = f"Kustomization {namespace}/{name} {builds}: it is not compiled"
    hint = IN_BUCKET if definition.source.kind == BUCKET else ""
    return Diagnostic("PS193", "info", message, definition.at("sourceRef"), hint=hint)


def joined(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return the findings of a cluster, with one for all definitions that build the same source of another place."""
    groups: dict[object, list[Diagnostic]] = {}
    for number, finding in enumerate(findings):
        source = finding.message.partition(_BUILDS)[2] if finding.code == "PS193" else ""
        groups.setdefault(source or number, []).append(finding)
    return [_with_number(first, len(others)) for first, *others in groups.values()]


_BUILDS, _IT_IS = " builds ", ": it is not compiled"


def _with_number(first: Diagnostic, others: int) -> Diagnostic:
    if not others:
        return first
    name, _, source = first.message.partition(_BUILDS)
    return first._replace(message=f"{name} (and {others:,} more) build {source.removesuffix(_IT_IS)}: not compiled")
