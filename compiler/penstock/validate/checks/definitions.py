"""CustomResourceDefinitions: names, versions, and whether schemas are structural.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation and pkg/apiserver/schema, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.expression import Invalid, TooMuch, expression
from penstock.model import Pointer, Tree
from penstock.regex import regex
from penstock.tree import get
from penstock.validate.checks.schema_words import check_words
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, strings, text_of
from penstock.validate.syntax import is_dns_1035_label
from penstock.words import did_you_mean, one_of, quoted, type_of

NAMES, VERSIONS, STRUCTURE, RULE = "PS441", "PS441", "PS442", "PS443"

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LISTS = ("atomic", "map", "set")
MAPPINGS = ("atomic", "granular")
SCALE_PATHS = (
    ("specReplicasPath", (".spec.",)),
    ("statusReplicasPath", (".status.",)),
    ("labelSelectorPath", (".spec.", ".status.")),
)
LOGIC = ("allOf", "anyOf", "oneOf")
INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]

NOT_NESTED = (
    *("additionalProperties", "default", "description", "nullable", "title", "type", "x-kubernetes-embedded-resource"),
    *("x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"),
)
"""Keywords that describe fields. They are not allowed inside allOf, anyOf, oneOf and not, which only limit values."""

UNSUPPORTED_EVEN_IF_EMPTY = ("$ref", "additionalItems", "dependencies")
UNSUPPORTED = ("$schema", "definitions", "id", "patternProperties")
SELDOM = frozenset(
    (
        *(*UNSUPPORTED_EVEN_IF_EMPTY, *UNSUPPORTED, *LOGIC, "not"),
        *("additionalProperties", "pattern", "uniqueItems", "x-kubernetes-embedded-resource"),
        *("x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type"),
        *("x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"),
    )
)
"""Keywords of which most schemas have none: a definition of Argo has 30,000 schemas, and a look at each costs time."""

REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
MAX_DEPTH = 100

_STEP = regex(r"\.([A-Za-z_][-A-Za-z0-9_]*)|\['([^']*)'\]")


def check_definition(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = mapping(value, ("spec",))
    versions = list(mappings(value, ("spec", "versions")))
    yield from _name(value, spec, at)
    yield from _kinds(mapping(spec, ("names",)), (*at, "spec", "names"))
    group = text_of(spec, "group")
    if group and "." not in group:
        message = f"{quoted(group)} has no dot"
        yield Fault(NAMES, (*at, "spec", "group"), message, "a group is a domain, such as example.com")
    yield from _versions(versions, at)
    for here, version in versions:
        yield from _version(version, (*at, *here))
    if spec.get("preserveUnknownFields") is True:
        message = "a definition of apiextensions.k8s.io/v1 drops fields that its schema does not know"
        hint = "remove it, and write x-kubernetes-preserve-unknown-fields into the schema"
        yield Fault(STRUCTURE, (*at, "spec", "preserveUnknownFields"), message, hint)


def _name(value: Tree, spec: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where the name of a definition is not `plural.group`."""
    plural, group = mapping(spec, ("names",)).get("plural"), spec.get("group")
    name = mapping(value, ("metadata",)).get("name")
    if isinstance(plural, str) and isinstance(group, str) and name != f"{plural}.{group}":
        notes = (((*at, "spec", "names", "plural"), "the plural"), ((*at, "spec", "group"), "the group"))
        message = f"{quoted(str(name))} is not the plural and the group"
        yield Fault(NAMES, (*at, "metadata", "name"), message, f"write {plural}.{group}", notes)


def _kinds(names: Tree, at: Pointer) -> Iterator[Fault]:
    for field in ("kind", "listKind"):
        word = text_of(names, field)
        if word and not is_dns_1035_label(word.lower()):
            message = f"{quoted(word)} is not a kind"
            yield Fault(NAMES, (*at, field), message, "letters and digits, a letter first")
    kind = text_of(names, "kind")
    if kind and kind == names.get("listKind"):
        yield Fault(NAMES, (*at, "listKind"), "the kind of the list is that of its items")


def _versions(versions: list[tuple[Pointer, Tree]], at: Pointer) -> Iterator[Fault]:
    seen: dict[Any, Pointer] = {}
    for here, version in versions:
        name = version.get("name")
        if isinstance(name, str) and seen.setdefault(name, here) != here:
            notes = (((*at, *seen[name]), "the first one"),)
            yield Fault(VERSIONS, (*at, *here), f"the version {quoted(name)} is there twice", "", notes)
    stored = [here for here, version in versions if version.get("storage") is True]
    if versions and len(stored) != 1:
        place = (*at, *stored[1], "storage") if stored else (*at, "spec", "versions")
        message = f"{len(stored) or 'no'} version{'s are' if len(stored) > 1 else ' is'} marked as the stored one"
        yield Fault(VERSIONS, place, message, "exactly one has storage: true")


def _version(version: Tree, at: Pointer) -> Iterator[Fault]:
    warning = version.get("deprecationWarning")
    if warning is not None and version.get("deprecated") is not True:
        yield Fault(VERSIONS, (*at, "deprecationWarning"), "this version is not deprecated", "add deprecated: true")
    if warning == "":
        yield Fault(VERSIONS, (*at, "deprecationWarning"), "the warning is empty")
    elif isinstance(warning, str) and (len(warning.encode()) > MOST_OF_A_WARNING or not warning.isprintable()):
        message = f"the warning has more than {MOST_OF_A_WARNING} bytes, or characters that cannot be printed"
        yield Fault(VERSIONS, (*at, "deprecationWarning"), message)
    root = get(version, ("schema", "openAPIV3Schema"))
    place = (*at, "schema", "openAPIV3Schema")
    if isinstance(root, dict):
        yield from _root(root, place)
        yield from _structure(root, place, "at the root", 0)
        yield from _columns(version, at)
        yield from _scale(version, at)
        yield from _selectable(version, root, at)
    elif root is None:
        where = (*at, "schema") if "schema" in version else at
        yield Fault("PS402", where, "this version has no schema.openAPIV3Schema")


MOST_OF_A_WARNING = 256


def _root(root: Tree, at: Pointer) -> Iterator[Fault]:
    if root.get("type") != "object" and root.get("type") in TYPES:
        yield Fault(STRUCTURE, (*at, "type"), f"{quoted(str(root['type']))} is not object, which the root is")
    if root.get("additionalProperties") is not None:
        yield Fault(STRUCTURE, (*at, "additionalProperties"), "not at the root of a schema")
    if root.get("nullable") is True:
        yield Fault(STRUCTURE, (*at, "nullable"), "an object is never null, so its schema is not nullable at the root")
    metadata = mapping(root, ("properties", "metadata"))
    inner = mapping(metadata, ("properties",)).keys() - {"name", "generateName"}
    others = metadata.keys() - {"properties", "type", "default"}
    if inner or any(metadata[each] not in (None, False, "", [], {}) for each in others):
        message = "only the name and generateName of metadata can be limited, the rest is known"
        yield Fault(STRUCTURE, (*at, "properties", "metadata"), message)


def _structure(node: Tree, at: Pointer, where: str, depth: int) -> Iterator[Fault]:
    """Yield the faults of a schema and of its child schemas against the rules for structural schemas."""
    if depth > MAX_DEPTH:
        yield Fault("PS406", at, "nests too deeply to be checked")
        return
    yield from _type(node, at, where)
    yield from check_words(node, at)
    if depth == 0 or not _is_usual(node):
        yield from _extensions(node, at, where)
        for look in (_unsupported, _pattern, _kind_of_list, _kind_of_mapping, _list_keys, _set, _rules):
            yield from look(node, at)
        yield from _logic(node, at, depth)
    if isinstance(node.get("items"), dict):
        yield from _structure(node["items"], (*at, "items"), "of the items of a list", depth + 1)
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        yield from _structure(others, (*at, "additionalProperties"), "of a field", depth + 1)
    for key, child in mapping(node, ("properties",)).items():
        if isinstance(child, dict | None):
            yield from _structure(child or {}, (*at, "properties", key), "of a field", depth + 1)


def _is_usual(node: Tree) -> bool:
    """Return whether a schema only names a type, and what `check_words` looks at: nothing else can be wrong then."""
    return SELDOM.isdisjoint(node) and not isinstance(node.get("items"), list)


def _type(node: Tree, at: Pointer, where: str) -> Iterator[Fault]:
    kind = node.get("type")
    if kind is not None and not isinstance(kind, str) and "items" in at:
        yield Fault("PS401", (*at, "type"), f"expected string, found {type_of(kind)}")
    elif isinstance(kind, str) and kind and kind not in TYPES:
        yield Fault(STRUCTURE, (*at, "type"), f"{quoted(kind)} is not {one_of(TYPES)}", did_you_mean(kind, TYPES))
    elif kind in (None, "") and not _is_open(node):
        place = (*at, "type") if "type" in node else at
        yield Fault(STRUCTURE, place, f"the type {where} is missing", f"write type: {one_of(TYPES)}")
    # The API server reads anything but a mapping or a list as no schema.
    if kind == "array" and not isinstance(node.get("items"), dict | list):
        yield Fault(STRUCTURE, at, "the items of this list have no schema", "add items")


def _is_open(node: Tree) -> bool:
    """Return whether a schema needs no type."""
    return node.get("x-kubernetes-int-or-string") is True or node.get("x-kubernetes-preserve-unknown-fields") is True


def _unsupported(node: Tree, at: Pointer) -> Iterator[Fault]:
    empty = (word for word in UNSUPPORTED_EVEN_IF_EMPTY if node.get(word) is not None)
    for word in (*empty, *(word for word in UNSUPPORTED if node.get(word))):
        yield Fault(STRUCTURE, (*at, word), f"{quoted(word)} is not supported in a definition")
    if node.get("uniqueItems") is True:
        yield Fault(STRUCTURE, (*at, "uniqueItems"), "it cannot be true", "write x-kubernetes-list-type: set")
    if node.get("items") and isinstance(node["items"], list):
        yield Fault(STRUCTURE, (*at, "items"), "one schema is for all items, not one for each")
    if node.get("additionalProperties") is not None and mapping(node, ("properties",)):
        yield Fault(STRUCTURE, (*at, "additionalProperties"), "either properties are listed or all are alike")


def _pattern(node: Tree, at: Pointer) -> Iterator[Fault]:
    pattern = node.get("pattern")
    if not isinstance(pattern, str):
        return
    try:
        expression(pattern)
    except Invalid as error:
        message = f"{quoted(pattern)} is no regular expression: {error}"
        yield Fault(
            STRUCTURE, (*at, "pattern"), message, "the API server takes those of RE2, without (?=…) and the like"
        )
    except TooMuch:
        return


def _extensions(node: Tree, at: Pointer, where: str) -> Iterator[Fault]:
    keeps, place = node.get("x-kubernetes-preserve-unknown-fields"), (*at, "x-kubernetes-preserve-unknown-fields")
    is_embedded = node.get("x-kubernetes-embedded-resource") is True
    if keeps is False:
        yield Fault(STRUCTURE, place, "it is true, or not there", "remove it")
    if keeps is True and node.get("x-kubernetes-int-or-string") is True:
        yield Fault(STRUCTURE, place, "an integer or string has no fields")
    if is_embedded:
        yield from _embedded(node, at)
    if is_embedded or where == "at the root":
        yield from _names_of_object(node, at)


def _embedded(node: Tree, at: Pointer) -> Iterator[Fault]:
    # Where a schema without a type is not open, its type is missing anyway.
    if node.get("type") != "object" and (node.get("type") or _is_open(node)):
        place = (*at, "type") if "type" in node else at
        yield Fault(STRUCTURE, place, "an embedded object has the type object")
    if node.get("x-kubernetes-preserve-unknown-fields") is not True and not mapping(node, ("properties",)):
        message = "an embedded object has properties, or x-kubernetes-preserve-unknown-fields"
        yield Fault(STRUCTURE, (*at, "x-kubernetes-embedded-resource"), message)


def _names_of_object(node: Tree, at: Pointer) -> Iterator[Fault]:
    for field, right in (("apiVersion", "string"), ("kind", "string"), ("metadata", "object")):
        kind = mapping(node, ("properties", field)).get("type")
        if kind != right and kind in TYPES:
            yield Fault(STRUCTURE, (*at, "properties", field, "type"), f"the type of {quoted(field)} is {right}")


def _kind_of_list(node: Tree, at: Pointer) -> Iterator[Fault]:
    kind, place = text_of(node, "x-kubernetes-list-type"), (*at, "x-kubernetes-list-type")
    if kind and kind not in LISTS:
        yield Fault(STRUCTURE, place, f"{quoted(kind)} is not {one_of(LISTS)}")
    elif kind and node.get("type") != "array":
        yield Fault(STRUCTURE, place, "this is not a list")


def _kind_of_mapping(node: Tree, at: Pointer) -> Iterator[Fault]:
    kind, place = text_of(node, "x-kubernetes-map-type"), (*at, "x-kubernetes-map-type")
    if kind and kind not in MAPPINGS:
        yield Fault(STRUCTURE, place, f"{quoted(kind)} is not {one_of(MAPPINGS)}")
    elif kind and node.get("type") != "object":
        yield Fault(STRUCTURE, place, "this is not a mapping")


def _set(node: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where the elements of a set cannot be compared."""
    if node.get("x-kubernetes-list-type") != "set":
        return
    items = mapping(node, ("items",))
    whole = items.get("x-kubernetes-map-type" if items.get("type") == "object" else "x-kubernetes-list-type")
    if items.get("type") in ("object", "array") and whole != "atomic":
        yield Fault(STRUCTURE, (*at, "items"), "the items of a set are scalars, or atomic")
    if items.get("nullable") is True:
        yield Fault(STRUCTURE, (*at, "items", "nullable"), "an item of a set cannot be null")


def _list_keys(node: Tree, at: Pointer) -> Iterator[Fault]:
    keys, is_map = node.get("x-kubernetes-list-map-keys"), node.get("x-kubernetes-list-type") == "map"
    if keys and not is_map:
        yield Fault(STRUCTURE, (*at, "x-kubernetes-list-map-keys"), "only a list of the type map has keys")
    if is_map and not keys:
        message = "a list of the type map needs x-kubernetes-list-map-keys"
        yield Fault(STRUCTURE, (*at, "x-kubernetes-list-type"), message)
    if not is_map or not isinstance(keys, list):
        return
    items = mapping(node, ("items",))
    if items.get("type") != "object" and items.get("type") in TYPES:
        yield Fault(STRUCTURE, (*at, "items", "type"), "the items of a list of the type map are objects")
    if None in keys:
        place = (*at, "x-kubernetes-list-map-keys", keys.index(None))
        yield Fault(STRUCTURE, place, "expected the name of a field, found null", "remove the item")
    for here, key in strings(node, ("x-kubernetes-list-map-keys",)):
        yield from _list_key(key, items, (*at, *here))
        if keys.index(key) != here[-1]:
            yield Fault(STRUCTURE, (*at, *here), f"{quoted(key)} is there twice")


def _list_key(key: str, items: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield a fault where a key of a list is not a scalar field that every element has."""
    fields, required = mapping(items, ("properties",)), items.get("required")
    field = fields.get(key)
    if not isinstance(field, dict):
        yield Fault(STRUCTURE, at, f"{quoted(key)} is not a field of the items", did_you_mean(key, fields))
    elif field.get("type") in ("array", "object"):
        yield Fault(STRUCTURE, at, f"{quoted(key)} is no scalar")
    elif field.get("default") is None and key not in (required if isinstance(required, list) else ()):
        yield Fault(STRUCTURE, at, f"{quoted(key)} is neither required nor has a default")
    elif field.get("nullable") is True:
        yield Fault(STRUCTURE, at, f"{quoted(key)} can be null")


def _rules(node: Tree, at: Pointer) -> Iterator[Fault]:
    for here, rule in mappings(node, ("x-kubernetes-validations",)):
        place = (*at, *here)
        if not rule.get("rule"):
            yield Fault(RULE, (*place, "rule") if "rule" in rule else place, "the rule is empty")
        yield from _message(rule, place)
        reason, path = rule.get("reason"), text_of(rule, "fieldPath")
        if isinstance(reason, str) and reason not in REASONS:
            message = f"{quoted(reason)} is not {one_of(REASONS)}"
            yield Fault(RULE, (*place, "reason"), message, did_you_mean(reason, REASONS))
        if path and _field_at(node, path) is None:
            message = f"{quoted(path)} leads to no field of the schema"
            yield Fault(RULE, (*place, "fieldPath"), message, "write it as .spec.size")


def _message(rule: Tree, at: Pointer) -> Iterator[Fault]:
    text, message = text_of(rule, "rule"), text_of(rule, "message")
    if "\n" in message.strip():
        yield Fault(RULE, (*at, "message"), "a message is one line", "write a messageExpression")
    if "\n" in text.strip() and not rule.get("message"):
        yield Fault(RULE, at, "a rule of several lines needs a message")
    if message and not message.strip():
        yield Fault(RULE, (*at, "message"), "the message is blank")


def _field_at(node: Tree, path: str) -> Tree | None:
    """Return the schema at a simple path, or None where the path leads to no field."""
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        child = None if step is None else _step(node, step[1], step[2])
        if step is None or not isinstance(child, dict):
            return None
        node, position = child, step.end()
    return node if path else None


def _step(node: Tree, name: str | None, key: str | None) -> Any:
    """Return the schema of a field, written as `.name` or `['key']`. Only the latter reaches `additionalProperties`."""
    fields = mapping(node, ("properties",))
    word = name if name is not None else key
    if word in fields:
        return fields[word]
    return node.get("additionalProperties") if key is not None else None


ANYTHING: Tree = {}
"""Stands for an outer schema to which a combination is not compared: the API server looks at those of the root only."""


def _logic(node: Tree, at: Pointer, depth: int) -> Iterator[Fault]:
    whole = ANYTHING if depth else node
    for word in LOGIC:
        # This is how structural schemas write `x-kubernetes-int-or-string`, so types are allowed in it.
        if word == "anyOf" and node.get(word) == INT_OR_STRING:
            continue
        for here, each in mappings(node, (word,)):
            inner = each
            if here == ("allOf", 0) and each.get("anyOf") == INT_OR_STRING:
                inner = {key: child for key, child in each.items() if key != "anyOf"}
            yield from _nested(inner, whole, (*at, *here), depth + 1)
    if isinstance(node.get("not"), dict):
        yield from _nested(node["not"], whole, (*at, "not"), depth + 1)


def _nested(node: Tree, whole: Tree | None, at: Pointer, depth: int) -> Iterator[Fault]:
    """Yield the faults of a schema inside a combination, which may only limit what the outer schema `whole` describes.

    `whole` is None where the outer schema does not describe the value.
    """
    if depth > MAX_DEPTH:
        return
    yield from check_words(node, at)
    yield from _unsupported(node, at)
    yield from _pattern(node, at)
    for word in NOT_NESTED:
        if word in node and node[word] not in (None, False, "", []):
            message = f"{quoted(word)} describes fields, which a combination only limits"
            yield Fault(STRUCTURE, (*at, word), message, "move it out of the combination")
    for place, each in _alternatives(node):
        yield from _nested(each, whole, (*at, *place), depth + 1)
    whole = {"properties": {}} if whole is None else whole
    yield from _nested_fields(node, whole, at, depth)
    if isinstance(node.get("items"), dict):
        yield from _nested_items(node["items"], whole, (*at, "items"), depth)


def _nested_items(items: Tree, whole: Tree, at: Pointer, depth: int) -> Iterator[Fault]:
    described = ANYTHING if whole is ANYTHING else whole.get("items")
    if described is None:
        yield Fault(STRUCTURE, at, "items are not described outside of the combination")
    yield from _nested(items, described if isinstance(described, dict) else None, at, depth + 1)


def _alternatives(node: Tree) -> Iterator[tuple[Pointer, Tree]]:
    for word in LOGIC:
        yield from mappings(node, (word,))
    if isinstance(node.get("not"), dict):
        yield ("not",), node["not"]


def _nested_fields(node: Tree, whole: Tree, at: Pointer, depth: int) -> Iterator[Fault]:
    fields = mapping(whole, ("properties",))
    for key, child in mapping(node, ("properties",)).items():
        place = (*at, "properties", key)
        if key == "metadata":
            yield Fault(STRUCTURE, place, "a combination says nothing of metadata")
        known = ANYTHING if whole is ANYTHING else fields.get(key)
        if known is None and not whole.get("x-kubernetes-preserve-unknown-fields"):
            message = f"{quoted(key)} is not described outside of the combination"
            yield Fault(STRUCTURE, place, message, did_you_mean(key, fields))
        if isinstance(child, dict):
            yield from _nested(child, known if isinstance(known, dict) else None, place, depth + 1)


def _columns(version: Tree, at: Pointer) -> Iterator[Fault]:
    for here, column in mappings(version, ("additionalPrinterColumns",)):
        path = text_of(column, "jsonPath")
        if path and not path.startswith("."):
            yield Fault(NAMES, (*at, *here, "jsonPath"), f"{quoted(path)} does not start with a dot", f"write .{path}")


def _scale(version: Tree, at: Pointer) -> Iterator[Fault]:
    scale = mapping(version, ("subresources", "scale"))
    for field, roots in SCALE_PATHS:
        path, place = text_of(scale, field), (*at, "subresources", "scale", field)
        if path and not path.startswith(roots):
            yield Fault(NAMES, place, f"{quoted(path)} is not below {one_of(roots)}")


def _selectable(version: Tree, root: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the faults of `selectableFields`, by which objects can be selected."""
    seen: set[str] = set()
    for here, selectable in mappings(version, ("selectableFields",)):
        path = text_of(selectable, "jsonPath")
        if not path:
            continue
        found = _field_at(root, path)
        if found is None or path.startswith(".metadata"):
            yield Fault(NAMES, (*at, *here, "jsonPath"), f"{quoted(path)} leads to no field of the schema")
        elif found.get("type") not in ("string", "boolean", "integer"):
            yield Fault(NAMES, (*at, *here, "jsonPath"), "a field to select by is a string, a boolean or an integer")
        if path in seen:
            yield Fault("PS436", (*at, *here), f"{quoted(path)} is there twice")
        seen.add(path)


CHECKS = {"definition": check_definition}
