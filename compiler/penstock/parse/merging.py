"""Merge keys (`<<`), in the two ways in which Kustomize merges them.

An object or patch is merged as a whole (`deAnchor` of kyaml's `rnode.go`): its own keys win, wherever they stand, and
only one merge key is allowed. A configuration is merged from top to bottom (`merge` of go-yaml v2): later keys win, and
several merge keys are allowed.
"""

from collections.abc import Container, Iterable

from penstock.model import Again, Pointer
from penstock.records import NamedTuple
from penstock.typed import Any

MERGE_TAG = "tag:yaml.org,2002:merge"


class Note(NamedTuple):
    """A note on how a document spells a scalar or a key.

    `text` is the text of a scalar that cannot be restored from its value. If it is None, the key at the end of the
    pointer is unquoted.
    """

    at: Pointer
    text: str | None


class MergeKey(str):
    """A key that merges its value. As a step of a pointer it is `<<`, or whatever is written there."""


class DroppedKey(str):
    """A key whose value Kustomize loses: the first `<<` of an object if it is quoted or has another tag."""


def is_mergeable(value: Any, is_alias: bool) -> bool:
    """Return whether a value can be merged: a mapping, or a list of mappings that is not itself an alias."""
    if value.__class__ is list:
        return not is_alias and all(item.__class__ is dict for item in value)
    return value.__class__ is dict


def merged_around(own: dict[str, Any], merged: list[Any], hidden: Iterable[str]) -> dict[str, Any]:
    """Return a mapping of an object together with what it merges. Its own keys win, then those of the earlier mappings.

    `hidden` are the names of aliases that stand as keys here. Merged fields with such a name are left out, as Kustomize
    takes the two for the same key.
    """
    tree: dict[str, Any] = {}
    for mapping in reversed(merged):
        tree.update((key, value) for key, value in mapping.items() if key.__class__ is not Again)
    for name in hidden:
        tree.pop(name, None)
    tree.update(own)
    return tree


def merge_into(tree: dict[str, Any], value: Any) -> None:
    """Merge a value of `<<` in a configuration into the keys above it: a mapping, or a list of which the earlier ones
    win.
    """
    for mapping in reversed(value) if value.__class__ is list else (value,):
        tree.update(mapping)


def overwritten(tree: dict[str, Any], value: Any, known: Container[str]) -> list[str]:
    """Return the keys of a mapping to which the value of a `<<` below them gives another value. `known` are those that
    another merge has brought.
    """
    merged = value if value.__class__ is list else [value]
    shared = ((key, mapping) for mapping in merged for key in mapping if key in tree and key not in known)
    return sorted({key for key, mapping in shared if not _is_same(tree[key], mapping[key])})


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values are the same. Mappings and lists only are if they are one: to compare two that are full
    of aliases may take very long.
    """
    is_plain = one.__class__ is other.__class__ and one.__class__ not in (dict, list)
    return one is other or (is_plain and bool(one == other))


class MergedNote(NamedTuple):
    """A note about a merged value: the index of the merged mapping that it comes from, and the depth of that
    mapping.
    """

    which: int
    depth: int
    note: Note


def settled_below(notes: list[Note], depth: int) -> list[Note]:
    """Return the notes about values that stay where they are written, below a depth of their places.

    The others are about the value of a merge key. They are kept for the aliases of what is in it; what it merges gets
    notes of its own.
    """
    return [note for note in notes if MergeKey not in map(type, note.at[depth:])]


def notes_of_merged(notes: list[Note], here: Pointer, is_list: bool) -> list[MergedNote]:
    """Return the notes about the value of a merge key at `here` as notes about the mapping around the key."""
    around = here[:-1]
    found = []
    for at, text in settled_below(notes, len(here)):
        below = at[len(here) :]
        which = below[0] if is_list and isinstance(below[0], int) else 0
        found.append(MergedNote(which, len(around), Note(around + (below[1:] if is_list else below), text)))
    return found


def notes_around(own: dict[str, Any], merged: list[Any], found: list[MergedNote]) -> list[Note]:
    """Return the notes about values that `merged_around` keeps: own keys win, then those of the earlier mappings."""
    first: dict[str, int] = {}
    for index, mapping in enumerate(merged):
        for key in mapping:
            first.setdefault(key, index)
    return [
        note for which, depth, note in found if note.at[depth] not in own and first.get(str(note.at[depth])) == which
    ]
