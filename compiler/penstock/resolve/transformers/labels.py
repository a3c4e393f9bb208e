"""`labels:` and the deprecated `commonLabels:` put labels on every object.

`labels` writes to `metadata.labels`; `includeTemplates` adds pod templates, `includeVolumeClaimTemplates` the claims
of StatefulSets, `includeSelectors` (and `commonLabels`) all of these and the selectors. Selectors of a live Deployment
cannot change.
"""

from typing import Any

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.accumulation import FieldSpecs
from penstock.resolve.configurations import field_specs, merge_specs
from penstock.resolve.finding.default_specs import COMMON_ANNOTATIONS, COMMON_LABELS
from penstock.resolve.finding.field_specs import Conflict, FieldSpec, find, make_lists, spec
from penstock.resolve.level import Level
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, show_annotations
from penstock.resolve.spelling.shared_labels import share
from penstock.resolve.writing import Writing
from penstock.tree import MISSING, get

_METADATA = spec("metadata/labels", create=True)
_APART = frozenset(field.path for field in (*COMMON_LABELS, *COMMON_ANNOTATIONS))
"""The paths of the defaults: none leads into what another one makes."""


def transform(level: Level) -> None:
    specs = level.accumulation.specs
    for index, entry in enumerate(level.fields.get("labels", ())):
        where = level.at("labels", index)
        try:
            fields = _fields(level, entry, specs)
        except Conflict as conflict:
            level.report_conflict("PS242", conflict, where)
            continue
        add(level, entry.get("pairs", {}), fields, where.below("pairs"))
        level.ran("LabelTransformer")
    add(level, level.fields.get("commonLabels", {}), specs.common_labels, level.at("commonLabels"))
    if level.fields.get("labels") or level.fields.get("commonLabels"):
        level.ran("LabelTransformer")


def add(level: Level, pairs: dict[str, str], specs: tuple[FieldSpec, ...], where: Origin) -> None:
    """Write string pairs into the mappings that the specs lead to; shared with annotations."""
    change = (tuple(pairs.items()), specs)
    if not pairs or level.accumulation.is_settled(change):
        return
    level.spend_values(pairs, len(level.resources), where)
    before = level.accumulation.bodies()
    for resource in level.resources:
        lacks_selector = _lacks_selector(resource)
        try:
            for some in _in_steps(pairs, specs):
                apply(level, resource, some, specs, where)
        except Conflict as conflict:
            level.report_in(resource, "PS240", conflict)
        if lacks_selector and not _lacks_selector(resource):
            _report_selector(level, resource, where)
    level.accumulation.note_change(change, before)


def _in_steps(pairs: dict[str, str], specs: tuple[FieldSpec, ...]) -> list[dict[str, str]]:
    """Kustomize writes one pair after the other. That shows where a path leads into what another one makes."""
    if len(pairs) == 1 or all(field.path in _APART for field in specs):
        return [pairs]
    return [{key: pairs[key]} for key in sorted(pairs)]


def _lacks_selector(resource: Resource) -> bool:
    """Whether this is a Service of type ExternalName, which needs no selector, and has none."""
    return (
        resource.id.kind == "Service"
        and get(resource.body, ("spec", "type")) == "ExternalName"
        and not get(resource.body, ("spec", "selector"))
    )


def _report_selector(level: Level, resource: Resource, where: Origin) -> None:
    message = f"these labels become the selector of {resource.id}, which is of type ExternalName and had none"
    notes = ((resource.origin, "the Service"),)
    hint = "put it into a kustomization whose labels leave selectors alone"
    level.report("PS235", message, where, severity="warning", resource=resource.id, notes=notes, hint=hint)


def apply(level: Level, resource: Resource, pairs: dict[str, str], specs: tuple[FieldSpec, ...], where: Origin) -> None:
    """Write the pairs into one resource. Raises Conflict where something else than a mapping stands."""
    made: list[Pointer] = []
    with Writing(level, resource) as writing:
        for field in specs:
            if field.selects(resource):
                made += _add_to(writing, field, pairs, where)
    if level.run.tracked:
        # Kustomize writes the annotations anew for each transformer, so they share nothing.
        made = [at for at in made if at[:2] != ANNOTATIONS]
    for key in pairs:
        share(level, resource, [at for at in made if at[-1] == key])


def _add_to(writing: Writing, field: FieldSpec, pairs: dict[str, str], where: Origin) -> list[Pointer]:
    """Write the pairs into the mappings that one spec leads to; returns the places of those that were not there."""
    made: list[Pointer] = []
    make_lists(writing.resource, field, where, field.create)
    if field.steps == ANNOTATIONS:
        show_annotations(writing.level, writing.resource)
    for at, value in find(writing.resource.body, field.steps, field.create):
        if value is MISSING or (value is None and field.create):
            writing.set(at, pairs, where)
            made += [(*at, key) for key in pairs]
        elif value.__class__ is dict:
            made += [(*at, key) for key in pairs if key not in value]
            for key, label in pairs.items():
                writing.set((*at, key), label, where.below(key))
        elif value is not None:
            raise Conflict(f"`{field.path}` must be a mapping", at)
    return made


def _fields(level: Level, entry: dict[str, Any], specs: FieldSpecs) -> tuple[FieldSpec, ...]:
    """The fields that one entry of `labels` writes."""
    fields = merge_specs(field_specs(level, entry.get("fields", ())), specs.labels)
    if entry.get("includeSelectors"):
        return merge_specs(fields, specs.common_labels)
    if entry.get("includeTemplates"):
        fields = merge_specs(fields, specs.template_labels)
    if entry.get("includeVolumeClaimTemplates"):
        fields = merge_specs(fields, specs.volume_claim_template_labels)
    return merge_specs(fields, (_METADATA,))
