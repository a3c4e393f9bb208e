"""A fast check of whether a value satisfies a schema. Each type is compiled to a closure when it is first needed.

Most documents are valid, so this is the hot path: some 30 µs for a document of Kubeflow. `explain` makes the same check
slowly and with messages; the tests make sure that the two agree.
"""

from collections.abc import Callable
from typing import Any

from penstock.validate.explain import (
    MERGED,
    OPEN,
    Definition,
    accepts_null,
    is_empty,
    is_missing,
    satisfies,
)
from penstock.validate.json_types import TYPE_CHECKS
from penstock.validate.limits import BOUNDS, INTEGERS, Node, broken_limits, has_limits, is_impossible
from penstock.validate.relations import bound, keeps_relations
from penstock.validate.syntax import is_quantity
from penstock.validate.wording import keeper_of

Accept = Callable[[Any], bool]

_LOGIC = frozenset(("allOf", "anyOf", "oneOf", "not"))


class Acceptors:
    """The closures compiled so far, by the name of the definition."""

    __slots__ = ("_by_name", "_definition")

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._by_name: dict[str, Accept] = {}

    def of(self, node: Node) -> Accept:
        """Return the closure for a schema. A type that contains itself is looked up again when a value reaches it."""
        if "words" in node:
            return _worded(self._without_words(node), node["words"])
        return self._without_words(node)

    def _without_words(self, node: Node) -> Accept:
        if "$ref" in node:
            name = node["$ref"]
            # Types refer to each other in circles, so a type that is not made yet is looked up when it is needed.
            return self._by_name.get(name) or self._later(name)
        # These are rare, and the slow way decides on them.
        if "type" not in node or not _LOGIC.isdisjoint(node):
            return lambda value: satisfies(node, value, self._definition)
        accept = self._of_type(node)
        if _is_plain_integer(node):
            accept = _integer(*_bounds(node))
        elif _is_plain_choice(node):
            return _choice(node)
        elif has_limits(node):
            accept = _limited(accept, node)
        elif node["type"] == "object":
            return accept
        return _or_null(accept) if node.get("nullable") else accept

    def _later(self, name: str) -> Accept:
        by_name = self._by_name

        def accept(value: Any) -> bool:
            found = by_name.get(name)
            if found is None:
                found = by_name[name] = self.of(self._definition(name))
            return found(value)

        return accept

    def _of_type(self, node: Node) -> Accept:
        kind = node["type"]
        if kind == "quantity":
            return is_quantity
        if kind == "object":
            return self._mapping(node)
        if kind == "array" and "items" in node:
            return self._list(node)
        return TYPE_CHECKS[kind]

    def _list(self, node: Node) -> Accept:
        item_accept = self.of(node["items"])
        is_custom, definition = node.get("custom"), self._definition
        is_merged = node.get("x-kubernetes-list-type") in MERGED

        def accept(value: Any) -> bool:
            if type(value) is not list:
                return False
            if None in value and not is_custom:
                if is_merged or not accepts_null(node["items"], definition):
                    return False
                return all(map(item_accept, filter(_is_there, value)))
            return all(map(item_accept, value))

        return accept

    def _mapping(self, node: Node) -> Accept:
        """Return the closure for a mapping. It accepts null where the type is nullable and has no limits."""
        is_custom = bool(node.get("custom"))
        fields = {key: self._field(each, is_custom) for key, each in node.get("properties", {}).items()}
        others = self._others(node)
        null = bool(node.get("nullable")) and not has_limits(node)
        is_complete = _complete(node)
        relations = bound(node.get("relations", []))

        def accept(value: Any) -> bool:
            if type(value) is not dict:
                return null and value is None
            for key, child in value.items():
                if not fields.get(key, others)(child):
                    return False
            return is_complete(value) and (not relations or keeps_relations(relations, value))

        return accept

    def _field(self, node: Node, is_custom: bool = False) -> Accept:
        accept = self.of(node)
        return (lambda value: value is None or accept(value)) if is_custom or "default" in node else accept

    def _others(self, node: Node) -> Accept:
        """Return the closure for the fields that the schema does not list."""
        if "additionalProperties" in node:
            return self._field(node["additionalProperties"], node.get("custom", False))
        is_open = bool(node.get(OPEN))
        return lambda value: is_open


def _complete(node: Node) -> Accept:
    """Return the check of whether a mapping has the fields that its type requires, each with a value."""
    required = [key for key in node.get("required", ()) if "default" not in node.get("properties", {}).get(key, {})]
    filled, never_null, is_custom = node.get("filled", ()), node.get("neverNull", ()), node.get("custom")

    def is_complete(value: Any) -> bool:
        for key in required:
            if key not in value or (is_custom and is_missing(key, value, node)):
                return False
        for key in filled:  # as `empty_fields` does, without a generator
            if key in value and is_empty(value[key]):
                return False
        for key in never_null:  # noqa: SIM110  # a generator would cost more than the loop
            if key in value and value[key] is None:
                return False
        return True

    return is_complete if required or filled or never_null else _yes


def _yes(value: Any) -> bool:
    return True


def _is_there(value: Any) -> bool:
    return value is not None


def _or_null(accept: Accept) -> Accept:
    if accept is TYPE_CHECKS["string"]:
        return _text_or_null
    return lambda value: value is None or accept(value)


def _text_or_null(value: Any) -> bool:
    return type(value) is str or value is None


def _is_plain_choice(node: Node) -> bool:
    """Return whether a string only has to be one of several values."""
    return node.get("type") == "string" and "enum" in node and not node.keys() - {"type", "enum", "nullable", "default"}


def _choice(node: Node) -> Accept:
    allowed, null = frozenset(node["enum"]), bool(node.get("nullable"))
    return lambda value: (type(value) is str and value in allowed) or (null and value is None)


def _is_plain_integer(node: Node) -> bool:
    is_plain = node.get("type") == "integer" and not node.keys() - _OF_INTEGERS
    return is_plain and not any(is_impossible(node, word) for word in BOUNDS)


_OF_INTEGERS = {"type", "format", "nullable", "default", "custom", "minimum", "maximum"}


def _bounds(node: Node) -> tuple[int, int]:
    low, high = INTEGERS.get(node.get("format", ""), INTEGERS["int64"])
    return max(low, node.get("minimum", low)), min(high, node.get("maximum", high))


def _integer(low: int, high: int) -> Accept:
    def accept(value: Any) -> bool:
        return (type(value) is int or (type(value) is float and value.is_integer())) and low <= value <= high

    return accept


def _worded(accept: Accept, words: list[str]) -> Accept:
    keeps = keeper_of(words)
    return lambda value: accept(value) and keeps(value)


def _limited(accept: Accept, node: Node) -> Accept:
    return lambda value: accept(value) and next(broken_limits(node, value, ()), None) is None
