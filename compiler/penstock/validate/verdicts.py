"""The verdict about one object: what its schema and the rules say of it, whatever else there is.

A verdict depends on the tree of the object, the definition of its kind, and the version of Kubernetes. So the verdict
of an earlier run holds if these are the same. What depends on other objects is never part of it: references,
duplicates, policies, Namespaces, and which kinds there are.
"""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.model import Pointer, Resource, Severity
from penstock.recall import Recall, key_of
from penstock.records import NamedTuple
from penstock.validate.custom import CustomKinds
from penstock.validate.fault import Fault
from penstock.validate.patience import GONE
from penstock.validate.schemas import Kind, Known, Schemas

Judged = tuple[Fault, Severity]
"""A fault of an object, and its severity."""


class Verdict(NamedTuple):
    """The faults of an object. With `is_partial`, some fields hold what another tool puts in, and were not checked."""

    faults: Sequence[Judged]
    is_partial: bool = False


class Verdicts:
    """Verdicts about objects: those of earlier runs, or new ones."""

    def __init__(self, recall: Recall | None, schemas: Schemas, customs: CustomKinds) -> None:
        self._recall = recall
        self._schemas = schemas
        self._customs = customs
        self._definitions: dict[Kind, str] = {}

    def of(self, resource: Resource, kind: Kind, known: Known | None, judge: Callable[[], Verdict]) -> Verdict:
        """Return the verdict about an object. `judge` works it out."""
        key = self._key(resource, kind, known) if self._recall is not None else ""
        if self._recall is None or not key:
            return judge()
        found = self._recall.get(key)
        if found is not None:
            return _from_plain(found)
        verdict = judge()
        if all(map(_is_to_be_kept, verdict.faults)):
            self._recall.put(key, _as_plain(verdict))
        return verdict

    def _key(self, resource: Resource, kind: Kind, known: Known | None) -> str:
        """Return the key of a verdict; empty if the object holds a number that cannot be written."""
        try:
            return key_of(
                "verdict",
                self._schemas.version,
                self._definition(kind) if known else "unknown",
                (*resource.id, resource.version),
                resource.body,
            )
        except ValueError:
            return ""

    def _definition(self, kind: Kind) -> str:
        """Return what tells the definition of a kind from any other one. Built-in ones belong to the engine."""
        if kind not in self._definitions:
            is_builtin = kind in self._schemas.kinds
            self._definitions[kind] = "builtin" if is_builtin else key_of(self._customs.source(kind))
        return self._definitions[kind]


def _is_to_be_kept(judged: Judged) -> bool:
    """Return whether the steps of a fault mean the same after they were written as JSON, and the fault does not depend
    on the objects before this one.
    """
    fault, _ = judged
    places = (fault.at, *(at for at, _ in fault.notes))
    return GONE not in fault.message and all(type(step) in (str, int) for at in places for step in at)


def _as_plain(verdict: Verdict) -> list[Any]:
    return [int(verdict.is_partial), *([*fault, severity] for fault, severity in verdict.faults)]


def _from_plain(fields: list[Any]) -> Verdict:
    is_partial, *faults = fields
    return Verdict([_judged(*each) for each in faults], bool(is_partial))


def _judged(code: str, at: list[Any], message: str, hint: str, notes: list[Any], severity: Severity) -> Judged:
    return Fault(code, _pointer(at), message, hint, tuple((_pointer(other), text) for other, text in notes)), severity


def _pointer(steps: list[Any]) -> Pointer:
    return tuple(steps)
