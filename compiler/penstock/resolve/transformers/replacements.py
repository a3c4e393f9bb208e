"""`replacements:` copies a value from one object, or a given value, into fields of other objects.

A source is one object, matched exactly by any identity that it has had; targets are selected by regular expressions. A
scalar that is overwritten keeps its type: "8080" written over a number becomes a number. A path may continue inside a
string that is JSON or YAML.
"""

from collections.abc import Mapping

from penstock.kubernetes import text
from penstock.model import Document, Origin, Pointer, Resource, Tree
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_paths import SCALAR, Found, look_up, matches, split_path
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import Identity, earlier
from penstock.resolve.finding.near_misses import near
from penstock.resolve.finding.selectors import FIELDS, Fits, any_pattern, has_metadata, is_literal, pattern
from penstock.resolve.level import Level
from penstock.resolve.replacing.copied_values import TEXT, Copy, Value, copied
from penstock.resolve.replacing.source_values import GivenValue, SharedValue, whole_of
from penstock.resolve.replacing.yaml_in_text import copy_inside, reader, report_lost
from penstock.resolve.selecting import Selection, is_for_any
from penstock.resolve.spelling.kustomize_notes import (
    lineage_of,
    show_annotations,
    take_notes,
    without_notes,
)
from penstock.resolve.spelling.plain_keys import check_key
from penstock.resolve.spelling.shared_labels import spread
from penstock.resolve.spelling.written_identity import reidentify
from penstock.resolve.spelling.written_values import is_blank, note_untyped
from penstock.scalar import resource_scalar
from penstock.tree import MISSING, get, leaves, log, rebuild, respell, with_value
from penstock.typed import Any
from penstock.words import shortened, some_of

MOST_NAMED = 5
"""Objects that a message names, of those that a source might mean."""


def transform(level: Level) -> None:
    entries = level.fields.get("replacements", ())
    if entries:
        apply_entries(level, list(map(_without_no_targets, entries)), level.at("replacements"))
        level.ran("ReplacementTransformer")


def _without_no_targets(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without `targets` if that list is empty: Kustomize passes the entries to a plugin without empty
    fields.
    """
    return entry if entry.get("targets") else {key: value for key, value in entry.items() if key != "targets"}


def apply_entries(level: Level, entries: list[dict[str, Any]], where: Origin) -> None:
    loaded = [pair for index, entry in enumerate(entries) for pair in _loaded(level, entry, where.below(index))]
    selection = Selection(level.accumulation, (select for replacement, _ in loaded for select in _selects(replacement)))
    for replacement, at in loaded:
        try:
            _apply(level, replacement, at, selection)
        except Conflict as conflict:
            if not isinstance(conflict, _Missing) or level.has_all():
                level.report_conflict("PS260", conflict, at)


class _Missing(Conflict):
    """The source of a replacement is missing. A file that could not be read may have it, which is a finding."""


def _selects(replacement: Mapping[str, Any]) -> list[Any]:
    return [target["select"] for target in replacement.get("targets") or () if "select" in target]


def _loaded(level: Level, entry: dict[str, Any], where: Origin) -> list[tuple[dict[str, Any], Origin]]:
    """Return the replacements of an entry: the entry itself, or those in the file that it names."""
    if not entry.get("path"):
        return [(entry, where)]
    if entry.get("source") or entry.get("targets"):
        hint = "remove `path`, or move the fields into the file that it names"
        level.report("PS260", "a replacement has either `path` or its own fields", where, hint=hint)
        return []
    if level.bytes_of(entry["path"], where.below("path")) is None:
        return []
    documents, findings = read_documents(level, level.path(entry["path"]), where.below("path"), is_config=True)
    level.findings.add(findings)
    level.warn_of_rest(documents, "a file of replacements")
    if not documents:
        hint = "write `source` and `targets` in the file, or remove this entry"
        level.report("PS260", f"{entry['path']} has no replacement in it", where.below("path"), hint=hint)
        return []
    return _typed(level, documents[0])


def _typed(level: Level, document: Document) -> list[tuple[dict[str, Any], Origin]]:
    """Return the valid replacements of a document, which is one replacement or a list, and report the others."""
    body, origin = document.body, document.origin
    items = [(item, origin.below(i)) for i, item in enumerate(body)] if isinstance(body, list) else [(body, origin)]
    loaded = []
    for item, at in items:
        replacement, findings = level.sources.typed(item, "replacement", at)
        level.findings.add(findings)
        if not any(f.severity == "error" for f in findings):
            loaded.append((replacement, at))
    return loaded


def _apply(level: Level, replacement: dict[str, Any], where: Origin, selection: Selection) -> None:
    if ("source" not in replacement and "sourceValue" not in replacement) or "targets" not in replacement:
        raise Conflict("a replacement needs a source and targets", hint="add the one that is missing")
    _report_encodings(level, replacement, where)
    source = _read_source(level, replacement, where, selection)
    for index, target in enumerate(replacement["targets"]):
        try:
            _apply_to(level, target, source, where.below("targets", index), selection)
        except Conflict as conflict:
            raise conflict.moved(("targets", index, *conflict.at)) from None


def _report_encodings(level: Level, replacement: dict[str, Any], where: Origin) -> None:
    """Warn of the option `encoding`, which Kustomize accepts and ignores."""
    sides = [(replacement.get("source") or {}, where.below("source"))]
    sides += [(target, where.below("targets", i)) for i, target in enumerate(replacement["targets"])]
    for side, at in sides:
        if (side.get("options") or {}).get("encoding"):
            message = "`encoding` has no effect: the value is copied as it is"
            hint = "remove it; to encode a value, generate a Secret from it with `secretGenerator`"
            level.report("PS262", message, at.below("options", "encoding"), severity="warning", hint=hint)


def _read_source(level: Level, replacement: dict[str, Any], where: Origin, selection: Selection) -> GivenValue:
    """Return the value, to be read again for each field. The source is looked up once, as a target may rename it."""
    if "sourceValue" in replacement:
        if "source" in replacement:
            raise Conflict("a replacement has either `source` or `sourceValue`", hint="remove one of the two")
        given, origin = replacement["sourceValue"], where.below("sourceValue")
        if resource_scalar(given) != given:
            level.spellings.spell(origin, given)
        return GivenValue(Value(resource_scalar(given), given, origin))
    source = replacement["source"]
    resource = _source(level, selection, source)
    path = source.get("fieldPath") or "metadata.name"
    at = look_up(whole_of(resource), split_path(path))
    if at is None or get(whole_of(resource), at) in (None, {}, []):
        raise _Missing(f"{resource.id} has no {path}", ("source", "fieldPath"))
    options = source.get("options") or {}
    shared = SharedValue(level, resource, at)
    level.withhold(resource, at, shared.value.tree)
    if options.get("delimiter"):
        piece = _piece(shared.value, options)
        level.withhold(resource, at, piece.text)
        return GivenValue(piece)
    return shared


def _source(level: Level, selection: Selection, source: Mapping[str, Any]) -> Resource:
    found = selection.find(source, lambda r: any(_is_source(i, source) for i in _identities(r)), exact=True)
    if len(found) == 1:
        return found[0]
    wanted = " ".join(f"{f}={shortened(str(source[f]))}" for f in FIELDS if source.get(f))
    if not found:
        raise _Missing(f"no object is {wanted}", ("source",), near(level.resources, source, level.run.nearest))
    # Which of them was meant cannot be known.
    named = some_of([shortened(str(each.id)) for each in found], MOST_NAMED)
    raise Conflict(f"{len(found)} objects are {wanted}: {named}", ("source",))


def _is_source(identity: Identity, source: Mapping[str, Any]) -> bool:
    for field in FIELDS:
        wanted = source.get(field)
        if not wanted:
            continue
        found = getattr(identity, field)
        if field == "namespace":
            # No namespace and `default` are the same here.
            found, wanted = found or "default", wanted or "default"
        if found != wanted:
            return False
    return True


def _identities(resource: Resource) -> list[Identity]:
    """Return the present and earlier identities of a resource; the present namespace is given as written."""
    group, kind, namespace, name = resource.id
    return [Identity(group, resource.version, kind, namespace, name), *earlier(resource)]


def _piece(value: Value, options: Mapping[str, Any]) -> Value:
    """Return one piece of a value, split at the delimiter."""
    if value.kind != SCALAR:
        raise Conflict("`delimiter` needs a scalar", ("source", "options"))
    pieces = value.text.split(options["delimiter"])
    index = options.get("index", 0)
    if not 0 <= index < len(pieces):
        raise Conflict(
            f"`index` {index} is out of range: there are {len(pieces)} pieces", ("source", "options", "index")
        )
    piece = pieces[index]
    return value._replace(tree=piece if value.type == TEXT else resource_scalar(piece), text=piece)


def _apply_to(level: Level, target: dict[str, Any], source: GivenValue, where: Origin, selection: Selection) -> None:
    if "select" not in target:
        raise Conflict("a target needs `select`", hint="add `select: {kind: …}`")
    selected = _selected(selection, target)
    if not selected:
        hint = near(level.resources, target["select"], level.run.nearest)
        at = where.below("select")
        severity = "info" if is_for_any(target["select"], selection, level.run.nearest) else "warning"
        level.report_missing("PS261", "this target matches nothing", at, severity=severity, hint=hint)
    for resource in selected:
        for index, path in enumerate(target.get("fieldPaths") or ("metadata.name",)):
            before = (resource.body, resource.log)
            try:
                _copy(level, resource, path, source, target.get("options") or {}, where.below("fieldPaths", index))
            except Conflict as conflict:
                rebuild(resource, *before)
                shown = path if len(path) < 200 else f"{path[:200]}…"
                raise conflict.moved(("fieldPaths", index), f"{resource.id}: {shown}: ") from None
        # A replacement may write the name, the namespace or the kind itself.
        was = resource.id
        reidentify(level, resource)
        level.withhold_data(resource, was.kind)
        level.accumulation.may_clash = level.accumulation.may_clash or resource.id != was
        level.accumulation.update(resource)


def _selected(selection: Selection, target: dict[str, Any]) -> list[Resource]:
    select, rejects = target["select"], target.get("reject", ())
    fits = _id_test(select)
    is_refused = _refusal([r for r in rejects if any(r.get(f) for f in FIELDS)])
    by_label = [r for r in rejects if r.get("labelSelector") or r.get("annotationSelector")]

    def is_selected(resource: Resource) -> bool:
        return (
            has_metadata(resource, select)
            and not any(has_metadata(resource, reject) for reject in by_label)
            and not is_refused(resource)
            and fits(resource)
        )

    return selection.find(select, is_selected)


def _refusal(rejects: list[Mapping[str, Any]]) -> Fits:
    """Return a test of whether one of some selectors matches a present or earlier identity of a resource.

    Selectors without expressions are looked up in sets, by the fields that they use. Selectors that consist of one
    expression are tried all at once.
    """
    tests: list[Fits] = []
    named: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    alone: dict[str, list[str]] = {}
    for reject in rejects:
        fields = tuple(field for field in FIELDS if reject.get(field))
        if all(is_literal(reject[field]) for field in fields):
            named.setdefault(fields, set()).add(tuple(reject[field] for field in fields))
            continue
        test = _id_test(reject)  # raises Conflict for an invalid expression
        if len(fields) == 1:
            alone.setdefault(fields[0], []).append(reject[fields[0]])
        else:
            tests.append(test)
    tests += [_name_test(fields, values) for fields, values in named.items()]
    tests += [_any_test(field, expressions) for field, expressions in alone.items()]
    return lambda resource: any(refuses(resource) for refuses in tests)


def _name_test(fields: tuple[str, ...], values: set[tuple[str, ...]]) -> Fits:
    """Return a test of whether a present or earlier identity of a resource has one of some sets of field values."""
    return lambda resource: any(
        tuple(getattr(identity, field) for field in fields) in values for identity in _identities(resource)
    )


def _any_test(field: str, expressions: list[str]) -> Fits:
    """Return a test of whether a field of a present or earlier identity of a resource matches one of some
    expressions.
    """
    fits = any_pattern(expressions, field)
    return lambda resource: any(fits(getattr(identity, field)) for identity in _identities(resource))


def _id_test(selector: Mapping[str, Any]) -> Fits:
    """Return a test of whether a present or earlier identity of a resource matches all fields of a selector."""
    tests = [(field, pattern(selector[field], field)) for field in FIELDS if selector.get(field)]
    return lambda resource: any(
        all(fits(getattr(identity, field)) for field, fits in tests) for identity in _identities(resource)
    )


def _copy(
    level: Level, resource: Resource, path: str, source: GivenValue, options: Mapping[str, Any], where: Origin
) -> None:
    """Copy the value into the fields of one object that a path selects. Raises Conflict."""
    parts, copy = split_path(path), Copy(source.read(), options, path, where)
    if copy_inside(level, resource, parts, copy):
        return
    if parts[:2] == ["metadata", "annotations"]:
        show_annotations(level, resource)
    found = matches(resource.body, parts, copy.created, reader(level))
    if not (found.places or found.lost):
        raise Conflict("there is no such field", hint="correct the path, or add `options: {create: true}`")
    _lose(level, resource, found, copy)
    body, places = found.tree, found.places
    _check_new_keys(level, resource, places)
    _note_made_elements(resource, body, places, where)
    for at in places:
        if copy.value.kind != SCALAR:  # the copied value may contain the field, and so may have grown
            respell(resource, body)
            copy = copy._replace(value=source.read())
        source.note_write(resource, at)
        level.spend_values(copy.value.tree, 1, where, len(at))
        level.spend("values", copy.value.cost, where)
        body = with_value(body, at, copied(level, resource, body, at, copy))
        log(resource, at, copy.value.origin)
        for below, origin in copy.value.inside.writers:
            log(resource, at + below, origin)
    _check_metadata(body)
    respell(resource, body)
    if any(at in (("metadata",), ("metadata", "annotations")) for at in places):
        _take_notes(level, resource, copy.value.origin)
    spread(level, resource, [(at, copy.value.origin) for at in places])


def _lose(level: Level, resource: Resource, found: Found, copy: Copy) -> None:
    """Report nulls and texts into which a path leads: Kustomize writes to a parsed copy of their text and discards it.

    Raises Conflict for a null without a text, in which Kustomize cannot look for a field, and for a number or boolean
    of which a path without a name leaves no text, so that its type does not fit.
    """
    is_without_name = "" in split_path(copy.path)
    for at, _ in found.lost:
        value = get(resource.body, at, MISSING)
        if isinstance(at[-1], str) and value is None and is_blank(level, resource, at):
            raise Conflict(f"there is nothing to look for a field in: {at[-1]} is empty")
        if value is not None and value.__class__ is not str and copy.created and is_without_name:
            raise Conflict("two dots in a row, or one at the end, empty a value, and this one is no text")
        if get(found.tree, at) != value:
            log(resource, at, copy.where)
    why, hint = "`*` and expressions do not lead into the text of a field", "give each element a path: [name=value]"
    if is_without_name:
        why, hint = "two dots in a row, or one at the end, lead to nothing", "leave out the dot without a name"
    report_lost(level, found, copy, why, hint)


def _check_new_keys(level: Level, resource: Resource, places: list[Pointer]) -> None:
    for at in places:
        if isinstance(at[-1], str) and get(resource.body, at, MISSING) is MISSING:
            check_key(level, resource, at)


def _note_made_elements(resource: Resource, body: Tree, places: list[Pointer], where: Origin) -> None:
    """Note that the path at `where` has written the texts in the elements that were made for it, and that these have no
    type: `[name=1]` makes `name: 1`.
    """
    made = [at[:depth] for at in places for depth in range(1, len(at) + 1) if isinstance(at[depth - 1], int)]
    new = [at for at in dict.fromkeys(made) if get(resource.body, at, MISSING) is MISSING]
    if not new:
        return
    respell(resource, body)
    for at in new:
        for below, value in leaves(get(body, at, MISSING)):
            if value.__class__ is str:
                note_untyped(resource, at + below, value)
                log(resource, at + below, where)


def _check_metadata(body: Tree) -> None:
    """Raise Conflict if Kustomize could not keep its notes in the object."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        raise Conflict("this leaves the object without `metadata`", hint="write the path of a field in it")
    annotations = metadata.get("annotations")
    if isinstance(annotations, list) and not _is_pairs(annotations):
        raise Conflict("this makes a list of the annotations", hint="write the path of one annotation")


def _is_pairs(annotations: list[Any]) -> bool:
    """Return whether Kustomize reads a list as annotations: it goes through the list as if it were keys and values."""
    keys = annotations[::2]
    is_flat = not any(isinstance(item, dict | list) for item in annotations)
    return is_flat and len(annotations) % 2 == 0 and None not in keys and len(set(map(text, keys))) == len(keys)


def _take_notes(level: Level, resource: Resource, where: Origin) -> None:
    """Replace the recorded past of an object by that in its new annotations."""
    take_notes(level, resource, where, lineage_of(resource.body, level, where))
    respell(resource, without_notes(resource.body))
