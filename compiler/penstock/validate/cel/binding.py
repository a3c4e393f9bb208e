"""The values of an object as the rules of its definition see them, with the types of the schema."""

from datetime import timedelta
from typing import Any

from penstock.model import Tree
from penstock.validate.cel.conversions import to_duration, to_timestamp
from penstock.validate.cel.values import EvaluationError, KeyedList, UnsupportedError
from penstock.validate.formats import spelled_seconds
from penstock.validate.objects import mapping, strings

_NAMES_OF_METADATA = ("name", "generateName")


class Binding:
    """Converts the values of one object, each mapping and list once: rules at several levels see the inner values
    again.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, bool], Any] = {}

    def bound(self, value: Any, schema: Any, *, is_root: bool = False) -> Any:
        """Return a value as expressions see it, converted to the types of its schema.

        Raises EvaluationError where CEL cannot read a text as its format.
        """
        if not isinstance(schema, dict) or schema.get("x-kubernetes-int-or-string") is True or value is None:
            return value
        if isinstance(value, dict | list):
            key = (id(value), id(schema), is_root)
            if key not in self._known:
                self._known[key] = self._container(value, schema, is_root)
            return self._known[key]
        # In CEL, `1` is no double.
        if schema.get("type") == "number" and isinstance(value, int):
            return float(value)
        return _text(value, schema.get("format")) if isinstance(value, str) else value

    def _container(self, value: Tree | list[Any], schema: Tree, is_root: bool) -> Any:
        if isinstance(value, list):
            return self._list(value, schema)
        return self._mapping(value, schema, is_root or schema.get("x-kubernetes-embedded-resource") is True)

    def _list(self, value: list[Any], schema: Tree) -> list[Any]:
        items = [self.bound(each, schema.get("items")) for each in value]
        kind, keys = schema.get("x-kubernetes-list-type"), strings(schema, ("x-kubernetes-list-map-keys",))
        if kind == "set":
            return KeyedList(items, ())
        return KeyedList(items, tuple(key for _, key in keys)) if kind == "map" else items

    def _mapping(self, value: Tree, schema: Tree, is_object: bool) -> Tree:
        fields, others = mapping(schema, ("properties",)), schema.get("additionalProperties")
        found: Tree = {}
        for key, each in value.items():
            inner = fields.get(key, others)
            if is_object and key in ("apiVersion", "kind"):
                found[key] = each
            elif is_object and key == "metadata":
                # Rules see nothing else of the metadata.
                names = mapping(value, (key,)).items()
                found[key] = {name: text for name, text in names if name in _NAMES_OF_METADATA}
            elif isinstance(inner, dict):
                found[key] = self.bound(each, inner)
        return found


def _duration(text: str) -> Any:
    """Return a duration as the format has it, which knows days and weeks, and CEL does not."""
    try:
        return to_duration(text)
    except EvaluationError:
        try:
            return timedelta(seconds=spelled_seconds(text))
        except OverflowError:
            raise UnsupportedError("a duration of more than a million years") from None


def _text(text: str, form: Any) -> Any:
    if form in ("date-time", "date"):
        return to_timestamp(f"{text}T00:00:00Z" if form == "date" else text.upper())  # `t` and `z` may be in lower case
    if form == "duration":
        return _duration(text)
    if form == "byte":
        from penstock.validate.cel.functions import FUNCTIONS

        return FUNCTIONS["base64.decode", 1](text)
    return text
