"""Which targets a repository has, without any configuration: every kustomization that no other one uses."""

import posixpath

from penstock.model import Diagnostic, Files, Target, Tree, Unreadable
from penstock.parse.project import FILE_NAMES, Project

_USES = ("resources", "bases", "components", "generators", "transformers", "validators")


def discover(files: Files, project: Project, root: str = ".") -> tuple[list[Target], list[Diagnostic]]:
    """The targets below a directory, by path. The environment of a target is the name of its directory.

    A kustomization that cannot be read is a target too: compiling it says why.
    """
    directories = sorted({posixpath.dirname(p) or "." for p in files.walk(root) if posixpath.basename(p) in FILE_NAMES})
    used: set[str] = set()
    components: set[str] = set()
    for directory in directories:
        kustomization, _ = project.kustomization(directory)
        if kustomization is None:
            used |= _mentioned(project, directory)
            continue
        if kustomization.fields.get("kind") == "Component":
            components.add(directory)
        used |= _used(kustomization.fields, directory)
    return [Target(d, environment_of(d)) for d in directories if d not in used and d not in components], []


def _mentioned(project: Project, directory: str) -> set[str]:
    """The paths in a kustomization that cannot be read: so that its bases do not become targets by a typo."""
    words: set[str] = set()
    for name in FILE_NAMES:
        try:
            data = project.text(posixpath.normpath(posixpath.join(directory, name)))
        except Unreadable:
            continue
        words |= {w.strip("\"',[]") for w in (data or b"").decode(errors="replace").split()}
    return {posixpath.normpath(posixpath.join(directory, word)) for word in words if word.strip("./")}


def _used(fields: Tree, directory: str) -> set[str]:
    """What the fields name, as far as they have the right types."""
    names = (n for field in _USES for n in fields.get(field) or () if isinstance(n, str) and "\n" not in n)
    return {posixpath.normpath(posixpath.join(directory, name)) for name in names}


def environment_of(directory: str) -> str:
    """The environment of a target: the name of its directory."""
    return posixpath.basename(directory) if directory != "." else "default"
