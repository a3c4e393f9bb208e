"""The results of processing a repository's definitions, for callers that need not know how they are parsed."""

from collections.abc import Mapping, Sequence

from penstock.model import Destination, Diagnostic, Made, Target
from penstock.parse.defined import Unlocked
from penstock.records import NamedTuple


class Fleet(NamedTuple):
    """The targets that definitions make, the result of building each, and findings about definitions.

    `leading` are the files and directories of the definitions from which others start. `unlocked` are the definitions
    of which the source is not in penstock.lock.
    """

    targets: Sequence[Target] = ()
    made: Mapping[Target, Made] = {}
    findings: Sequence[Diagnostic] = ()
    leading: frozenset[str] = frozenset()
    unlocked: tuple[Unlocked, ...] = ()


class ArgoFleet(NamedTuple):
    """The targets that definitions make, the result of building each, and findings about definitions.

    `leading` are the files and directories of the definitions from which others start. `destinations` are those that
    Argo CD's own hydrator writes, by environment. `guessed` are the environments that are only known by a usual name in
    a path. `undecided` are the paths, which may contain templates, of Applications and ApplicationSets whose result is
    unknown. `shared` are guessed environments that kustomizations show as well: what no definition leads to may go
    there, too. `unlocked` are the Applications of which a source is not in penstock.lock.
    """

    targets: Sequence[Target] = ()
    made: Mapping[Target, Made] = {}
    findings: Sequence[Diagnostic] = ()
    leading: frozenset[str] = frozenset()
    destinations: Mapping[str, Destination] = {}
    guessed: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    unlocked: tuple[Unlocked, ...] = ()
