"""What may be pruned while only some targets of a branch are well: the former objects of these targets. Pure."""

from collections.abc import Collection, Mapping, Sequence

from penstock.apply.part import History, directory_of
from penstock.cluster import Change
from penstock.model import Graph, Resource, ResourceId
from penstock.records import NamedTuple


class State(NamedTuple):
    """The branch after an apply: its objects, those that are `unwell`, and the namespace of objects without one.

    An object is unwell where it was not applied or is not healthy.
    """

    resources: Sequence[Resource]
    unwell: Collection[ResourceId]
    namespace: str

    def is_unwell(self, id: ResourceId) -> bool:
        return id in self.unwell or self.settled(id) in self.unwell

    def settled(self, id: ResourceId) -> ResourceId:
        return id if id.namespace else id._replace(namespace=self.namespace)


def prunable(doomed: Sequence[Change], state: State, history: History, since: str) -> list[Change]:
    """Return the objects to prune that only targets without an unwell object have had since the commit `since`.

    A target that has left the branch is no such target: its objects may have moved to one that is not well yet. Nothing
    is returned where the history of an unwell target is not known.
    """
    unwell = {directory_of(each) for each in state.resources if state.is_unwell(each.id)}
    well = {directory_of(each) for each in state.resources} - unwell
    if not (doomed and well):
        return []
    had = {target: history(target, since) for target in sorted(well | unwell)}
    if any(had[target] is None for target in unwell):
        return []
    of_unwell = _objects(had, unwell, state)
    of_well = _objects(had, well, state)
    return [change for change in doomed if change.id in of_well and change.id not in of_unwell]


def _objects(
    had: Mapping[str, Collection[ResourceId] | None], targets: Collection[str], state: State
) -> set[ResourceId]:
    ids = {key for target in targets for key in had[target] or ()}
    return ids | {state.settled(key) for key in ids}


def not_needed(doomed: Sequence[Change], graph: Graph, stay: Collection[ResourceId]) -> list[Change]:
    """Return the objects to prune without those that an object needs which stays."""
    needed = {edge.dst for edge in graph.edges if edge.src in stay}
    return [change for change in doomed if change.id not in needed]
