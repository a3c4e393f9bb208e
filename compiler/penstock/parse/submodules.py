"""The git submodules of a repository: folders in which the files of other repositories lie, once they are checked out.

git fetches them only when told (`git submodule update --init`), so a folder that is named as a base may be empty here,
and full for whoever deploys.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

from penstock.model import Diagnostic, Origin, Unreadable

FILE = ".gitmodules"

MAX_SUBMODULES = 100
"""So many submodules of a repository are known, those of submodules among them."""

MAX_BYTES = 1024 * 1024
"""Bytes of a `.gitmodules` that is read."""

UNFETCHED = "PS116"
"""What is needed lies in a submodule that is not here."""

_PATH = re.compile(r"^\s*path\s*=\s*\"?([^\"#;\n]+?)\"?\s*$", re.MULTILINE)


def submodules(read: Callable[[str], bytes | None], root: str) -> tuple[str, ...]:
    """The paths of all submodules, those of submodules that are here among them; `root` leads to the top of the
    repository.
    """
    found: dict[str, None] = {}
    waiting = [root or "."]
    while waiting and len(found) < MAX_SUBMODULES:
        top = waiting.pop(0)
        for path in _named(read, posixpath.join(top, FILE)):
            inner = posixpath.normpath(posixpath.join(top, path))
            if inner not in found and len(found) < MAX_SUBMODULES:
                found[inner] = None
                waiting.append(inner)
    return tuple(found)


def _named(read: Callable[[str], bytes | None], path: str) -> list[str]:
    """The paths that a `.gitmodules` names, relative to its folder. None of them leads out of it."""
    try:
        data = (read(posixpath.normpath(path)) or b"")[:MAX_BYTES]
    except Unreadable:
        return []
    named = _PATH.findall(data.decode("utf-8", "surrogateescape"))
    return [each for each in map(posixpath.normpath, named) if not each.startswith(("/", "..")) and each != "."]


def submodule_of(path: str, known: Iterable[str]) -> str:
    """The innermost of some submodules that a path lies in; empty where it lies in none."""
    return max((each for each in known if path == each or path.startswith(f"{each}/")), key=len, default="")


def outermost_of(path: str, known: Iterable[str]) -> str:
    """The submodule of the repository itself that a path lies in; empty where it lies in none."""
    return min((each for each in known if path == each or path.startswith(f"{each}/")), key=len, default="")


def not_here(known: Iterable[str], path: str, root: str, where: Origin) -> Diagnostic:
    """What is said of a path that lies in a submodule without files; `known` are all submodules, and `root` leads to
    the top of the repository.
    """
    submodule = submodule_of(path, known)
    inside = "" if path == submodule else f"{path} lies in "
    message = f"{inside}{submodule}{', ' if inside else ' is '}a git submodule that is not checked out"
    outermost = posixpath.relpath(outermost_of(path, known), root or ".")
    hint = f"`git submodule update --init --recursive :/{outermost}`"
    return Diagnostic(UNFETCHED, "error", message, where, hint=hint)
