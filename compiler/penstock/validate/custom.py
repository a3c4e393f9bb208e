"""Kinds that are declared by CustomResourceDefinitions of the same compile, and their schemas in our words.

A CRD comes from the repository, so nothing in it is trusted: what has the wrong shape is left out (the CRD itself is
checked against its own built-in schema), and what this validator cannot evaluate is counted, never passed over in
silence.

Source: apiextensions-apiserver pkg/apiserver/schema (structural schemas), Kubernetes 1.37.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from penstock.model import Resource, Tree
from penstock.tree import get
from penstock.validate.accept import Acceptors
from penstock.validate.explain import OPEN
from penstock.validate.limits import FORMATS, INTEGERS, Node
from penstock.validate.pattern import Pattern, Unsupported
from penstock.validate.schemas import Kind, Known

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

_TYPES = ("object", "array", "string", "integer", "number", "boolean")

_HARMLESS_FORMATS = {"password", "double", "float", *FORMATS, *INTEGERS}
"""Those that are checked, and those that the API server does not check either."""


class CustomKinds:
    """All kinds that the CRDs of a compile declare; the schema of each is read when an object of it is met."""

    __slots__ = ("_acceptors", "_kinds", "versions")

    def __init__(self, resources: Iterable[Resource], acceptors: Acceptors) -> None:
        self.versions: dict[tuple[str, str], dict[str, Any]] = {}
        """By group and kind: the schema of each served version, as the CRD has it."""
        self._acceptors = acceptors
        self._kinds: dict[Kind, Known] = {}
        for resource in resources:
            if resource.id.kind == "CustomResourceDefinition" and resource.id.group == "apiextensions.k8s.io":
                self._declare(resource.body)

    def _declare(self, body: Tree) -> None:
        group, kind = get(body, ("spec", "group")), get(body, ("spec", "names", "kind"))
        versions = get(body, ("spec", "versions"))
        if not (isinstance(group, str) and isinstance(kind, str) and isinstance(versions, list)):
            return
        self.versions[group, kind] = {
            str(get(version, ("name",))): get(version, ("schema", "openAPIV3Schema"))
            for version in versions
            if get(version, ("served",)) is True
        }

    def find(self, kind: Kind) -> Known | None:
        """None where no CRD declares that version of the kind."""
        schemas = self.versions.get((kind.group, kind.kind), {})
        if kind.version not in schemas:
            return None
        if kind not in self._kinds:
            unevaluated: Counter[str] = Counter()
            root = _object_root(_structural(schemas[kind.version], unevaluated))
            self._kinds[kind] = Known(root, self._acceptors.of(root), unevaluated)
        return self._kinds[kind]


def _object_root(root: Node) -> Node:
    """The fields that every object has; what the CRD says of them does not count."""
    if root.get("type") != "object":
        return {}
    fields = {**root.get("properties", {}), "apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    return {**root, "properties": {**fields, "metadata": {"$ref": OBJECT_META}}}


def _structural(source: Any, unevaluated: Counter[str]) -> Node:
    """A schema of a CRD in the words of `explain`."""
    if not isinstance(source, dict):
        return {}
    node = {word: source[word] for word, is_right in _WORDS if word in source and is_right(source[word])}
    if source.get("type") in _TYPES:
        node["type"] = source["type"]
    if source.get("x-kubernetes-int-or-string") is True:
        node["type"] = "int-or-string"
    _add_children(node, source, unevaluated)
    if source.get("x-kubernetes-embedded-resource") is True:
        _embed(node)
    _add_list_keys(node, source)
    _add_pattern(node, source, unevaluated)
    if isinstance(node.get("format"), str) and node["format"] not in _HARMLESS_FORMATS:
        unevaluated[f"format {node['format']}"] += 1
    if isinstance(rules := source.get("x-kubernetes-validations"), list):
        unevaluated["CEL rule"] += len(rules)
    return node


def _add_children(node: Node, source: Tree, unevaluated: Counter[str]) -> None:
    if isinstance(fields := source.get("properties"), dict):
        node["properties"] = {key: _structural(each, unevaluated) for key, each in fields.items()}
    for word in ("items", "not"):
        if isinstance(source.get(word), dict):
            node[word] = _structural(source[word], unevaluated)
    others = source.get("additionalProperties")
    if isinstance(others, dict) or others is True:
        node["additionalProperties"] = _structural(others, unevaluated)
    for word in ("allOf", "anyOf", "oneOf"):
        if isinstance(source.get(word), list):
            node[word] = [_structural(each, unevaluated) for each in source[word]]


def _embed(node: Node) -> None:
    """`x-kubernetes-embedded-resource`: a whole object stands here."""
    text = {"type": "string"}
    node["properties"] = {"apiVersion": text, "kind": text, **node.get("properties", {})}
    node["properties"]["metadata"] = {"$ref": OBJECT_META}
    node["required"] = [*dict.fromkeys(("apiVersion", "kind", *node.get("required", ())))]


def _add_list_keys(node: Node, source: Tree) -> None:
    keys = source.get("x-kubernetes-list-map-keys")
    if not isinstance(keys, list) or not _is_names(keys):
        return
    node["x-kubernetes-list-map-keys"] = keys
    fields = node.get("items", {}).get("properties", {})
    node["keyDefaults"] = {key: fields[key]["default"] for key in keys if "default" in fields.get(key, {})}


def _add_pattern(node: Node, source: Tree, unevaluated: Counter[str]) -> None:
    if not isinstance(text := source.get("pattern"), str):
        return
    try:
        node["pattern"] = Pattern(text)
    except Unsupported:
        unevaluated["pattern"] += 1


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_WORDS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("nullable", _is_flag),
    ("default", lambda value: True),
    ("required", _is_names),
    ("format", _is_text),
    ("enum", lambda value: isinstance(value, list)),
    ("minimum", _is_number),
    ("maximum", _is_number),
    ("exclusiveMinimum", _is_flag),
    ("exclusiveMaximum", _is_flag),
    ("multipleOf", lambda value: _is_number(value) and value > 0),
    ("minLength", _is_count),
    ("maxLength", _is_count),
    ("minItems", _is_count),
    ("maxItems", _is_count),
    ("minProperties", _is_count),
    ("maxProperties", _is_count),
    ("x-kubernetes-list-type", _is_text),
    (OPEN, _is_flag),
)
"""The words that are taken over as they are, where they have the right type."""
