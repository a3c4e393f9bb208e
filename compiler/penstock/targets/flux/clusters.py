"""Clusters: what an entry leads to, and which entries are really the beginnings of clusters.

Any definition that builds the folder of its own file looks like an entry, and most of them are applications. An entry
is sure if its source is defined with it, or if it leads to other folders.
"""

import posixpath
from collections.abc import Mapping, Sequence, Set

from penstock.definitions.flux.definition import Definition, Named
from penstock.definitions.flux.remote_cluster import RemoteCluster
from penstock.definitions.reading import clipped
from penstock.model import Diagnostic, Made, Resource, ResourceId, has_errors, with_those_above
from penstock.parse.environments import Place, shows_cluster
from penstock.parse.project import Project
from penstock.parse.usage import Usage, is_below, read_usage
from penstock.parse.usual_names import DEFAULT
from penstock.records import NamedTuple
from penstock.targets.flux.entries import Entry, unwritten

ENDLESS = "PS199"
"""The code for definitions that lead to one another without an end."""


class Cluster(NamedTuple):
    """The state of one cluster: its entry, what has been built for it, and all its objects so far."""

    entry: Entry
    made: list[tuple[Definition, str, Made]]
    objects: list[Resource]
    releases: list[tuple[Definition, str, Made]]
    """The Helm releases that were built."""
    findings: list[Diagnostic]
    """Findings about the cluster's definitions."""
    controllers: list[Resource]
    """Objects that tell the version of Flux in the cluster."""
    webhooks: list[Resource]
    """Objects that show that a webhook adds variables to the definitions of the cluster."""
    left_out: dict[tuple[str, str], Definition]
    """The definitions whose source is not available, or whose directory does not exist."""
    named: Named
    """The objects so far, by their names."""
    remotes: dict[ResourceId, RemoteCluster]
    """The objects that go to another cluster than this one, definitions included."""

    def has_read(self, path: str) -> bool:
        return any(path in made.read for _, _, made in self.made)

    def in_repository(self, path: str) -> str:
        """Return a path of the cluster's source, relative to the root of the repository."""
        return clipped(posixpath.join(self.entry.root, path))

    def leads_on(self) -> bool:
        """Return whether the cluster builds a directory outside of its entry's folder."""
        return any(not is_below(directory, self.entry.folder) for _, directory, _ in self.made)

    def is_sure(self) -> bool:
        return self.entry.has_source or self.leads_on()

    def is_endless(self) -> bool:
        """Return whether the walk was broken off, since definitions lead to one another without an end."""
        return any(each.code == ENDLESS for each in self.findings)

    @property
    def broken(self) -> str:
        """Return the first directory of the cluster that does not compile, so that it is unknown what else it leads to;
        empty if there is none.
        """
        return next((path for _, path, made in self.made if has_errors(made.diagnostics)), "")

    @property
    def doubt(self) -> str:
        """Return why what the cluster lacks may be there all the same, as the end of a message; empty if it cannot."""
        if self.entry.is_alone:
            return "; no entry of a cluster leads to this, and one may have it"
        return f"; {self.broken} does not compile, and may have it" if self.broken else ""


def that_begin(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the clusters whose entry is really the beginning of a cluster, among entries that build their own folder.

    If some are sure, another one counts only if it lies beside one of these. Otherwise it is an application that
    nothing refers to any more.
    """
    homes = {posixpath.dirname(cluster.entry.folder) for cluster in clusters if cluster.is_sure()}
    return [each for each in clusters if not homes or each.is_sure() or posixpath.dirname(each.entry.folder) in homes]


def that_show(clusters: Sequence[Cluster], defined: Sequence[Definition]) -> list[Cluster]:
    """Return the clusters, none of which is sure, that are clusters all the same: the only one if it has all
    definitions, or those whose path shows it. Others are applications that build their own folder, definition and all;
    what leads to these is not here.
    """
    is_whole = len(clusters) == 1 and not unknown(defined, clusters)
    return [each for each in clusters if is_whole or shows_cluster(each.entry.folder)]


def that_lead_on(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the clusters among folders of definitions.

    Where some lead to other folders, a folder that builds nothing outside of itself is an application that nothing
    refers to any more. Where none does, the paths must show that the folders are clusters: others are bases for other
    repositories.
    """
    leading = [cluster for cluster in clusters if cluster.leads_on()]
    return leading or [cluster for cluster in clusters if shows_cluster(cluster.entry.folder)]


def beside(project: Project, left: Sequence[Definition], clusters: Sequence[Cluster]) -> list[Entry]:
    """Return the entries that are not explicit, in folders that no known cluster builds, and that Flux can build.

    A folder beside a cluster that does not compile may be a part of it, unless its path shows a cluster.
    """
    built = {directory for cluster in clusters for _, directory, _ in cluster.made}
    found = unwritten(project, left, {cluster.entry.folder: cluster.entry.root for cluster in clusters})
    usage = read_usage(project)
    found = [each for each in found if not _has_components(each.folder, usage)]
    is_unclear = any(cluster.broken for cluster in clusters)
    return [each for each in found if each.folder not in built and (not is_unclear or shows_cluster(each.folder))]


def _has_components(folder: str, usage: Usage) -> bool:
    """Return whether a folder has Components where Flux looks for kustomizations. It refuses to build such a folder:
    others use what is in it.
    """
    return any(is_below(each, folder) and _is_looked_at(each, folder, usage) for each in usage.components)


def _is_looked_at(directory: str, folder: str, usage: Usage) -> bool:
    """Return whether Flux looks into a directory for resources of a folder: no directory above has a kustomization."""
    between = [folder, *(above for above in with_those_above(directory)[1:] if is_below(above, folder))]
    return not any(above in usage.uses for above in between)


def foreign(left: Sequence[Definition], clusters: Sequence[Cluster]) -> list[Definition]:
    """Return definitions that build the whole of a repository which is probably not this one.

    Their source is not that of a known cluster or, if no cluster is known, does not have the name that `flux bootstrap`
    uses.
    """
    sources = {cluster.entry.definition.source for cluster in clusters}
    whole = [each for each in left if each.path == "."]
    return [each for each in whole if (each.source not in sources if sources else each.source.name != "flux-system")]


def copied(left: Sequence[Definition], clusters: Sequence[Cluster]) -> list[Definition]:
    """Return definitions that a cluster has already, from other files. In an archive, they still build the directory of
    the living application.
    """
    known = {(definition.id, path) for cluster in clusters for definition, path, _ in cluster.made}
    return [each for each in left if (each.id, each.path) in known]


def unknown(left: Sequence[Definition], clusters: Sequence[Cluster]) -> list[Definition]:
    return [each for each in left if not is_known(each, clusters)]


def is_known(definition: Definition, clusters: Sequence[Cluster]) -> bool:
    """Return whether a cluster has read the file of a definition, or would have read it if it were listed there."""
    path = definition.resource.origin.path
    return any(cluster.has_read(path) or is_below(path, cluster.entry.folder) for cluster in clusters)


def open_places(folders: Sequence[str], places: Mapping[str, Place]) -> dict[str, Place]:
    """Return the places of definitions that nothing leads to: their cluster is unknown. A known cluster is proposed if
    its name is in the path.
    """
    known: Set[str] = {place.environment for place in places.values()}
    found = {}
    for folder in folders:
        proposed = next((name for name in reversed(folder.split("/")) if name in known), DEFAULT)
        found[folder] = Place("", "", "no entry of a cluster leads to it", proposed)
    return found
