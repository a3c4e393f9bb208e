"""What the definitions of a repository come to, for those who need not know how they are read."""

from collections.abc import Mapping, Sequence

from penstock.model import Diagnostic, Made, Target
from penstock.records import NamedTuple


class Fleet(NamedTuple):
    """The targets that definitions make, what each was built to, and what is to say about definitions."""

    targets: Sequence[Target] = ()
    made: Mapping[Target, Made] = {}
    findings: Sequence[Diagnostic] = ()


class ArgoFleet(NamedTuple):
    """The targets that definitions make, what each was built to, and what is to say about definitions.

    `branches` are those that Argo CD's own hydrator writes, by environment. `guessed` are the environments that a usual
    name in a path alone tells. `undecided` are the paths, with templates in them, of ApplicationSets of which it is not
    known what they make.
    """

    targets: Sequence[Target] = ()
    made: Mapping[Target, Made] = {}
    findings: Sequence[Diagnostic] = ()
    branches: Mapping[str, str] = {}
    guessed: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
