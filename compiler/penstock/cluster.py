"""The nouns of a sync: what is to be done in a cluster, the health of its objects, and its distance from a branch."""

from penstock.model import Diagnostic, ResourceId, Tree
from penstock.records import NamedTuple
from penstock.typed import Literal


class Change(NamedTuple):
    """What a sync will do to one object. `before` is the live body (None where the object does not exist), `after` is
    the wanted one.
    """

    action: Literal["create", "update", "unchanged", "delete"]
    id: ResourceId
    before: Tree | None
    after: Tree | None


class Plan(NamedTuple):
    """The plan of a sync: the changes wave by wave, and then the objects to be pruned, the last dependant first."""

    waves: tuple[tuple[Change, ...], ...]
    prune: tuple[Change, ...]


HealthWord = Literal["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"]


class Health(NamedTuple):
    """The health of a live object, with the reason where it is not healthy."""

    word: HealthWord
    reason: str = ""


Sync = Literal["Synced", "OutOfSync", "Missing", "Extra", "Unknown"]
"""Missing: on the branch, not in the cluster. Extra: ours in the cluster, no longer on the branch."""

WORST_FIRST: tuple[HealthWord, ...] = ("Degraded", "Missing", "Progressing", "Unknown")


class ObjectStatus(NamedTuple):
    """The status of one object. `details` list the differences (without the values of Secrets), or say why the status
    is not known.
    """

    id: ResourceId
    sync: Sync
    health: Health
    details: tuple[str, ...] = ()


class LastSync(NamedTuple):
    """The record of earlier syncs that is kept in the cluster: the last complete one, the last one that was begun, and
    how that one stands. `phase` is `never` if there has been none.
    """

    revision: str = ""
    attempt: str = ""
    phase: str = "never"


class Ignored(NamedTuple):
    """A difference that the team wants to be ignored. In the first three fields, `*` stands for any characters."""

    kind: str
    namespace: str
    name: str
    fields: tuple[tuple[str, ...], ...]
    """JSON pointers to fields whose live value stays."""
    managers: frozenset[str]
    """Field managers whose values stay where they conflict with ours."""


class Status(NamedTuple):
    """The distance of a cluster from a rendered branch: the status of every object, and the record of the last sync."""

    branch: str
    revision: str
    last: LastSync
    objects: tuple[ObjectStatus, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def sync(self) -> Sync:
        words = {item.sync for item in self.objects}
        if words & {"OutOfSync", "Missing", "Extra"}:
            return "OutOfSync"
        return "Unknown" if "Unknown" in words or any(d.severity == "error" for d in self.diagnostics) else "Synced"

    @property
    def health(self) -> HealthWord:
        words = {item.health.word for item in self.objects if item.sync != "Extra"}
        return next((word for word in WORST_FIRST if word in words), "Healthy")
