"""A sync of part of the branch: of some objects, or of some targets along with what has left them. Pure."""

import posixpath
from collections.abc import Callable, Collection, Iterator, Sequence

from penstock.cluster import Plan
from penstock.model import Diagnostic, Pos, Resource, ResourceId
from penstock.records import NamedTuple

History = Callable[[str, str], frozenset[ResourceId] | None]
"""Returns the objects that a target of the branch has had at a commit or since, or None where that is not known
here."""


class Part(NamedTuple):
    """The part of the branch to sync: `only` these objects, kinds or folders, and whole `targets`.

    Both are empty for the whole branch.
    """

    only: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.only or self.targets)

    def chosen(self, resources: Sequence[Resource]) -> frozenset[ResourceId]:
        """Return the objects of the branch that belong to the part."""
        return frozenset(each.id for each in resources if self._means(each))

    def _means(self, resource: Resource) -> bool:
        return directory_of(resource) in self.targets or any(_is_meant(word, resource) for word in self.only)

    def unknown(self, resources: Sequence[Resource], former: Collection[str], branch: str) -> Iterator[Diagnostic]:
        """Yield a finding for each word that matches nothing; `former` are targets that the branch used to have."""
        for word in sorted(self.only):
            if not any(_is_meant(word, each) for each in resources):
                message = f"--only {word} is no object, kind or folder of the branch"
                yield Diagnostic("PS662", "error", message, Pos(branch), hint="as in Service/shop/web, or apps/shop")
        directories = {directory_of(each) for each in resources}
        for target in sorted(self.targets - directories - set(former)):
            message = f"{target} is no target of the branch, and was none"
            known = ", ".join(sorted(directories)[:MAX_NAMED])
            yield Diagnostic("PS662", "error", message, Pos(branch), hint=f"its targets are {known}" if known else "")


MAX_NAMED = 8
"""The number of targets that a hint names."""


def directory_of(resource: Resource) -> str:
    """Return the target of an object: the folder of the branch that holds it."""
    return posixpath.dirname(resource.origin.path) or "."


def _is_meant(word: str, resource: Resource) -> bool:
    key = resource.id
    kind = f"{key.kind}.{key.group}" if key.group else key.kind
    names = (str(key), kind, f"{key.kind}/{key.name}", f"{key.kind}/{key.namespace}/{key.name}")
    return word in names or resource.origin.path.startswith(f"{word.rstrip('/')}/")


class Left(NamedTuple):
    """The former objects of targets: `had` by target, and in `unsure` the targets whose history is not known here."""

    had: dict[str, frozenset[ResourceId]]
    unsure: list[str]


def left_by(part: Part, history: History, since: str) -> Left:
    """Return what the targets of a part have had since a commit that was synced as a whole."""
    found = {target: history(target, since) for target in sorted(part.targets)}
    known = {target: objects for target, objects in found.items() if objects}
    return Left(known, [target for target, objects in found.items() if objects is None])


def part_of(plan: Plan, chosen: Collection[ResourceId], left: Left, namespace: str) -> Plan:
    """Return the plan for the chosen objects only, which prunes nothing but former objects of the targets.

    `namespace` is where objects went for which the branch gives no namespace.
    """
    had = frozenset[ResourceId]().union(*left.had.values())
    homeless = {key._replace(namespace=namespace) for key in had if not key.namespace}
    return Plan(
        tuple(tuple(change for change in wave if change.id in chosen) for wave in plan.waves),
        tuple(change for change in plan.prune if change.id in had or change.id in homeless),
    )


def not_known(left: Left, branch: str) -> Iterator[Diagnostic]:
    """Yield a warning for each target of which something may have stayed in the cluster."""
    for target in left.unsure:
        message = f"what the target {target} has had is not known here, so nothing of it is pruned"
        hint = "fetch the branch with its history; a sync of the whole environment prunes without it"
        yield Diagnostic("PS667", "warning", message, Pos(branch), hint=hint)
