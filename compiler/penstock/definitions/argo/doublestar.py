"""The globs of `valueFiles`, in which `**` stands for any number of directories, in the order of Argo CD: a directory
before those in it, and names of a directory sorted. Later files win, so the order counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from penstock.definitions.argo.pattern import glob, matches

Names = dict[str, Any]
"""A directory: its names, with another directory for each that is one, and None for a file."""


def is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def matching(paths: Iterable[str], pattern: str) -> list[str]:
    """The files and directories that a pattern matches, each once. `paths` are all files. Raises
    `expression.TooMuch`.
    """
    top: Names = {}
    for path in paths:
        *above, name = path.split("/")
        here = top
        for each in above:
            here = here.setdefault(each, {})
        here[name] = None
    return list(dict.fromkeys(_matching(top, "", pattern.split("/"), set())))


def _matching(here: Names, at: str, steps: Sequence[str], seen: set[tuple[str, int]]) -> Iterator[str]:
    """What the rest of a pattern matches in a directory; several `**` lead to the same more than once."""
    if (at, len(steps)) in seen:
        return
    seen.add((at, len(steps)))
    step, *rest = steps
    if step == "**" and rest:
        for path, directory in _directories(here, at):
            yield from _matching(directory, path, rest, seen)
        return
    for name in sorted(here):
        if not matches(glob(step, "/"), name):
            continue
        if not rest:
            yield at + name
        elif here[name] is not None:
            yield from _matching(here[name], f"{at}{name}/", rest, seen)


def _directories(here: Names, at: str) -> Iterator[tuple[str, Names]]:
    """A directory and all in it."""
    yield at, here
    for name in sorted(here):
        if here[name] is not None:
            yield from _directories(here[name], f"{at}{name}/")
