"""`configurations:` and `crds:` add to the fields that transformers write; what a base adds counts for all that use
it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.model import Origin
from penstock.resolve.accumulation import FieldSpecs
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.identities import Gvk
from penstock.resolve.level import Level

_FIELDS = {
    "namePrefix": "name_prefix",
    "nameSuffix": "name_suffix",
    "namespace": "namespace",
    "commonLabels": "common_labels",
    "labels": "labels",
    "templateLabels": "template_labels",
    "volumeClaimTemplateLabels": "volume_claim_template_labels",
    "commonAnnotations": "common_annotations",
    "varReference": "var_reference",
    "images": "images",
    "replicas": "replicas",
}
_NOTHING = FieldSpecs(*((),) * len(FieldSpecs._fields))


def load(level: Level) -> None:
    """Merge the field specs of all files that the two fields name."""
    for index, name in enumerate(level.fields.get("configurations", ())):
        where = level.at("configurations", index)
        _add(level, _from_file(level, name, where), where)
    for index, name in enumerate(level.fields.get("crds", ())):
        where = level.at("crds", index)
        _add(level, _from_definitions(level, name, where), where)


def inherit(level: Level, specs: FieldSpecs, where: Origin) -> None:
    """Take over what a base added."""
    _add(level, specs, where)


def _add(level: Level, specs: FieldSpecs, where: Origin) -> None:
    try:
        level.accumulation.specs = merged(level.accumulation.specs, specs)
    except Conflict as conflict:
        level.report_conflict("PS242", conflict, where)


def _from_file(level: Level, name: str, where: Origin) -> FieldSpecs:
    if level.bytes_of(name, where) is None:
        return _NOTHING
    documents, findings = level.sources.configs(level.path(name))
    level.findings.add(findings)
    level.warn_of_rest(documents, "a file of field specs")
    if not documents:
        return _NOTHING
    fields, findings = level.sources.typed(documents[0].body, "field specs", documents[0].origin)
    level.findings.add(findings)
    return _NOTHING if any(f.severity == "error" for f in findings) else from_fields(fields)


def from_fields(fields: Mapping[str, Any]) -> FieldSpecs:
    """Field specs from the lists of a configuration file."""
    specs = {ours: field_specs(fields.get(theirs, ())) for theirs, ours in _FIELDS.items()}
    references = tuple((_gvk(r), field_specs(r.get("fieldSpecs", ()))) for r in fields.get("nameReference", ()))
    return _NOTHING._replace(**specs, name_reference=references)


def field_specs(entries: Any) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(_gvk(e), e.get("path", ""), e.get("create", False)) for e in entries)


def _gvk(entry: Mapping[str, str]) -> Gvk:
    return Gvk(entry.get("group", ""), entry.get("version", ""), entry.get("kind", ""))


def merged(known: FieldSpecs, more: FieldSpecs) -> FieldSpecs:
    """Raises Conflict where two specs differ in `create` alone."""
    lists = {
        field: merge_specs(getattr(known, field), getattr(more, field))
        if getattr(more, field)
        else getattr(known, field)
        for field in _FIELDS.values()
    }
    return FieldSpecs(**lists, name_reference=_merged_references(known.name_reference, more.name_reference))


def merge_specs(known: tuple[FieldSpec, ...], more: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """Field specs without those that are covered already. Raises Conflict where two differ in `create` alone."""
    if more is known:
        return known
    merged_specs = list(known)
    for field in more:
        same = next((k for k in merged_specs if k.path == field.path and field.gvk.selects(*k.gvk)), None)
        if same is None:
            merged_specs.append(field)
        elif same.create != field.create:
            raise Conflict(f"two field specs for `{field.path}` disagree about `create`")
    return tuple(merged_specs)


def _merged_references(
    known: tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...], more: tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...]
) -> tuple[tuple[Gvk, tuple[FieldSpec, ...]], ...]:
    if not more or more is known:
        return known
    references = dict(known)
    for target, specs in more:
        references[target] = merge_specs(references.get(target, ()), specs)
    return tuple(references.items())


def _from_definitions(level: Level, name: str, where: Origin) -> FieldSpecs:
    """A file of `crds`: OpenAPI definitions whose `x-kubernetes-…` extensions say what a field is. Not a CRD
    manifest.
    """
    if level.bytes_of(name, where) is None:
        return _NOTHING
    documents, findings = level.sources.configs(level.path(name))
    level.findings.add(findings)
    level.warn_of_rest(documents, "a file of definitions")
    body = documents[0].body if documents else {}
    if not isinstance(body, dict) or not all(isinstance(v, dict | None) for v in body.values()):
        hint = "`crds:` takes OpenAPI definitions; a CustomResourceDefinition goes under `resources:`"
        level.report("PS245", f"{name} has no OpenAPI definitions in it", where, hint=hint)
        return _NOTHING
    found: dict[str, list[Any]] = {}
    for type_name in body:
        if {"kind", "apiVersion", "metadata"} <= _properties(body, type_name).keys():
            for field, spec in _marked(Gvk(kind=type_name.rsplit(".", 1)[-1]), body, type_name, (), ()):
                found.setdefault(field, []).append(spec)
    references = tuple(found.pop("name_reference", ()))
    return _NOTHING._replace(**{f: tuple(s) for f, s in found.items()}, name_reference=references)


def _properties(definitions: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    definition = definitions.get(type_name) or {}
    schema = definition.get("Schema") or definition.get("schema") or {}
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _marked(
    gvk: Gvk, definitions: Mapping[str, Any], type_name: str, path: tuple[str, ...], above: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """(field of FieldSpecs, spec) of every property with an extension, also in the types that it refers to."""
    if type_name in above:
        return
    for name, schema in _properties(definitions, type_name).items():
        if not isinstance(schema, dict):
            continue
        at = (*path, name)
        for extension, field in (
            ("x-kubernetes-annotation", "common_annotations"),
            ("x-kubernetes-label-selector", "common_labels"),
            ("x-kubernetes-identity", "name_prefix"),
        ):
            if isinstance(schema.get(extension), str):
                yield field, FieldSpec(gvk, "/".join(at))
        version, kind = (schema.get(f"x-kubernetes-object-ref-{part}") for part in ("api-version", "kind"))
        if isinstance(version, str) and isinstance(kind, str):
            key = schema.get("x-kubernetes-object-ref-name-key", "name")
            yield "name_reference", (Gvk("", version, kind), (FieldSpec(gvk, "/".join((*at, key))),))
        if isinstance(schema.get("$ref"), str):
            yield from _marked(gvk, definitions, schema["$ref"], at, (*above, type_name))
