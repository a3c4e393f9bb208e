"""The nouns of a sync: the branch, the user's choices, the task, and what is known before the first write."""

from collections.abc import Callable, Mapping, Sequence

from penstock.apply.client import Client
from penstock.apply.desired import Desired
from penstock.apply.events import Event
from penstock.apply.failure import Failure
from penstock.apply.hooks import Step
from penstock.apply.inventory import Inventory, Parent
from penstock.apply.kinds import Kinds
from penstock.apply.part import History, Part
from penstock.apply.plan import Link, Members
from penstock.apply.show import Describe
from penstock.apply.world import Applied, Taking, World
from penstock.cluster import Ignored, Plan
from penstock.model import Diagnostic, Graph, Resource, ResourceId
from penstock.records import NamedTuple
from penstock.windows import Window

FATAL = frozenset(("PS601", "PS602", "PS603", "PS604", "PS605", "PS606", "PS620", "PS623", "PS661", "PS662", "PS663"))
"""Errors of the branch or the plan as a whole, after which nothing is written."""

Say = Callable[[str], None]

Tell = Callable[[Event], None]


class Branch(NamedTuple):
    """A rendered branch as it was read: its objects, and the commit.

    `follows` returns whether a commit is in the history of the branch, `newer` the commit that the branch has got since
    it was read (or ""), `history` the objects that a target has had.
    """

    name: str
    revision: str
    resources: Sequence[Resource]
    follows: Callable[[str], bool]
    newer: Callable[[], str] = str
    history: History = lambda target, since: None


class Options(NamedTuple):
    """The user's choices. Times are in seconds. `holder` names this run in the lease, so it must be unique."""

    holder: str = "penstock"
    timeout: float = 300.0
    lock_timeout: float = 60.0
    force_conflicts: bool = False
    prune: bool = True
    allow_prune: frozenset[str] = frozenset()
    allow_rewrite: bool = False
    adopt: frozenset[str] = frozenset()
    asked_to_adopt: frozenset[str] = frozenset()
    """Those of `adopt` that are from the command line, so each of them should mean something now."""
    replace: frozenset[str] = frozenset()
    namespace: str = ""
    windows: tuple[Window, ...] = ()
    """When a sync may run."""
    manual: bool = False
    """Whether a person has started the sync, whom some windows do not stop."""
    part: Part = Part()
    """The part to sync. Nothing else is applied or pruned."""
    wait: bool = True
    """Whether the sync waits until all objects are healthy, and only then prunes."""
    ignore: tuple[Ignored, ...] = ()
    """Differences that are intended."""
    remove_additions: bool = False
    """Whether fields that people have added by hand are removed."""
    who: str = ""
    """Who runs the sync, for the record."""
    back_from: str = ""
    """The commit from which a rollback goes back; no commit up to it is synced again without consent."""
    unpin: bool = False
    """Whether a commit that was rolled back may be synced again."""
    elsewhere: str = ""
    """The address of the cluster to which this environment was last synced, where that is another one, else ""."""


class Task(NamedTuple):
    """Which branch to bring to which cluster, and how to report about it.

    `tell` is called with each event, `progress` with messages about waiting; `version` is Penstock's own. `describe`
    returns lines about what a change does to an object.
    """

    client: Client
    branch: Branch
    parent: Parent
    link: Link
    options: Options
    version: str
    tell: Tell
    progress: Say
    describe: Describe


class Prepared(NamedTuple):
    """Everything that is known before the first write."""

    kinds: Kinds
    desired: Desired
    inventory: Inventory | None
    """None at the first sync."""
    world: World
    tried: Mapping[ResourceId, Applied | Failure]
    """The results of the dry run for the objects that may differ."""
    graph: Graph
    doomed: Graph
    """Which of the objects that have left the branch need which others."""
    leaving: Mapping[ResourceId, Step]
    """The steps of these objects, the highest of which is deleted first."""
    plan: Plan
    members: Members
    """The live objects with Penstock's label that are not on the branch."""
    taking: Taking
    """Objects on which Penstock takes over fields of other managers."""
    steps: Mapping[ResourceId, Step]
    """The phase and wave of each object."""
    namespace: str
    """The namespace of objects for which the branch gives none."""
    chosen: frozenset[ResourceId]
    """The objects of the branch that the sync is about, also those that cannot be applied: all, or those of the chosen
    part."""
    blocked: frozenset[ResourceId]
    """Wanted objects that belong to somebody else, or that Penstock cannot even read."""
    settled: Mapping[ResourceId, str]
    """Wanted objects that a sync leaves alone, and why: they have run, or their annotations say so."""
    diagnostics: list[Diagnostic]

    @property
    def refused(self) -> bool:
        """Whether an error forbids all writes."""
        return any(d.severity == "error" and d.code in FATAL for d in self.diagnostics)
