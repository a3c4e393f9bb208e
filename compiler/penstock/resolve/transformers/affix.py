"""What `namePrefix` and `nameSuffix` share: who is renamed, and what is remembered of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.model import Lineage, Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.identities import Gvk, original
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import text_of
from penstock.resolve.writing import Writing

KEPT = (
    Gvk(kind="CustomResourceDefinition"),
    Gvk(group="apiregistration.k8s.io", kind="APIService"),
    Gvk(kind="Namespace"),
)
"""Kinds whose names mean something: they are not renamed."""


class Renaming(NamedTuple):
    """A prefix or suffix: the fields that it goes into, what it makes of a name, and where it is written."""

    specs: tuple[FieldSpec, ...]
    renamed: Callable[[str], str]
    record: Callable[[Lineage], Lineage]
    """Notes the prefix or suffix, which tells objects of one name apart when a reference is followed."""
    where: Origin
    keeps: bool = False
    """Whether names stay what they are, so that no object must be found by an earlier one."""


def rename(level: Level, renaming: Renaming) -> None:
    """Rename every object."""
    level.spend("values", sum(5 + len(each.lineage.past) // 16 for each in level.resources), renaming.where)
    level.accumulation.changed()  # tables of names that are all about to change
    for resource in level.resources:
        try:
            apply(level, resource, renaming)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)


def apply(level: Level, resource: Resource, renaming: Renaming) -> None:
    """Rename one resource. The kind that counts is the one it had at first. Raises Conflict."""
    kind = original(resource).kind
    group, version = resource.id.group, resource.version
    if any(kept.selects(group, version, kind) for kept in KEPT):
        return

    def change(value: Any, at: Pointer) -> str:
        if isinstance(value, dict | list):
            raise Conflict("the field of a name must hold a string", at)
        return renaming.renamed(text_of(level, resource, at, value))

    with Writing(level, resource) as writing:
        for spec in renaming.specs:
            if not spec.gvk.selects(group, version, kind):
                continue
            if spec.path == "metadata/name":
                resource.lineage = renaming.record(resource.lineage)
                if not renaming.keeps:
                    writing.remember()
            writing.set_fields((spec,), change, renaming.where, as_text=True)
