"""CustomResourceDefinitions: names, versions, and schemas that are structural.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation and pkg/apiserver/schema, as of Kubernetes 1.37.
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings
from penstock.validate.syntax import is_dns_1035_label
from penstock.words import did_you_mean, one_of, quoted, type_of

NAMES, VERSIONS, STRUCTURE, RULE = "PS441", "PS441", "PS442", "PS443"

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LOGIC = ("allOf", "anyOf", "oneOf")
INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]

NOT_NESTED = (
    *("additionalProperties", "default", "description", "nullable", "title", "type", "x-kubernetes-embedded-resource"),
    *("x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"),
)
"""What says which fields there are, which allOf, anyOf, oneOf and not may only limit."""

UNSUPPORTED = ("$ref", "$schema", "additionalItems", "definitions", "dependencies", "id", "patternProperties")
REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
MAX_DEPTH = 100

_SIMPLE_PATH = re.compile(r"(\.[A-Za-z_][-A-Za-z0-9_]*|\['[^']*'\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][-A-Za-z0-9_]*)|\['([^']*)'\]")


def check_definition(value: Tree, at: Pointer) -> Iterator[Fault]:
    spec = mapping(value, ("spec",))
    names, versions = mapping(spec, ("names",)), list(mappings(value, ("spec", "versions")))
    yield from _names(value, spec, names, at)
    yield from _versions(versions, at)
    for here, version in versions:
        yield from _version(version, (*at, *here))
    if spec.get("preserveUnknownFields") is True:
        message = "a definition of apiextensions.k8s.io/v1 drops fields that its schema does not know"
        yield Fault(
            STRUCTURE,
            (*at, "spec", "preserveUnknownFields"),
            message,
            "remove it, and write x-kubernetes-preserve-unknown-fields into the schema",
        )


def _names(value: Tree, spec: Tree, names: Tree, at: Pointer) -> Iterator[Fault]:
    plural, group, name = names.get("plural"), spec.get("group"), mapping(value, ("metadata",)).get("name")
    if isinstance(plural, str) and isinstance(group, str) and name != f"{plural}.{group}":
        notes = (((*at, "spec", "names", "plural"), "the plural"), ((*at, "spec", "group"), "the group"))
        message = f"{quoted(str(name))} is not the plural and the group"
        yield Fault(NAMES, (*at, "metadata", "name"), message, f"write {plural}.{group}", notes)
    kind, lists = names.get("kind"), names.get("listKind")
    for field in ("kind", "listKind"):
        word = names.get(field)
        if isinstance(word, str) and word and not is_dns_1035_label(word.lower()):
            yield Fault(
                NAMES,
                (*at, "spec", "names", field),
                f"{quoted(word)} is not a kind",
                "letters and digits, a letter first",
            )
    if isinstance(kind, str) and kind and kind == (lists or f"{kind}List"):
        yield Fault(NAMES, (*at, "spec", "names", "listKind"), "the kind of the list is that of its items")
    if isinstance(group, str) and group and "." not in group:
        yield Fault(
            NAMES, (*at, "spec", "group"), f"{quoted(group)} has no dot", "a group is a domain, such as example.com"
        )


def _versions(versions: list[tuple[Pointer, Tree]], at: Pointer) -> Iterator[Fault]:
    seen: dict[Any, Pointer] = {}
    for here, version in versions:
        name = version.get("name")
        if isinstance(name, str) and seen.setdefault(name, here) != here:
            yield Fault(
                VERSIONS,
                (*at, *here),
                f"the version {quoted(name)} is there twice",
                "",
                (((*at, *seen[name]), "the first one"),),
            )
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
    root = mapping(version, ("schema",)).get("openAPIV3Schema")
    if not isinstance(root, dict):
        if "schema" not in version or version["schema"] is None or root is None:
            yield Fault(
                "PS402", (*at, "schema") if "schema" in version else at, "this version has no schema.openAPIV3Schema"
            )
        return
    place = (*at, "schema", "openAPIV3Schema")
    yield from _root(root, place, mapping(version, ("subresources",)))
    yield from _structure(root, place, "at the root", 0)
    yield from _paths(version, root, at)


def _root(root: Tree, at: Pointer, subresources: Tree) -> Iterator[Fault]:
    if root.get("type") not in (None, "", "object") and root.get("type") in TYPES:
        yield Fault(STRUCTURE, (*at, "type"), f"{quoted(str(root['type']))} is not object, which the root is")
    if root.get("additionalProperties") is not None:
        yield Fault(STRUCTURE, (*at, "additionalProperties"), "not at the root of a schema")
    metadata = mapping(root, ("properties", "metadata"))
    inner = mapping(metadata, ("properties",)).keys() - {"name", "generateName"}
    others = metadata.keys() - {"properties", "type", "default"}
    if inner or (others and any(metadata[each] not in (None, False, "", [], {}) for each in others)):
        message = "only the name and generateName of metadata can be limited, the rest is known"
        yield Fault(STRUCTURE, (*at, "properties", "metadata"), message)


def _structure(node: Tree, at: Pointer, where: str, depth: int) -> Iterator[Fault]:
    """One schema that says which fields there are, and those inside of it."""
    if depth > MAX_DEPTH:
        yield Fault("PS406", at, "nests too deeply to be checked")
        return
    yield from _type(node, at, where)
    yield from _unsupported(node, at)
    yield from _extensions(node, at, where)
    yield from _list(node, at)
    yield from _rules(node, at)
    yield from _logic(node, at, depth)
    if isinstance(node.get("items"), dict):
        yield from _structure(node["items"], (*at, "items"), "of the items of a list", depth + 1)
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        yield from _structure(others, (*at, "additionalProperties"), "of a field", depth + 1)
    for key, child in mapping(node, ("properties",)).items():
        if isinstance(child, dict) or child is None:
            yield from _structure(child or {}, (*at, "properties", key), "of a field", depth + 1)


def _type(node: Tree, at: Pointer, where: str) -> Iterator[Fault]:
    kind = node.get("type")
    either = node.get("x-kubernetes-int-or-string") is True
    if kind is not None and not isinstance(kind, str) and "items" in at:
        yield Fault("PS401", (*at, "type"), f"expected string, found {type_of(kind)}")
    elif isinstance(kind, str) and kind and kind not in TYPES:
        yield Fault(STRUCTURE, (*at, "type"), f"{quoted(kind)} is not {one_of(TYPES)}", did_you_mean(kind, TYPES))
    elif kind in (None, "") and not either and node.get("x-kubernetes-preserve-unknown-fields") is not True:
        yield Fault(
            STRUCTURE,
            (*at, "type") if "type" in node else at,
            f"the type {where} is missing",
            f"write type: {one_of(TYPES)}",
        )
    if kind == "array" and node.get("items") is None:
        yield Fault(STRUCTURE, at, "the items of this list have no schema", "add items")


def _unsupported(node: Tree, at: Pointer) -> Iterator[Fault]:
    for word in UNSUPPORTED:
        if node.get(word):
            yield Fault(STRUCTURE, (*at, word), f"{quoted(word)} is not supported in a definition")
    if node.get("uniqueItems") is True:
        yield Fault(STRUCTURE, (*at, "uniqueItems"), "it cannot be true", "write x-kubernetes-list-type: set")
    if isinstance(node.get("items"), list):
        yield Fault(STRUCTURE, (*at, "items"), "one schema is for all items, not one for each")
    if node.get("additionalProperties") is not None and mapping(node, ("properties",)):
        yield Fault(STRUCTURE, (*at, "additionalProperties"), "either properties are listed or all are alike")


def _extensions(node: Tree, at: Pointer, where: str) -> Iterator[Fault]:
    keeps, either = node.get("x-kubernetes-preserve-unknown-fields"), node.get("x-kubernetes-int-or-string") is True
    if keeps is False:
        yield Fault(STRUCTURE, (*at, "x-kubernetes-preserve-unknown-fields"), "it is true, or not there", "remove it")
    if either and keeps is True:
        yield Fault(STRUCTURE, (*at, "x-kubernetes-preserve-unknown-fields"), "an integer or string has no fields")
    if node.get("x-kubernetes-embedded-resource") is True:
        if node.get("type") not in ("object", None, ""):
            yield Fault(STRUCTURE, (*at, "type"), "an embedded object has the type object")
        if keeps is not True and not mapping(node, ("properties",)):
            message = "an embedded object has properties, or x-kubernetes-preserve-unknown-fields"
            yield Fault(STRUCTURE, (*at, "x-kubernetes-embedded-resource"), message)
    for field in ("apiVersion", "kind"):
        child = mapping(node, ("properties", field))
        is_object = node.get("x-kubernetes-embedded-resource") is True or where == "at the root"
        if is_object and child and child.get("type") in TYPES and child["type"] != "string":
            yield Fault(STRUCTURE, (*at, "properties", field, "type"), f"{quoted(field)} is a string")


def _list(node: Tree, at: Pointer) -> Iterator[Fault]:
    kind, keys = node.get("x-kubernetes-list-type"), node.get("x-kubernetes-list-map-keys")
    if isinstance(kind, str) and kind:
        allowed = ("atomic", "map", "set")
        if kind not in allowed:
            yield Fault(STRUCTURE, (*at, "x-kubernetes-list-type"), f"{quoted(kind)} is not {one_of(allowed)}")
        elif node.get("type") != "array":
            yield Fault(STRUCTURE, (*at, "x-kubernetes-list-type"), "this is not a list")
    if isinstance(kind := node.get("x-kubernetes-map-type"), str) and kind:
        if kind not in ("atomic", "granular"):
            yield Fault(
                STRUCTURE, (*at, "x-kubernetes-map-type"), f"{quoted(kind)} is not {one_of(('atomic', 'granular'))}"
            )
        elif node.get("type") != "object":
            yield Fault(STRUCTURE, (*at, "x-kubernetes-map-type"), "this is not a mapping")
    yield from _list_keys(node, at, keys)
    items = mapping(node, ("items",))
    if node.get("x-kubernetes-list-type") == "set":
        whole = items.get("x-kubernetes-map-type" if items.get("type") == "object" else "x-kubernetes-list-type")
        if items.get("type") in ("object", "array") and whole != "atomic":
            yield Fault(STRUCTURE, (*at, "items"), "the items of a set are scalars, or atomic")
        if items.get("nullable") is True:
            yield Fault(STRUCTURE, (*at, "items", "nullable"), "an item of a set cannot be null")


def _list_keys(node: Tree, at: Pointer, keys: Any) -> Iterator[Fault]:
    is_map = node.get("x-kubernetes-list-type") == "map"
    if keys and not is_map:
        yield Fault(STRUCTURE, (*at, "x-kubernetes-list-map-keys"), "only a list of the type map has keys")
    if is_map and not keys:
        yield Fault(
            STRUCTURE, (*at, "x-kubernetes-list-type"), "a list of the type map needs x-kubernetes-list-map-keys"
        )
    if not is_map or not isinstance(keys, list):
        return
    items = mapping(node, ("items",))
    fields, required = mapping(items, ("properties",)), items.get("required")
    if items.get("type") in TYPES and items["type"] != "object":
        yield Fault(STRUCTURE, (*at, "items", "type"), "the items of a list of the type map are objects")
    for index, key in enumerate(keys):
        place = (*at, "x-kubernetes-list-map-keys", index)
        if not isinstance(key, str):
            continue
        field = fields.get(key)
        if not isinstance(field, dict):
            yield Fault(STRUCTURE, place, f"{quoted(key)} is not a field of the items", did_you_mean(key, fields))
        elif field.get("type") in ("array", "object"):
            yield Fault(STRUCTURE, place, f"{quoted(key)} is no scalar")
        elif field.get("default") is None and key not in (required if isinstance(required, list) else ()):
            yield Fault(STRUCTURE, place, f"{quoted(key)} is neither required nor has a default")
        elif field.get("nullable") is True:
            yield Fault(STRUCTURE, place, f"{quoted(key)} can be null")
        if keys.index(key) != index:
            yield Fault(STRUCTURE, place, f"{quoted(key)} is there twice")


def _rules(node: Tree, at: Pointer) -> Iterator[Fault]:
    for here, rule in mappings(node, ("x-kubernetes-validations",)):
        place = (*at, *here)
        text, message = rule.get("rule"), rule.get("message")
        if text in (None, ""):
            yield Fault(RULE, (*place, "rule") if "rule" in rule else place, "the rule is empty")
        if isinstance(message, str) and "\n" in message.strip():
            yield Fault(RULE, (*place, "message"), "a message is one line", "write a messageExpression")
        if isinstance(text, str) and "\n" in text.strip() and not message:
            yield Fault(RULE, place, "a rule of several lines needs a message")
        if "message" in rule and isinstance(message, str) and message and not message.strip():
            yield Fault(RULE, (*place, "message"), "the message is blank")
        reason = rule.get("reason")
        if isinstance(reason, str) and reason not in REASONS:
            yield Fault(
                RULE, (*place, "reason"), f"{quoted(reason)} is not {one_of(REASONS)}", did_you_mean(reason, REASONS)
            )
        path = rule.get("fieldPath")
        if isinstance(path, str) and path and not _leads_to_field(node, path):
            yield Fault(
                RULE, (*place, "fieldPath"), f"{quoted(path)} leads to no field of the schema", "write it as .spec.size"
            )


def _leads_to_field(node: Tree, path: str) -> bool:
    return _field_at(node, path) is not None


def _field_at(node: Tree, path: str) -> Tree | None:
    """The schema that a simple path leads to."""
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return None
        key = step[1] if step[1] is not None else step[2]
        fields, others = mapping(node, ("properties",)), node.get("additionalProperties")
        child = fields.get(key) if key in fields else others if step[2] is not None else None
        if not isinstance(child, dict):
            return None
        node, position = child, step.end()
    return node if path else None


def _logic(node: Tree, at: Pointer, depth: int) -> Iterator[Fault]:
    first = node.get("allOf")
    for word in LOGIC:
        alternatives = node.get(word)
        for index, each in enumerate(alternatives) if isinstance(alternatives, list) else ():
            if word == "anyOf" and alternatives == INT_OR_STRING:
                continue
            if not isinstance(each, dict):
                continue
            inner = each
            if word == "allOf" and index == 0 and each.get("anyOf") == INT_OR_STRING and first:
                inner = {key: child for key, child in each.items() if key != "anyOf"}
            yield from _nested(inner, node, (*at, word, index), depth + 1)
    if isinstance(node.get("not"), dict):
        yield from _nested(node["not"], node, (*at, "not"), depth + 1)


def _nested(node: Tree, whole: Tree | None, at: Pointer, depth: int) -> Iterator[Fault]:
    """A schema that limits what another one has described: `whole`, None where that says nothing."""
    if depth > MAX_DEPTH:
        return
    for word in NOT_NESTED:
        if word in node and node[word] not in (None, False, "", []):
            message = f"{quoted(word)} describes fields, which a combination only limits"
            yield Fault(STRUCTURE, (*at, word), message, "move it out of the combination")
    for place, each in _alternatives(node):
        yield from _nested(each, whole, (*at, *place), depth + 1)
    yield from _nested_fields(node, whole or {}, at, depth)
    items = node.get("items")
    if isinstance(items, dict):
        described = (whole or {}).get("items")
        if described is None:
            yield Fault(STRUCTURE, (*at, "items"), "items are not described outside of the combination")
        inner = described if isinstance(described, dict) else None
        yield from _nested(items, inner, (*at, "items"), depth + 1)


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
        known = fields.get(key)
        if known is None and not whole.get("x-kubernetes-preserve-unknown-fields"):
            message = f"{quoted(key)} is not described outside of the combination"
            yield Fault(STRUCTURE, place, message, did_you_mean(key, fields))
        if isinstance(child, dict):
            yield from _nested(child, known if isinstance(known, dict) else None, place, depth + 1)


def _paths(version: Tree, root: Tree, at: Pointer) -> Iterator[Fault]:
    """Paths of columns, of the scale and of selectors."""
    for here, column in mappings(version, ("additionalPrinterColumns",)):
        path = column.get("jsonPath")
        if isinstance(path, str) and path and not path.startswith("."):
            yield Fault(NAMES, (*at, *here, "jsonPath"), f"{quoted(path)} does not start with a dot", f"write .{path}")
    scale = mapping(version, ("subresources", "scale"))
    for field, roots in (
        ("specReplicasPath", (".spec.",)),
        ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):
        path = scale.get(field)
        if isinstance(path, str) and path and not path.startswith(roots):
            yield Fault(NAMES, (*at, "subresources", "scale", field), f"{quoted(path)} is not below {one_of(roots)}")
        elif isinstance(path, str) and path and _SIMPLE_PATH.fullmatch(path) is None:
            yield Fault(NAMES, (*at, "subresources", "scale", field), f"{quoted(path)} is not a simple path")
    seen: set[str] = set()
    for here, selectable in mappings(version, ("selectableFields",)):
        path = selectable.get("jsonPath")
        if not isinstance(path, str) or not path:
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
