"""`replacements:` copies a value from one object, or a given one, into fields of others.

A source is one object, matched exactly by any identity that it had; targets are selected by regular expressions. A
scalar that is written over keeps its type: "8080" into a number stays a number. A path may go on inside a string that
is JSON or YAML.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from penstock.model import Origin, Pointer, Resource, Tree
from penstock.resolve.fieldspec import Conflict
from penstock.resolve.ids import Identity, earlier, forget, reidentify, text
from penstock.resolve.json_text import as_json
from penstock.resolve.keys import check_key
from penstock.resolve.level import Level
from penstock.resolve.near import near
from penstock.resolve.notes import lineage_of, show_annotations, with_notes, without_notes
from penstock.resolve.paths import LIST, MAPPING, SCALAR, look_up, matches, split_path
from penstock.resolve.select import has_metadata, pattern
from penstock.resolve.shared import spread
from penstock.resolve.written import forget_type, is_date, is_untyped, text_of
from penstock.scalar import is_timestamp, resource_scalar
from penstock.tree import MISSING, get, log, origin_of, put, with_value

_FIELDS = ("group", "version", "kind", "name", "namespace")


class Unfit(Conflict):
    """A text that its field cannot take."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


class Value(NamedTuple):
    """What is copied: its tree, its text where it is a scalar, and where it was written."""

    tree: Any
    text: str
    origin: Origin

    @property
    def kind(self) -> str:
        return MAPPING if self.tree.__class__ is dict else LIST if self.tree.__class__ is list else SCALAR


def transform(level: Level) -> None:
    entries = level.fields.get("replacements", ())
    if entries:
        apply_entries(level, entries, level.at("replacements"))
        level.ran("ReplacementTransformer")


def apply_entries(level: Level, entries: list[dict[str, Any]], where: Origin) -> None:
    for index, entry in enumerate(entries):
        for replacement, at in _loaded(level, entry, where.below(index)):
            try:
                _apply(level, replacement, at)
            except Conflict as conflict:
                level.report_conflict("PS260", conflict, at)
    level.accumulation.changed()


def _loaded(level: Level, entry: dict[str, Any], where: Origin) -> list[tuple[dict[str, Any], Origin]]:
    """The replacements of an entry: itself, or those of the file that it names."""
    if not entry.get("path"):
        return [(entry, where)]
    if entry.get("source") or entry.get("targets"):
        level.report("PS260", "a replacement has either `path` or its own fields", where)
        return []
    if level.bytes_of(entry["path"], where.below("path")) is None:
        return []
    documents, findings = level.sources.configs(level.path(entry["path"]))
    level.findings.add(findings)
    level.warn_of_rest(documents, "a file of replacements")
    if not documents:
        level.report("PS260", f"{entry['path']} has no replacement in it", where.below("path"))
        return []
    body, origin = documents[0].body, documents[0].origin
    items = [(item, origin.below(i)) for i, item in enumerate(body)] if isinstance(body, list) else [(body, origin)]
    loaded = []
    for item, at in items:
        replacement, findings = level.sources.typed(item, "replacement", at)
        level.findings.add(findings)
        if not any(f.severity == "error" for f in findings):
            loaded.append((replacement, at))
    return loaded


def _apply(level: Level, replacement: dict[str, Any], where: Origin) -> None:
    if ("source" not in replacement and "sourceValue" not in replacement) or "targets" not in replacement:
        raise Conflict("a replacement needs a source and targets")
    _report_encodings(level, replacement, where)
    read = _reader(level, replacement, where)
    for index, target in enumerate(replacement["targets"]):
        try:
            _apply_to(level, target, read, where.below("targets", index))
        except Conflict as conflict:
            raise Conflict(str(conflict), ("targets", index, *conflict.at)) from None


def _report_encodings(level: Level, replacement: dict[str, Any], where: Origin) -> None:
    """Kustomize has the option and does nothing with it."""
    sides = [(replacement.get("source") or {}, where.below("source"))]
    sides += [(target, where.below("targets", i)) for i, target in enumerate(replacement["targets"])]
    for side, at in sides:
        if (side.get("options") or {}).get("encoding"):
            message = "`encoding` has no effect: the value is copied as it is"
            level.report("PS262", message, at.below("options", "encoding"), severity="warning")


def _reader(level: Level, replacement: dict[str, Any], where: Origin) -> Callable[[], Value]:
    """What reads the value, for each field again. The source is looked for once: a target may rename it. Of one piece,
    Kustomize makes a copy; a whole value stays the source's own, so that a target that changes the source changes it.
    """
    if "sourceValue" in replacement:
        if "source" in replacement:
            raise Conflict("a replacement has either `source` or `sourceValue`")
        given, origin = replacement["sourceValue"], where.below("sourceValue")
        if resource_scalar(given) != given:
            level.sources.spell(origin, given)
        return lambda: Value(resource_scalar(given), given, origin)
    source = replacement["source"]
    resource = _source(level, source)
    path = source.get("fieldPath") or "metadata.name"
    at = look_up(_with_notes(resource), split_path(path))
    if at is None or get(_with_notes(resource), at) in (None, {}, []):
        raise Conflict(f"{resource.id} has no {path}", ("source", "fieldPath"))
    options = source.get("options") or {}
    value = _value(level, resource, at)
    if options.get("delimiter"):
        piece = _piece(value, options)
        return lambda: piece

    def read() -> Value:
        nonlocal value
        if get(resource.body, at, MISSING) is not MISSING:  # else a target has replaced what was around it
            value = _value(level, resource, at)
        return value

    return read


def _with_notes(resource: Resource) -> Tree:
    """The body with what Kustomize keeps among the annotations of an object, and copies with them."""
    return with_notes(resource) if isinstance(resource.body.get("metadata"), dict) else resource.body


def _value(level: Level, resource: Resource, at: Pointer) -> Value:
    whole = _with_notes(resource) if at in (("metadata",), ("metadata", "annotations")) else resource.body
    tree = get(whole, at)
    return Value(tree, text_of(level, resource, at, tree), origin_of(resource, at))


def _source(level: Level, source: Mapping[str, Any]) -> Resource:
    found = [r for r in level.resources if any(_is_source(i, source) for i in _identities(r))]
    if len(found) == 1:
        return found[0]
    wanted = " ".join(f"{f}={source[f]}" for f in _FIELDS if source.get(f))
    if not found:
        raise Conflict(f"no object is {wanted}", ("source",))
    raise Conflict(f"{len(found)} objects are {wanted}: {', '.join(str(r.id) for r in found)}", ("source",))


def _is_source(identity: Identity, source: Mapping[str, Any]) -> bool:
    for field in _FIELDS:
        wanted = source.get(field)
        if not wanted:
            continue
        found = getattr(identity, field)
        if field == "namespace":
            found, wanted = found or "default", wanted or "default"
        if found != wanted:
            return False
    return True


def _identities(resource: Resource) -> list[Identity]:
    """What a resource is and was; the namespace of now as it is written."""
    group, kind, namespace, name = resource.id
    return [Identity(group, resource.version, kind, namespace, name), *earlier(resource)]


def _piece(value: Value, options: Mapping[str, Any]) -> Value:
    """One piece of a value, between delimiters."""
    if value.kind != SCALAR:
        raise Conflict("`delimiter` needs a scalar", ("source", "options"))
    pieces = value.text.split(options["delimiter"])
    index = options.get("index", 0)
    if not 0 <= index < len(pieces):
        raise Conflict(
            f"`index` {index} is out of range: there are {len(pieces)} pieces", ("source", "options", "index")
        )
    piece = pieces[index]
    return Value(piece if isinstance(value.tree, str) else resource_scalar(piece), piece, value.origin)


def _apply_to(level: Level, target: dict[str, Any], read: Callable[[], Value], where: Origin) -> None:
    if "select" not in target:
        raise Conflict("a target needs `select`")
    selected = _selected(level, target)
    if not selected:
        hint = near(level.resources, target["select"])
        at = where.below("select")
        level.report_missing("PS261", "this target matches nothing", at, severity="warning", hint=hint)
    for resource in selected:
        for index, path in enumerate(target.get("fieldPaths") or ("metadata.name",)):
            try:
                _copy(level, resource, path, read(), target.get("options") or {}, where.below("fieldPaths", index))
            except Conflict as conflict:
                raise Conflict(f"{resource.id}: {path}: {conflict}", ("fieldPaths", index)) from None
        was = resource.id
        reidentify(resource)
        level.accumulation.may_clash = level.accumulation.may_clash or resource.id != was


def _selected(level: Level, target: dict[str, Any]) -> list[Resource]:
    select, rejects = target["select"], target.get("reject", ())
    fits = _id_test(select)
    refused = [_id_test(r) for r in rejects if any(r.get(f) for f in _FIELDS)]
    by_label = [r for r in rejects if r.get("labelSelector") or r.get("annotationSelector")]
    return [
        resource
        for resource in level.resources
        if has_metadata(resource, select)
        and not any(has_metadata(resource, reject) for reject in by_label)
        and not any(refuses(i) for refuses in refused for i in _identities(resource))
        and any(fits(i) for i in _identities(resource))
    ]


def _id_test(selector: Mapping[str, Any]) -> Any:
    tests = [(f, pattern(selector[f], f)) for f in _FIELDS if selector.get(f)]
    return lambda identity: all(fits(getattr(identity, f)) for f, fits in tests)


def _copy(level: Level, resource: Resource, path: str, value: Value, options: Mapping[str, Any], where: Origin) -> None:
    parts = split_path(path)
    create = value.kind if options.get("create") else ""
    if _copy_inside(level, resource, parts, value, options, create, where):
        return
    if parts[:2] == ["metadata", "annotations"]:
        show_annotations(level, resource)
    body, places = matches(resource.body, parts, create)
    if not places:
        raise Conflict("there is no such field")
    for at in places:
        if isinstance(at[-1], str) and get(resource.body, at, MISSING) is MISSING:
            check_key(level, resource, at)
        if _is_typeless(level, resource, at, value):
            body = with_value(body, at, _typeless(level, resource, at, value, options))
        else:
            try:
                _check_fit(resource, at, value)
                _check_date(level, resource, at, value)
                body = _put(body, at, value, options)
            except Unfit as unfit:
                _note_unfit(resource, at, unfit, path, where)
                body = with_value(body, at, unfit.text)
        log(resource, at, value.origin)
    if not isinstance(body.get("metadata"), dict):
        raise Conflict("this leaves the object without `metadata`")
    if body["metadata"].get("annotations", MISSING).__class__ is list:
        raise Conflict("this makes a list of the annotations")
    resource.body = body
    if any(at in (("metadata",), ("metadata", "annotations")) for at in places):
        _take_notes(level, resource, value.origin)
    for at in places:
        spread(level, resource, at, value.origin)


def _take_notes(level: Level, resource: Resource, where: Origin) -> None:
    """What an object was before is what its new annotations say."""
    taken = lineage_of(resource.body, level, where)
    forget(resource)
    resource.lineage = taken._replace(
        variables=resource.lineage.variables,
        through_json=resource.lineage.through_json,
        merged=resource.lineage.merged,
        log_then=resource.lineage.log_then,
    )
    resource.body = without_notes(resource.body)


def _check_fit(resource: Resource, at: Pointer, value: Value) -> None:
    """What did not fit before does not fit now."""
    for place, unfit, _, _ in resource.lineage.unfit:
        if place == at and get(resource.body, at) == unfit:
            raise Unfit("the field holds something else than text", value.text)


def _check_date(level: Level, resource: Resource, at: Pointer, value: Value) -> None:
    old = get(resource.body, at)
    if isinstance(old, str) and is_date(level, resource, at, old) and not is_timestamp(value.text):
        raise Unfit("the field holds a date", value.text)


def _is_typeless(level: Level, resource: Resource, at: Pointer, value: Value) -> bool:
    """Whether a scalar goes to where Kustomize knows no type: a new field, or one that it has written anew."""
    now = get(resource.body, at, MISSING)
    if isinstance(now, dict | list) or (now is MISSING and value.kind != SCALAR):
        return False
    lineage = resource.lineage
    if at == ("metadata", "name"):
        is_affixed = bool(lineage.prefixes or lineage.suffixes) and lineage.through_json != "patch"
        return is_affixed or bool(lineage.merged)
    if at == ("metadata", "namespace") and lineage.merged:
        return True
    return now is MISSING or is_untyped(resource, at)


def _typeless(level: Level, resource: Resource, at: Pointer, value: Value, options: Mapping[str, Any]) -> str:
    """The text that is written there."""
    written = value.text
    if options.get("delimiter"):
        written = _with_piece(text_of(level, resource, at, get(resource.body, at, "")), written, options)
    forget_type(level, resource, at, written)
    return written


def _note_unfit(resource: Resource, at: Pointer, unfit: Unfit, path: str, where: Origin) -> None:
    """Kustomize refuses it in the end, if it is there still."""
    lineage = resource.lineage
    message = f"{resource.id}: {path}: {unfit}; {unfit.text!r} is none"
    resource.lineage = lineage._replace(unfit=(*lineage.unfit, (at, unfit.text, message, where)))


def _put(tree: Any, at: Pointer, value: Value, options: Mapping[str, Any]) -> Any:
    old = get(tree, at, MISSING)
    if at[:-1] == ("metadata", "annotations") and old is not MISSING and not isinstance(old, dict | list):
        old = text(old)  # which it is in the end
    return with_value(tree, at, _written(old, value, options))


def _written(old: Any, value: Value, options: Mapping[str, Any]) -> Any:
    """What stands in a field after the copy. A scalar keeps the type that it had, a new one takes that of its text."""
    written = value.text
    if options.get("delimiter"):
        if isinstance(old, dict | list):
            raise Conflict("`delimiter` needs a scalar")
        written = _with_piece("" if old is MISSING else text(old), written, options)
    elif isinstance(old, dict | list):
        return value.tree
    if value.kind != SCALAR and old is MISSING:
        return value.tree
    if isinstance(old, str):
        return written
    read = resource_scalar(written)
    if old is MISSING:
        return read
    if isinstance(old, float) and isinstance(read, int) and not isinstance(read, bool):
        return float(read)
    if type(old) is not type(read):
        raise Unfit(f"the field holds {_type(old)}", written)
    return read


def _type(value: Any) -> str:
    if value is None:
        return "null"
    return "a boolean" if isinstance(value, bool) else "an integer" if isinstance(value, int) else "a number"


def _with_piece(old: str, piece: str, options: Mapping[str, Any]) -> str:
    pieces = old.split(options["delimiter"])
    index = options.get("index", 0)
    if index < 0:
        pieces.insert(0, piece)
    elif index >= len(pieces):
        pieces.append(piece)
    else:
        pieces[index] = piece
    return str(options["delimiter"]).join(pieces)


def _copy_inside(
    level: Level,
    resource: Resource,
    parts: list[str],
    value: Value,
    options: Mapping[str, Any],
    create: str,
    where: Origin,
) -> bool:
    """Follow a path on into a string that is itself JSON or YAML; False where there is none, or the path does not
    fit.
    """
    for depth in range(1, len(parts)):
        try:
            at = look_up(resource.body, parts[:depth])
        except Conflict:
            continue
        holder = get(resource.body, at) if at is not None else None
        if at is None or not isinstance(holder, str) or not holder.strip():
            continue
        inside = origin_of(resource, at)
        new = _changed_text(level, holder, inside, parts[depth:], value, options, create, where)
        if new is None:
            return False
        put(resource, at, *new)
        return True
    return False


def _changed_text(
    level: Level,
    holder: str,
    inside: Origin,
    parts: list[str],
    value: Value,
    options: Mapping[str, Any],
    create: str,
    where: Origin,
) -> tuple[str, Origin] | None:
    """The text with the value in it, and where that comes from; None where the path does not fit."""
    tree = level.sources.written_tree(holder)
    try:
        changed, places = matches(tree, parts, create)
        if not places:
            return None
        origin = value.origin
    except Conflict:
        if not _goes_deeper(level, tree, parts, create):
            return None
        _warn_of_loss(level, "the path goes on inside a text in this text", where)
        changed, places, origin = tree, [], inside
    try:
        change = partial(_for_text, value=value, options=options)
        new = level.sources.reprinted(holder, changed, places, change, value.origin)
    except Conflict:
        return None
    if new is None or holder.strip()[0] not in "{[":
        return None if new is None else (new, origin)
    try:
        line = "\n" if "\n" in holder and "  " in holder else ""
        return as_json(level.sources.read_back(new, inside), line), origin
    except Conflict as conflict:
        _warn_of_loss(level, str(conflict), where)
        return holder, inside


def _goes_deeper(level: Level, tree: Any, parts: list[str], create: str) -> bool:
    """Whether a path leads into a text inside the text. Kustomize follows it, and then forgets what it has changed."""
    for depth in range(1, len(parts)):
        try:
            at = look_up(tree, parts[:depth])
            inner = get(tree, at) if at is not None else None
            if isinstance(inner, str):
                return bool(matches(level.sources.written_tree(inner), parts[depth:], create)[1])
        except Conflict:
            return False
    return False


def _warn_of_loss(level: Level, why: str, where: Origin) -> None:
    message = f"the value is copied nowhere, and Kustomize does not say so: {why}"
    level.report("PS261", message, where, severity="warning")


def _for_text(old: str | None, value: Value, options: Mapping[str, Any]) -> Any:
    """What stands in a YAML text after the copy: a text for a scalar, which its place decides the meaning of."""
    if not options.get("delimiter"):
        return value.tree if old is None else value.text
    if old is None:
        raise Conflict("`delimiter` needs a scalar")
    return _with_piece(old, value.text, options)
