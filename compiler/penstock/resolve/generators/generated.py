"""The shared part of ConfigMap and Secret generators: the object around the data, and how it is added (`behavior`)."""

import base64
from collections.abc import Iterable

from penstock.model import Lineage, Origin, Pointer, Resource, Tree
from penstock.resolve.finding.identities import current, new_resource
from penstock.resolve.generators.data_pairs import pairs_of
from penstock.resolve.generators.generator_losses import report_merged, report_settings
from penstock.resolve.generators.growing import grow, names_of, note_merged
from penstock.resolve.level import Level
from penstock.resolve.objects import is_local
from penstock.resolve.spelling.anew import note_quotes, note_written_anew
from penstock.resolve.spelling.blocks import note_tabs
from penstock.resolve.spelling.kustomize_notes import ANNOTATIONS, ORIGIN
from penstock.resolve.spelling.plain_keys import check_key, check_keys, is_plain_key, note_rewritten
from penstock.resolve.spelling.unsettled import origin_of_first, report_twins, steps_of
from penstock.resolve.spelling.written_values import gets_quotes, note_untyped, text_of
from penstock.scalar import resource_scalar
from penstock.tree import get, log, origin_of, respell
from penstock.typed import Any
from penstock.unsettled import is_null

LONGEST_NAME = 40
"""The length of a key, in characters, from which it may be a line of base64."""

_WRITTEN = (("data",), ("binaryData",), ("metadata", "labels"))
"""The mappings whose keys a generator writes, including the keys of an existing object."""


def generate(level: Level, field: str, kind: str) -> None:
    """Add one object for each entry of the field."""
    fresh: set[Resource] = set()
    for index, arguments in enumerate(level.fields.get(field, ())):
        where = level.at(field, index)
        if not arguments.get("name"):
            level.report("PS220", f"a {kind} generator needs a name", where, hint="add `name:`")
            continue
        resource = make(level, kind, arguments, where)
        if level.run.tracked:
            resource.lineage = resource.lineage._replace(made=level.made_by(f"{kind}Generator"))
        if grow(level, resource, fresh):
            continue
        is_merged = resource.lineage.behavior == "merge"
        absorb(level, resource, where)
        if is_merged and note_merged(level, resource):
            fresh.add(resource)


def make(level: Level, kind: str, arguments: dict[str, Any], where: Origin, shared: bool = True) -> Resource:
    """Return the object that an entry describes. `shared` says whether `generatorOptions` apply."""
    options = _options(arguments.get("options"), level.fields.get("generatorOptions") if shared else None)
    report_settings(level, arguments, options, where)
    body: Tree = {"apiVersion": "v1", "kind": kind, "metadata": _metadata(arguments, options)}
    if kind == "Secret":
        body["type"] = arguments.get("type") or "Opaque"
        body["data"] = {}
    pairs = pairs_of(level, arguments, where)
    # The keys are sorted, whatever the order of files, literals and envs. Text that is no UTF-8 goes to `binaryData`.
    origins = [((_put_value(body, kind, key, pair.value), key), pair.origin) for key, pair in sorted(pairs.items())]
    if kind == "Secret":
        _withhold_keys(level, pairs)
    if options.get("immutable"):
        body["immutable"] = True
    lineage = Lineage(needs_hash=not options.get("disableNameSuffixHash"), behavior=_behavior(arguments))
    resource = new_resource(body, where, lineage)
    for at, origin in origins:
        log(resource, at, origin)
    _log_options(level, resource, options, arguments, where)
    if "" in options["annotations"]:  # other names of annotations are looked at in the end, when all are known
        check_key(level, resource, ("metadata", "annotations", ""))
    if kind == "ConfigMap":
        note_tabs(level, resource, body.get("data", {}))
        note_quotes(level, resource, ("data",))
    return resource


def _metadata(arguments: dict[str, Any], options: Tree) -> Tree:
    metadata: Tree = {"name": arguments["name"]}
    if arguments.get("namespace"):
        metadata["namespace"] = arguments["namespace"]
    for field in ("labels", "annotations"):
        if options.get(field):
            metadata[field] = dict(options[field])
    return metadata


def _behavior(arguments: dict[str, Any]) -> str:
    """Return how an entry treats an existing object. Kustomize treats an unknown word as if no behavior were given."""
    behavior = arguments.get("behavior")
    return behavior if behavior in ("create", "merge", "replace") else "unspecified"


def _withhold_keys(level: Level, pairs: Iterable[str]) -> None:
    """Withhold long and unusual keys from all findings: a line of a private key in an env file is read as a variable's
    name.
    """
    for key in pairs:
        if len(key) >= LONGEST_NAME or not key.replace("-", "").replace("_", "").replace(".", "").isalnum():
            level.sources.withheld.add(key)


def _put_value(body: Tree, kind: str, key: str, value: bytes) -> str:
    """Put a value into `data` if it is text, else into `binaryData`, and return the field. A Secret has all values in
    base64.
    """
    field = "data"
    if kind == "Secret":
        written = encode_base64(value)
    else:
        try:
            written = value.decode()
        except UnicodeDecodeError:
            field, written = "binaryData", encode_base64(value)
    body.setdefault(field, {})[key] = written
    return field


def encode_base64(value: bytes) -> str:
    """Return bytes in base64, in lines of 70 characters if there are that many or more."""
    encoded = base64.b64encode(value).decode()
    if len(encoded) < 70:
        return encoded
    return "".join(encoded[i : i + 70] + "\n" for i in range(0, len(encoded), 70))


def _options(own: Tree | None, shared: Tree | None) -> Tree:
    """Return the entry's own options merged over `generatorOptions`. A boolean is true if it is true in either."""
    own, shared = own or {}, shared or {}
    merged: Tree = {f: {**shared.get(f, {}), **own.get(f, {})} for f in ("labels", "annotations")}
    for field in ("disableNameSuffixHash", "immutable"):
        merged[field] = bool(own.get(field) or shared.get(field))
    return merged


def _log_options(level: Level, resource: Resource, options: Tree, arguments: Tree, where: Origin) -> None:
    own = arguments.get("options") or {}
    for field in ("labels", "annotations"):
        for key in options.get(field, ()):
            mine = key in (own.get(field) or {})
            at = where.below("options", field, key) if mine else level.at("generatorOptions", field, key)
            log(resource, ("metadata", field, key), at)
    for field in ("name", "namespace"):
        log(resource, ("metadata", field), where.below(field))


def absorb(level: Level, resource: Resource, where: Origin) -> None:
    """Add a generated object. With `behavior: merge` or `replace`, combine it with the existing object."""
    matches = level.accumulation.by_any_id(current(resource))
    behavior = resource.lineage.behavior
    if len(matches) > 1:
        notes = tuple((match.origin, f"{match.id}") for match in matches)
        hint = "say with `namespace` which one is meant"
        level.report("PS223", f"more than one object could take this {resource.id}", where, notes=notes, hint=hint)
    elif not matches:
        if behavior in ("merge", "replace"):
            message = f"there is no {resource.id} to {behavior} with"
            hint = "remove `behavior`, or name the generated object of a base under `resources`"
            level.report_missing("PS224", message, where.below("behavior"), hint=hint)
            return
        level.accumulation.add(resource)
    elif behavior not in ("merge", "replace"):
        notes = ((matches[0].origin, "it is here"),)
        hint = "say `behavior: merge` or `behavior: replace`"
        level.report("PS225", f"{resource.id} exists already", where, notes=notes, hint=hint)
    elif matches[0].id.kind != resource.id.kind:
        # It is found by an earlier kind, but Kustomize puts the new object where one of the present kind stands
        # (`resmap.resWrangler.Replace`), and there is none.
        notes = ((matches[0].origin, f"this was one, and is a {matches[0].id.kind} now"),)
        level.report("PS224", f"there is no {resource.id} to {behavior} with", where.below("behavior"), notes=notes)
    else:
        promised = resource.lineage.needs_hash
        _lay_over(level, matches[0], resource, behavior)
        report_merged(level, matches[0], resource, behavior, promised, where)
        level.accumulation.replace(matches[0], resource)
        for field in _WRITTEN:
            note_written_anew(level, resource, field)
        for field in (*_WRITTEN, ANNOTATIONS):
            note_rewritten(level, resource, field, get(resource.body, field) or ())
    # Only where the object is printed does it matter how its keys read without quotes.
    if is_local(resource):
        level.spellings.odd_keys = True
    else:
        check_keys(level, resource, _WRITTEN)


def _lay_over(level: Level, old: Resource, new: Resource, behavior: str) -> None:
    """Combine a generated object with the existing one.

    Labels and annotations are merged, and name and past are those of the old object. `merge` also keeps the old data.
    """
    metadata = {k: v for k, v in new.body["metadata"].items() if k not in ("name", "namespace")}
    for field in ("labels", "annotations"):
        merged = _strings(level, old, ("metadata", field)) | _strings(level, new, ("metadata", field))
        if merged:  # in the order of Kustomize, in which the last of two that become one name counts
            metadata[field] = dict(sorted(merged.items()))
    body = {**new.body, "metadata": metadata | names_of(old)}
    if behavior == "merge":
        if not old.lineage.made and ORIGIN in (get(old.body, ANNOTATIONS) or ()):
            from penstock.resolve.spelling.earlier_notes import check_origin  # few objects were built before

            check_origin(level, old)
        _merge_data(level, old, new, body)
    inherit_log(old, new, body)
    respell(new, body)
    for at in (("metadata", "name"), ("metadata", "namespace")):
        name = get(body, at)
        if name is not None and resource_scalar(name) != name and not gets_quotes(level, name):
            note_untyped(new, at, name)
    new.id = old.id
    needs_hash = old.lineage.needs_hash and new.lineage.needs_hash
    made = old.lineage.made if behavior == "merge" else new.lineage.made
    # The body is new, so the old one's spelling is dropped; Kustomize's notes about the object are kept.
    new.lineage = old.lineage._replace(needs_hash=needs_hash, made=made)


def _merge_data(level: Level, old: Resource, new: Resource, body: Tree) -> None:
    _check_nulls(level, old)
    data = _strings(level, old, ("data",))
    level.spend("values", len(data), new.origin)  # each generator that merges copies all that is there
    if body["kind"] == "Secret":
        data |= {k: encode_base64(v.encode()) for k, v in _strings(level, old, ("stringData",)).items()}
    for field, values in (("data", data), ("binaryData", _strings(level, old, ("binaryData",)))):
        merged = values | _strings(level, new, (field,))
        body.pop(field, None)
        if merged:
            body[field] = merged


def _check_nulls(level: Level, old: Resource) -> None:
    """Report a key of the data that is null: Kustomize ends where it has to write one."""
    for field in ("data", "binaryData"):
        values = get(old.body, (field,))
        for key in values if isinstance(values, dict) else ():
            if resource_scalar(str(key)) is None and is_plain_key(level, old, (field, key)):
                message, where = f"the key {key} is null, and no text", origin_of(old, (field, key))
                level.report("PS236", message, where, resource=old.id, hint=f'write "{key}"')


def inherit_log(old: Resource, new: Resource, body: Tree) -> None:
    """Record the old object's origins for the fields that come from the old object."""
    texts = _Inherited(old, ("stringData",))
    for field in ("data", "binaryData"):
        own, inherited, written = new.body.get(field, {}), _Inherited(old, (field,)), _writers(old, field)
        for key in body.get(field, ()):
            if key not in own:
                # A key of `stringData` has become one of `data` on the way.
                is_text = key not in inherited.steps
                writer = None if is_text else written.get(inherited.steps[key])
                source = texts if is_text else inherited
                log(new, (field, key), writer if isinstance(writer, Origin) else source.origin(key))
    _inherit_log_of_metadata(old, new, body["metadata"])


class _Inherited:
    """A mapping of the object that a generator merges with."""

    def __init__(self, old: Resource, at: Pointer) -> None:
        values = get(old.body, at)
        self.old = old
        self.at = at
        self.values = values if isinstance(values, dict) else {}
        self.steps = steps_of(self.values, last=_is_metadata(at))

    def origin(self, key: str) -> Origin:
        return origin_of_first(self.old, (*self.at, self.steps.get(key, key)), self.values)


def _is_metadata(at: Pointer) -> bool:
    """Return whether a mapping is one of labels or annotations. Kustomize reads these in another way than data
    (`kyaml/yaml.RNode.getMapFromMeta` and `GetDataMap`, v5.8.2).
    """
    return at[0] == "metadata"


def _inherit_log_of_metadata(old: Resource, new: Resource, metadata: Tree) -> None:
    for field in ("labels", "annotations"):
        inherited = _Inherited(old, ("metadata", field))
        for key in metadata.get(field, ()):
            if key not in new.body["metadata"].get(field, {}):
                log(new, ("metadata", field, key), inherited.origin(key))
    for field in ("name", "namespace"):
        log(new, ("metadata", field), origin_of(old, ("metadata", field)))


def _writers(resource: Resource, field: str) -> dict[Any, Any]:
    """Return the sources of the keys of a mapping that the write log has for one key alone, in one walk for all."""
    found: dict[Any, Any] = {}
    entry: Any = resource.log
    while entry is not None:
        entry, here, source = entry
        if not here or here == (field,):
            break
        if len(here) == 2 and here[0] == field:
            found.setdefault(here[1], source)
    return found


def _strings(level: Level, resource: Resource, at: Pointer) -> dict[str, str]:
    """Return a mapping with text for every value, empty if there is no mapping. A null in the data becomes an empty
    text.
    """
    values = get(resource.body, at)
    if not isinstance(values, dict):
        return {}
    is_last = _is_metadata(at)
    report_twins(level, values, last=is_last)
    return {
        key: "" if is_null(values[step]) and not is_last else text_of(level, resource, (*at, step), values[step])
        for key, step in steps_of(values, last=is_last).items()
    }
