"""What `namePrefix` and `nameSuffix` share: who is renamed, and what is remembered of it."""

from collections.abc import Callable
from typing import Any

from penstock.model import Lineage, Origin, Pointer, Resource
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, write
from penstock.resolve.finding.identities import Gvk, original, reidentify, remember
from penstock.resolve.level import Level
from penstock.resolve.spelling.shared_labels import spread
from penstock.resolve.spelling.written_values import forget_type, text_of

KEPT = (
    Gvk(kind="CustomResourceDefinition"),
    Gvk(group="apiregistration.k8s.io", kind="APIService"),
    Gvk(kind="Namespace"),
)
"""Kinds whose names mean something: they are not renamed."""


def rename(
    level: Level,
    specs: tuple[FieldSpec, ...],
    renamed: Callable[[str], str],
    record: Callable[[Lineage], Lineage],
    where: Origin,
    keeps: bool = False,
) -> None:
    """Rename every object. `keeps` says that the names stay what they are, so nothing is to be remembered."""
    for resource in level.resources:
        try:
            apply(level, resource, specs, renamed, record, where, keeps)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)
    level.accumulation.changed()


def apply(
    level: Level,
    resource: Resource,
    specs: tuple[FieldSpec, ...],
    renamed: Callable[[str], str],
    record: Callable[[Lineage], Lineage],
    where: Origin,
    keeps: bool,
) -> None:
    """Rename one resource. The kind that counts is the one it had at first. Raises Conflict."""
    kind = original(resource).kind
    group, version = resource.id.group, resource.version
    if any(kept.selects(group, version, kind) for kept in KEPT):
        return

    def change(value: Any, at: Pointer) -> str:
        if isinstance(value, dict | list):
            raise Conflict("the field of a name must hold a string", at)
        new = renamed(text_of(level, resource, at, value))
        forget_type(level, resource, at, new)
        return new

    for spec in specs:
        if not spec.gvk.selects(group, version, kind):
            continue
        if spec.path == "metadata/name":
            resource.lineage = record(resource.lineage)
            if not keeps:
                reidentify(resource)  # another spec may have renamed it a moment ago
                remember(resource)
        write(resource, (spec,), change, where, create=True)
        if resource.spelling.shared:
            for at, _ in find(resource.body, spec.steps):
                spread(level, resource, at, where)
    reidentify(resource)
