"""The trees of a git repository: what one of them holds, and in what two of them differ."""

import re

from penstock.git import Objects
from penstock.records import NamedTuple

TREE, SYMLINK, SUBMODULE = "40000", "120000", "160000"

REGULAR = "100"
"""The prefix of the modes of files."""

_MODES = frozenset(("100644", "100755", TREE, SYMLINK, SUBMODULE))

MAX_TREE = 8 * 1024 * 1024
"""The most bytes of a tree that is read alone."""

MAX_DIRECTORIES = 500
"""The most differing directories that are read one by one. A listing of all files is quicker than many of these."""


class Blob(NamedTuple):
    """A file or symlink: its mode (octal, as in git) and the id of its content."""

    mode: str
    id: str


def path_of(name: bytes) -> str:
    """Decode a path, which is bytes to git, as UTF-8 whatever the locale. Bytes that are not UTF-8 are preserved."""
    return name.decode("utf-8", "surrogateescape")


def entries_of(objects: Objects, tree: str) -> dict[str, Blob] | None:
    """Return the entries of a tree, or None if it cannot be read alone, or is none that git writes."""
    found = objects.get(tree, MAX_TREE)
    if found is None or found.data is None or found.kind != "tree":
        return None
    size = len(tree) // 2
    parts = re.findall(rb"([0-7]+) ([^\0/]+)\0(.{%d})" % size, found.data, re.DOTALL)
    if sum(len(mode) + len(name) + size + 2 for mode, name, _ in parts) != len(found.data):
        return None
    entries = {path_of(name): Blob(mode.decode(), key.hex()) for mode, name, key in parts}
    return entries if len(entries) == len(parts) else None


def changes(objects: Objects, old: str, new: str) -> dict[str, Blob | None] | None:
    """Return the differences between two trees: the new entry at each path, or None if it was removed.

    The whole result is None where many directories differ, or a tree cannot be read alone. `git diff-tree` is not
    asked: it holds all differences in memory before it prints one, and ten trees can describe 10^9 paths.
    """
    found: dict[str, Blob | None] = {}
    waiting = [("", old, new)]
    for _ in range(MAX_DIRECTORIES):
        if not waiting:
            return found
        prefix, one, two = waiting.pop()
        before, after = (entries_of(objects, tree) if tree else {} for tree in (one, two))
        if before is None or after is None:
            return None
        for name in before | after:
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            if not _MODES.issuperset(each.mode for each in (was, now) if each is not None):
                return None
            if _is_tree(was) or _is_tree(now):
                waiting.append((f"{prefix}{name}/", _tree_in(was), _tree_in(now)))
            if _is_file(was) or _is_file(now):
                found[f"{prefix}{name}"] = now if _is_file(now) else None
    return None


def _is_tree(entry: Blob | None) -> bool:
    return entry is not None and entry.mode == TREE


def _is_file(entry: Blob | None) -> bool:
    return entry is not None and entry.mode != TREE


def _tree_in(entry: Blob | None) -> str:
    """Return the id of the tree that an entry is; empty where it is none."""
    return entry.id if entry is not None and entry.mode == TREE else ""
