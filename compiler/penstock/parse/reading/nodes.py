"""The containers that are still open while a document is read, and the values of its anchors."""

from penstock.model import Pointer
from penstock.parse.merging import MergedNote
from penstock.records import NamedTuple
from penstock.typed import Any


class Odd:
    """The extra state of a container with merge keys, duplicate keys, aliases as keys, or an anchor."""

    __slots__ = (
        *("at", "has_sign", "hidden", "is_null", "is_twice", "items_are_alias", "merged", "merged_keys"),
        *("merged_notes", "merged_value", "notes_from", "sign_counts"),
    )

    def __init__(self) -> None:
        self.merged: list[dict[str, Any]] | None = None
        """The mappings that merge keys have brought; None without merge keys."""
        self.merged_value: Any = None
        """The value of the merge key of an object, after Kustomize has followed the aliases in it."""
        self.merged_keys: set[str] = set()
        self.has_sign = False
        """Whether there was a key `<<`, with any tag."""
        self.sign_counts = False
        """Whether the merge key also stays in the object as a key, because another key `<<` stands before it."""
        self.hidden: list[str] = []
        """The names of aliases that stand as keys."""
        self.is_null = False
        """Whether the container has the tag `!!null`."""
        self.is_twice = False
        """Whether there is a duplicate key: the second one is `Again`."""
        self.items_are_alias = False
        """Whether the value of `items` is an alias."""
        self.at: Pointer = ()
        """The place of the container, if it has an anchor."""
        self.notes_from = 0
        """The number of notes before the value of the merge key."""
        self.merged_notes: list[MergedNote] = []
        """Notes on the spelling of the merged values."""


class Open:
    """A container that is still being read."""

    __slots__ = ("anchor", "flow", "is_mapping", "key", "odd", "size", "tree")

    def __init__(self, tree: Any, anchor: str | None, flow: bool) -> None:
        self.tree = tree
        self.is_mapping = tree.__class__ is dict
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None
        """In a mapping, the key whose value comes next."""
        self.size = 1
        self.odd: Odd | None = None

    def oddity(self) -> Odd:
        """Return the extra state of this container, which is created when it is first needed."""
        if self.odd is None:
            self.odd = Odd()
        return self.odd


class Anchored(NamedTuple):
    """The value of an anchor. For a scalar, `event` shows how it is spelled."""

    value: Any
    """The value, or its `Open` while it is still being read."""
    size: int
    at: Pointer
    notes: tuple[int, int] = (0, 0)
    """The range of the reader's notes that are about this value."""
    event: Any = None
