"""The git submodules of a repository: folders with the files of other repositories, once they are checked out.

git fetches submodules only on request (`git submodule update --init`), so a folder that is named as a base may be empty
on this machine and filled where the deployment runs.
"""

import posixpath
from collections.abc import Callable, Iterable

from penstock.model import Diagnostic, Origin, Unreadable
from penstock.regex import regex

FILE = ".gitmodules"

MAX_SUBMODULES = 100
"""The largest number of submodules of a repository that are looked at, including nested ones."""

MAX_BYTES = 1024 * 1024
"""The number of bytes of a `.gitmodules` that are read."""

UNFETCHED = "PS116"
"""The code of the finding about a needed file in a submodule that is not checked out."""

_PATH = regex(r"(?m)^[ \t]*+path[ \t]*+=[ \t]*+\"?([^\"#;\n]++)\"?[ \t\r]*+$")


def submodules(read: Callable[[str], bytes | None], root: str) -> tuple[str, ...]:
    """Return the paths of all submodules, including those inside checked-out submodules.

    `root` leads to the top of the repository.
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
    """Return the paths that a `.gitmodules` names, relative to its folder, without those that lead out of the
    folder.
    """
    try:
        data = (read(posixpath.normpath(path)) or b"")[:MAX_BYTES]
    except Unreadable:
        return []
    named = _PATH.findall(data.decode("utf-8", "surrogateescape"))
    paths = (posixpath.normpath(each.strip()) for each in named)
    return [each for each in paths if not each.startswith(("/", "..")) and each != "."]


def submodule_of(path: str, known: Iterable[str]) -> str:
    """Return the innermost submodule that contains a path, or "" where none does."""
    return max((each for each in known if path == each or path.startswith(f"{each}/")), key=len, default="")


def outermost_of(path: str, known: Iterable[str]) -> str:
    """Return the outermost submodule that contains a path, which is one of the repository itself, or "" where none
    does.
    """
    return min((each for each in known if path == each or path.startswith(f"{each}/")), key=len, default="")


def not_here(known: Iterable[str], path: str, root: str, where: Origin) -> Diagnostic:
    """Return the finding for a path in a submodule that is not checked out.

    `known` are all submodules, and `root` leads to the top of the repository.
    """
    submodule = submodule_of(path, known)
    inside = "" if path == submodule else f"{path} lies in "
    message = f"{inside}{submodule}{', ' if inside else ' is '}a git submodule that is not checked out"
    outermost = posixpath.relpath(outermost_of(path, known), root or ".")
    hint = f"`git submodule update --init --recursive :/{outermost}`"
    return Diagnostic(UNFETCHED, "error", message, where, hint=hint)
