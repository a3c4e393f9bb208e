"""Another state of the same sources: two states that are compared are almost alike, and what both have is read once."""

import posixpath
from collections.abc import Callable, Iterable, Set
from functools import cached_property

from penstock.parse.document import CONFIG, MANIFESTS, RESOURCES
from penstock.parse.project import Project

FAR_REACHING = frozenset((".sourceignore", ".gitmodules", "penstock.yaml", "penstock.lock"))
"""Names of files that decide on results without being looked at for each of them."""

KEPT_APART = ("penstock.lock", "Chart.yaml")
"""Names of files that are read for what is fetched and what is rendered, which each state keeps for itself."""


class Twin:
    """A state of the sources beside another one. `touched` returns the paths at which the two differ, directories of
    added and removed files included, or None if these are not known.
    """

    def __init__(self, project: Project, touched: Callable[[], Set[str] | None]) -> None:
        self.project = project
        self._touched = touched

    @cached_property
    def _differing(self) -> Set[str] | None:
        """The paths at which the states differ; None if these do not tell what is the same in both."""
        touched = self._touched()
        if touched is None or not FAR_REACHING.isdisjoint(map(posixpath.basename, touched)):
            return None
        return touched

    def has_same(self, paths: Iterable[str]) -> bool:
        """Return whether looks at some paths give in this state what they give in the other one, and lead to nothing
        that was fetched or rendered.
        """
        differing = self._differing
        return differing is not None and not any(path in differing or path.endswith(KEPT_APART) for path in paths)

    def pass_on(self, paths: Iterable[str], other: Project) -> None:
        """Let the other state read the files on which a result rests, as this one has read them, since what is written
        there counts for it, too. Whatever is withheld here is withheld there.
        """
        ways = ((RESOURCES, other.resources), (MANIFESTS, other.manifests), (CONFIG, other.configs))
        for path in paths:
            for dialect, read in ways:
                if self.project.documents(path, dialect):
                    read(path)
        other.withheld.add_all(self.project.withheld)


def put_beside(project: Project, twin: Twin) -> None:
    """Let a state of the sources take over what a twin has."""
    project.memo[Twin] = twin
    project.alike = twin.project.documents


def twin_of(project: Project) -> Twin | None:
    """Return the state beside, or None without any."""
    twin: Twin | None = project.memo.get(Twin)
    return twin
