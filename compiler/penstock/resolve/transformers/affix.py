"""The shared part of `namePrefix` and `nameSuffix`: which objects are renamed, and what is recorded of a renaming."""

from collections.abc import Sequence
from functools import partial

from penstock.budget import PER_VALUE
from penstock.model import Lineage, Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.resolve.accumulation import Accumulation
from penstock.resolve.finding.default_specs import NAME_PREFIX
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.identities import original
from penstock.resolve.finding.spec_tables import SpecTable
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import show_annotations
from penstock.resolve.spelling.written_values import text_of
from penstock.resolve.transformers import moves
from penstock.resolve.transformers.moves import Move, is_kind_kept
from penstock.resolve.waiting import Change
from penstock.resolve.writing import Writing
from penstock.typed import Any


class Renaming(NamedTuple):
    """A prefix or suffix, the fields that it is added to, and where it is written."""

    level: Level
    specs: tuple[FieldSpec, ...]
    where: Origin
    prefix: str = ""
    suffix: str = ""
    cost: int = 0
    """The cost for the budget, in values."""
    table: SpecTable | None = None
    """The fields by the way to them; None where all of them are tried."""

    def specs_for(self, kind: str, body: Any) -> Sequence[FieldSpec]:
        """Return the fields that an object of a kind may have."""
        return self.specs if self.table is None else [self.specs[number] for number in self.table.reaching(kind, body)]

    def renamed(self, name: str) -> str:
        return f"{self.prefix}{name}{self.suffix}"

    def record(self, lineage: Lineage) -> Lineage:
        """Return a lineage with the prefix or suffix added, which distinguishes objects of one name when a reference is
        resolved.
        """
        if self.prefix:
            lineage = lineage._replace(prefixes=(*lineage.prefixes, self.prefix))
        return lineage._replace(suffixes=(*lineage.suffixes, self.suffix)) if self.suffix else lineage


def rename(renaming: Renaming) -> None:
    """Rename every object.

    If all objects are ordinary, the renaming waits until the objects are asked for, which gives the same result.
    """
    level, accumulation = renaming.level, renaming.level.accumulation
    before = [move for move in accumulation.waiting.of_kind(moves.KIND) if not move.namespace]
    added = renaming.renamed("")
    if before:
        renaming = renaming._replace(cost=before[-1].cost + accumulation.size * (1 + len(added)) // PER_VALUE)
    else:
        renaming = renaming._replace(cost=sum(map(_cost, accumulation.as_they_were)))
    level.spend_values(added, accumulation.size, renaming.where)
    level.spend("values", renaming.cost, renaming.where)
    is_plain = added and renaming.specs == NAME_PREFIX and not level.run.tracked
    if is_plain and _are_ordinary(accumulation):
        one = partial(apply, renaming=renaming)
        move = Move(renaming.where, one, renaming.prefix, renaming.suffix, cost=renaming.cost)
        accumulation.put_off(Change(moves.make, moves.KIND, move), moves.KIND)
        accumulation.may_clash = True
        return
    level.spend("values", COST_OF_RENAMING * accumulation.size, renaming.where)
    renaming = renaming._replace(table=SpecTable(renaming.specs))
    accumulation.changed()  # the indexes by name, which are all about to change
    for resource in level.resources:
        try:
            apply(resource, renaming)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)


COST_OF_RENAMING = 40
"""What renaming an object costs in addition, in values, where it cannot wait for the others."""


def _cost(resource: Resource) -> int:
    """Return the cost of renaming a resource, in values: for the new name, and for the record of the old ones."""
    return 5 + (len(resource.id.name) + len(resource.lineage.past)) // PER_VALUE


def apply(resource: Resource, renaming: Renaming) -> None:
    """Rename one resource, unless the kind that it had at first is one that is not renamed. Raises Conflict."""
    if _is_kept(resource):
        return
    level = renaming.level
    group, version, kind = resource.id.group, resource.version, original(resource).kind

    def change(value: Any, at: Pointer) -> str:
        if isinstance(value, dict | list):
            raise Conflict(
                "the field of a name must hold a string",
                at,
                hint="write a text there, or take the path out of the field specs",
            )
        return renaming.renamed(text_of(level, resource, at, value))

    with Writing(level, resource) as writing:
        for spec in renaming.specs_for(kind, resource.body):
            if not spec.gvk.selects(group, version, kind):
                continue
            # Kustomize's own notes are annotations until the end, so a mapping may be there for it and not here.
            if spec.path.removeprefix("/").startswith("metadata/annotations"):
                show_annotations(level, resource)
            if spec.path == "metadata/name":
                resource.lineage = renaming.record(resource.lineage)
                if renaming.renamed(""):
                    writing.remember()
            writing.set_fields((spec,), change, renaming.where, as_text=True)


def _is_kept(resource: Resource) -> bool:
    past = resource.lineage.past
    return is_kind_kept(resource.id.group, resource.version, past[0][2] if past else resource.id.kind)


def _are_ordinary(accumulation: Accumulation) -> bool:
    """Return whether renaming the resources changes only their names, reports nothing, and keeps their identities
    distinct.
    """
    return accumulation.all_differ() and all(map(moves.is_ordinary, accumulation.unchecked(moves.KIND)))
