"""What merge keys (`<<`) come to, in the two ways that Kustomize merges.

An object or patch is merged as a whole (`deAnchor` of kyaml's `rnode.go`): its own keys win, wherever they stand, and
one merge key is all that it may have. A configuration is merged from top to bottom (`merge` of go-yaml v2): what stands
later wins, and there may be several.
"""

from collections.abc import Iterable
from typing import Any

from penstock.model import Again, Pointer
from penstock.records import NamedTuple

MERGE_TAG = "tag:yaml.org,2002:merge"


class Note(NamedTuple):
    """How something is spelled in a document: the text of a scalar that its value cannot give back, or, where there is
    no text, that the key at the end of the pointer has no quotes.
    """

    at: Pointer
    text: str | None


class MergeKey(str):
    """A key that merges. As a step of a pointer it is `<<` or whatever is written there."""


class DroppedKey(str):
    """A key whose value Kustomize loses: the first `<<` of an object that stands in quotes, or has another tag."""


def is_mergeable(value: Any, is_alias: bool) -> bool:
    """Whether a value can be merged: a mapping, or a list of them that is written out."""
    if value.__class__ is list:
        return not is_alias and all(item.__class__ is dict for item in value)
    return value.__class__ is dict


def merged_around(own: dict[str, Any], merged: list[Any], hidden: Iterable[str]) -> dict[str, Any]:
    """A mapping of an object with what it merges: its own keys win, then those of the earlier mappings. A field of the
    name of an alias that stands as a key here is hidden: Kustomize takes the two for one.
    """
    tree: dict[str, Any] = {}
    for mapping in reversed(merged):
        tree.update((key, value) for key, value in mapping.items() if key.__class__ is not Again)
    for name in hidden:
        tree.pop(name, None)
    tree.update(own)
    return tree


def merge_into(tree: dict[str, Any], value: Any) -> None:
    """Lay a mapping of a configuration, or a list of them of which the earlier win, over what stands above it."""
    for mapping in reversed(value) if value.__class__ is list else (value,):
        tree.update(mapping)


class MergedNote(NamedTuple):
    """A note about what a merge key brings: from which of its mappings it comes, and how many steps lead to these."""

    which: int
    depth: int
    note: Note


def notes_of_merged(notes: list[Note], here: Pointer, is_list: bool) -> list[MergedNote]:
    """The notes about the value of a merge key that stands `here`, as notes about the mapping around it."""
    around = here[:-1]
    found = []
    for at, text in notes:
        below = at[len(here) :]
        which = below[0] if is_list and isinstance(below[0], int) else 0
        found.append(MergedNote(which, len(around), Note(around + (below[1:] if is_list else below), text)))
    return found


def notes_around(own: dict[str, Any], merged: list[Any], found: list[MergedNote]) -> list[Note]:
    """Those of the notes that are about what `merged_around` takes: a mapping's own keys and the earlier ones win."""
    first: dict[str, int] = {}
    for index, mapping in enumerate(merged):
        for key in mapping:
            first.setdefault(key, index)
    return [
        note for which, depth, note in found if note.at[depth] not in own and first.get(str(note.at[depth])) == which
    ]
