"""The rules of a custom resource: `x-kubernetes-validations` of its definition, evaluated for one object.

The values that an expression sees have the types of the schema: a `number` is a double, a `date-time` a timestamp. Of
the root object, the expression sees only the names in `metadata`, and no field that the schema does not list. A rule
that compares with the old object (`oldSelf`) is not evaluated for a new object, unless it sets `optionalOldSelf`; for
an update it is evaluated where the value existed before. Old fields are found by their names, old list elements by
their keys.

Source: apiextensions-apiserver pkg/apiserver/schema/cel, apiserver pkg/cel/common.
"""

from collections.abc import Iterator
from typing import Any, Literal

from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.validate.cel.binding import Binding
from penstock.validate.cel.checker import type_of
from penstock.validate.cel.defaults import defaulted
from penstock.validate.cel.evaluate import CALL_LIMIT, Closure, CostlyError, Run, compiled, evaluated
from penstock.validate.cel.syntax import Expression, TooLargeError, UnreadableError, names_in, parse
from penstock.validate.cel.types import UNKNOWN, MistypedError, Type, type_of_schema
from penstock.validate.cel.values import NOTHING, EvaluationError, Optional, UnsupportedError
from penstock.validate.fault import Fault
from penstock.validate.objects import mapping, mappings, strings, text_of
from penstock.validate.patience import Patience
from penstock.words import quoted, shortened

CODE = "PS480"

COSTLY = "PS477"

MAX_DEPTH = 50
MAX_RULES = 1_000
"""The maximum number of rules in one definition. The API server accepts fewer."""


Old = Literal["unseen", "needed", "optional"]
"""Whether a rule uses the old value, and whether it needs one."""

MISSING = object()
"""Stands for an old value that does not exist or cannot be identified."""


class Rule(NamedTuple):
    """One rule of a schema.

    `old` says whether it uses `oldSelf`. `message` or `message_expression` is reported, at `field`, where `condition`
    is false.
    """

    text: str
    old: Old
    condition: Closure
    message: str
    message_expression: Closure | None
    field: Pointer


class Scope(NamedTuple):
    """A schema with its own rules, and those of its child schemas that contain rules."""

    schema: Tree
    rules: tuple[Rule, ...]
    inner: dict[str, "Scope"]
    items: "Scope | None"
    others: "Scope | None"


class _Pair(NamedTuple):
    """A value and its old value, which is MISSING for a new object or where the old value cannot be identified."""

    now: Any
    before: Any


class _Judging:
    """The evaluation of the rules for one object. `left` is the cost that they may still incur."""

    __slots__ = ("binding", "left")

    def __init__(self, most: int) -> None:
        self.binding = Binding()
        self.left = most

    def run(self) -> Run:
        """Return the next evaluation, which may cost as much as the API server lets it, or as much as is left."""
        return Run(min(CALL_LIMIT, max(self.left, 0)))

    def spend(self, cost: int) -> None:
        """Subtract a cost. Raises CostlyError where nothing is left."""
        self.left -= cost
        if self.left < 0:
            raise CostlyError


class Rules:
    """All rules of one definition. `unevaluated` is the number of rules that cannot be evaluated here.

    They may cost as much as `patience` has left.
    """

    def __init__(self, schema: Tree, patience: Patience | None = None) -> None:
        self.unevaluated = 0
        self._patience = patience or Patience()
        self._count = 0
        self._schema = schema
        self._root = self._scope(schema, 0)

    @property
    def are_any(self) -> bool:
        """Whether the definition has rules."""
        return self._root is not None

    def judge(self, body: Tree) -> Iterator[Fault]:
        """Yield the rules that an object violates. The object must fit its schema.

        Raises UnsupportedError where a rule cannot be evaluated.
        """
        yield from self._judge(_Pair(defaulted(body, self._schema), MISSING))

    def judge_update(self, before: Tree, after: Tree) -> Iterator[Fault]:
        """Yield the rules that an update violates, of those that compare with the old value.

        Raises UnsupportedError where a rule cannot be evaluated.
        """
        yield from self._judge(_Pair(*(defaulted(body, self._schema) for body in (after, before))))

    def _judge(self, pair: _Pair) -> Iterator[Fault]:
        if self._root is None:
            return
        self._patience.next_object(pair.now)
        judging = _Judging(self._patience.left)
        try:
            yield from _judge(self._root, pair, (), judging, is_root=True)
        except CostlyError:
            raise UnsupportedError(self._patience.why) from None
        finally:
            self._patience.spend(self._patience.left - judging.left)

    def _scope(self, schema: Tree, depth: int) -> Scope | None:
        if depth > MAX_DEPTH:
            return None
        rules = tuple(self._rules(schema, depth == 0))
        fields = mapping(schema, ("properties",)).items()
        inner = {key: found for key, each in fields if (found := self._child(each, depth))}
        items, others = (self._child(schema.get(word), depth) for word in ("items", "additionalProperties"))
        # Parts of a schema that have no rules anywhere below them are never visited.
        return Scope(schema, rules, inner, items, others) if rules or inner or items or others else None

    def _child(self, schema: Any, depth: int) -> Scope | None:
        return self._scope(schema, depth + 1) if isinstance(schema, dict) else None

    def _rules(self, schema: Tree, is_root: bool) -> Iterator[Rule]:
        seen: Type | None = None  # a schema may be large, and have many rules
        for _, entry in mappings(schema, ("x-kubernetes-validations",)):
            text = text_of(entry, "rule")
            self._count += 1
            try:
                tree = parse(text)
                if self._count > MAX_RULES:
                    raise UnsupportedError
                if seen is None:
                    seen = _type_of(schema, is_root)
                old = _old(tree, entry)
                names = {"self": seen, "oldSelf": ("optional", seen) if old == "optional" else seen}
                if type_of(tree, names) not in ("bool", UNKNOWN):
                    raise MistypedError("a rule is a condition")
                message = text_of(entry, "messageExpression")
                said = compiled(parse(message)) if message else None
                field = _field(text_of(entry, "fieldPath"))
                yield Rule(text, old, compiled(tree), text_of(entry, "message"), said, field)
            except (UnreadableError, MistypedError, TooLargeError, UnsupportedError, EvaluationError, RecursionError):
                self.unevaluated += 1


def _type_of(schema: Tree, is_root: bool) -> Type:
    return type_of_schema(schema, is_object=is_root or schema.get("x-kubernetes-embedded-resource") is True)


def _field(path: str) -> Pointer:
    """Return the steps of a `fieldPath` such as `.spec.size`, or an empty pointer for other forms."""
    return tuple(step.strip("'[]\"") for step in path.split(".") if step) if path.startswith(".") else ()


def _old(tree: Expression, entry: Tree) -> Old:
    if "oldSelf" not in names_in(tree):
        return "unseen"
    return "optional" if entry.get("optionalOldSelf") is True else "needed"


def _judge(scope: Scope, pair: _Pair, at: Pointer, judging: _Judging, *, is_root: bool = False) -> Iterator[Fault]:
    if pair.now is None:
        return
    rules = [rule for rule in scope.rules if _applies(rule, pair)]
    if rules:
        yield from _apply_all(rules, scope.schema, pair, at, judging, is_root)
    if isinstance(pair.now, dict):
        yield from _judge_fields(scope, pair, at, judging)
    elif isinstance(pair.now, list) and scope.items is not None:
        known = _by_keys(pair.before, scope.schema)
        for index, each in enumerate(pair.now):
            before = known.get(_keys_of(each, scope.schema), MISSING) if known else MISSING
            yield from _judge(scope.items, _Pair(each, before), (*at, index), judging)


def _judge_fields(scope: Scope, pair: _Pair, at: Pointer, judging: _Judging) -> Iterator[Fault]:
    fields: Tree = pair.before if isinstance(pair.before, dict) else {}
    for key, each in pair.now.items():
        inner = scope.inner.get(key)
        if inner is None and key not in mapping(scope.schema, ("properties",)):
            inner = scope.others
        if inner is not None:
            yield from _judge(inner, _Pair(each, fields.get(key, MISSING)), (*at, key), judging)


def _applies(rule: Rule, pair: _Pair) -> bool:
    """Return whether a rule is evaluated for a value.

    A new value is checked by all rules except those that need the old value, an existing one by those that use it.
    """
    if pair.before is MISSING:
        return rule.old != "needed"
    return rule.old != "unseen"


def _by_keys(before: Any, schema: Tree) -> dict[tuple[str, ...], Any]:
    """Return the elements of a list by their keys, or an empty dict for a list without keys."""
    if not isinstance(before, list) or schema.get("x-kubernetes-list-type") != "map":
        return {}
    return {_keys_of(each, schema): each for each in before}


def _keys_of(entry: Any, schema: Tree) -> tuple[str, ...]:
    keys = [key for _, key in strings(schema, ("x-kubernetes-list-map-keys",))]
    values = entry if isinstance(entry, dict) else {}
    return tuple(repr(values.get(key)) for key in keys)


def _apply_all(
    rules: list[Rule], schema: Tree, pair: _Pair, at: Pointer, judging: _Judging, is_root: bool
) -> Iterator[Fault]:
    bound = _bound(pair.now, schema, judging, is_root)
    before = MISSING if pair.before is MISSING else _bound(pair.before, schema, judging, is_root)
    for rule in rules:
        names = {"self": bound, "oldSelf": before}
        if rule.old == "optional":
            names["oldSelf"] = NOTHING if before is MISSING else Optional(before)
        yield from _apply(rule, names, pair.now, at, judging)


def _bound(value: Any, schema: Tree, judging: _Judging, is_root: bool) -> Any:
    """Return a value as expressions see it. Raises UnsupportedError where CEL cannot parse a string as its format."""
    try:
        return judging.binding.bound(value, schema, is_root=is_root)
    except EvaluationError as error:
        raise UnsupportedError(str(error)) from None


def _apply(rule: Rule, names: Tree, value: Any, at: Pointer, judging: _Judging) -> Iterator[Fault]:
    place = at
    for step in rule.field:
        if not isinstance(value, dict) or step not in value:
            break
        place, value = (*place, step), value[step]
    run = judging.run()
    most = run.left
    try:
        if evaluated(rule.condition, names, run) is not False:
            return
    except CostlyError:
        if most < CALL_LIMIT:
            raise  # this is for the object as a whole
        message = f"a rule of the definition costs more than {CALL_LIMIT:,} for this, and is broken off"
        yield Fault(COSTLY, at, message, f"the rule is {shortened(rule.text)}")
        return
    except EvaluationError as error:
        message = f"a rule of the definition cannot be evaluated for this: {error}"
        yield Fault(CODE, place, message, f"the rule is {shortened(rule.text)}")
        return
    finally:
        judging.spend(most - run.left if most < CALL_LIMIT else CALL_LIMIT - max(run.left, 0))
    message = _message(rule, names, judging)
    yield Fault(CODE, place, message, f"the rule is {shortened(rule.text)}" if rule.message else "")


def _message(rule: Rule, names: Tree, judging: _Judging) -> str:
    """Return what a rule says that does not hold. An expression that says it costs as others do."""
    if rule.message_expression is not None:
        run = judging.run()
        most = run.left
        try:
            said = evaluated(rule.message_expression, names, run)
            if isinstance(said, str) and said.strip() and "\n" not in said.strip():
                return said.strip()
        except (CostlyError, EvaluationError, UnsupportedError):
            pass
        finally:
            judging.left -= most - max(run.left, 0)
    return rule.message or f"the rule {quoted(rule.text)} does not hold"
