"""What Applications come to, as targets of their environments."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence

from penstock.definitions.argo.application import Application
from penstock.model import Destination as BranchPlace
from penstock.model import Diagnostic, Made, Origin, Pos, Target
from penstock.parse.environments import places
from penstock.parse.project import Project
from penstock.parse.usage import read_usage, roots
from penstock.parse.usual_names import DEFAULT
from penstock.records import NamedTuple
from penstock.targets.argo.charts import UNREAD
from penstock.targets.argo.entries import Entry
from penstock.targets.argo.places import IN_CLUSTER as WHY_DEFAULT
from penstock.targets.argo.places import known_by_structure


class Built(NamedTuple):
    """An Application that has been built."""

    app: Application
    environment: str
    why: str
    path: str
    made: Made
    entry: Entry
    is_by_word: bool = False
    """Whether the environment is only known by a usual name in a path."""


def guessed_environments(built: Sequence[Built]) -> frozenset[str]:
    """Return the environments that only usual names in paths show. One certain reason is enough for an environment."""
    certain = {each.environment for each in built if not each.is_by_word}
    return frozenset(each.environment for each in built if each.is_by_word) - certain


def shared_word(project: Project, built: Sequence[Built]) -> set[str]:
    """Return the only environment that is known by a usual name, if kustomizations show it as well. The result is empty
    if there are several, or none.
    """
    words = {each.environment for each in built if each.is_by_word}
    if len(words) != 1:
        return set()
    usage = read_usage(project)
    return words & known_by_structure(places(usage, roots(usage)), [each.path for each in built])


def with_known_words(built: Sequence[Built]) -> list[Built]:
    """Return the Applications, with those moved to the default environment whose environment only a usual name tells,
    if there is just one such name.

    That name may be a group of applications, unless other Applications go to an environment of that name for another
    reason.
    """
    words = {each.environment for each in built if each.is_by_word}
    if len(words) != 1:
        return list(built)
    known = {each.environment for each in built if not each.is_by_word} - {DEFAULT}
    if words & known:
        return list(built)
    return [each._replace(environment=DEFAULT, why=WHY_DEFAULT) if each.is_by_word else each for each in built]


def destinations_of(built: Iterable[Built]) -> dict[str, BranchPlace]:
    """Return where Argo CD's own hydrator writes, by environment."""
    hydrated = [each for each in built if each.app.branch]
    return {each.environment: BranchPlace(each.app.branch, proposed=bool(each.app.staged)) for each in hydrated}


def with_unread_values(built: Sequence[Built]) -> list[Built]:
    """Return the Applications, without the findings about values that no template reads where several Applications have
    the file: each of their charts may read a part of it. What none of them reads is a finding all the same.
    """
    having = Counter(path for each in built for path in each.made.read)
    unread = Counter(where for each in built for where in _unread_in(each))

    def is_kept(finding: Diagnostic) -> bool:
        return not _is_unread(finding) or unread[finding.where] >= having[finding.where.path]

    return [
        each._replace(made=each.made._replace(diagnostics=list(filter(is_kept, each.made.diagnostics))))
        for each in built
    ]


def _unread_in(built: Built) -> set[Origin | Pos]:
    return {each.where for each in built.made.diagnostics if _is_unread(each)}


def _is_unread(finding: Diagnostic) -> bool:
    return finding.code == UNREAD


def targets_of(project: Project, built: Sequence[Built]) -> dict[Target, Made]:
    """Return the targets of Applications. If two build one directory for one environment, the second gets a folder of
    its own on the branch.
    """
    made: dict[Target, Made] = {}
    taken: set[tuple[str, str]] = set()
    for each in built:
        path = each.app.hydrated or (each.path if not each.path.startswith("//") else each.app.name)
        folder = path if (each.environment, path) not in taken else posixpath.normpath(f"{path}/{each.app.name}")
        taken.add((each.environment, folder))
        file = project.file_of(each.app.resource.origin)
        why = f"Application {each.app.id[0]}/{each.app.id[1]} in {file} builds it; {each.why}"
        target = Target(each.path, each.environment, each.app.name, why, folder=folder)
        made[target] = each.made._replace(of=each.app.resource.id)
    return made
