"""The nouns of a hydration: what it is asked for, what it does to each branch, and what came of it."""

from collections.abc import Callable, Container, Mapping, Sequence

from penstock.emit.branch import Rendering
from penstock.emit.tips import Remote, Tip
from penstock.records import NamedTuple
from penstock.typed import Literal


class Outcome(NamedTuple):
    """The result for one environment's part of a branch. `changes` maps each path to what happened to its file.

    The state `superseded` means that the branch holds the rendering of a later commit, `source`, and was left alone.
    `new` means that the branch does not exist, and is not created without being asked for.
    """

    environment: str
    branch: str
    state: Literal["created", "updated", "unchanged", "superseded", "new"]
    before: str
    after: str
    changes: Mapping[str, Literal["added", "changed", "removed"]]
    pushed: bool = False
    source: str = ""
    tree: str = ""
    """The root tree that the branch should have."""
    part: str = ""
    """The tree of the environment's folder. It equals `tree` if the folder is the root."""
    contents: Mapping[str, str] = {}
    """The content id of each file that is added or changed, by its path."""
    held: Mapping[str, int] = {}
    """The paths of targets with errors, whose files stay as they are, each with the number of its files."""


class Part(NamedTuple):
    """The changes for one environment: new content by path (None removes the file), and the outcome for its folder."""

    rendering: Rendering
    edits: Mapping[str, bytes | None]
    outcome: Outcome


LEFT_ALONE = ("superseded", "new")


class Step(NamedTuple):
    """The changes to one branch, and the resulting tree."""

    branch: str
    tip: Tip
    parts: Sequence[Part]
    tree: str
    is_noted: bool = False
    """Whether to leave a note that this commit, too, renders what the branch holds."""

    @property
    def edits(self) -> dict[str, bytes | None]:
        """The new content by path, of all environments."""
        return {path: data for part in self.parts for path, data in part.edits.items()}

    @property
    def outcomes(self) -> list[Outcome]:
        return [part.outcome for part in self.parts]

    @property
    def is_left(self) -> bool:
        """Whether the branch is left alone."""
        return any(part.outcome.state in LEFT_ALONE for part in self.parts)

    @property
    def is_hydrated(self) -> bool:
        """Whether the branch has the layout of Argo CD's hydrator."""
        return any(part.rendering.layout == "argocd" for part in self.parts)

    def stays(self, state: Literal["superseded", "new"], source: str = "") -> "Step":
        """Return the step without its edits, in the given state."""
        parts = [
            part._replace(edits={}, outcome=part.outcome._replace(state=state, source=source)) for part in self.parts
        ]
        return self._replace(parts=parts)


class Anything(Container[str]):
    """A container that holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


class Request(NamedTuple):
    """The options of a hydration. `engine` returns the name and version of Penstock.

    With `dry_run`, nothing is written. With `allow_older`, a branch may go back to an older commit. `may_create` holds
    the branches that may be created. `expected` maps branches to the trees that they should get: if one would get
    another tree, nothing is written at all. With `signing_key`, commits are signed; `CONFIGURED` leaves the choice of
    the key to git.
    """

    engine: Callable[[], str]
    remote: Remote
    dry_run: bool = False
    allow_older: bool = False
    may_create: Container[str] = Anything()
    expected: Mapping[str, str] = {}
    signing_key: str | None = None
    address: str = ""
    """The address of the source repository, for readers of the branch."""
