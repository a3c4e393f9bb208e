"""The source of a replacement, from which the value is read anew for each field that it is copied to."""

from operator import is_

from penstock.model import Pointer, Resource, Tree
from penstock.resolve.level import Level
from penstock.resolve.replacing.copied_values import Value, value_at
from penstock.resolve.spelling.kustomize_notes import with_notes
from penstock.tree import get
from penstock.typed import Any


class GivenValue:
    """A value that no target changes: one in the replacement itself, or a piece of one."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def read(self) -> Value:
        return self.value

    def note_write(self, resource: Resource, place: Pointer) -> None:
        """Take note that a target was written."""


class SharedValue(GivenValue):
    """A whole value, which Kustomize uses by reference: a target inside of it changes it, and one around it cuts it off
    from its object.
    """

    def __init__(self, level: Level, resource: Resource, at: Pointer) -> None:
        super().__init__(_value(level, resource, at))
        self.level = level
        self.resource = resource
        self.at = at
        self.state = self._state()
        self.is_cut_off = False

    def read(self) -> Value:
        state = self._state()
        if not self.is_cut_off and not all(map(is_, state, self.state)):
            self.value = _value(self.level, self.resource, self.at)
            self.state = state
        return self.value

    def _state(self) -> tuple[Any, ...]:
        """Return what the value depends on."""
        resource = self.resource
        return get(resource.body, self.at), resource.log, resource.spelling, resource.lineage

    def note_write(self, resource: Resource, place: Pointer) -> None:
        is_around = resource is self.resource and len(place) < len(self.at) and self.at[: len(place)] == place
        self.is_cut_off = self.is_cut_off or is_around


def whole_of(resource: Resource) -> Tree:
    """Return the body with the notes that Kustomize keeps in the annotations of an object, and copies with them."""
    return with_notes(resource) if isinstance(resource.body.get("metadata"), dict) else resource.body


def _value(level: Level, resource: Resource, at: Pointer) -> Value:
    whole = whole_of(resource) if at in (("metadata",), ("metadata", "annotations")) else resource.body
    return value_at(level, resource, whole, at)
