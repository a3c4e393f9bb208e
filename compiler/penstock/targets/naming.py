"""The targets that words of a command line name: directories, environments, or targets such as `prod/shop`.

All commands ask here, whether they read a directory, a commit, or a rendered branch. So a word means the same for each.
"""

import posixpath
from collections.abc import Sequence

from penstock.errors import Refusal
from penstock.model import Target
from penstock.parse.project import Project
from penstock.parse.usage import is_below
from penstock.words import did_you_mean, one_of, printable


def path_of(word: str, here: str) -> str:
    """Return a path of the command line as a path from the top of the repository. `here` is the current directory."""
    return posixpath.normpath(posixpath.join(here, word))


def is_path(word: str, project: Project, here: str) -> bool:
    """Return whether a word can only be a path, or is the path of an existing directory."""
    return word.startswith((".", "/")) or project.is_dir(path_of(word, here))


def chosen(words: Sequence[str], known: Sequence[Target], project: Project, here: str) -> list[Target]:
    """Return those of the known targets that some words name, each once. A directory names the targets in and below it.

    Raises `Refusal` for a word that names none.
    """
    found: dict[Target, None] = {}
    for word in words:
        inside = _below(word, known, here) if is_path(word, project, here) else named(word, known, project, here)
        found |= dict.fromkeys(inside)
    return list(found)


def _below(word: str, known: Sequence[Target], here: str) -> list[Target]:
    path = path_of(word, here)
    found = [target for target in known if is_below(target.path, path)]
    if not found:
        raise Refusal(printable(f"there is no target in or below {word}"))
    return found


def with_name(name: str, known: Sequence[Target]) -> list[Target]:
    """Return the targets of an environment, or the one with a name such as `prod/shop`. There may be none."""
    return [target for target in known if name in (target.environment, target.name)]


def named(name: str, known: Sequence[Target], project: Project, here: str) -> list[Target]:
    """Return the same as `with_name`, but raise `Refusal` if there is none. It says what was probably meant, which may
    also be a directory below `here`.
    """
    found = with_name(name, known)
    if not found and project.is_there(path_of(name, here)):
        raise Refusal(printable(f"{name} is a file; name its directory"))
    if not found:
        hint = _meant(name, known, _directories_like(name, project, here))
        raise Refusal(printable(f"there is no directory, environment or target {name}" + (f"; {hint}" if hint else "")))
    return found


def names_of(known: Sequence[Target]) -> list[str]:
    """Return the names of all environments and targets, sorted."""
    return sorted({each for target in known for each in (target.environment, target.name) if each})


def _meant(name: str, known: Sequence[Target], directories: Sequence[str]) -> str:
    """Return what was probably meant by a name that nothing has, or which names there are."""
    names = names_of(known)
    whole = [each for each in names if each.endswith(f"/{name}")]
    if whole:
        return f"there is {one_of(whole)}"
    return did_you_mean(name, [*names, *directories]) or (f"name {one_of(names)}" if names else "")


def _directories_like(path: str, project: Project, here: str) -> list[str]:
    """Return the directories beside the place of a path, as the user would write them."""
    place = path_of(path, here)
    beside = (posixpath.join(posixpath.dirname(place), name) for name in project.beside(place))
    return [posixpath.relpath(each, here) for each in beside if project.is_dir(each)]
