"""The shared part of `namePrefix` and `nameSuffix`: which objects are renamed, and what is recorded of a renaming."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from penstock.budget import PER_VALUE
from penstock.model import Lineage, Origin, Pointer, Resource
from penstock.records import NamedTuple
from penstock.resolve.accumulation import Accumulation
from penstock.resolve.finding.default_specs import NAME_PREFIX
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.identities import Gvk, current, original
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import text_of
from penstock.resolve.writing import Writing
from penstock.scalar import resource_scalar
from penstock.tree import get, rebuild, with_value

KEPT = (
    Gvk(kind="CustomResourceDefinition"),
    Gvk(group="apiregistration.k8s.io", kind="APIService"),
    Gvk(kind="Namespace"),
)
"""Kinds that are not renamed, because their names have a meaning."""

_NAME = ("metadata", "name")


class Renaming(NamedTuple):
    """A prefix or suffix, the fields that it is added to, and where it is written."""

    level: Level
    specs: tuple[FieldSpec, ...]
    where: Origin
    prefix: str = ""
    suffix: str = ""
    cost: int = 0
    """The cost for the budget, in values."""

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

    If all objects are ordinary, the renaming is put off until the objects are asked for, which gives the same result.
    """
    level, accumulation = renaming.level, renaming.level.accumulation
    before: Sequence[Renaming] = accumulation.changes_put_off(_rename_all)
    added = renaming.renamed("")
    if before:
        renaming = renaming._replace(cost=before[-1].cost + accumulation.size * (1 + len(added)) // PER_VALUE)
    else:
        renaming = renaming._replace(cost=sum(map(_cost, level.resources)))
    level.spend_values(added, accumulation.size, renaming.where)
    level.spend("values", renaming.cost, renaming.where)
    is_plain = added and renaming.specs == NAME_PREFIX and not level.run.tracked
    if is_plain and (before or _are_ordinary(accumulation)):
        accumulation.put_off(_rename_all, renaming)
        accumulation.may_clash = True
        return
    accumulation.changed()  # the indexes by name, which are all about to change
    for resource in level.resources:
        try:
            apply(resource, renaming)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)


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
            raise Conflict("the field of a name must hold a string", at)
        return renaming.renamed(text_of(level, resource, at, value))

    with Writing(level, resource) as writing:
        for spec in renaming.specs:
            if not spec.gvk.selects(group, version, kind):
                continue
            if spec.path == "metadata/name":
                resource.lineage = renaming.record(resource.lineage)
                if renaming.renamed(""):
                    writing.remember()
            writing.set_fields((spec,), change, renaming.where, as_text=True)


def _is_kept(resource: Resource) -> bool:
    past = resource.lineage.past
    return _is_kind_kept(resource.id.group, resource.version, past[0][2] if past else resource.id.kind)


@lru_cache(maxsize=4096)
def _is_kind_kept(group: str, version: str, kind: str) -> bool:
    return any(kept.selects(group, version, kind) for kept in KEPT)


# --- several at once --------------------------------------------------------------------------------------------------


def _are_ordinary(accumulation: Accumulation) -> bool:
    """Return whether renaming the resources changes only their names, reports nothing, and keeps their identities
    distinct.
    """
    resources = accumulation.resources
    if len(set(map(current, resources))) < len(resources) or not all(map(_is_ordinary, resources)):
        return False
    accumulation.know_that_all_differ()
    return True


def _is_ordinary(resource: Resource) -> bool:
    is_named = get(resource.body, _NAME).__class__ is str
    return is_named and not resource.spelling.shared and original(resource).kind == resource.id.kind


def _rename_all(resources: list[Resource], renamings: Sequence[Renaming]) -> None:
    """Rename ordinary resources by several renamings at once."""
    prefixes = tuple(each.prefix for each in renamings if each.prefix)
    suffixes = tuple(each.suffix for each in renamings if each.suffix)
    for resource in resources:
        names = _names(resource.id.name, renamings)
        if _is_kept(resource):
            continue
        # A name that YAML would not read as text needs the care of the slow way.
        if not all(map(_is_plain, names)):
            for renaming in renamings:
                apply(resource, renaming)
            continue
        *before, name = names
        now = current(resource)
        lineage, log = resource.lineage, resource.log
        resource.lineage = lineage._replace(
            past=(*lineage.past, *((each, now.namespace, now.kind) for each in before)),
            prefixes=(*lineage.prefixes, *prefixes),
            suffixes=(*lineage.suffixes, *suffixes),
        )
        for renaming in renamings:
            log = (log, _NAME, renaming.where)
        rebuild(resource, with_value(resource.body, _NAME, name), log)
        resource.id = resource.id._replace(name=name)


def _names(name: str, renamings: Sequence[Renaming]) -> list[str]:
    """Return a name, followed by the result of each renaming in turn."""
    names = [name]
    for renaming in renamings:
        names.append(renaming.renamed(names[-1]))
    return names


def _is_plain(name: str) -> bool:
    """Return whether a text remains the same string without quotes."""
    return name[:1].isalpha() and resource_scalar(name) == name
