"""Tables of field specs: an object is tried only with those that may find something in it, or make it.

A configuration may have thousands of field specs, for as many objects, and most of them lead nowhere in most objects.
"""

from collections.abc import Iterable, Iterator

from penstock.records import NamedTuple
from penstock.resolve.finding.field_specs import FieldSpec, leading_fields
from penstock.typed import Any

_ALWAYS = (("metadata", "annotations"), ("metadata", "name"))
"""Fields that are always gone to: annotations, among which Kustomize's own notes are made when they are needed, and the
name, since a renaming is recorded there.
"""


class _Step(NamedTuple):
    """The numbers of the specs whose leading fields end here, and the steps to further fields."""

    ends: list[int]
    below: "dict[str, _Step]"


class SpecTable:
    """The field specs of one transformer by kind and by the fields with which their paths begin."""

    def __init__(self, specs: Iterable[FieldSpec]) -> None:
        self._by_kind: dict[str, _Step] = {}
        for number, spec in enumerate(specs):
            step = self._by_kind.setdefault(spec.gvk.kind, _Step([], {}))
            fields = leading_fields(spec.steps)
            for name in () if spec.create or fields[:2] in _ALWAYS else fields:
                step = step.below.setdefault(name, _Step([], {}))
            step.ends.append(number)

    def reaching(self, kind: str, body: Any) -> list[int]:
        """Return the numbers, in order, of the specs for a kind that may lead to a field of an object of it.

        Those that make a missing field always do.
        """
        tops = [self._by_kind[each] for each in {kind, ""} if each in self._by_kind]
        return sorted(number for top in tops for number in _reached(top, body))


def _reached(top: _Step, body: Any) -> Iterator[int]:
    """Yield the numbers of the specs whose leading fields are all there, or whose way leads into a list or a scalar."""
    below = [(top, body)]
    while below:
        step, value = below.pop()
        yield from step.ends
        if value.__class__ is dict:
            fewer = step.below if len(step.below) < len(value) else value
            below += [(step.below[name], value[name]) for name in fewer if name in step.below and name in value]
        else:
            below += [(each, value) for each in step.below.values()]
