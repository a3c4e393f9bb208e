"""`values.schema.json`: validating values against the schema of a chart. Nothing is fetched, whatever a schema refers
to.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from penstock.charts.chart import Chart, File, cut
from penstock.charts.schema_formats import is_of_format
from penstock.charts.schema_shape import DRAFTS, draft_of, misshapen
from penstock.expression import Invalid, TooMuch, expression
from penstock.model import Diagnostic, Origin, Pos, Step, Tree
from penstock.words import did_you_mean

Locate = Callable[[tuple[Step, ...]], Origin]
"""A function from a path in the root chart's values to the place where the value was written."""

MAX_PROBLEMS = 50
"""Findings about the values of one chart."""

MAX_PARTS = 1_000_000
"""Commas of a schema, which are what it takes to read it. The largest public ones have some ten thousand."""

MAX_CAUSES = 8
"""Reasons that are reported where none of several schemas matches."""

MAX_WORDS = 2_000
"""Characters of one message: a schema can list 100,000 allowed values."""


def check(chart: Chart, values: Tree, locate: Locate, steps: "Steps", at: tuple[str, ...] = ()) -> Iterator[Diagnostic]:
    """Yield findings about the values of a chart and its subcharts that violate their schemas, within so many steps."""
    if chart.schema is not None:
        yield from problems_of(chart.name, chart.schema, values, lambda below: locate((*at, *below)), steps)
    for subchart in chart.subcharts:
        below = values.get(subchart.name)
        if isinstance(below, dict) and steps.left >= 0:  # where they are used up, that is said once
            yield from check(subchart, below, locate, steps, (*at, subchart.name))


def problems_of(name: str, file: File, values: Tree, locate: Locate, steps: "Steps") -> Iterator[Diagnostic]:
    """Yield findings about the schema of one chart and the values that violate it, within so many steps."""
    from referencing.exceptions import Unresolvable

    if file.data.count(b",") > MAX_PARTS:
        yield Diagnostic("PS706", "error", f"{name}: this schema has more than {MAX_PARTS:,} parts", Pos(file.path))
        return
    try:
        schema = json.loads(file.data)
    except (ValueError, RecursionError) as error:
        yield Diagnostic("PS706", "error", f"{name}: this schema is no JSON: {error}", Pos(file.path))
        return
    remote: list[str] = []
    wrong = misshapen(schema)
    if wrong is not None:
        yield Diagnostic("PS706", "error", f"{name}: this schema cannot be used: {cut(wrong)}", Pos(file.path))
        return
    try:
        counted = _whole_numbers(values)
        if b'"unevaluatedProperties"' in file.data:
            schema = _without_expressions(schema, _keys(counted), steps)
        validator = _validator(schema, remote, steps)
        problems = list(_some(validator.iter_errors(counted)))
    except (Unresolvable, RecursionError, TooMuch, Invalid, _Endless, _Nowhere) as error:
        if remote and isinstance(error, Unresolvable):  # an anchor in a schema that is not fetched
            yield _unfetched(name, file, remote)
            return
        reason = "it takes too many steps" if isinstance(error, RecursionError | TooMuch | _Endless) else str(error)
        yield Diagnostic("PS706", "error", f"{name}: this schema cannot be used: {cut(str(reason))}", Pos(file.path))
        return
    if remote:
        yield _unfetched(name, file, remote)
    for problem in problems:
        message = f"values don't meet the schema of the chart {name}: {_said(problem)}"
        notes = tuple((locate(tuple(each.absolute_path)), _said(each)) for each in _causes(problem))
        where, hint = _place(problem)
        yield Diagnostic("PS706", "error", message, locate(where), notes=notes[:MAX_CAUSES], hint=hint)


def _place(problem: Any) -> tuple[tuple[Step, ...], str]:
    """Return the path of what is wrong, and a hint: the first key that is not allowed, or else the value."""
    path = tuple(problem.absolute_path)
    extra = _extra(problem)
    if not extra:
        return path, ""
    free = [key for key in problem.schema.get("properties", {}) if key not in problem.instance]
    return (*path, extra[0]), did_you_mean(extra[0], free)


def _extra(problem: Any) -> list[str]:
    """Return the keys of a mapping that its schema does not allow."""
    if problem.validator != "additionalProperties":
        return []
    return _unlisted(problem.schema, problem.instance, Steps())


def _unfetched(name: str, file: File, remote: list[str]) -> Diagnostic:
    message = f"{name}: not validated against {remote[0]}: nothing is fetched while a chart is rendered"
    return Diagnostic("PS707", "warning", message, Pos(file.path), hint="copy that schema into this one")


def _said(problem: Any) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in problem.absolute_path)
    what = words(problem)
    what = what if len(what) <= MAX_WORDS else f"{what[:MAX_WORDS]}…"
    return f"at '{'/'.join(('', *steps))}': {what}"


def _causes(problem: Any) -> Iterator[Any]:
    """Yield the innermost reasons why none of several schemas matches."""
    for each in problem.context or ():
        if each.context:
            yield from _causes(each)
        else:
            yield each


def _some(problems: Iterator[Any]) -> Iterator[Any]:
    for count, problem in enumerate(problems):
        if count == MAX_PROBLEMS:
            return
        yield problem


def _validator(schema: Any, remote: list[str], steps: "Steps") -> Any:
    """Return a validator that fetches nothing and matches patterns by RE2. It adds the addresses of schemas that it
    would fetch to `remote`.
    """
    import jsonschema
    from jsonschema import validators
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    def unfetched(uri: str) -> Any:
        remote.append(uri)
        return DRAFT202012.create_resource(_Anything())

    known = _draft(schema, remote, validators.validator_for, jsonschema.Draft202012Validator)
    extend: Any = validators.extend
    counted = {name: _counted(known.VALIDATORS[name], remote) for name in REFERENCES if name in known.VALIDATORS}
    ours = {name: keyword for name, keyword in OURS.items() if name in known.VALIDATORS}
    ours["additionalProperties"] = partial(_additional_properties, steps)
    ours |= {name: _quadratic(steps, known.VALIDATORS[name]) for name in UNEVALUATED if name in known.VALIDATORS}
    ours["patternProperties"] = partial(_pattern_properties, steps)
    if draft_of(schema) < FORMATS_ARE_REMARKS:
        ours["format"] = partial(_format, steps)
    keywords = {**known.VALIDATORS, **ours, **counted, "dependencies": _dependencies}
    own = extend(known, {name: steps.counting(keyword) for name, keyword in keywords.items()})
    return own(schema, registry=REGISTRY.combine(Registry(retrieve=unfetched)))  # type: ignore[call-arg]


class _Anything(dict[str, Any]):
    """A schema that allows everything, as do all its parts. It replaces a schema that is not fetched."""

    def __missing__(self, key: str) -> "_Anything":
        return self


class _Nowhere(Exception):  # noqa: N818  # the state of a schema
    """A reference does not lead to a schema."""


FORMATS_ARE_REMARKS = 2019
"""The first draft in which a `format` is not asserted."""


def _draft(schema: Any, remote: list[str], validator_for: Callable[..., Any], newest: Any) -> Any:
    """Return the validator for the draft that a schema names, by http or https. Raises `_Nowhere` if it names no
    URL.
    """
    named = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(named, str):
        return newest
    address = named.removesuffix("#")
    bare = address.removeprefix("http://").removeprefix("https://")
    for draft in DRAFTS:
        if bare == f"json-schema.org/{draft}/schema":
            protocol = "https" if "/" in draft else "http"
            return validator_for({"$schema": f"{protocol}://{bare}{'' if '/' in draft else '#'}"}, default=newest)
    if bare == address:
        raise _Nowhere(f'failing loading "{named}": no URLLoader registered for "{named}"')
    if bare != "json-schema.org/schema":
        remote.append(named)
    return newest


class _Endless(Exception):  # noqa: N818  # the state of a schema
    """Too many references were followed, or keywords applied."""


MAX_STEPS = 350_000
"""Keywords that are applied to the values of one chart and its subcharts. Some look at each pair of a schema and an
item of a list.
"""

WEIGHT = 10
"""What each of them counts among the steps of the chart's templates."""

KEYS_OF_A_STEP = 2
"""Keys that are compared with a pattern in the time of a step."""

STEPS_OF_AN_EXPRESSION = 500
"""The steps that it costs to read a text as a regular expression."""


class Steps:
    """Counts keywords that are applied to values."""

    def __init__(self, most: int = MAX_STEPS) -> None:
        self.left = most

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _Endless

    def counting(self, keyword: Callable[..., Any]) -> Callable[..., Any]:
        """Return a keyword that counts its uses. Comparing with a list of values costs by its length."""

        def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            self.spend(1 + len(value) // 32 if isinstance(value, list) else 1)
            return keyword(validator, value, instance, schema)

        return counting


def _quadratic(steps: Steps, keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Return a keyword of the library that looks each part of a value up in a list of those that others have judged."""

    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        judges = 1 + sum(len(schema.get(name, ())) for name in JUDGES)
        parts = len(instance) if isinstance(instance, dict | list) else 0
        steps.spend(judges * parts**2 // PAIRS_OF_A_STEP)
        return keyword(validator, value, instance, schema)

    return counted


UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")

JUDGES = ("patternProperties", "allOf", "anyOf", "oneOf")
"""Keywords with several schemas, each of which can name the same parts of a value again."""

PAIRS_OF_A_STEP = 300

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

MAX_REFERENCES = 20_000
"""References that are followed for the values of one chart. A short schema can double them at each level."""


def _counted(follow: Callable[..., Any], remote: Sequence[str]) -> Callable[..., Iterator[Any]]:
    """Return a keyword for references that gives up after `MAX_REFERENCES`. A reference into a schema that is not
    fetched allows any value.
    """
    from referencing.exceptions import Unresolvable

    count = 0
    known: set[str] = set()

    def counted(validator: Any, reference: Any, instance: Any, schema: Any) -> Iterator[Any]:
        nonlocal count
        count += 1
        if count > MAX_REFERENCES:
            raise _Endless
        try:
            if reference not in known:
                _look_up(validator, reference)
                known.add(reference)
            yield from follow(validator, reference, instance, schema) or ()
        except Unresolvable:
            if not any(uri and reference.startswith(uri) for uri in remote):
                raise

    return counted


def _look_up(validator: Any, reference: str) -> None:
    """Raise `_Nowhere` for a reference that does not lead to a schema; the library fails there."""
    try:
        found = validator._resolver.lookup(reference).contents
    except (TypeError, ValueError, IndexError):
        found = None
    if not isinstance(found, dict | bool):
        raise _Nowhere(f"$ref '{reference}' leads to no schema")


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, but by decimal fractions: 0.3 is a multiple of 0.1."""
    from fractions import Fraction

    from jsonschema import ValidationError

    if validator.is_type(instance, "number") and Fraction(str(instance)) % Fraction(str(divisor)):
        yield ValidationError("the number is no multiple")


def _format(steps: Steps, validator: Any, name: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if name == "regex":
        steps.spend(STEPS_OF_AN_EXPRESSION)
    if validator.is_type(instance, "string") and not is_of_format(instance, name):
        yield ValidationError(f"the text is not valid {name}")


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not expression(pattern).found_in(instance):
        yield ValidationError(f"the text does not match pattern '{pattern}'")


def _matching(pattern: str, keys: Collection[str], steps: Steps) -> list[str]:
    """Return the keys that match a pattern: each of them costs steps, as there may be many of both."""
    steps.spend(1 + len(keys) // KEYS_OF_A_STEP)
    found_in = expression(pattern).found_in
    return [key for key in keys if found_in(key)]


def _pattern_properties(steps: Steps, validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in properties.items():
            for key in _matching(pattern, instance, steps):
                yield from validator.descend(instance[key], subschema, path=key, schema_path=pattern)


def _additional_properties(steps: Steps, validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, but without Python's regular expressions, which can take forever."""
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    extra = _unlisted(schema, instance, steps)
    if validator.is_type(allowed, "object"):
        for key in extra:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extra:
        yield ValidationError("additional properties are not allowed")


def _unlisted(schema: Any, instance: Any, steps: Steps) -> list[str]:
    """Return the keys that neither `properties` nor `patternProperties` name."""
    known = schema.get("properties", {})
    left = {key: None for key in instance if key not in known}
    for pattern in schema.get("patternProperties", {}):
        for key in _matching(pattern, left, steps):
            del left[key]
    return list(left)


def _unique_items(validator: Any, is_wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, which compares each item with every other one, but in linear time."""
    from jsonschema import ValidationError

    if not is_wanted or not validator.is_type(instance, "array"):
        return
    if len({json.dumps(item, sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError("the list has an item twice")


def _dependencies(validator: Any, dependencies: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate what a key requires: other keys, or a schema for the object. Helm applies this keyword in every
    draft.
    """
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    for key, needed in dependencies.items():
        if key not in instance:
            continue
        if not isinstance(needed, list):
            yield from validator.descend(instance, needed, schema_path=key)
            continue
        missing = [f"'{each}'" for each in needed if each not in instance]
        if missing:
            yield ValidationError(f"properties {', '.join(missing)} required, if '{key}' exists")


def _one_of(validator: Any, schemas: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Validate like the library, but report which two of the schemas match."""
    from jsonschema import ValidationError

    matched: list[int] = []
    causes: list[Any] = []
    for index, each in enumerate(schemas):
        problems = list(validator.descend(instance, each, schema_path=index))
        causes += problems
        if not problems:
            matched.append(index)
        if len(matched) == 2:
            yield ValidationError(f"'oneOf' failed, subschemas {matched[0]}, {matched[1]} matched")
            return
    if not matched:
        yield ValidationError("'oneOf' failed, none matched", context=causes)


OURS: dict[str, Callable[..., Iterator[Any]]] = {
    "pattern": _pattern,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
    "dependentRequired": _dependencies,
    "oneOf": _one_of,
}
"""Keywords that the library does not evaluate in linear time, or about which it reports too little."""


def _without_expressions(schema: Any, keys: set[str], steps: Steps) -> Any:
    """Return a schema that is equivalent for values with these keys, and whose `patternProperties` list the matching
    keys.

    For `unevaluatedProperties`, the library uses Python's regular expressions, which can take forever.
    """
    if isinstance(schema, list):
        return [_without_expressions(item, keys, steps) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _without_expressions(value, keys, steps) for key, value in schema.items()}
    patterns = found.get("patternProperties")
    if isinstance(patterns, dict):
        found["patternProperties"] = {
            _listed(number, _matching(p, keys, steps)): each for number, (p, each) in enumerate(patterns.items())
        }
    return found


def _listed(number: int, matched: list[str]) -> str:
    """Return a regular expression that lists the keys matching a pattern. `number` makes it unique among the
    patterns.
    """
    return f"^(?:{'|'.join([*map(re.escape, sorted(matched)), f'{NO_KEY}{number}'])})$"


NO_KEY = "\\x00"
"""A regular expression for text that no YAML key contains."""


def _keys(tree: Any) -> set[str]:
    if isinstance(tree, list):
        return set().union(*map(_keys, tree))
    return set(tree).union(*map(_keys, tree.values())) if isinstance(tree, dict) else set()


def _whole_numbers(tree: Any) -> Any:
    """Return values with integers as JSON Schema counts them: 3.0 is an integer in every draft."""
    if isinstance(tree, dict):
        return {key: _whole_numbers(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_whole_numbers(value) for value in tree]
    return int(tree) if isinstance(tree, float) and tree.is_integer() else int(tree) if _is_int(tree) else tree


def _is_int(value: Any) -> bool:
    """Return whether a value is an integer, including Go's types, which the library does not know."""
    return isinstance(value, int) and not isinstance(value, bool)


# --- Helm's words -----------------------------------------------------------------------------------------------------

ORDER = ("null", "boolean", "number", "integer", "string", "array", "object")
"""The order in which Helm lists types."""

OWN_WORDS = ("format", "pattern", "dependencies", "dependentRequired", "oneOf")
"""Keywords of `OURS` whose messages are Helm's, or do not contain the value."""

_TYPES = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array"}


def words(problem: Any) -> str:
    """Return Helm's message for a violation, as far as Helm's words are known. Values are not quoted, since one may be
    a password.
    """
    if "propertyNames" in problem.absolute_schema_path:
        return f"invalid propertyName '{problem.instance}': {_words(problem)}"
    return _words(problem)


def _words(problem: Any) -> str:
    kind = problem.validator
    if kind is None:
        return "false schema"
    if kind in _WORDS:
        return _WORDS[kind](problem)
    if kind in _LIMITS:
        return f"{kind}: got {_LIMITS[kind](problem.instance)}, want {_number(problem.validator_value)}"
    return str(problem.message) if kind in OWN_WORDS else f"'{kind}' failed"


def _type(problem: Any) -> str:
    wanted = problem.validator_value
    wanted = " or ".join(sorted(wanted, key=ORDER.index)) if isinstance(wanted, list) else wanted
    return f"got {_TYPES.get(type(problem.instance), 'object')}, want {wanted}"


def _required(problem: Any) -> str:
    missing = [name for name in problem.validator_value if name not in problem.instance]
    which = ", ".join(f"'{name}'" for name in missing)
    return f"missing {'property' if len(missing) == 1 else 'properties'} {which}"


def _additional(problem: Any) -> str:
    extra = _extra(problem)
    which = ", ".join(f"'{name}'" for name in extra)
    return f"additional properties {which} not allowed"


def _enum(problem: Any) -> str:
    allowed = ", ".join(map(_quoted, problem.validator_value))
    return f"value must be one of {allowed}" if len(problem.validator_value) != 1 else f"value must be {allowed}"


def _quoted(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def _contains(problem: Any) -> str:
    least = problem.schema.get("minContains")
    return f"min {least} items required to match contains schema" if least else "no items match contains schema"


def _unevaluated(problem: Any) -> str:
    """Return a message with the keys, but without items. Keys are not secret, items may be.

    The library lists both in its message only.
    """
    found = re.search(r"\((.*) (?:was|were) unexpected\)", problem.message, re.DOTALL)
    if problem.validator == "unevaluatedItems" or found is None:
        return f"'{problem.validator}' failed"
    return f"properties {found[1]} are in none of the schemas"


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_WORDS: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "enum": _enum,
    "const": lambda problem: f"value must be {_quoted(problem.validator_value)}",
    "contains": _contains,
    "unevaluatedProperties": _unevaluated,
    "anyOf": lambda problem: "'anyOf' failed",
    "allOf": lambda problem: "'allOf' failed",
    "not": lambda problem: "'not' failed",
}
_LIMITS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), len),
}
