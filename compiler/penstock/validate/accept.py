"""Whether a value satisfies a schema: each type is compiled to a closure once, when a document first needs it.

Most documents are right, so this is the hot path: some 30 µs for a document of Kubeflow. `explain` says the same slowly
and with words, and the tests hold the two together.
"""

from collections.abc import Callable
from typing import Any

from penstock.validate.explain import OPEN, TYPE_CHECKS, Definition, accepts_null, empty_fields, is_missing, satisfies
from penstock.validate.limits import INTEGERS, Node, broken_limits, has_limits
from penstock.validate.relations import broken_relations
from penstock.validate.syntax import is_quantity
from penstock.validate.wording import broken_words

Accept = Callable[[Any], bool]

_LOGIC = frozenset(("allOf", "anyOf", "oneOf", "not"))


class Acceptors:
    """The closures made so far, by name of definition."""

    __slots__ = ("_by_name", "_definition")

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._by_name: dict[str, Accept] = {}

    def of(self, node: Node) -> Accept:
        """The closure for a schema. A type that contains itself is looked up again when a value reaches it."""
        if "words" in node:
            return _worded(self._without_words(node), node["words"])
        return self._without_words(node)

    def _without_words(self, node: Node) -> Accept:
        if "$ref" in node:
            name = node["$ref"]
            return self._by_name.get(name) or self._later(name)
        if "type" not in node or not _LOGIC.isdisjoint(node):
            return lambda value: satisfies(node, value, self._definition)
        accept = self._of_type(node)
        if _is_plain_integer(node):
            low, high = INTEGERS[node.get("format", "int64")]
            accept = _integer(low, high)
        elif has_limits(node):
            accept = _limited(accept, node)
        if node.get("nullable"):
            return lambda value: value is None or accept(value)
        return accept

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

        def accept(value: Any) -> bool:
            if type(value) is not list:
                return False
            if None in value and not is_custom:
                return accepts_null(node["items"], definition) and all(map(item_accept, filter(_is_there, value)))
            return all(map(item_accept, value))

        return accept

    def _mapping(self, node: Node) -> Accept:
        is_custom = bool(node.get("custom"))
        fields = {key: self._field(each, is_custom) for key, each in node.get("properties", {}).items()}
        required = [key for key in node.get("required", ()) if "default" not in node.get("properties", {}).get(key, {})]
        others = self._others(node)
        may_be_empty = not node.get("filled") and not node.get("neverNull")
        relations = node.get("relations", [])

        def accept(value: Any) -> bool:
            if type(value) is not dict:
                return False
            for key, child in value.items():
                if not fields.get(key, others)(child):
                    return False
            if any(is_missing(key, value, node) for key in required):
                return False
            if not may_be_empty and next(empty_fields(node, value), None) is not None:
                return False
            return not relations or next(broken_relations(relations, value, ()), None) is None

        return accept

    def _field(self, node: Node, is_custom: bool = False) -> Accept:
        accept = self.of(node)
        return (lambda value: value is None or accept(value)) if is_custom or "default" in node else accept

    def _others(self, node: Node) -> Accept:
        """For the fields that are not listed."""
        if "additionalProperties" in node:
            return self._field(node["additionalProperties"], node.get("custom", False))
        is_open = bool(node.get(OPEN))
        return lambda value: is_open


def _is_there(value: Any) -> bool:
    return value is not None


def _is_plain_integer(node: Node) -> bool:
    return node.get("type") == "integer" and not node.keys() - {"type", "format", "nullable", "default", "custom"}


def _integer(low: int, high: int) -> Accept:
    def accept(value: Any) -> bool:
        return (type(value) is int or (type(value) is float and value.is_integer())) and low <= value <= high

    return accept


def _worded(accept: Accept, words: list[str]) -> Accept:
    return lambda value: accept(value) and next(broken_words(words, value, ()), None) is None


def _limited(accept: Accept, node: Node) -> Accept:
    return lambda value: accept(value) and next(broken_limits(node, value, ()), None) is None
