"""What a transformer must see to when it writes to an object, in one place.

Kustomize's transformers change YAML nodes, which has consequences beyond the new value: a text may lose its type, a
node may be shared by several places, a key is added without quotes, the object has a new name. `Writing` takes care of
all of this, so that a transformer only says which value goes where.
"""

from collections.abc import Callable, Container, Iterable, Mapping

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import FieldSpec, find, make_lists
from penstock.resolve.finding.identities import current, remember
from penstock.resolve.level import Level
from penstock.resolve.spelling.plain_keys import check_key, check_keys
from penstock.resolve.spelling.shared_labels import spread
from penstock.resolve.spelling.written_identity import reidentify
from penstock.resolve.spelling.written_values import forget_type
from penstock.tree import MISSING, get, log, put, put_pairs
from penstock.typed import Any

Change = Callable[[Any, Pointer], Any]
"""Returns the new value of a field, given its value (or MISSING) and its place. Raises `Conflict`."""

KEPT: Any = object()
"""Stands for the value of a field that is left unchanged, and whose writer is kept, too."""

_IDENTITY: frozenset[Pointer] = frozenset(
    ((), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace"))
)
"""The places from which an object's identity is read."""


class Writing:
    """The writes of one transformer to one object: `with Writing(level, resource) as writing: writing.set(...)`.

    On exit, labels that share a node are made equal, and the object is indexed under its new name.
    """

    __slots__ = ("_has_written", "_overwritten", "_remembered", "_renames", "level", "resource")

    def __init__(self, level: Level, resource: Resource) -> None:
        self.level = level
        self.resource = resource
        self._has_written = False
        self._overwritten: list[tuple[Pointer, Origin]] = []
        """The places that had a value before, which they may share with other places."""
        self._renames = False
        self._remembered = False

    def __enter__(self) -> "Writing":
        return self

    def __exit__(self, *_: object) -> None:
        if self._overwritten:
            spread(self.level, self.resource, self._overwritten)
        is_renamed = self._renames or self._remembered
        if self._renames:
            self._identify()
        if self._has_written or self._remembered:
            self.level.accumulation.update(self.resource, is_renamed)

    def set(self, at: Pointer, value: Any, origin: Origin) -> None:
        """Write a value, and log `origin` as its writer.

        The writer is logged even where the value is there already, so that from now on this writer's line decides about
        it.
        """
        if value is KEPT:
            return
        old = get(self.resource.body, at, MISSING)
        if _is_same(value, old):
            log(self.resource, at, origin)
            return
        put(self.resource, at, value, origin)
        if value.__class__ is dict:
            check_keys(self.level, self.resource, [at])
        elif old is MISSING:
            check_key(self.level, self.resource, at)
        if old is not MISSING:
            # Labels that are one node for Kustomize follow at the end, when all is written.
            self._overwritten.append((at, origin))
        self._has_written = True
        self._renames = self._renames or at in _IDENTITY

    def set_pairs(self, at: Pointer, pairs: Mapping[str, Any], origins: Mapping[str, Origin]) -> None:
        """Write several values into a mapping, as successive calls of `set` would."""
        old = get(self.resource.body, at)
        if old is None and pairs:  # a blank name of a path leads to the mapping that has just been found missing
            self.set(at, dict(pairs), next(iter(origins.values())))
            return
        new = {key: value for key, value in pairs.items() if key not in old or not _is_same(value, old[key])}
        # The value stays, but whoever writes it last is its writer.
        for key in pairs.keys() - new.keys():
            log(self.resource, (*at, key), origins[key])
        if not new:
            return
        # A single value, or a part of the identity, goes the usual way; all others are written at once.
        if len(new) == 1 or any((*at, key) in _IDENTITY for key in new):
            for key, value in new.items():
                self.set((*at, key), value, origins[key])
            return
        self._put_pairs(at, old, new, origins)

    def _put_pairs(self, at: Pointer, old: Container[str], new: dict[str, Any], origins: Mapping[str, Origin]) -> None:
        """Write several values at once, none of which affects the identity of the object."""
        put_pairs(self.resource, at, new, origins)
        for key in new:
            if key in old:
                self._overwritten.append(((*at, key), origins[key]))
            else:
                check_key(self.level, self.resource, (*at, key))
        self._has_written = True

    def set_text(self, at: Pointer, value: str, origin: Origin) -> None:
        """Write a text without a type, as Kustomize's `kyaml/yaml.SetScalar` does, so that `123` may become a
        number.
        """
        forget_type(self.level, self.resource, at, value)
        self.set(at, value, origin)

    def set_fields(self, specs: Iterable[FieldSpec], change: Change, origin: Origin, as_text: bool = False) -> None:
        """Write every field that the specs find, and create missing ones where a spec has `create`.

        Raises `Conflict` where a scalar is in the way.
        """
        write = self.set_text if as_text else self.set
        for spec in specs:
            if spec.selects(self.resource):
                make_lists(self.resource, spec, origin, spec.create)
                for at, value in find(self.resource.body, spec.steps, spec.create):
                    write(at, change(value, at), origin)

    def remember(self) -> None:
        """Record the present identity as an earlier one, so that references and patches still find the object once it
        is renamed.
        """
        if self._renames:
            self._identify()
        remember(self.resource)
        self._remembered = True

    def _identify(self) -> None:
        """Read the identity from the body again. If it has changed, the accumulation will look for duplicates at the
        next occasion.
        """
        before = current(self.resource)
        reidentify(self.level, self.resource)
        self._renames = False
        if current(self.resource) != before:
            self.level.accumulation.may_clash = True


def _is_same(value: Any, old: Any) -> bool:
    return bool(value == old) and value.__class__ is old.__class__
