"""What `namePrefix` and `nameSuffix` share: who is renamed, and what is remembered of it."""

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
"""Kinds whose names mean something: they are not renamed."""

_NAME = ("metadata", "name")


class Renaming(NamedTuple):
    """A prefix or suffix, the fields that it goes into, and where it is written."""

    level: Level
    specs: tuple[FieldSpec, ...]
    where: Origin
    prefix: str = ""
    suffix: str = ""
    cost: int = 0
    """What it takes from the budget, in values."""

    def renamed(self, name: str) -> str:
        return f"{self.prefix}{name}{self.suffix}"

    def record(self, lineage: Lineage) -> Lineage:
        """Note the prefix or suffix, which tells objects of one name apart when a reference is followed."""
        if self.prefix:
            lineage = lineage._replace(prefixes=(*lineage.prefixes, self.prefix))
        return lineage._replace(suffixes=(*lineage.suffixes, self.suffix)) if self.suffix else lineage


def rename(renaming: Renaming) -> None:
    """Rename every object: when somebody asks for the objects, where it is told now that this comes to the same."""
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
    accumulation.changed()  # tables of names that are all about to change
    for resource in level.resources:
        try:
            apply(resource, renaming)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)


def _cost(resource: Resource) -> int:
    """What it costs to rename a resource, in values: the new name, and what is remembered of the old ones."""
    return 5 + (len(resource.id.name) + len(resource.lineage.past)) // PER_VALUE


def apply(resource: Resource, renaming: Renaming) -> None:
    """Rename one resource. The kind that counts is the one it had at first. Raises Conflict."""
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
    """Whether renaming the resources changes their names and nothing else, reports nothing, and leaves those different
    that are.
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
    """Rename ordinary resources, several times."""
    prefixes = tuple(each.prefix for each in renamings if each.prefix)
    suffixes = tuple(each.suffix for each in renamings if each.suffix)
    for resource in resources:
        names = _names(resource.id.name, renamings)
        if _is_kept(resource):
            continue
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
    """A name, and what it comes to one renaming after the other."""
    names = [name]
    for renaming in renamings:
        names.append(renaming.renamed(names[-1]))
    return names


def _is_plain(name: str) -> bool:
    """Whether a text stays what it is without quotes."""
    return name[:1].isalpha() and resource_scalar(name) == name
