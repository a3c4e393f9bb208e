"""Deletes objects that have left the branch: each only if it is still as the plan has seen it, and after all that need
it. Waves that objects ask for go in reverse.

An object that does not go, because a finalizer holds it or the API server refuses, also keeps the objects that it
needs, and no others. It gets a second turn after all others; then the sync waits for it as long as its time allows.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import inf
from typing import Literal

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.hooks import Step
from penstock.apply.inventory import Inventory, Parent
from penstock.apply.kinds import Kinds
from penstock.apply.ownership import is_member
from penstock.apply.plan import is_kept
from penstock.apply.wait import time_until, until_gone
from penstock.cluster import Change
from penstock.model import Graph, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.tree import get

BRIEF = 3.0
"""Seconds to wait for an object that does not go while others have not had their turn."""

Users = dict[ResourceId, list[ResourceId]]

ATTEMPTS = 3
"""How often an object that keeps changing is read again in one attempt to delete it."""


class Outcome(NamedTuple):
    """What happened to an object that was to be deleted; `why` gives the reason where it still exists."""

    word: Literal["pruned", "kept", "left", "still"]
    why: str = ""


class Pruning(NamedTuple):
    """Where to delete, and until when (by the monotonic clock)."""

    client: Client
    kinds: Kinds
    parent: Parent
    deadline: float
    steps: Mapping[ResourceId, Step] = {}
    """The order that the objects ask for: the highest step goes first. An object without one has none to wait for."""
    stay: Mapping[ResourceId, str] = {}
    """Objects that are not deleted, and why."""

    def run(self, doomed: Sequence[Change], graph: Graph) -> Iterator[tuple[Change, Outcome]]:
        """Delete all objects, dependants first, and yield the outcome for each as soon as it is settled."""
        left = {change.id: change for change in doomed}
        users = _users(graph)
        found: dict[ResourceId, Outcome] = {}
        held: dict[str, ResourceId] = {}
        # What goes quickly goes first. An object with a slow finalizer then holds up only what it needs.
        for patience in (BRIEF, inf):
            held.clear()
            for wave in reversed(graph.waves):
                there = [key for key in wave if key in left]
                turn = [left[key] for key in there if not (_needed_by(key, left, users) or self._later(key, held))]
                attempt = partial(self._attempt, patience=patience)
                for change, outcome in zip(turn, self.client.each(attempt, turn), strict=True):
                    found[change.id] = outcome
                    if outcome.word != "still":
                        del left[change.id]
                        yield change, outcome
                for key in there:
                    if key in left and key not in self.stay:
                        held.setdefault(key.namespace, key)
        for key, change in left.items():
            yield change, Outcome("still", self._why_it_waits(key, left, users, held) or found[key].why)

    def _why_it_waits(
        self, id: ResourceId, left: Mapping[ResourceId, Change], users: Users, held: Mapping[str, ResourceId]
    ) -> str:
        """Return why nobody has tried to delete an object, or ""."""
        if by := _needed_by(id, left, users):
            return f"{by} needs it, and is still there"
        later = self._later(id, held)
        return f"{later} goes first by its wave, and is still there" if later else ""

    def _later(self, id: ResourceId, held: Mapping[str, ResourceId]) -> ResourceId | None:
        """Return an object that is still there and goes first by its wave, or None.

        `held` has the first such object of each namespace. It holds up only what is in the same namespace, since
        whoever may edit objects there may give one any wave, and a finalizer.
        """
        ahead = (held[place] for place in ("", id.namespace) if place in held)
        return next((key for key in ahead if self._step(key) > self._step(id)), None)

    def _step(self, id: ResourceId) -> Step:
        return self.steps.get(id, (0, 0))

    def _attempt(self, change: Change, patience: float) -> Outcome:
        """Delete one object and wait until it is gone, unless somebody has intervened since the plan was made."""
        if change.id in self.stay:
            return Outcome("still", self.stay[change.id])
        kind = self.kinds.of(change.before or {})
        if kind is None:
            return Outcome("pruned")  # the kind is gone, and all its objects with it
        path = kind.path(change.id.namespace, change.id.name)
        why: Failure | str = ""
        for _ in range(ATTEMPTS):
            live = self.client.about_object(self.client.get(path))
            if isinstance(live, dict) and (stays := self._stays(change, live)):
                return stays
            why = remove(self.client, path, live, min(patience, time_until(self.deadline)))
            if not isinstance(why, Failure) or why.retry != "replan":
                break
        return Outcome("still", str(why)) if why else Outcome("pruned")

    def _stays(self, change: Change, live: Tree) -> Outcome | None:
        uid = str(get(change.before, ("metadata", "uid")))
        if get(live, ("metadata", "uid")) != uid:
            return Outcome("left")
        if not is_member(change.id, live, Inventory({change.id: uid}), self.parent.id):
            return Outcome("left")
        return Outcome("kept") if is_kept(live) else None


def _users(graph: Graph) -> Users:
    """Return the objects that need each object."""
    found: Users = {}
    for edge in graph.edges:
        found.setdefault(edge.dst, []).append(edge.src)
    return found


def _needed_by(id: ResourceId, left: Mapping[ResourceId, Change], users: Users) -> ResourceId | None:
    """Return an object that still exists and needs this one, or None."""
    return next((user for user in users.get(id, ()) if user in left), None)


def remove(
    client: Client, path: str, live: Tree | Failure, seconds: float, propagation: str = "Background"
) -> Failure | str:
    """Delete an object as it was seen, and wait until it is gone.

    Return why it still exists, or "" where it is gone. Where it is deleted in the foreground, so is what it owns.
    """
    if isinstance(live, Failure):
        return "" if live.status == 404 else live
    metadata = live["metadata"]
    answer = client.about_object(
        client.delete(path, str(metadata["uid"]), str(metadata["resourceVersion"]), propagation)
    )
    if isinstance(answer, Failure):
        return "" if answer.status == 404 else answer
    still = until_gone(client, path, str(metadata["uid"]), seconds)
    return still.reason if still else ""
