"""What the Argo CD and Flux definitions of a repository say about its environments and files."""

from collections.abc import Mapping, Set

from penstock.model import Destination, Resource
from penstock.records import NamedTuple


class Unlocked(NamedTuple):
    """A definition of which a source is not in penstock.lock, so that its objects are not known.

    A chart makes its objects in the namespace of the destination, and Flux puts all objects into a `targetNamespace`.
    Without such a `namespace` they may be anywhere: the manifests of another repository name their own namespaces, and
    may be further definitions. Where the `environment` is not known, it may be any that definitions determine.
    """

    definition: Resource
    namespace: str
    environment: str = ""


class Defined(NamedTuple):
    """The environments whose content definitions determine, and the files that definitions are about.

    Discovery needs this to decide about the directories to which no definition leads.
    """

    governed: Set[str] = frozenset()
    """The environments whose content definitions determine."""
    guessed: Set[str] = frozenset()
    """The governed environments known only from a usual name in the path of a definition, or of what it builds."""
    undecided: Set[str] = frozenset()
    """Paths with templates that definitions build, where it is unknown which paths the templates produce."""
    leading: Set[str] = frozenset()
    """The files and directories of the definitions from which others start."""
    unlocked: tuple[Unlocked, ...] = ()
    destinations: Mapping[str, Destination] = {}
    """The branches that definitions give to environments."""
