"""The definitions that were built already, since another entry leads to them, too, or in another state of the sources.

What a definition comes to depends on itself, on what it takes from its cluster, and on what it has looked at. Where all
of these are the same, it is not built again.
"""

from penstock.definitions.flux.definition import Definition
from penstock.definitions.flux.variables import sources_of
from penstock.model import Made, Resource, Tree
from penstock.parse.project import Project
from penstock.parse.twin import twin_of
from penstock.records import NamedTuple
from penstock.sources import Looks
from penstock.targets.flux.clusters import Cluster
from penstock.targets.flux.contents import source_of
from penstock.targets.flux.directories import Directory

Mark = tuple[object, ...]
"""What a resource is: two with the same mark have the same fields, which the same places have set."""


class Around(NamedTuple):
    """A definition and what it takes from its cluster: its directory, the facts of the entry, its source, the object
    that tells the version of Flux, whether a webhook adds variables, and the objects from which its variables come.
    """

    definition: Mark
    place: Directory
    entry: tuple[object, ...]
    source: Mark
    controller: Mark
    has_webhook: bool
    variables: tuple[Mark, ...]


class Built(NamedTuple):
    """What a definition comes to, and everything around it on which that depends. `may_wait` says whether variables are
    missing that other definitions may still provide.
    """

    made: Made
    place: Directory
    around: Around
    may_wait: bool
    looks: Looks


class Builds:
    """What the definitions of a project have come to."""

    def __init__(self) -> None:
        self._found: dict[Mark, list[Built]] = {}
        self._texts: dict[int, tuple[Tree, str]] = {}

    def around(self, cluster: Cluster, definition: Definition, place: Directory) -> Around:
        """Return what a definition takes from its cluster."""
        entry = cluster.entry
        own = definition.path, definition.source, *self._mark(definition.resource)
        facts = entry.root, entry.has_source, entry.is_alone, entry.definition.source
        source, controller = source_of(cluster, definition), next(iter(cluster.controllers), None)
        named = (self._mark(cluster.named.get(each)) for each in sources_of(definition))
        known = self._mark(source), self._mark(controller), bool(cluster.webhooks)
        return Around(own, place, facts, *known, tuple(named))

    def _mark(self, resource: Resource | None) -> Mark:
        """Return the mark of a resource. Its write log is compared by identity: it may be long."""
        if resource is None:
            return ()
        return resource.id, resource.version, resource.origin, _Same(resource.log), self._text(resource.body)

    def _text(self, body: Tree) -> str:
        """Return a text that only equal bodies have. It is kept with the body, whose address stays its own."""
        known = self._texts.get(id(body))
        if known is None:
            known = self._texts[id(body)] = body, repr(body)
        return known[1]

    def add(self, built: Built) -> None:
        self._found.setdefault(built.around.definition, []).append(built)

    def find(self, around: Around) -> Built | None:
        """Return what a definition has come to with the same around it, or None."""
        known = self._found.get(around.definition, ())
        return next((each for each in known if each.around == around), None)


class _Same:
    """A value that is equal to itself only."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def earlier_build(project: Project, around: Around) -> Built | None:
    """Return what a definition has come to with the same around it, in this state of the sources or in the one beside;
    None if it has to be built.
    """
    found = builds_of(project).find(around) or _of_twin(project, around)
    if found is not None:
        project.saw(found.looks)
    return found


def _of_twin(project: Project, around: Around) -> Built | None:
    """Return what a definition has come to in the state beside, if nothing that it has looked at differs here. What is
    fetched is left out, since only a lock file tells whether it is the same.
    """
    twin = twin_of(project)
    if twin is None or around.place.clone is not None:
        return None
    found = builds_of(twin.project).find(around)
    if found is None or not twin.has_same(found.made.read):
        return None
    twin.pass_on(found.made.read, project)
    return found


def builds_of(project: Project) -> Builds:
    """Return what the definitions of a project have come to."""
    builds: Builds = project.memo.setdefault(Builds, Builds())
    return builds
