"""What definitions and releases of Flux come to, as targets with unique names in the environments of their clusters."""

import posixpath
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence

from penstock.definitions.flux.definition import Definition, is_here
from penstock.definitions.flux.release import KIND as RELEASE
from penstock.definitions.reading import text
from penstock.model import Made, NamedPlaces, Origin, Target
from penstock.parse.defined import Unlocked
from penstock.parse.environments import Place
from penstock.parse.usual_names import DEFAULT
from penstock.records import NamedTuple
from penstock.targets.flux.clusters import Cluster
from penstock.targets.flux.dependencies import needs_of


def targets_of(clusters: Sequence[Cluster], places: Mapping[str, Place]) -> dict[Target, Made]:
    """Return the targets of some clusters with what they come to. `places` are those of the clusters' folders."""
    made: dict[Target, Made] = {}
    for cluster in clusters:
        filled = _filled(cluster)
        taken: dict[str, _Taken] = {}
        own: dict[tuple[str, str], Target] = {}
        for definition, directory, result in (*cluster.made, *cluster.releases):
            place = _place_of(definition, cluster, places[cluster.entry.folder])
            names = taken.setdefault(place.environment, _Taken(set(), set()))
            target = names.told_apart(_target(definition, directory, place), definition)
            result = result._replace(of=definition.resource.id)
            made[target] = result._replace(filled=filled(definition, result)) if filled else result
            if definition.resource.id.kind != RELEASE:
                own[definition.id] = target
        for definition, _, _ in cluster.made:
            target = own[definition.id]
            made[target] = made[target]._replace(needs=tuple(needs_of(definition, own)))
    return made


def unlocked(clusters: Sequence[Cluster], places: Mapping[str, Place]) -> tuple[Unlocked, ...]:
    """Return the definitions of some clusters that build another repository which is not at hand, so that it is not
    known what they make.
    """
    return tuple(
        Unlocked(definition.resource, text(definition.spec.get("targetNamespace")), place.environment)
        for cluster in clusters
        for definition in cluster.left_out.values()
        if _is_of_another_repository(definition, cluster)
        for place in [_place_of(definition, cluster, places[cluster.entry.folder])]
    )


def _is_of_another_repository(definition: Definition, cluster: Cluster) -> bool:
    """Return whether a definition builds a repository that the tree names, and that is not this one."""
    is_ours = is_here(definition.source, cluster.entry.definition.source, cluster.named)
    return not is_ours and cluster.named.get(definition.source) is not None


def _filled(cluster: Cluster) -> Callable[[Definition, Made], Mapping[Origin, NamedPlaces]] | None:
    """Return a function that adds to the variables in the objects of a definition those in the definition itself, and
    in the other objects of the cluster, from which its values may come. Without any variable, return None.
    """
    if not any(made.filled for _, _, made in cluster.made):
        return None
    makers = {id(each): made for _, _, made in cluster.made for each in made.resources}
    whole = {where: named for _, _, made in cluster.made for where, named in made.filled.items()}

    def filled(definition: Definition, result: Made) -> Mapping[Origin, NamedPlaces]:
        maker = makers.get(id(definition.resource), result)
        return ChainMap(dict(result.filled), dict(maker.filled), whole)

    return filled


def _place_of(definition: Definition, cluster: Cluster, own: Place) -> Place:
    """Return where the objects of a definition go: to the cluster that Flux runs in, or to the one of its kubeconfig.

    A cluster that manages others is named after its folder if nothing else names it.
    """
    remote = cluster.remotes.get(definition.resource.id)
    if remote is not None:
        return own._replace(environment=remote.name, why=f"its objects go where {remote.access} leads to")
    folder = posixpath.basename(cluster.entry.folder.removesuffix("/flux-system"))
    if cluster.remotes and own.environment == DEFAULT and folder not in ("", "."):
        return own._replace(environment=folder, why="the cluster looks after others")
    return own


class _Taken(NamedTuple):
    """The folders and names that targets of one environment have taken."""

    folders: set[str]
    apps: set[str]

    def told_apart(self, target: Target, definition: Definition) -> Target:
        """Return a target with a unique folder and name, and record these as taken.

        Two definitions may build one directory, and a release often has the name of the Kustomization that contains it.
        """
        own = ".".join(definition.id)
        if target.app in self.apps:
            kind = definition.resource.id.kind.lower()
            target = target._replace(app=own if own not in self.apps else f"{own}.{kind}")
        if target.folder in self.folders:
            target = target._replace(folder=posixpath.normpath(posixpath.join(target.folder, own)))
        self.folders.add(target.folder)
        self.apps.add(target.app)
        return target


def _target(definition: Definition, directory: str, place: Place) -> Target:
    namespace, name = definition.id
    folder = name if directory.startswith("//") else directory
    kind, path = definition.resource.id.kind, definition.resource.origin.path
    does = "installs" if kind == RELEASE else "builds"
    state = ", and is suspended" if definition.spec.get("suspend") is True else ""
    why = f"{kind} {namespace}/{name} in {path} {does} it{state}; {place.why}"
    return Target(directory, place.environment, name, why, place.proposed, anywhere=True, folder=folder)
