"""The environment of each Application.

Most Applications go to the cluster of Argo CD itself, and what they say of it is the same in each cluster. Then the
folder of the definition shows the environment: a usual name in its path, or folders that hold Applications of the same
names (`north/web.yaml` beside `south/web.yaml`), since one Argo CD cannot hold both.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise, takewhile

from penstock.definitions.argo.application import Application
from penstock.model import Resource, with_those_above
from penstock.parse.environments import Place
from penstock.parse.numbered import Numbered
from penstock.parse.usual_names import DEFAULT, FOLDERS, OVERLAYS, SHARED, WORDS
from penstock.records import NamedTuple

IN_CLUSTER = "it goes to the cluster of Argo CD"


class Folders(NamedTuple):
    """What the folders of a repository show: the paths of those that are clusters, and the environments with a number
    in front of their names.
    """

    clusters: Set[str]
    numbered: Numbered


class Written(NamedTuple):
    """An Application in a file, without a named cluster, and the directory of that file."""

    resource: Resource
    folder: str


def environment_of(app: Application, cluster: str, given: str, folder: str, folders: Folders) -> tuple[str, str]:
    """Return the environment of an Application, and the reason for it.

    It comes from the hydrator's branch, the cluster, penstock.yaml (`given`), or folders that are clusters, in which
    the definition or what it builds may lie, else from a usual environment name in its path or in the path of the
    definition that led to it, which is in `folder`.
    """
    if app.branch:
        return app.branch.rpartition("/")[2], f"its hydrator writes {app.branch}"
    if cluster:
        return short_name(cluster), f"it goes to the cluster {cluster}"
    if given:
        return given, f"penstock.yaml puts what it builds, or what renders it, into {given}"
    own = _of_clusters(home_of(app, folder, folders), folders)
    if own:
        return own, f"folders beside {own} have definitions of the same names"
    for path, what in ((app.sources[0].path, "its path"), (folder, "the path of its definition")):
        usual = _usual_names(path, folders.numbered)
        if usual:
            return usual[-1], f"{what} has {usual[-1]}"
    return DEFAULT, IN_CLUSTER


def home_of(app: Application, folder: str, folders: Folders) -> str:
    """Return the directory that shows the cluster of an Application. That is `folder`, unless only the definition
    itself or what it builds lies in the folder of a cluster.
    """
    places = (folder, posixpath.dirname(app.resource.origin.path), *(source.path for source in app.sources))
    return next((place for place in places if _of_clusters(place, folders)), folder)


def _usual_names(path: str, numbered: Numbered) -> list[str]:
    """Return the usual names of environments in a path, and those that a number in front shows to be some. Several in
    one name count (`dev-test`); in a folder of environments or overlays, names that contain a usual one do
    (`envs/prod-eu`).
    """
    names = tuple(path.split("/"))
    shown = (_shown(names[:index], name, numbered) for index, name in enumerate(names))
    return [environment for environment in shown if environment]


def _shown(above: tuple[str, ...], name: str, numbered: Numbered) -> str:
    """Return the environment that a name below some others shows, or "" if it shows none."""
    is_held = any(folder in FOLDERS | OVERLAYS for folder in above[-1:])
    is_usual = WORDS.issuperset(name.split("-")) or (is_held and has_usual_word(name))
    return numbered.environment(above, name) or (name if is_usual else "")


def has_usual_word(name: str) -> bool:
    """Return whether a name is a usual one for an environment, or contains one, as `prod-eu` does."""
    return not WORDS.isdisjoint((name, *name.split("-")))


def short_name(cluster: str) -> str:
    """Return the name of a cluster or the host of its address, with only those characters that a branch name allows.

    Proxies, such as those of Rancher and Open Cluster Management, have many clusters behind one host: the end of the
    path tells which one.
    """
    address = cluster.partition("://")[2]
    host, _, path = (address or cluster).rstrip("/").partition("/")
    name = (path.rpartition("/")[2] if address else "") or host
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name).strip("-.") or DEFAULT


def _of_clusters(folder: str, folders: Folders) -> str:
    """Return the names of the folders of clusters in which a folder lies, joined, or "" where it lies in none."""
    found = (path for path in reversed(with_those_above(folder)) if path in folders.clusters)
    return "-".join(folders.numbered.plain(path).rpartition("/")[2] for path in found)


def folders_of_clusters(written: Iterable[Written]) -> set[str]:
    """Return the paths of the folders that are clusters.

    These are folders beside each other with different Applications of the same names. One such name may be a copy, so
    there must be two for one pair of folders. And such folders must be at least half of those there that hold
    definitions: a few among many are variants of one application. Then all folders beside these count that hold such a
    definition at the same place.
    """
    by_name: dict[tuple[str, str], list[Written]] = {}
    folders: dict[str, None] = {}
    for each in written:
        by_name.setdefault((each.resource.id.namespace, each.resource.id.name), []).append(each)
        folders[each.folder] = None
    pairs: dict[tuple[str, ...], dict[tuple[str, str], int]] = {}
    for group in by_name.values():
        for one, other in pairwise(sorted(group, key=lambda each: each.folder)):
            parted = _parted(one, other)
            if parted is not None:
                counts = pairs.setdefault(parted[0], {})
                counts[parted[1]] = counts.get(parted[1], 0) + 1
    found = set[str]()
    for above, counts in pairs.items():
        if max(counts.values()) > 1:
            members = {name for pair in counts for name in pair}
            found |= {"/".join((*above, name)) for name in _clusters_below(above, members, folders)}
    return found


def _parted(one: Written, other: Written) -> tuple[tuple[str, ...], tuple[str, str]] | None:
    """Return where the folders of two Applications of one name part: the directory above, and the name of each below
    it. Return None if these are the same Application, or one folder lies in the other.
    """
    first, second = _names(one.folder), _names(other.folder)
    same = [a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))]
    at = len(same)
    if one.resource.body == other.resource.body or at in (len(first), len(second)):
        return None
    return first[:at], (first[at], second[at])


def _names(folder: str) -> tuple[str, ...]:
    return () if folder == "." else tuple(folder.split("/"))


def _clusters_below(above: tuple[str, ...], members: set[str], folders: Iterable[str]) -> set[str]:
    """Return the names of some folders below a directory, and of those beside them that hold a definition at the same
    place. The result is empty if the first are fewer than the other folders there.
    """
    at = len(above)
    inside = [names for folder in folders if len(names := _names(folder)) > at and names[:at] == above]
    places = {names[at + 1 :] for names in inside if names[at] in members}
    beside = {names[at] for names in inside} - SHARED
    alike = members | {names[at] for names in inside if names[at + 1 :] in places and names[at] not in SHARED}
    return alike if len(members) >= len(beside - members) else set()


def known_by_structure(places: Mapping[str, Place], built: Sequence[str]) -> set[str]:
    """Return the environments that kustomizations show, without the help of the directories that Applications build:
    those of other directories, and those of one that has others beside it.
    """
    paths = frozenset(built)
    apps: dict[str, set[str]] = {}
    for place in places.values():
        apps.setdefault(place.app, set()).add(place.environment)
    return {
        place.environment
        for path, place in places.items()
        if place.environment and (path not in paths or (place.app and len(apps[place.app]) > 1))
    }
