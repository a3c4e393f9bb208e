"""A sync of a part of the branch: of some objects, or of some targets with what has left them. Pure."""

import posixpath
from collections.abc import Callable, Collection, Iterator, Sequence

from penstock.model import Diagnostic, Plan, Pos, Resource, ResourceId
from penstock.records import NamedTuple

History = Callable[[str, str], frozenset[ResourceId] | None]
"""The objects that a target of the branch has had since a commit, then too; None where that is not known here."""


class Part(NamedTuple):
    """What is meant: `only` objects, kinds or folders, and whole `targets`. Both are empty where all is meant."""

    only: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.only or self.targets)

    def chosen(self, resources: Sequence[Resource]) -> frozenset[ResourceId]:
        """The objects of the branch that are meant."""
        return frozenset(each.id for each in resources if self._means(each))

    def _means(self, resource: Resource) -> bool:
        return _directory(resource) in self.targets or any(_is_meant(word, resource) for word in self.only)

    def unknown(self, resources: Sequence[Resource], former: Collection[str], branch: str) -> Iterator[Diagnostic]:
        """A finding for each word that means nothing; `former` are targets that the branch has had."""
        for word in sorted(self.only):
            if not any(_is_meant(word, each) for each in resources):
                message = f"--only {word} is no object, kind or folder of the branch"
                yield Diagnostic("PS662", "error", message, Pos(branch), hint="as in Service/shop/web, or apps/shop")
        directories = {_directory(each) for each in resources}
        for target in sorted(self.targets - directories - set(former)):
            message = f"--target {target} is no target of the branch, and was none"
            known = ", ".join(sorted(directories)[:MAX_NAMED])
            yield Diagnostic("PS662", "error", message, Pos(branch), hint=f"its targets are {known}" if known else "")


MAX_NAMED = 8
"""Targets that a hint names."""


def _directory(resource: Resource) -> str:
    return posixpath.dirname(resource.origin.path) or "."


def _is_meant(word: str, resource: Resource) -> bool:
    key = resource.id
    kind = f"{key.kind}.{key.group}" if key.group else key.kind
    names = (str(key), kind, f"{key.kind}/{key.name}", f"{key.kind}/{key.namespace}/{key.name}")
    return word in names or resource.origin.path.startswith(f"{word.rstrip('/')}/")


class Left(NamedTuple):
    """What targets have had: by the target, its objects; and those targets of which nobody here knows."""

    had: dict[str, frozenset[ResourceId]]
    unsure: list[str]


def left_by(part: Part, history: History, since: str) -> Left:
    """What the targets of a part have had since a commit that was synced as a whole."""
    found = {target: history(target, since) for target in sorted(part.targets)}
    known = {target: objects for target, objects in found.items() if objects}
    return Left(known, [target for target, objects in found.items() if objects is None])


def part_of(plan: Plan, chosen: Collection[ResourceId], left: Left, namespace: str) -> Plan:
    """The plan for some objects only, by which nothing is pruned but what its targets had.

    `namespace` is where objects have gone that the branch gives none.
    """
    had = frozenset[ResourceId]().union(*left.had.values())
    homeless = {key._replace(namespace=namespace) for key in had if not key.namespace}
    return Plan(
        tuple(tuple(change for change in wave if change.id in chosen) for wave in plan.waves),
        tuple(change for change in plan.prune if change.id in had or change.id in homeless),
    )


def not_known(left: Left, branch: str) -> Iterator[Diagnostic]:
    """A word about targets of which something may have stayed in the cluster."""
    for target in left.unsure:
        message = f"what the target {target} has had is not known here, so nothing of it is pruned"
        hint = "fetch the branch with its history; a sync of the whole environment prunes without it"
        yield Diagnostic("PS667", "warning", message, Pos(branch), hint=hint)
