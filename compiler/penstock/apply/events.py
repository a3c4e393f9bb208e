"""What a sync reports while it runs: one event for each thing that happened. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from penstock.model import ResourceId
from penstock.records import NamedTuple


class Event(NamedTuple):
    """One thing that happened in a sync.

    `word` names it (created, updated, pruned, kept, planned …), `text` gives the details for people. `facts` are for
    programs: scalars, or lists of texts, by name.
    """

    word: str
    id: ResourceId | None = None
    text: str = ""
    facts: Mapping[str, Any] = MappingProxyType({})

    @property
    def line(self) -> str:
        """The event as one line for people."""
        if self.id is None:
            return self.text
        return f"{self.word:9} {self.id}{self.text}"
