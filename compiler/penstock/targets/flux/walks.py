"""Which entries are no clusters of their own, since another one builds what they lead to.

That is often known before an entry is walked: the walk of another one has read its file, and leads nowhere back. So
what n definitions lead to, one to the next, is built once and not n times.
"""

from collections.abc import Sequence, Set

from penstock.parse.usage import is_below
from penstock.targets.flux.clusters import Cluster
from penstock.targets.flux.entries import Entry


class Walks:
    """The clusters that have been walked so far."""

    def __init__(self) -> None:
        self.clusters: list[Cluster] = []
        self._reaching: dict[str, list[Cluster]] = {}
        """The clusters that have reached a file."""

    def add(self, cluster: Cluster) -> None:
        self.clusters.append(cluster)
        for path in _reached(cluster):
            self._reaching.setdefault(path, []).append(cluster)

    def have(self, entry: Entry) -> bool:
        """Return whether an entry is part of a cluster, whatever its own walk would find."""
        reaching = self._reaching.get(entry.file, ())
        return any(entry.is_alone or _leads_down_to(each, entry) for each in reaching)


def _reached(cluster: Cluster) -> Set[str]:
    """Return the files that a cluster has read or, if its walk was broken off, those with the definitions that it has
    built: what the others lead to is not known.
    """
    if cluster.is_endless():
        return _built_files(cluster)
    return {path for _, _, made in cluster.made for path in made.read}


def _built_files(cluster: Cluster) -> Set[str]:
    return {definition.resource.origin.path for definition, _, _ in cluster.made}


def _leads_down_to(cluster: Cluster, entry: Entry) -> bool:
    """Return whether a cluster, which has reached the file of another entry, holds that one as an application. It does
    if it has built the entry's definition, and nothing that it leads to reads its own file: there is no way back.
    """
    own, file = cluster.entry.definition, cluster.entry.file
    if cluster.entry.folder == entry.folder or entry.definition.id not in {each.id for each, _, _ in cluster.made}:
        return False
    return not any(file in made.read for definition, _, made in cluster.made if definition is not own)


def without_parts(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the clusters that are not part of another one: a definition that others build is not an entry, and neither
    is a folder within that of another cluster which builds it.
    """
    readers = _readers(clusters)
    whole = [each for each in clusters if not any(_holds(other, each) for other in readers.get(each.entry.file, ()))]
    return [each for each in whole if not any(_contains(other, each) for other in whole)]


def _contains(outer: Cluster, inner: Cluster) -> bool:
    """Return whether the folder of a cluster lies in that of another one, which reads the files there."""
    folder = inner.entry.folder
    is_inside = folder != outer.entry.folder and is_below(folder, outer.entry.folder)
    return is_inside and any(is_below(path, folder) for path in _files_of_entry(inner) if outer.has_read(path))


def _files_of_entry(cluster: Cluster) -> Set[str]:
    """Return what the entry of a cluster has read."""
    return cluster.made[0][2].read if cluster.made else frozenset()


def _readers(clusters: Sequence[Cluster]) -> dict[str, list[Cluster]]:
    """Return the clusters that have read the file of an entry, by file."""
    files = {cluster.entry.file for cluster in clusters}
    readers: dict[str, list[Cluster]] = {}
    for cluster in clusters:
        for path in {path for _, _, made in cluster.made for path in made.read if path in files}:
            readers.setdefault(path, []).append(cluster)
    return readers


def _holds(reader: Cluster, other: Cluster) -> bool:
    """Return whether a cluster, which has read the file of another entry, holds that one as an application.

    If each has read the file of the other, the release that installs Flux is itself deployed as an application. Then
    the sure one is the cluster.

    One that is alone is left out only if nothing is lost with it.
    """
    if other.entry.is_alone:
        return reader is not other and _built_files(other) <= _reached(reader)
    if reader.entry.folder == other.entry.folder:
        return False
    return not other.has_read(reader.entry.file) or (reader.is_sure() and not other.is_sure())
