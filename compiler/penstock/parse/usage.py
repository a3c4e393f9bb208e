"""The kustomizations of a repository, and which of them use which."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from penstock.model import Tree, Unreadable, directory_of, name_of
from penstock.parse.project import FILE_NAMES, Project
from penstock.records import NamedTuple

_USES = ("resources", "bases", "components", "generators", "transformers", "validators")

MANY = 100
"""Directories in circles that are all compiled. Each of them needs all others of its circle."""


MOST_WORDS = 20_000
"""Words of a kustomization file that cannot be read, in which paths are looked for."""


def is_below(path: str, directory: str) -> bool:
    """Return whether a path is a directory or lies in it."""
    return directory == "." or path == directory or path.startswith(f"{directory}/")


class Usage(NamedTuple):
    """The directories with a kustomization, by path, each with the directories that it uses.

    `files` has the path of each kustomization file. `components` are directories that cannot compile on their own.
    """

    uses: Mapping[str, frozenset[str]]
    files: Mapping[str, str]
    components: frozenset[str]
    misnamed: tuple[str, ...] = ()
    """Files that look like a kustomization but have another name, in directories without one."""

    def only(self, kept: Callable[[str], bool]) -> "Usage":
        """Return the usage among the directories for which `kept` is true."""
        directories = {directory for directory in self.uses if kept(directory)}
        return self._replace(uses={directory: self.uses[directory] & directories for directory in sorted(directories)})

    def used(self) -> set[str]:
        """Return the directories that another one uses."""
        return {inner for outer, below in self.uses.items() for inner in below if inner != outer}

    def reach(self, directory: str, but: Set[str] = frozenset()) -> set[str]:
        """Return a directory and all directories that it uses, directly or not, but for some and what only they use."""
        reached: set[str] = set()
        pending = [directory]
        while pending:
            current = pending.pop()
            if current not in reached:
                reached.add(current)
                pending += self.uses.get(current, frozenset()) - but
        return reached

    def leaves(self, directory: str) -> set[str]:
        """Return the bases at the bottom of a directory: those that it reaches and that use no other base.

        Bases that only a component uses do not count: many applications share one. Nor do those that lie in the
        directory itself: they are parts of it, which share its path whatever that means.
        """
        bases = {base for base in self.reach(directory, self.components) if not is_below(base, directory)}
        return {base for base in bases if not self.uses.get(base, frozenset()) - self.components}


def read_usage(project: Project, root: str = ".") -> Usage:
    """Return the kustomizations below a directory, and how they use each other. A run works that out once."""
    key = (read_usage, root)
    if key not in project.memo:
        with project.watched() as looks:
            project.memo[key] = _read_usage(project, root), looks
    usage, looks = project.memo[key]
    project.saw(looks)
    found: Usage = usage
    return found


def _read_usage(project: Project, root: str) -> Usage:
    walked = project.named_kustomizations(root)
    file_of = {directory_of(path) or ".": path for path in walked if name_of(path) in FILE_NAMES}
    uses: dict[str, frozenset[str]] = {}
    components: set[str] = set()
    all_named: set[str] = set()
    for directory in sorted(file_of):
        kustomization, _ = project.kustomization(directory)
        if kustomization is None:
            # A kustomization with a mistake still uses what it names, so that these do not become targets.
            named = _mentioned(project, directory)
        else:
            named = named_by(kustomization.fields, directory)
            if kustomization.fields.get("kind") == "Component":
                components.add(directory)
        all_named |= named
        uses[directory] = frozenset(named) & file_of.keys()
    known = file_of.keys() | all_named
    misnamed = tuple(path for path in walked if _is_misnamed(project, path, known))
    return Usage(uses, file_of, frozenset(components), misnamed)


def roots(usage: Usage) -> list[str]:
    """Return the directories that compile on their own, because no other one uses them.

    If directories use each other in a circle and nothing else uses them, all of them count: compiling one reports the
    circle. Of very many, only those count that lead to the others.
    """
    used = usage.used()
    found = [directory for directory in usage.uses if directory not in used and directory not in usage.components]
    reached = {inner for directory in found for inner in usage.reach(directory)}
    circles = sorted(set(_in_circles(usage)) - reached)
    return sorted({*found, *(circles if len(circles) <= MANY else _leading(usage, circles))})


def _leading(usage: Usage, directories: Iterable[str]) -> Iterator[str]:
    """Yield those of some directories that no earlier one of them reaches."""
    seen: set[str] = set()
    for directory in directories:
        if directory not in seen:
            yield directory
            seen |= usage.reach(directory, seen)


def _in_circles(usage: Usage) -> Iterator[str]:
    """Yield the directories that use each other in a circle, and those that use one of these, without components."""
    waiting = {directory: len(below - {directory}) for directory, below in usage.uses.items()}
    users = _users(usage)
    ready = [directory for directory, count in waiting.items() if not count]
    # Directories whose bases are all done are done as well. Those left over wait for each other.
    while ready:
        for outer in users[ready.pop()]:
            waiting[outer] -= 1
            if not waiting[outer]:
                ready.append(outer)
    yield from (directory for directory, count in waiting.items() if count and directory not in usage.components)


def _users(usage: Usage) -> dict[str, list[str]]:
    """Return, for each directory, the other directories that use it."""
    users: dict[str, list[str]] = {directory: [] for directory in usage.uses}
    for outer, below in usage.uses.items():
        for inner in below - {outer}:
            users[inner].append(outer)
    return users


def _mentioned(project: Project, directory: str) -> set[str]:
    """Return the words of an unreadable kustomization as paths, so that a typo in it does not turn its bases into
    targets.
    """
    words: set[str] = set()
    for name in FILE_NAMES:
        try:
            data = project.text(posixpath.normpath(posixpath.join(directory, name)))
        except Unreadable:
            continue
        first = (data or b"").decode(errors="replace").split(maxsplit=MOST_WORDS)[:MOST_WORDS]
        words |= {word.strip("\"',[]") for word in first}
    return {posixpath.normpath(posixpath.join(directory, word)) for word in words if word.strip("./")}


def named_by(fields: Tree, directory: str) -> set[str]:
    """Return the paths that the fields of a kustomization name. Values of a wrong type and empty names are skipped."""
    names = (name for field in _USES for name in fields.get(field) or () if isinstance(name, str))
    return {posixpath.normpath(posixpath.join(directory, name)) for name in names if name and "\n" not in name}


def files_of(project: Project, usage: Usage, root: str) -> set[str]:
    """Return the paths that a kustomization and its bases name, including the files of their patches."""
    found: set[str] = set()
    for directory in usage.reach(root):
        kustomization, _ = project.kustomization(directory)
        if kustomization is not None:
            found |= named_by(kustomization.fields, directory)
            found |= {posixpath.normpath(posixpath.join(directory, path)) for path in _patches(kustomization.fields)}
    return found


def patch_files(project: Project, usage: Usage) -> set[str]:
    """Return the paths of all files that kustomizations use as patches."""
    found: set[str] = set()
    for directory in usage.uses:
        kustomization, _ = project.kustomization(directory)
        patches = _patches(kustomization.fields) if kustomization is not None else ()
        found |= {posixpath.normpath(posixpath.join(directory, path)) for path in patches}
    return found


def _patches(fields: Tree) -> Iterator[str]:
    """Yield the paths of patches. Values of a wrong type are skipped."""
    for each in fields.get("patches") or ():
        path = each.get("path") if isinstance(each, dict) else None
        if isinstance(path, str) and path:
            yield path
    for each in fields.get("patchesStrategicMerge") or ():
        if isinstance(each, str) and "\n" not in each:
            yield each


def _is_misnamed(project: Project, path: str, known: Set[str]) -> bool:
    """Return whether a file may be a kustomization with wrong letter case in its name, in a directory not otherwise
    known.

    Flux has objects of the kind Kustomization, which do not count.
    """
    directory, name = posixpath.split(path)
    if name in FILE_NAMES or (directory or ".") in known:
        return False
    try:
        data = project.text(path) or b""
    except Unreadable:
        return False
    return not re.search(rb"^apiVersion:\s*[\"']?(?!kustomize\.config\.k8s\.io/)\w", data, re.MULTILINE)
