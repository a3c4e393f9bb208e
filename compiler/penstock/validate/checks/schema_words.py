"""The types of the keywords of schemas in CustomResourceDefinitions, where the published schema does not describe them.

That is below `items` and `additionalProperties`, which the API server decodes by functions of their own.
Source: apiextensions-apiserver pkg/apis/apiextensions/v1, types_jsonschema.go and marshal.go, as of Kubernetes 1.37.
"""

from collections.abc import Iterator
from typing import Any

from penstock.model import Pointer, Tree
from penstock.validate.fault import Fault
from penstock.validate.json_types import TYPE_CHECKS, TYPE_NAMES
from penstock.validate.objects import mapping, mappings
from penstock.words import type_of

OTHERS = "additionalProperties"
VALIDATIONS, KEYS = "x-kubernetes-validations", "x-kubernetes-list-map-keys"

OF_WORDS: dict[str, tuple[str, ...]] = {
    "string": ("description", "format", "pattern", "title", "type", "x-kubernetes-list-type", "x-kubernetes-map-type"),
    "integer": ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"),
    "number": ("maximum", "minimum", "multipleOf"),
    "boolean": (
        *("exclusiveMaximum", "exclusiveMinimum", "nullable", "uniqueItems", "x-kubernetes-embedded-resource"),
        *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"),
    ),
    "array": ("allOf", "anyOf", "enum", "oneOf", "required", VALIDATIONS, KEYS),
    "object": ("externalDocs", "not", "properties"),
}
"""The keywords of a schema, by the type of their values."""

OF_ELEMENTS = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "properties", VALIDATIONS), "object"),
    **dict.fromkeys(("required", KEYS), "string"),
}
"""The type of what is in the values of some keywords."""

OF_RULES = {
    "string": ("fieldPath", "message", "messageExpression", "reason", "rule"),
    "boolean": ("optionalOldSelf",),
}


def check_words(node: Tree, at: Pointer) -> Iterator[Fault]:
    """Yield the keywords of one schema whose values have the wrong type."""
    others = node.get(OTHERS)
    if others is not None and not isinstance(others, dict | bool):
        yield Fault("PS401", (*at, OTHERS), f"expected mapping or boolean, found {type_of(others)}")
    if "items" not in at and OTHERS not in at:
        return
    yield from _typed(node, at, OF_WORDS)
    for word, kind in OF_ELEMENTS.items():
        for step, each in _elements(node.get(word)):
            yield from _wrong(kind, each, (*at, word, step))
    for step, rule in _elements(node.get(VALIDATIONS)):
        if rule is None:
            yield Fault("PS402", (*at, VALIDATIONS, step), 'the field "rule" is missing')
    for here, rule in mappings(node, (VALIDATIONS,)):
        yield from _typed(mapping(rule, ()), (*at, *here), OF_RULES)


def _typed(node: Tree, at: Pointer, types: dict[str, tuple[str, ...]]) -> Iterator[Fault]:
    for kind, words in types.items():
        for word in words:
            yield from _wrong(kind, node.get(word), (*at, word))


def _wrong(kind: str, value: Any, at: Pointer) -> Iterator[Fault]:
    if value is None:
        return
    if not TYPE_CHECKS[kind](value):
        yield Fault("PS401", at, f"expected {TYPE_NAMES[kind]}, found {type_of(value)}")
    elif kind == "integer" and not -(2**63) <= value < 2**63:
        yield Fault("PS406", at, f"{value} is out of the range of int64")


def _elements(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
