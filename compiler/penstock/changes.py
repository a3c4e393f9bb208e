"""The nouns of a comparison: the differences of a field, of an object, and between environments."""

from collections.abc import Mapping
from typing import Any, Literal

from penstock.model import Pointer, Pos, Resource, ResourceId, Tree
from penstock.records import NamedTuple

Action = Literal["added", "removed", "changed"]


class Element(NamedTuple):
    """A step to an element of a list that is identified by its key, such as the name of a container."""

    key: str


At = tuple[str | int | Element, ...]
"""The way to a field for people: with keys of list elements where there are any."""


def shown(at: At) -> str:
    """Return the path of a field as a report shows it, such as `spec.containers[app].image`."""
    text = ""
    for step in at:
        if isinstance(step, Element):
            text += f"[{step.key}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}"
        else:
            text += f'["{step}"]'
    return text.removeprefix(".")


class Field(NamedTuple):
    """A field that differs. `before` and `after` are `tree.MISSING` on the side that does not have it.

    In a change of the kind `moved`, the elements of a list stand in another order, and both sides are the keys in their
    order. `pointer` leads to the field in the new object, or in the old one if the new one does not have it.
    """

    at: At
    kind: Literal["added", "removed", "changed", "moved"]
    before: Any
    after: Any
    pointer: Pointer


Level = Literal["danger", "caution", "note"]


class Danger(NamedTuple):
    """Something that a change may break. `name` is that of the class of danger, and `message` says what it is here."""

    name: str
    level: Level
    message: str


class Change(NamedTuple):
    """An object that differs. The id is that of the new object, or of the old one if the object is gone.

    `renamed` is the former name of an object whose name contains a hash of its content.
    """

    id: ResourceId
    action: Action
    before: Resource | None
    after: Resource | None
    fields: tuple[Field, ...] = ()
    dangers: tuple[Danger, ...] = ()
    renamed: str = ""
    whole: Tree | None = None
    """An object that comes or goes, as a report may show it: values of Secrets are digests. None for one that stays."""
    is_routine: bool = False


class Compared(NamedTuple):
    """The differences between two sets of objects, and the number of objects that are the same."""

    changes: tuple[Change, ...]
    same: int
    hidden: Mapping[str, int]


class Image(NamedTuple):
    """An image that replaces another one. It is empty on the side that has none."""

    before: str
    after: str


class Group(NamedTuple):
    """A change that is the same in several environments. `places` are where its fields are written, in the order of the
    fields.
    """

    change: Change
    environments: tuple[str, ...]
    places: tuple[Pos, ...] = ()


State = Literal["identical", "changed", "added", "removed", "failed"]


class Promise(NamedTuple):
    """The tree that hydration will give to a branch, or to a folder of one. The tree is empty where it is not known.

    It is a tree of this repository, unless `repository` has the address of another one. If `commit` is not empty, the
    promise holds for that commit only: the written files name the commit, and a merge makes another one.
    """

    tree: str = ""
    branch: str = ""
    folder: str = ""
    repository: str = ""
    commit: str = ""


class EnvironmentChange(NamedTuple):
    """What happens to an environment. If it is `identical`, all of its targets are proven, or were found, to give the
    same output.

    `promise` is the tree that hydration will write, as far as that was worked out. `why` are the files through which
    the change reaches the environment.
    """

    name: str
    state: State
    added: int = 0
    changed: int = 0
    removed: int = 0
    promise: Promise = Promise()
    why: tuple[str, ...] = ()


IN_CLUSTER = "in the cluster"
"""The side of a failure that the API server has to do with."""


class Failure(NamedTuple):
    """A target that does not compile on one side, so that nothing can be said about it; it is not shown as a mass
    deletion. In a cluster, it is an object that cannot be compared.

    `where` is the place of the finding, and `files` are the changed files that the target reads.
    """

    target: str
    side: str
    code: str
    message: str
    where: Pos
    files: tuple[str, ...] = ()


class Difference(NamedTuple):
    """Everything that a report of a comparison says. `before` and `after` name the two sides."""

    before: str
    after: str
    environments: tuple[EnvironmentChange, ...]
    groups: tuple[Group, ...]
    images: tuple[tuple[Image, tuple[str, ...]], ...]
    failures: tuple[Failure, ...]
    hidden: Mapping[str, int]
    targets: int = 0
    """How many targets there are."""
    proven: int = 0
    """Of how many targets a proof says that they come to the same, without a look at what they come to."""
    broken: tuple[str, ...] = ()
    """The targets that the change does not reach and that compile on neither side: they come to nothing, as before."""
    unread: tuple[str, ...] = ()
    """The files that differ and that no target reads, as far as that is known."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs, as far as could be seen."""
        changed = any(each.state not in ("identical", "failed") for each in self.environments)
        return not self.groups and not self.failures and not changed

    @property
    def is_routine(self) -> bool:
        """Whether nothing changes but images and version labels."""
        return bool(self.groups) and not self.failures and all(group.change.is_routine for group in self.groups)

    def count(self, level: Level) -> int:
        """Return the number of groups that have a danger of a level."""
        return sum(any(danger.level == level for danger in group.change.dangers) for group in self.groups)
