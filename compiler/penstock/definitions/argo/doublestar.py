"""The globs of `valueFiles`, in which `**` matches any number of directories. Matches are in the order of Argo CD.

A directory comes before its content, and the names in a directory are sorted. The order matters, since later files
override earlier ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from penstock.definitions.argo.pattern import glob, matches

Names = dict[str, Any]
"""A directory: its names, each with another directory, or with None for a file."""


def is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def matching(paths: Iterable[str], pattern: str) -> list[str]:
    """Return the files and directories that a pattern matches, each once. `paths` are all files. Raises
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
    """Yield what the rest of a pattern matches in a directory.

    `seen` prevents that the same rest is matched in a directory twice, to which several `**` can lead.
    """
    if (at, len(steps)) in seen:
        return
    seen.add((at, len(steps)))
    step, *rest = steps
    if step == "**":
        # At the end of a pattern, it matches the directory itself, too.
        yield from [] if rest or not at else [at.removesuffix("/")]
        for path, directory in _directories(here, at):
            yield from _matching(directory, path, rest or ["*"], seen)
        return
    for name in sorted(here):
        if not matches(glob(step, "/"), name):
            continue
        if not rest:
            yield at + name
        elif here[name] is not None:
            yield from _matching(here[name], f"{at}{name}/", rest, seen)


def _directories(here: Names, at: str) -> Iterator[tuple[str, Names]]:
    """Yield a directory and all directories below it, with their paths."""
    yield at, here
    for name in sorted(here):
        if here[name] is not None:
            yield from _directories(here[name], f"{at}{name}/")
