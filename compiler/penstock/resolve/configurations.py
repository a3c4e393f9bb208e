"""`configurations:` and `crds:` add to the fields that transformers write.

The field specs that a base adds hold for every kustomization that uses the base.
"""

from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from itertools import product

from penstock.model import Diagnostic, Origin, Pos
from penstock.records import NamedTuple
from penstock.resolve.accumulation import DEFAULT_SPECS, NO_SPECS, FieldSpecs, References
from penstock.resolve.definition_files import NoJson, read_definitions
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_specs import Conflict, FieldSpec
from penstock.resolve.finding.go_order import go_sorted
from penstock.resolve.finding.identities import Gvk
from penstock.resolve.finding.kind_order import rank
from penstock.resolve.level import Level
from penstock.typed import Any

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

MOST_KEPT = 1_000
"""Pairs of sets of field specs that are remembered with what they are merged."""


def load(level: Level) -> None:
    """Merge the default field specs and those of all files that `configurations` and `crds` name into those of the
    level.
    """
    files: FieldSpecs = NO_SPECS
    known: dict[str, FieldSpecs] = {}
    for index, name in enumerate(level.fields.get("configurations", ())):
        where = level.at("configurations", index)
        found = known[name] if name in known else _from_file(level, name, where)
        known[name] = found
        level.spend("values", COST_OF_READING * _number_of(found) + _number_of(files), where)
        files = _merged_or_reported(level, files, found, where)
    own = _merged_or_reported(level, _sorted_defaults(), files, level.at("configurations"))
    _add(level, own, level.at("configurations" if level.fields.get("configurations") else "crds"))
    for index, name in enumerate(level.fields.get("crds", ())):
        where = level.at("crds", index)
        _add(level, _from_definitions(level, name, where), where)


def inherit(level: Level, specs: FieldSpecs, where: Origin) -> None:
    """Take over the field specs of a base."""
    _add(level, specs, where)


def merge_anew(level: Level, where: Origin) -> None:
    """Merge the field specs of the level into an empty set, as Kustomize does after each component.

    This drops a spec for all kinds that comes after one for a single kind.
    """
    specs, level.accumulation.specs = level.accumulation.specs, NO_SPECS
    _add(level, specs, where)


def _add(level: Level, specs: FieldSpecs, where: Origin) -> None:
    level.accumulation.specs = _merged_or_reported(level, level.accumulation.specs, specs, where)


def _merged_or_reported(level: Level, known: FieldSpecs, more: FieldSpecs, where: Origin) -> FieldSpecs:
    before, key = level.run.merged_specs, (id(known), id(more))
    if key in before:
        return before[key][2]
    try:
        found = merged(_in_order(known), _in_order(more))
    except Conflict as conflict:
        level.report_conflict("PS242", conflict, where)
        return known
    if len(before) < MOST_KEPT:
        before[key] = known, more, found
    return found


@lru_cache(maxsize=1)
def _sorted_defaults() -> FieldSpecs:
    return _sorted(DEFAULT_SPECS)


def _in_order(specs: FieldSpecs) -> FieldSpecs:
    """Return field specs in Kustomize's order. Only the default ones are written in another order; it matters once they
    are merged with others.
    """
    return _sorted_defaults() if specs is DEFAULT_SPECS else specs


def _from_file(level: Level, name: str, where: Origin) -> FieldSpecs:
    if level.bytes_of(name, where) is None:
        return NO_SPECS
    documents, findings = read_documents(level, level.path(name), where, is_config=True)
    # Only in these files does Kustomize refuse a repeated key (`yaml.UnmarshalStrict`).
    level.findings.add(_refused(f) if f.code == "PS104" else f for f in findings)
    level.warn_of_rest(documents, "a file of field specs")
    if not documents:
        return NO_SPECS
    level.findings.add(documents[0].overlaid)
    fields, findings = level.sources.typed(documents[0].body, "field specs", documents[0].origin)
    level.findings.add(findings)
    if any(f.severity == "error" for f in findings):
        return NO_SPECS
    return _from_fields(level, fields, documents[0].origin)


def _refused(twice: Diagnostic) -> Diagnostic:
    notes = tuple((where, "first here") for where, _ in twice.notes)
    return twice._replace(severity="error", notes=notes, hint="keep one of the two")


def _from_fields(level: Level, fields: Mapping[str, Any], where: Origin) -> FieldSpecs:
    """Return field specs from the lists of a configuration file."""
    specs = {ours: field_specs(level, fields.get(theirs, ()), where) for theirs, ours in _FIELDS.items()}
    references = tuple(
        (_gvk(each), field_specs(level, each.get("fieldSpecs", ()), where)) for each in fields.get("nameReference", ())
    )
    return _sorted(NO_SPECS._replace(**specs, name_reference=references))


def field_specs(level: Level, entries: Any, where: Origin) -> tuple[FieldSpec, ...]:
    """Return field specs as a file has them. Keys that are made from their paths are written without quotes.

    Raises `Exceeded` if one of them would make mappings that are too deep.
    """
    specs = tuple(FieldSpec(_gvk(e), e.get("path", ""), e.get("create", False)) for e in entries)
    level.check("depth", max((each.path.count("/") for each in specs if each.create), default=0), where)
    if any(spec.has_odd_keys for spec in specs):
        level.spellings.odd_keys = True
    return specs


def _gvk(entry: Mapping[str, str]) -> Gvk:
    return Gvk(entry.get("group", ""), entry.get("version", ""), entry.get("kind", ""))


def merged(known: FieldSpecs, more: FieldSpecs) -> FieldSpecs:
    """Return both sets of field specs, merged and sorted as by Kustomize's `TransformerConfig.Merge`.

    Raises `Conflict` where two specs differ in `create` alone.
    """
    lists = {field: _merged_list(getattr(known, field), getattr(more, field)) for field in _FIELDS.values()}
    references = _merged_references(known.name_reference, more.name_reference)
    found = FieldSpecs(**lists, name_reference=tuple(go_sorted(references, lambda reference: rank(reference[0]))))
    # What is the same stays the same object, by which it is found again among what was merged before.
    return next((each for each in (known, more) if each == found), found)


def _merged_list(known: tuple[FieldSpec, ...], more: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """Return both lists, merged and sorted. `known` is sorted already, like everything that was merged before."""
    both = merge_specs(known, more)
    return known if len(both) == len(known) else tuple(go_sorted(both, lambda spec: rank(spec.gvk)))


def _sorted(specs: FieldSpecs) -> FieldSpecs:
    """Return field specs with each list sorted by the kinds that its entries are for.

    The fields that refer to a kind keep their order.
    """
    lists = {field: tuple(go_sorted(getattr(specs, field), lambda s: rank(s.gvk))) for field in _FIELDS.values()}
    references = tuple(go_sorted(specs.name_reference, lambda reference: rank(reference[0])))
    return FieldSpecs(**lists, name_reference=references)


def merge_specs(known: tuple[FieldSpec, ...], more: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """Return the specs of both lists, without those that another one covers: a spec for one kind covers a spec of the
    same path for all kinds.

    Raises `Conflict` where two specs differ in `create` alone.
    """
    if not more or more is known:
        return known
    wanted = {(field.path, field.gvk.kind) for field in more}
    first: dict[tuple[str, ...], FieldSpec] = {}
    # Only specs of the same path can be the same. There may be thousands, each for a kind of its own.
    for field in known:
        if (field.path, field.gvk.kind) in wanted or (field.path, "") in wanted:
            _note_first(first, field)
    merged_specs = list(known)
    for field in more:
        same = first.get((field.path, *field.gvk))
        if same is None:
            merged_specs.append(field)
            _note_first(first, field)
        elif same.create != field.create:
            raise Conflict(
                f"two field specs for `{field.path}` disagree about `create`: {_shown(same)}, {_shown(field)}"
            )
    return tuple(merged_specs)


def _note_first(first: dict[tuple[str, ...], FieldSpec], field: FieldSpec) -> None:
    """Note a spec under each pattern of kinds that selects its kind, unless an earlier one is there."""
    group, version, kind = field.gvk
    for pattern in product({group, ""}, {version, ""}, {kind, ""}):
        first.setdefault((field.path, *pattern), field)


def _shown(field: FieldSpec) -> str:
    kind = ".".join(filter(None, (field.gvk.kind or "all kinds", field.gvk.version, field.gvk.group)))
    return f"{str(field.create).lower()} for {kind}"


def _merged_references(known: References, more: References) -> References:
    """Return both sets of references. The fields of a new kind are kept as they are; those of a known kind are
    merged.
    """
    references = dict(known)
    for target, specs in more:
        references[target] = merge_specs(references[target], specs) if target in references else specs
    return tuple(references.items())


def _from_definitions(level: Level, name: str, where: Origin) -> FieldSpecs:
    """Return the field specs from a file of `crds`.

    It holds OpenAPI definitions whose `x-kubernetes-…` extensions say what a field is; it is not a CRD manifest.
    """
    data = level.bytes_of(name, where)
    if data is None:
        return NO_SPECS
    try:
        body = read_definitions(level, name, data, "a file of definitions")
    except NoJson as reason:
        level.report("PS245", str(reason), Pos(level.path(name), 1, 1))
        return NO_SPECS
    if not isinstance(body, dict) or not all(isinstance(v, dict | None) for v in body.values()):
        hint = "`crds:` takes OpenAPI definitions; a CustomResourceDefinition goes under `resources:`"
        level.report("PS245", f"{name} has no OpenAPI definitions in it", where, hint=hint)
        return NO_SPECS
    specs = NO_SPECS
    definitions = Definitions(level, body, where, _leading(body))
    for type_name in body:
        # Only types of whole objects count; those of their parts are reached through references.
        if {"kind", "apiVersion", "metadata"} <= _properties(body, type_name).keys():
            for field, spec in _marked(Gvk(kind=type_name.rsplit(".", 1)[-1]), definitions, type_name, (), ()):
                level.spend("values", COST_OF_SPEC + _number_of(level.accumulation.specs, specs), where)
                specs = merged(specs, NO_SPECS._replace(**{field: (spec,)}))
    return specs


class Definitions(NamedTuple):
    """The OpenAPI definitions of a file, and the level whose budget pays for walking them: types that refer to one
    another could be walked without end.
    """

    level: Level
    types: Mapping[str, Any]
    where: Origin
    leading: Set[str]
    """The types that lead to an extension."""

    def properties(self, type_name: str) -> dict[str, Any]:
        """Return the properties of a type. Raises `Exceeded`."""
        found = _properties(self.types, type_name)
        self.level.spend("values", COST_OF_PROPERTY * len(found), self.where)
        return found


COST_OF_PROPERTY, COST_OF_SPEC, COST_OF_READING = 15, 100, 10
"""The cost, in values of the budget, of reading a property, of finding a field spec among definitions, and of reading
one that is written out. A field spec is merged into the existing ones, so these are counted, too.
"""


def _number_of(*specs: FieldSpecs) -> int:
    """Return how many field specs there are, those of name references with the kinds that are named."""
    lists = sum(len(each) for some in specs for each in some)
    return lists + sum(len(fields) for some in specs for _, fields in some.name_reference)


def _properties(definitions: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    definition = definitions.get(type_name) or {}
    schema = definition.get("Schema") or definition.get("schema") or {}
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _marked(
    gvk: Gvk, definitions: Definitions, type_name: str, path: tuple[str, ...], above: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """Yield (field of FieldSpecs, spec) for every property with an extension, including those of the types that it
    refers to.
    """
    # A type that refers to itself would never end.
    if type_name in above or type_name not in definitions.leading:
        return
    for name, schema in definitions.properties(type_name).items():
        if isinstance(schema, dict):
            at = (*path, name)
            yield from _specs_of(gvk, at, schema)
            if isinstance(schema.get("$ref"), str):
                yield from _marked(gvk, definitions, schema["$ref"], at, (*above, type_name))


def _specs_of(gvk: Gvk, at: tuple[str, ...], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (field of FieldSpecs, spec) for the extensions of one property."""
    for extension, field in _EXTENSIONS:
        if isinstance(schema.get(extension), str):
            yield field, FieldSpec(gvk, "/".join(at))
    version, kind = (schema.get(f"x-kubernetes-object-ref-{part}") for part in ("api-version", "kind"))
    if isinstance(version, str) and isinstance(kind, str):
        key = schema.get("x-kubernetes-object-ref-name-key", "name")
        yield "name_reference", (Gvk("", version, kind), (FieldSpec(gvk, "/".join((*at, key))),))


def _leading(types: Mapping[str, Any]) -> Set[str]:
    """Return the types that have a property with an extension, or refer to such a type by any way. Types that branch
    out to none are not walked.
    """
    referrers: dict[str, list[str]] = {}
    leading: set[str] = set()
    for type_name in types:
        for schema in _properties(types, type_name).values():
            if not isinstance(schema, dict):
                continue
            if any(True for _ in _specs_of(Gvk(), ("",), schema)):
                leading.add(type_name)
            if isinstance(schema.get("$ref"), str):
                referrers.setdefault(schema["$ref"], []).append(type_name)
    waiting = list(leading)
    while waiting:
        new = set(referrers.pop(waiting.pop(), ())) - leading
        leading |= new
        waiting += new
    return leading


_EXTENSIONS = (
    ("x-kubernetes-annotation", "common_annotations"),
    ("x-kubernetes-label-selector", "common_labels"),
    ("x-kubernetes-identity", "name_prefix"),
)
