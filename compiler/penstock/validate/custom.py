"""The kinds that the CustomResourceDefinitions of the same compile declare, with their schemas in the form of
`explain`.

A CRD comes from the repository, so nothing in it is trusted: parts of the wrong shape are ignored (the CRD itself is
checked against its own built-in schema), and parts that are not evaluated are counted, never skipped silently.

Source: apiextensions-apiserver pkg/apiserver/schema (structural schemas), Kubernetes 1.37.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from penstock.expression import Invalid, TooMuch, expression
from penstock.model import Resource, Tree
from penstock.tree import get, with_value
from penstock.validate.catalogue import Catalogue
from penstock.validate.explain import OPEN
from penstock.validate.fault import Fault
from penstock.validate.formats import CUSTOM_FORMATS, later_than
from penstock.validate.limits import INTEGERS, Node
from penstock.validate.patience import Patience
from penstock.validate.schemas import Kind, Known, Schemas

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

MAX_ALTERNATIVES, MAX_LOGIC = 100, 3
"""The maximum length of an `allOf`, `anyOf` or `oneOf` that is evaluated, and the maximum nesting of them."""

MAX_REQUIRED = 1_000

TYPES = ("object", "array", "string", "integer", "number", "boolean")

HARMLESS_FORMATS = {"password", "double", "float", *CUSTOM_FORMATS, *INTEGERS}
"""The formats that are checked, and those that the API server does not check either."""


class CustomKinds:
    """The kinds that the CRDs among some objects declare. A schema is read when its kind is first looked up.

    Other kinds are looked up in `beside`, or in a `catalogue` of schemas.
    """

    __slots__ = ("_beside", "_catalogue", "_kinds", "_schemas", "patience", "versions")

    def __init__(
        self,
        resources: Iterable[Resource],
        schemas: Schemas,
        beside: "CustomKinds | None" = None,
        catalogue: Catalogue | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.patience: Patience = patience or (beside.patience if beside is not None else Patience())
        """What the rules of all definitions may still cost."""
        self.versions: dict[tuple[str, str], dict[str, Any]] = dict(beside.versions) if beside else {}
        """The schema of each served version as the CRD has it, by group and kind."""
        self._beside = beside
        self._catalogue = catalogue
        self._schemas = schemas
        self._kinds: dict[Kind, Known | None] = {}
        for resource in resources:
            if resource.id.kind == "CustomResourceDefinition" and resource.id.group == "apiextensions.k8s.io":
                self._declare(resource.body)

    def _declare(self, body: Tree) -> None:
        group, kind = get(body, ("spec", "group")), get(body, ("spec", "names", "kind"))
        versions = get(body, ("spec", "versions"))
        if not (isinstance(group, str) and isinstance(kind, str) and isinstance(versions, list)):
            return
        self.versions[group, kind] = {
            str(get(version, ("name",))): _as_served(version)
            for version in versions
            if get(version, ("served",)) is True
        }

    def find(self, kind: Kind) -> Known | None:
        """Return how to check a kind, or None where that version of the kind is not known."""
        key = (kind.group, kind.kind)
        versions = self.versions.get(key, {})
        if self._beside is not None and (not versions or versions is self._beside.versions.get(key)):
            return self._beside.find(kind)
        if kind not in self._kinds:
            self._kinds[kind] = self._known(versions.get(kind.version) or self._in_catalogue(kind, versions))
        return self._kinds[kind]

    def source(self, kind: Kind) -> Tree | None:
        """Return the schema of a kind as its definition or the catalogue has it, or None for an unknown kind."""
        versions = self.versions.get((kind.group, kind.kind), {})
        found = versions.get(kind.version) or self._in_catalogue(kind, versions)
        if found is None and self._beside is not None:
            return self._beside.source(kind)
        return found if isinstance(found, dict) else None

    def _in_catalogue(self, kind: Kind, versions: Mapping[str, Any]) -> Tree | None:
        return None if versions or self._catalogue is None else self._catalogue.find(kind)

    def _known(self, schema: Any) -> Known | None:
        if schema is None:
            return None
        reader = _Reader(later_than(self._schemas.version))
        root = _object_root(reader.node(schema))
        judge = _rules(schema, reader.unevaluated, self.patience)
        keeps_status = schema.get(KEEPS_STATUS) is True
        return Known(root, self._schemas.acceptors.of(root), reader.unevaluated, {}, judge, keeps_status)


KEEPS_STATUS = "keepsStatus"
"""A word that the schema of a version has in addition if the version has no subresource for the status."""


def _as_served(version: Tree) -> Any:
    """Return the schema of a version, with what the subresources of the version add to it."""
    schema = _with_scale(version)
    has_status = get(version, ("subresources", "status")) is not None
    return schema if has_status or not isinstance(schema, dict) else {**schema, KEEPS_STATUS: True}


REPLICAS: Tree = {"type": "integer", "format": "int32", "minimum": 0}
"""What the API server demands of the field that the `scale` of a custom resource reads, whatever its schema says."""


def _with_scale(version: Tree) -> Any:
    """Return the schema of a version, where the number of replicas is one if the version has a `scale`."""
    schema, path = (get(version, at) for at in (("schema", "openAPIV3Schema"), SCALED))
    if not isinstance(path, str) or not isinstance(schema, dict):
        return schema
    at = tuple(step for name in path.removeprefix(".").split(".") for step in ("properties", name))
    node = get(schema, at)
    if not isinstance(node, dict) or node.get("type") != "integer":
        return schema
    lowest = node.get("minimum")
    minimum = {"minimum": lowest} if isinstance(lowest, int | float) and lowest > 0 else {}
    return with_value(schema, at, {**node, **REPLICAS, **minimum})


SCALED = ("subresources", "scale", "specReplicasPath")


def _rules(schema: Tree, unevaluated: Counter[str], patience: Patience) -> Callable[[Tree], Iterator[Fault]] | None:
    """Return the check by the rules of a schema, or None where it has no rules.

    `unevaluated` is reduced to the number of rules that cannot be evaluated.
    """
    if not unevaluated.pop("CEL rule", 0):
        return None
    from penstock.validate.cel.rules import Rules

    rules = Rules(schema, patience)
    if rules.unevaluated:
        unevaluated["CEL rule"] = rules.unevaluated
    return rules.judge


def _object_root(root: Node) -> Node:
    """Return a schema with the fields that every object has. They replace what the CRD says about these fields."""
    if root.get("type") != "object":
        return {}
    fields = {**root.get("properties", {}), "apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    return {**root, "properties": {**fields, "metadata": {"$ref": OBJECT_META}}}


class _Reader:
    """Reads one schema of a CRD, and counts by name the parts that will not be evaluated. Formats that the version of
    Kubernetes does not know are `ignored`.
    """

    __slots__ = ("_ignored", "unevaluated")

    def __init__(self, ignored: Set[str] = frozenset()) -> None:
        self.unevaluated: Counter[str] = Counter()
        self._ignored = ignored

    def node(self, source: Any, logic: int = 0) -> Node:
        """Return a schema in the form of `explain`. `logic` is the number of combinations such as `allOf` around it."""
        if not isinstance(source, dict):
            return {}
        node: Node = {"custom": True}
        node |= {word: source[word] for word, is_right in _WORDS if word in source and is_right(source[word])}
        if source.get("type") in TYPES:
            node["type"] = source["type"]
        self._add_children(node, source, logic)
        if source.get("x-kubernetes-int-or-string") is True:
            node["type"] = "int-or-string"
            node.pop("anyOf", None)  # it is redundant
        if source.get("x-kubernetes-embedded-resource") is True:
            _embed(node)
        _add_choices(node, source)
        _add_list_keys(node, source)
        self._add_pattern(node, source)
        if node.get("format") in self._ignored:
            del node["format"]
        self._count(node, source)
        return node

    def _add_children(self, node: Node, source: Tree, logic: int) -> None:
        if isinstance(fields := source.get("properties"), dict):
            node["properties"] = {key: self.node(each, logic) for key, each in fields.items()}
        if isinstance(source.get("items"), dict):
            node["items"] = self.node(_items(source), logic)
        others = source.get("additionalProperties")
        if isinstance(others, dict) or others is True:
            node["additionalProperties"] = self.node(others, logic)
        if isinstance(source.get("not"), dict):
            node["not"] = self.node(source["not"], logic)
        for word in ("allOf", "anyOf", "oneOf"):
            if isinstance(alternatives := source.get(word), list):
                # Alternatives inside of alternatives multiply the work, so they end at a bound, and what is left out
                # is counted.
                if logic < MAX_LOGIC and len(alternatives) <= MAX_ALTERNATIVES:
                    node[word] = [self.node(each, logic + 1) for each in alternatives]
                else:
                    self.unevaluated[word] += 1

    def _add_pattern(self, node: Node, source: Tree) -> None:
        if isinstance(text := source.get("pattern"), str):
            try:
                node["pattern"] = expression(text)
            except (Invalid, TooMuch):
                self.unevaluated["pattern"] += 1

    def _count(self, node: Node, source: Tree) -> None:
        if node.get("format", "password") not in HARMLESS_FORMATS:
            self.unevaluated[f"format {node['format']}"] += 1
        if isinstance(rules := source.get("x-kubernetes-validations"), list):
            self.unevaluated["CEL rule"] += len(rules)
        if len(node.get("required", ())) > MAX_REQUIRED:
            del node["required"]
            self.unevaluated["list of required fields"] += 1


def node_of(source: Tree) -> Node:
    """Return a schema of a definition in the form of `explain`, without the parts that are not evaluated."""
    return _Reader().node(source)


def _items(source: Tree) -> Tree:
    """Return the schema of the items of a list. Those of a list that keeps unknown fields keep theirs (`skipPrune` of
    the API server), as in the pipelines of Kratix.
    """
    items: Tree = source["items"]
    return {**items, OPEN: True} if source.get(OPEN) is True else items


def _embed(node: Node) -> None:
    """Extend a schema with `x-kubernetes-embedded-resource`, whose values are whole objects."""
    version, kind = ({"type": "string", "words": [word]} for word in ("group-version!", "kind!"))
    node["properties"] = {**node.get("properties", {}), "apiVersion": version, "kind": kind}
    node["properties"]["metadata"] = {"$ref": OBJECT_META}
    node["relations"] = [["check", "embedded object"]]
    node["required"] = [*dict.fromkeys(("apiVersion", "kind", *node.get("required", ())))]


def _add_choices(node: Node, source: Tree) -> None:
    choices = source.get("enum")
    if isinstance(choices, list):
        scalars = not any(isinstance(choice, dict | list) for choice in choices)
        node["enum"] = dict.fromkeys(choices) if scalars else choices[:MAX_ALTERNATIVES]


def _add_list_keys(node: Node, source: Tree) -> None:
    keys = source.get("x-kubernetes-list-map-keys")
    if not isinstance(keys, list) or not _is_names(keys):
        return
    node["x-kubernetes-list-map-keys"] = keys
    fields = node.get("items", {}).get("properties", {})
    node["keyDefaults"] = {key: fields[key]["default"] for key in keys if "default" in fields.get(key, {})}


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
    ("minimum", _is_number),
    ("maximum", _is_number),
    ("exclusiveMinimum", _is_flag),
    ("exclusiveMaximum", _is_flag),
    ("multipleOf", _is_number),
    ("minLength", _is_count),
    ("maxLength", _is_count),
    ("minItems", _is_count),
    ("maxItems", _is_count),
    ("minProperties", _is_count),
    ("maxProperties", _is_count),
    ("x-kubernetes-list-type", _is_text),
    (OPEN, _is_flag),
)
"""The keywords that are copied unchanged, where their values have the right type."""
