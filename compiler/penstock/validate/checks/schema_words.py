"""The types of the keywords of schemas in CustomResourceDefinitions, where the published schema does not describe them.

That is below `items` and `additionalProperties`, which the API server decodes by functions of their own.
Source: apiextensions-apiserver pkg/apis/apiextensions/v1, types_jsonschema.go and marshal.go, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.json_types import TYPE_CHECKS, TYPE_NAMES
from penstock.validate.objects import mappings
from penstock.words import type_of

OTHERS = "additionalProperties"
VALIDATIONS, KEYS = "x-kubernetes-validations", "x-kubernetes-list-map-keys"

OF_WORDS = {
    **dict.fromkeys(("description", "format", "pattern", "title", "type"), "string"),
    **dict.fromkeys(("x-kubernetes-list-type", "x-kubernetes-map-type"), "string"),
    **dict.fromkeys(("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"), "integer"),
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), "number"),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "nullable", "uniqueItems"), "boolean"),
    **dict.fromkeys(("x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"), "boolean"),
    "x-kubernetes-preserve-unknown-fields": "boolean",
    **dict.fromkeys(("allOf", "anyOf", "enum", "oneOf", "required", VALIDATIONS, KEYS), "array"),
    **dict.fromkeys(("externalDocs", "not", "properties"), "object"),
}
"""The types of the values of the keywords of a schema."""

OF_ELEMENTS = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "properties", VALIDATIONS), "object"),
    **dict.fromkeys(("required", KEYS), "string"),
}
"""The type of what is in the values of some keywords."""

OF_RULES = {
    **dict.fromkeys(("fieldPath", "message", "messageExpression", "reason", "rule"), "string"),
    "optionalOldSelf": "boolean",
}


def check_words(node: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the keywords of one schema whose values have the wrong type."""
    others = node.get(OTHERS)
    if others is not None and not isinstance(others, dict | bool):
        yield Fault("PS401", (*at, OTHERS), f"expected mapping or boolean, found {type_of(others)}")
    if "items" not in at and OTHERS not in at:
        return
    yield from _typed(node, at, OF_WORDS)
    for word, value in node.items():
        if word in OF_ELEMENTS:
            yield from _typed_elements(word, value, at)
    if VALIDATIONS in node:
        yield from _rules(node, at)


def _rules(node: Tree, at: Pointer) -> Iterator[Fault]:
    for step, rule in _elements(node[VALIDATIONS]):
        if rule is None:
            yield Fault("PS402", (*at, VALIDATIONS, step), 'the field "rule" is missing')
    for here, rule in mappings(node, (VALIDATIONS,)):
        yield from _typed(rule, (*at, *here), OF_RULES)


def _typed(node: Tree, at: Pointer, types: dict[str, str]) -> Iterator[Fault]:
    """Yield the fields of the wrong type. Only those that are there are looked at: most keywords are seldom there."""
    for word, value in node.items():
        kind = types.get(word)
        if kind is not None and not _fits(kind, value):
            yield _wrong(kind, value, (*at, word))


def _typed_elements(word: str, value: Any, at: Pointer) -> Iterator[Fault]:
    kind = OF_ELEMENTS[word]
    for step, each in _elements(value):
        if not _fits(kind, each):
            yield _wrong(kind, each, (*at, word, step))


def _fits(kind: str, value: Any) -> bool:
    return value is None or (TYPE_CHECKS[kind](value) and (kind != "integer" or -(2**63) <= value < 2**63))


def _wrong(kind: str, value: Any, at: Pointer) -> Fault:
    if TYPE_CHECKS[kind](value):
        return Fault("PS406", at, f"{value} is out of the range of int64")
    return Fault("PS401", at, f"expected {TYPE_NAMES[kind]}, found {type_of(value)}")


def _elements(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
