"""`patches:` changes fields of some objects, by a strategic merge patch or a JSON 6902 patch, inline or in a file.

A strategic merge patch without `target` names its object by apiVersion, kind, name and namespace; with `target` it
changes every object that the selector matches. A JSON 6902 patch needs a target. The content of a patch decides which
of the two it is.
"""

import posixpath

from penstock.budget import is_beyond_as_json
from penstock.kubernetes import text
from penstock.model import Diagnostic, Document, Embedded, Origin, Resource, Tree
from penstock.resolve.documents import read_documents
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.finding.identities import Identity, current, forget, remember
from penstock.resolve.finding.near_misses import near
from penstock.resolve.level import KUBERNETES, Level, ignored
from penstock.resolve.merging import json_patch
from penstock.resolve.merging.merge_signs import SIGN, has_sign, with_signs_merged
from penstock.resolve.objects import objects_in, report_twins
from penstock.resolve.selecting import Selection, is_for_any
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, show_annotations, with_notes, without_notes
from penstock.resolve.spelling.plain_keys import note_rewritten
from penstock.resolve.spelling.settle import forget_unfit, settle
from penstock.resolve.spelling.unsettled import keep_one_of_annotations
from penstock.resolve.spelling.written_identity import reidentify
from penstock.resolve.spelling.written_values import text_of
from penstock.scalar import Tagged
from penstock.tree import get, origin_of, rebuild, respell, with_value
from penstock.typed import Any

_EXACT = 2**53


def transform(level: Level) -> None:
    entries = level.fields.get("patches", ())
    selection = Selection(level.accumulation, (entry["target"] for entry in entries if "target" in entry))
    for index, entry in enumerate(entries):
        apply_entry(level, entry, level.at("patches", index), selection)
        level.ran("PatchTransformer")


def apply_entry(level: Level, entry: dict[str, Any], where: Origin, selection: Selection | None = None) -> None:
    """Apply one patch. `selection` also knows the targets of the other patches."""
    selection = selection or Selection(level.accumulation)
    if "patch" in entry:
        entry = {**entry, "patch": _stripped(entry["patch"])}
    content = read(level, entry, where)
    if content is None:
        return
    if content[:1] in ("[", b"[") and is_beyond_as_json(content, level.most_values):
        message = f"there are more than {level.most_values:,} keys and values in this patch"
        level.report("PS105", message, where)
        return
    inline = bool(entry.get("patch", "").strip())
    strategic, remarks = _strategic(level, entry, where)
    operations = _operations(level, content, entry, where, inline)
    if strategic and operations and operations[0].body:
        hint = "make an entry of `patches` for each of the two"
        level.report("PS253", "this is both a strategic merge patch and a JSON 6902 patch", where, hint=hint)
    elif strategic is not None:
        level.findings.add(remarks)
        _merge_all(level, strategic, entry, where, selection)
    elif is_yaml_in_brackets(content):
        report_brackets(level, where)
    elif operations is not None and operations[0].body is None:
        level.findings.add(operations[1])
    elif operations is not None:
        _apply_all(level, operations, entry, where, selection)
    elif content[:1] in ("[", b"["):
        message = "a list is a patch where each of its elements is an operation, with numbers that 64 bits can hold"
        level.report("PS253", message, where, hint="give each element `op` and `path`")
    else:
        hint = "write an object with its apiVersion, kind and name, or a list of JSON 6902 operations"
        level.findings.add(remarks or [Diagnostic("PS253", "error", "this is no patch", where, hint=hint)])


def _stripped(patch: str) -> str:
    """Return an inline patch as Kustomize strips it: a block at its end loses a line break, and its first line the
    indentation.

    Empty lines in front of YAML mean nothing, and stay so that its lines keep their numbers.
    """
    bare = patch.strip()
    lines = 0 if bare[:1] == "[" else patch[: len(patch) - len(patch.lstrip())].count("\n")
    return "\n" * lines + bare


def _apply_all(
    level: Level,
    operations: tuple[Document, list[Diagnostic]],
    entry: dict[str, Any],
    where: Origin,
    selection: Selection,
) -> None:
    """Apply the operations of a patch to all objects that its target selects."""
    if "target" not in entry:
        hint = "add `target:` with the kind and name of the objects to change"
        level.report("PS254", "a JSON 6902 patch needs a target", where, hint=hint)
        return
    first, remarks = operations
    level.findings.add(remarks)
    found = targets(level, entry["target"], where.below("target"), selection)
    level.spend_values([operation.get("value") for operation in first.body], len(found), first.origin)
    for resource in found:
        apply_operations(level, resource, first.body, first.origin)


def is_yaml_in_brackets(content: str | bytes) -> bool:
    """Return whether a list of operations starts with a bracket and is not JSON: Kustomize reads it as JSON and refuses
    it.
    """
    if content[:1] not in ("[", b"["):
        return False
    import json

    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return True
    return False


def report_brackets(level: Level, where: Origin) -> None:
    hint = "quote keys and texts as JSON has it, or write each operation on a line that starts with a dash"
    level.report("PS253", "a patch that starts with a bracket is read as JSON, and this is none", where, hint=hint)


def read(level: Level, entry: dict[str, Any], where: Origin, field: str = "patch") -> str | bytes | None:
    """Return the text of a patch, inline or from a file; if there is none, report the reason and return None."""
    inline, name = entry.get(field, ""), entry.get("path", "")
    if bool(inline.strip()) == bool(name):
        message = f"a patch has either `{field}` or `path`, not both" if name else f"a patch needs `{field}` or `path`"
        hint = "remove one of the two" if name else "write the patch here, or name a file that has it"
        level.report("PS253", message, where, hint=hint)
        return None
    return inline if not name else level.bytes_of(name, where.below("path"))


def documents(
    level: Level, entry: dict[str, Any], where: Origin, config: bool, field: str = "patch"
) -> tuple[list[Document], list[Diagnostic]]:
    """Return the documents of a patch, read as resources or as configuration, with findings."""
    if entry.get(field, "").strip():
        return level.sources.embedded(entry[field], where.below(field), config)
    path = level.path(entry["path"])
    found, findings = read_documents(level, path, where.below("path"), config)
    return found or [], findings


def _strategic(
    level: Level, entry: dict[str, Any], where: Origin
) -> tuple[list[tuple[Tree, Origin]] | None, list[Diagnostic]]:
    """Return the bodies of the patches and their findings if every document is an object; else None and the errors."""
    found, findings = documents(level, entry, where, config=False)
    bodies: list[tuple[Tree, Origin]] = []
    for document in found:
        objects, refusals = objects_in((document,))
        findings = [*findings, *refusals]
        bodies += objects
    errors = [f for f in findings if f.severity == "error"]
    return (None, errors) if errors else (bodies, findings)


def _operations(
    level: Level, content: str | bytes, entry: dict[str, Any], where: Origin, inline: bool
) -> tuple[Document, list[Diagnostic]] | None:
    """Return the operations of a JSON 6902 patch and their findings, or None if this is not such a patch.

    Only the first document counts: if it is empty, there are no operations (its body is None), whatever follows.
    """
    # Kustomize takes the first character for the answer whether this is JSON.
    if content[:1] in ("[", b"["):
        return _json_operations(level, content, entry, where, inline)
    found, findings = documents(level, entry, where, config=True)
    if any(f.severity == "error" for f in findings):
        return None
    if not found:
        return Document(where, None), findings
    if not isinstance(found[0].body, list):
        return None
    if not all(isinstance(operation, dict) for operation in found[0].body):
        return None
    return found[0], [*findings, *(ignored(d, "a JSON 6902 patch") for d in found[1:2])]


def _refuse(constant: str) -> None:
    """Raise ValueError for NaN and Infinity, which Python accepts in JSON."""
    raise ValueError(constant)


def _finite(number: str) -> float:
    """Return a number as a float. Raises ValueError if it is too large for 64 bits, as Go refuses it."""
    value = float(number)
    if value - value != 0:
        raise ValueError(number)
    return value


def _json_operations(
    level: Level, content: str | bytes, entry: dict[str, Any], where: Origin, inline: bool
) -> tuple[Document, list[Diagnostic]] | None:
    """Return the operations of a patch that starts with a bracket, or None if they are not a JSON list of mappings."""
    import json

    try:
        operations = json.loads(content, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(operation, dict) for operation in operations):
        return None
    origin = where.below("patch", Embedded(0)) if inline else Origin(level.path(entry["path"]))
    return Document(origin, operations), []


def _merge_all(
    level: Level, bodies: list[tuple[Tree, Origin]], entry: dict[str, Any], where: Origin, selection: Selection
) -> None:
    from penstock.resolve.transformers import strategic_merge  # JSON 6902 patches need none of it

    options = entry.get("options", {})
    name, kind = options.get("allowNameChange", False), options.get("allowKindChange", False)
    patches = [strategic_merge.Patch(body, origin, name, kind) for body, origin in bodies]
    if "target" not in entry:
        strategic_merge.merge_each(level, patches)
        return
    if len(patches) > 1:
        message = f"a patch with `target` must be one document; this has {len(patches)}"
        notes = ((patches[1].origin, "the second one"),)
        hint = "make an entry of `patches` for each document"
        level.report("PS255", message, where.below("target"), notes=notes, hint=hint)
        return
    for patch in patches:
        found = targets(level, entry["target"], where.below("target"), selection)
        level.spend_values(patch.body, len(found), patch.origin)
        for resource in found:
            strategic_merge.apply(level, resource, strategic_merge.fitted(level, resource, patch))
        if patch.allow_name_change or patch.allow_kind_change or level.accumulation.may_clash:
            report_twins(level, patch.origin, "patch")


BOOTSTRAPPED = "gotk-components.yaml"
"""The file that `flux bootstrap` fills. That a patch is for what will be in it is as Flux's manual has it."""


def targets(level: Level, selector: dict[str, str], where: Origin, selection: Selection) -> list[Resource]:
    """Return the objects that a target selects. Report a target that selects none, about which Kustomize says
    nothing.
    """
    try:
        found = selection.select(selector)
    except Conflict as conflict:
        level.report_conflict("PS256", conflict, where)
        return []
    empty = "" if found else _empty_file(level)
    if not found and posixpath.basename(empty) != BOOTSTRAPPED:
        hint = near(level.resources, selector, level.run.nearest)
        if empty:
            hint = f"there is no object in {empty} yet; the target may be one of those to come"
        severity = "info" if empty or is_for_any(selector, selection, level.run.nearest) else "warning"
        level.report_missing("PS257", "this target matches nothing", where, severity=severity, hint=hint)
    return found


def _empty_file(level: Level) -> str:
    """Return the path of a file under `resources:` that has no object, or the empty string.

    Flux's manual has people commit an empty `gotk-components.yaml` with the patches for it, which `flux bootstrap`
    fills.
    """
    names = [name for name in level.fields.get("resources") or () if isinstance(name, str) and name]
    paths = [level.path(name) for name in names]
    files = [path for path in paths if path.endswith((".yaml", ".yml")) and not level.sources.is_dir(path)]
    return next((path for path in files if level.sources.resources(path)[0] == []), "")


def apply_operations(
    level: Level, resource: Resource, operations: list[Any], origin: Origin, record: bool = True
) -> None:
    """Apply JSON 6902 operations to one resource: all of them, or none if one fails.

    Kustomize writes the object as YAML, converts that to JSON, patches the JSON, and reads the result as YAML again
    (`api/filters/patchjson6902.Filter.run`, v5.8.2). Each step below is one effect of this on the object, so their
    order matters. `record` says whether the object can be found by its present identity later: `patches` remembers it
    (`api/internal/builtins.PatchTransformerPlugin.transformJson6902`), `patchesJson6902` does not.
    """
    before = (resource.body, resource.log)
    is_json = resource.spelling.through_json == "patch" and resource.spelling.log_then is resource.log
    identity = current(resource)
    if record:
        remember(resource)
        _make_room_for_notes(resource)
    keep_one_of_annotations(level, resource)
    # The object is written as YAML and read again: the operations see the values that result from that.
    settle(level, resource)
    show_annotations(level, resource)
    # Kustomize's notes are annotations. Only an operation that copies all annotations can move them elsewhere.
    copies_notes = any(op.get("from") in ("/metadata", "/metadata/annotations") for op in operations)
    if copies_notes:
        respell(resource, with_notes(resource))
    if any("from" in operation for operation in operations):
        level.withhold(resource, (), resource.body)
    try:
        made = json_patch.apply(resource, operations, origin, level.spend_values)
        if _may_have_sign(operations) if is_json else has_sign(resource.body):
            respell(resource, with_signs_merged(resource.body))
        _check_metadata(resource)
    except Conflict as conflict:
        rebuild(resource, *before)
        level.report_conflict("PS258", conflict, origin, resource)
        return
    _report_operations(level, resource, operations, origin, made)
    if level.options.merge != KUBERNETES and (not is_json or _holds_other_numbers(operations)):
        _pass_through_json(level, resource, origin)
    if copies_notes:
        respell(resource, without_notes(resource.body))
    respell(resource, _with_annotations_anew(resource.body))
    _forget_spelling(resource)
    _make_annotations_text(level, resource)
    if record:
        note_rewritten(level, resource, ANNOTATIONS, get(resource.body, ANNOTATIONS) or ())
    if record and "" in (get(resource.body, ANNOTATIONS) or ()):
        _lose_annotations(level, resource)
    elif _replaces_annotations(operations):
        # The notes on transformers are gone with the annotations; Kustomize has kept those on names, and restores them.
        resource.lineage = resource.lineage._replace(made=(), transformed=())
    _take_new_identity(level, resource, identity)


def _make_room_for_notes(resource: Resource) -> None:
    """Forget annotations that are a text: Kustomize's notes take their place (`kyaml/yaml.AnnotationSetter`)."""
    forget_unfit(resource, ANNOTATIONS)
    annotations = get(resource.body, ANNOTATIONS)
    if annotations.__class__ is Tagged and annotations.content is None:
        respell(resource, with_value(resource.body, ANNOTATIONS, {}))


def _may_have_sign(operations: list[Any]) -> bool:
    """Return whether operations may add a key `<<` to an object that has none."""
    return any(SIGN in operation["path"] or has_sign(operation.get("value")) for operation in operations)


def _holds_other_numbers(operations: list[Any]) -> bool:
    """Return whether operations add numbers that JSON changes to an object that has already been through JSON."""
    values = [operation.get("value") for operation in operations]
    return _as_json_numbers(values, []) is not values


def _check_metadata(resource: Resource) -> None:
    """Raise Conflict if Kustomize could not read the object again, or could not keep its notes in it."""
    if not isinstance(resource.body.get("metadata"), dict):
        raise Conflict("this leaves the object without `metadata`", hint="remove what is in it, and not `metadata`")
    annotations = get(resource.body, ANNOTATIONS)
    if isinstance(annotations, list) and (len(annotations) % 2 or not all(map(_may_be_name, annotations[::2]))):
        # Kustomize goes through a list in steps of two, as if it were keys and values, and fails at what is no key.
        raise Conflict("this makes a list of the annotations", hint="write the annotations as `name: value`")


def _may_be_name(value: Any) -> bool:
    """Return whether Kustomize can print an element of a list as the name of an annotation."""
    return value is not None and not isinstance(value, bool)


def _pass_through_json(level: Level, resource: Resource, origin: Origin) -> None:
    rounded: list[int] = []
    respell(resource, _as_json_numbers(resource.body, rounded))
    _report_rounded(level, resource, rounded, origin)


def _forget_spelling(resource: Resource) -> None:
    """Forget how the values were written before: quotes, aliases and untyped texts do not survive JSON."""
    resource.spelling = resource.spelling._replace(
        through_json="patch",
        log_then=resource.log,
        body_then=resource.body,
        shared=(),
        merged=(),
        untyped=(),
        copied=(),
        in_quotes=frozenset(),
        laid=frozenset(),
        beside=(),
        quoted=frozenset(),
        styleless=frozenset(),
        rewritten=frozenset(),
    )


def _take_new_identity(level: Level, resource: Resource, before: Identity) -> None:
    reidentify(level, resource)
    level.withhold_data(resource, before.kind)
    level.accumulation.may_clash = level.accumulation.may_clash or current(resource) != before
    level.accumulation.update(resource)


def _with_annotations_anew(body: Tree) -> Tree:
    """Return a body with its annotations as Kustomize writes them after a patch.

    Each annotation becomes its text, and annotations that are not a mapping are dropped. A list is read as keys and
    values in turn.
    """
    metadata = body["metadata"]
    values = metadata.get("annotations")
    if isinstance(values, list):
        values = _as_pairs(values)
    if not isinstance(values, dict) or not values:
        return {**body, "metadata": {key: value for key, value in metadata.items() if key != "annotations"}}
    texts = {key: "" if isinstance(values[key], dict | list) else values[key] for key in sorted(values)}
    return {**body, "metadata": {**metadata, "annotations": texts}}


def _make_annotations_text(level: Level, resource: Resource) -> None:
    """Give an object the texts of its annotations, as Kustomize writes them after a patch."""
    for key, value in (get(resource.body, ANNOTATIONS) or {}).items():
        if value.__class__ is not str:
            at = (*ANNOTATIONS, key)
            respell(resource, with_value(resource.body, at, text_of(level, resource, at, value)))


def _as_pairs(items: list[Any]) -> Tree:
    """Return the pairs of a list of keys and values; none if one of the keys is empty, a mapping or a list."""
    keys = items[::2]
    if not all(isinstance(key, int | float) or (isinstance(key, str) and key) for key in keys):
        return {}
    return {text(key): value for key, value in zip(keys, items[1::2], strict=True)}


def _lose_annotations(level: Level, resource: Resource) -> None:
    """Drop the annotations of an object after a patch, with Kustomize's notes among them, because one has an empty
    name.

    Kustomize takes them away, fails to write the one without a name, and overlooks that error
    (`api/internal/builtins.PatchTransformerPlugin.transformJson6902`, v5.8.2).
    """
    where = origin_of(resource, (*ANNOTATIONS, ""))
    metadata = {key: value for key, value in resource.body["metadata"].items() if key != "annotations"}
    respell(resource, {**resource.body, "metadata": metadata})
    forget(resource)
    message = "an annotation has no name, so the object loses all its annotations with this patch"
    level.report("PS265", message, where, severity="warning", resource=resource.id, hint="give it a name")


def _replaces_annotations(operations: list[dict[str, Any]]) -> bool:
    """Return whether operations remove or replace the annotations of an object as a whole."""
    changed = [op["path"] for op in operations if op["op"] != "test"]
    changed += [op.get("from") for op in operations if op["op"] == "move"]
    return any(path in ("", "/metadata", "/metadata/annotations") for path in changed)


def _report_operations(
    level: Level, resource: Resource, operations: list[Any], origin: Origin, made: list[int]
) -> None:
    """Warn of operations with an unexpected effect. `made` are the indexes of those that found nothing to replace."""
    for number, operation in enumerate(operations):
        for field in ("path", "from"):
            path = operation.get(field)
            if isinstance(path, str) and path and not path.startswith("/"):
                message = f"the {field} {path!r} has no leading slash, so its first name is lost"
                at = origin.below(number, field)
                level.report("PS259", message, at, severity="warning", hint=f"write /{path}")
    _report_made(level, resource, operations, origin, made)


def _report_made(level: Level, resource: Resource, operations: list[Any], origin: Origin, made: list[int]) -> None:
    """Warn of operations that were to replace a field and created it instead."""
    for number in made:
        path = operations[number]["path"]
        message = f"there is no {path} to replace; it is made"
        notes = ((resource.origin, f"the object {resource.id}"),)
        at = origin.below(number, "path")
        hint = "say `op: add`, if it is to be made"
        level.report("PS264", message, at, severity="warning", resource=resource.id, notes=notes, hint=hint)


def _report_rounded(level: Level, resource: Resource, rounded: list[int], origin: Origin) -> None:
    secret = resource.id.kind == "Secret"
    for number in rounded[:1] if secret else rounded:
        change = "there is one" if secret else f"{number} becomes {int(float(number))}"
        message = f"a JSON 6902 patch rounds the integers beyond 2^53 of its object: {change}"
        notes = ((resource.origin, f"the object {resource.id}"),)
        hint = "use a strategic merge patch, or quote the number where its field takes a string"
        level.report("PS298", message, origin, severity="warning", resource=resource.id, notes=notes, hint=hint)


def _as_json_numbers(tree: Any, rounded: list[int]) -> Any:
    """Return a tree with its numbers as they are after JSON. `rounded` collects the integers that lose their last
    digits.
    """
    if tree.__class__ is dict:
        # Trees are shared, so only what changes is made anew.
        changed = {k: new for k, v in tree.items() if (new := _as_json_numbers(v, rounded)) is not v}
        return {**tree, **changed} if changed else tree
    if tree.__class__ is list:
        values = [_as_json_numbers(v, rounded) for v in tree]
        return values if any(a is not b for a, b in zip(values, tree, strict=True)) else tree
    if tree.__class__ is int:
        return _as_json_integer(tree, rounded)
    return _as_json_float(tree) if tree.__class__ is float else tree


def _as_json_integer(number: int, rounded: list[int]) -> int | float:
    """Return an integer as Go reads it from JSON: as a 64-bit float, which is exact up to 2^53."""
    if abs(number) <= _EXACT:
        return number
    if int(float(number)) != number:
        rounded.append(number)
    return float(number)


def _as_json_float(number: float) -> int | float:
    """Return a float as Go prints it: as an integer if it has no fraction, except for -0."""
    is_integer = abs(number) <= _EXACT and number.is_integer() and str(number) != "-0.0"
    return int(number) if is_integer else number
