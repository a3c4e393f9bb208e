"""The rules of a custom resource: `x-kubernetes-validations` of its definition, evaluated for one object.

The values that an expression sees have the types of the schema: a `number` is a double, a `date-time` a timestamp. Of
the root it sees `metadata` with the name only, and no field that the schema does not name. A rule that compares with
the object as it was (`oldSelf`) says nothing of a new object.

Source: apiextensions-apiserver pkg/apiserver/schema/cel, apiserver pkg/cel/common.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from penstock.model import Pointer, Tree
from penstock.validate.cel.checker import type_of
from penstock.validate.cel.evaluate import Closure, compiled, evaluated
from penstock.validate.cel.functions import to_duration, to_timestamp
from penstock.validate.cel.syntax import TooLargeError, UnreadableError, names_in, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, Type, type_of_schema
from penstock.validate.cel.values import NOTHING, EvaluationError, UnsupportedError
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, text_of
from penstock.words import quoted, shortened

CODE = "PS480"

MAX_DEPTH = 50
MAX_RULES = 1_000
"""Rules of one definition; the API server takes fewer."""


class Rule(NamedTuple):
    """One rule: its text, what it comes to, and what is said where it is false."""

    text: str
    condition: Closure
    message: str
    message_expression: Closure | None
    field: Pointer


class Scope(NamedTuple):
    """A schema with the rules that stand in it, and the schemas inside that have some."""

    schema: Tree
    rules: tuple[Rule, ...]
    inner: dict[str, "Scope"]
    items: "Scope | None"
    others: "Scope | None"


class Rules:
    """All rules of one definition. `unevaluated` counts those that cannot be evaluated here."""

    def __init__(self, schema: Tree) -> None:
        self.unevaluated = 0
        self._count = 0
        self._root = self._scope(schema, 0)

    def judge(self, body: Tree) -> Iterator[Fault]:
        """What the rules have against an object that fits its schema. Raises UnsupportedError where one cannot tell."""
        if self._root is not None:
            yield from _judge(self._root, body, (), is_root=True)

    def _scope(self, schema: Tree, depth: int) -> Scope | None:
        if depth > MAX_DEPTH:
            return None
        rules = tuple(self._rules(schema, depth == 0))
        fields = mapping(schema, ("properties",)).items()
        inner = {key: found for key, each in fields if (found := self._child(each, depth))}
        items, others = (self._child(schema.get(word), depth) for word in ("items", "additionalProperties"))
        return Scope(schema, rules, inner, items, others) if rules or inner or items or others else None

    def _child(self, schema: Any, depth: int) -> Scope | None:
        return self._scope(schema, depth + 1) if isinstance(schema, dict) else None

    def _rules(self, schema: Tree, is_root: bool) -> Iterator[Rule]:
        is_object = is_root or schema.get("x-kubernetes-embedded-resource") is True
        for _, entry in mappings(schema, ("x-kubernetes-validations",)):
            text = text_of(entry, "rule")
            self._count += 1
            try:
                tree = parse(text)
                if names_in(tree) & {"oldSelf"} and entry.get("optionalOldSelf") is not True:
                    continue
                if self._count > MAX_RULES:
                    raise UnsupportedError
                seen: Type = type_of_schema(schema, is_object=is_object)
                if type_of(tree, {"self": seen, "oldSelf": UNKNOWN}) not in ("bool", UNKNOWN):
                    raise MistypedError("a rule is a condition")
                message = text_of(entry, "messageExpression")
                said = compiled(parse(message)) if message else None
                yield Rule(text, compiled(tree), text_of(entry, "message"), said, _field(text_of(entry, "fieldPath")))
            except (UnreadableError, MistypedError, TooLargeError, UnsupportedError, EvaluationError, RecursionError):
                self.unevaluated += 1


def _field(path: str) -> Pointer:
    """The steps of a `fieldPath` such as `.spec.size`, as far as they are plain."""
    return tuple(step.strip("'[]\"") for step in path.split(".") if step) if path.startswith(".") else ()


def _judge(scope: Scope, value: Any, at: Pointer, *, is_root: bool = False) -> Iterator[Fault]:
    if value is None:
        return
    if scope.rules:
        bound = _bound(value, scope.schema, is_root)
        for rule in scope.rules:
            yield from _apply(rule, bound, value, at)
    if isinstance(value, dict):
        for key, each in value.items():
            inner = scope.inner.get(key) or (
                scope.others if key not in mapping(scope.schema, ("properties",)) else None
            )
            if inner is not None:
                yield from _judge(inner, each, (*at, key))
    elif isinstance(value, list) and scope.items is not None:
        for index, each in enumerate(value):
            yield from _judge(scope.items, each, (*at, index))


def _bound(value: Any, schema: Tree, is_root: bool) -> Any:
    """Raises UnsupportedError where a text is not what its format says, in the eyes of CEL."""
    try:
        return bind(value, schema, is_root=is_root)
    except EvaluationError as error:
        raise UnsupportedError(str(error)) from None


def _apply(rule: Rule, bound: Any, value: Any, at: Pointer) -> Iterator[Fault]:
    place = at
    for step in rule.field:
        if not isinstance(value, dict) or step not in value:
            break
        place, value = (*place, step), value[step]
    try:
        if evaluated(rule.condition, {"self": bound, "oldSelf": NOTHING}) is not False:
            return
    except EvaluationError as error:
        message = f"a rule of the definition cannot be evaluated for this: {error}"
        yield Fault(CODE, place, message, f"the rule is {shortened(rule.text)}")
        return
    yield Fault(CODE, place, _message(rule, bound), f"the rule is {shortened(rule.text)}" if rule.message else "")


def _message(rule: Rule, bound: Any) -> str:
    if rule.message_expression is not None:
        try:
            said = evaluated(rule.message_expression, {"self": bound})
            if isinstance(said, str) and said.strip() and "\n" not in said.strip():
                return said.strip()
        except (EvaluationError, UnsupportedError):
            pass
    return rule.message or f"the rule {quoted(rule.text)} does not hold"


def bind(value: Any, schema: Any, *, is_root: bool = False) -> Any:
    """A value as expressions see it."""
    if not isinstance(schema, dict) or schema.get("x-kubernetes-int-or-string") is True or value is None:
        return value
    if isinstance(value, dict):
        return _bound_mapping(value, schema, is_root or schema.get("x-kubernetes-embedded-resource") is True)
    if isinstance(value, list):
        return [bind(each, schema.get("items")) for each in value]
    if schema.get("type") == "number" and isinstance(value, int):
        return float(value)
    return _bound_text(value, schema.get("format")) if isinstance(value, str) else value


def _bound_mapping(value: Tree, schema: Tree, is_object: bool) -> Tree:
    fields, others = mapping(schema, ("properties",)), schema.get("additionalProperties")
    found: Tree = {}
    for key, each in value.items():
        inner = fields.get(key, others)
        if each is None and not (isinstance(inner, dict) and inner.get("nullable") is True):
            continue
        if is_object and key in ("apiVersion", "kind"):
            found[key] = each
        elif is_object and key == "metadata":
            found[key] = {name: text for name, text in mapping(value, (key,)).items() if name in _NAMES_OF_METADATA}
        elif isinstance(inner, dict):
            found[key] = bind(each, inner)
    for key, inner in fields.items():
        if key not in found and isinstance(inner, dict) and inner.get("default") is not None:
            found[key] = bind(inner["default"], inner)
    return found


_NAMES_OF_METADATA = ("name", "generateName")


def _bound_text(text: str, form: Any) -> Any:
    if form in ("date-time", "date"):
        return to_timestamp(f"{text}T00:00:00Z" if form == "date" else text.upper())  # t and z may be small there
    if form == "duration":
        return to_duration(text)
    if form == "byte":
        from penstock.validate.cel.functions import FUNCTIONS

        return FUNCTIONS["base64.decode", 1](text)
    return text
