"""The containers that are still being read, and what the anchors of a document stand for."""

from typing import Any

from penstock.model import Pointer
from penstock.parse.merging import MergedNote
from penstock.records import NamedTuple


class Odd:
    """What there is about a container with merge keys, keys that stand twice, aliases as keys, or an anchor."""

    __slots__ = (
        *("at", "has_sign", "hidden", "is_null", "is_twice", "items_are_alias", "merged", "merged_keys"),
        *("merged_notes", "merged_value", "notes_from", "sign_counts"),
    )

    def __init__(self) -> None:
        self.merged: list[dict[str, Any]] | None = None
        """What merge keys have brought; None where there are none."""
        self.merged_value: Any = None
        """The value of the merge key of an object, as Kustomize has it once it has followed the aliases in there."""
        self.merged_keys: set[str] = set()
        self.has_sign = False
        """Whether there was a key `<<`, of whatever tag."""
        self.sign_counts = False
        """Whether the merge key stays in the object besides, as there was another key `<<` before it."""
        self.hidden: list[str] = []
        """The names of aliases that stand as keys."""
        self.is_null = False
        """Whether it has the tag `!!null`."""
        self.is_twice = False
        """Whether a key stands twice: the second one is `Again`."""
        self.items_are_alias = False
        """Whether its `items` are an alias."""
        self.at: Pointer = ()
        """Where it stands, if it has an anchor."""
        self.notes_from = 0
        """How many notes there were before the value of its merge key."""
        self.merged_notes: list[MergedNote] = []
        """How the values are spelled that the merge key has brought."""


class Open:
    """A container that is still being read."""

    __slots__ = ("anchor", "flow", "is_mapping", "key", "odd", "size", "tree")

    def __init__(self, tree: Any, anchor: str | None, flow: bool) -> None:
        self.tree = tree
        self.is_mapping = tree.__class__ is dict
        self.flow = flow
        self.anchor = anchor
        self.key: str | None = None
        """Of a mapping, the key whose value comes next."""
        self.size = 1
        self.odd: Odd | None = None

    def oddity(self) -> Odd:
        """What is special about it, made when that is first needed."""
        if self.odd is None:
            self.odd = Odd()
        return self.odd


class Anchored(NamedTuple):
    """What an anchor stands for. Of a scalar, `event` tells how it is spelled."""

    value: Any
    """The `Open` while it is still being read."""
    size: int
    at: Pointer
    notes: tuple[int, int] = (0, 0)
    """Which of the reader's notes are about what is in there."""
    event: Any = None
