"""`values.schema.json`: validating values against the schema of a chart. Nothing is fetched, whatever a schema refers
to.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urljoin

from penstock.charts.chart import Chart, File, cut
from penstock.charts.schema_keywords import (
    OURS,
    check_additional_properties,
    check_dependencies,
    check_format,
    check_pattern_properties,
    extra_keys,
    is_int,
    without_expressions,
)
from penstock.charts.schema_shape import DRAFTS, draft_of, misshapen, references
from penstock.charts.schema_steps import (
    REFERENCES,
    UNEVALUATED,
    Endless,
    Nowhere,
    Steps,
    counting_pairs,
    counting_references,
)
from penstock.charts.schema_words import words
from penstock.expression import Invalid, TooMuch
from penstock.model import Diagnostic, Origin, Pos, Step, Tree
from penstock.typed import Any
from penstock.words import did_you_mean

Locate = Callable[[tuple[Step, ...]], Origin]
"""A function from a path in the root chart's values to the place where the value was written."""

HERE = "file:///values.schema.json"
"""The base of the references in a schema, as in Helm."""

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
    wrong = misshapen(schema)
    if wrong is not None:
        yield Diagnostic("PS706", "error", f"{name}: this schema cannot be used: {cut(wrong)}", Pos(file.path))
        return
    remote: list[str] = []
    try:
        remote += _lost(schema, file.data)
        counted = _whole_numbers(values)
        if b'"unevaluatedProperties"' in file.data:
            schema = without_expressions(schema, _keys(counted), steps)
        validator = _validator(schema, remote, steps)
        problems = [] if remote else list(_some(validator.iter_errors(counted)))
    except (Unresolvable, RecursionError, TooMuch, Invalid, Endless, Nowhere) as error:
        if remote and isinstance(error, Unresolvable):  # an anchor in a schema that is not fetched
            yield _unfetched(name, file, remote)
            return
        reason = "it takes too many steps" if isinstance(error, RecursionError | TooMuch | Endless) else str(error)
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
    extra = extra_keys(problem)
    if not extra:
        return path, ""
    free = [key for key in problem.schema.get("properties", {}) if key not in problem.instance]
    return (*path, extra[0]), did_you_mean(extra[0], free)


def _unfetched(name: str, file: File, remote: list[str]) -> Diagnostic:
    """Return what is said of a schema elsewhere. Helm fetches it from the web, and cannot load any other."""
    hint = "copy that schema into this one"
    lost = next(filter(_is_lost, remote), "")
    if lost:
        message = f'{name}: this schema cannot be used: failing loading "{lost}", which is not in this file'
        return Diagnostic("PS706", "error", message, Pos(file.path), hint=hint)
    message = f"{name}: not validated against {remote[0]}: nothing is fetched while a chart is rendered"
    return Diagnostic("PS707", "warning", message, Pos(file.path), hint=hint)


def _is_lost(address: str) -> bool:
    """Return whether Helm refuses an address: it looks for files at the root of the file system."""
    return not address.startswith(("http://", "https://", "urn:"))


def _lost(schema: Any, data: bytes) -> list[str]:
    """Return the addresses of schemas that Helm cannot load. It loads all of them before it validates anything.

    A schema that names itself is left to the validator, which knows the base of each reference.
    """
    if b'id"' in data:
        return []
    addresses = (_joined(reference).partition("#")[0] for reference in references(schema))
    return [address for address in addresses if address != HERE and _is_lost(address)]


def _joined(reference: str) -> str:
    """Return the address that a reference in a schema leads to. Raises `Nowhere`."""
    try:
        return urljoin(HERE, reference)
    except ValueError as reason:
        raise Nowhere(f'error in parsing "{reference}": {reason}') from None


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
    counted = {
        name: counting_references(known.VALIDATORS[name], remote) for name in REFERENCES if name in known.VALIDATORS
    }
    ours = {name: keyword for name, keyword in OURS.items() if name in known.VALIDATORS}
    ours["additionalProperties"] = partial(check_additional_properties, steps)
    ours |= {name: counting_pairs(steps, known.VALIDATORS[name]) for name in UNEVALUATED if name in known.VALIDATORS}
    ours["patternProperties"] = partial(check_pattern_properties, steps)
    if draft_of(schema) < FORMATS_ARE_REMARKS:
        ours["format"] = partial(check_format, steps)
    keywords = {**known.VALIDATORS, **ours, **counted, "dependencies": check_dependencies}
    own = extend(known, {name: steps.counting(keyword) for name, keyword in keywords.items()})
    dialect = known.ID_OF(known.META_SCHEMA)
    registry = REGISTRY.combine(Registry(retrieve=unfetched))  # type: ignore[call-arg]
    return own(schema, registry=registry, _resolver=_resolver(registry, schema, dialect))


def _resolver(registry: Any, schema: Any, dialect: str) -> Any:
    """Return what resolves the references of a schema, which can be named as `HERE` beside its own name."""
    from referencing.jsonschema import specification_with

    resource = specification_with(dialect).create_resource(schema)
    own = _joined(resource.id() or "")
    return registry.with_resources([(HERE, resource), (own, resource)]).resolver(base_uri=own)


class _Anything(dict[str, Any]):
    """A schema that allows everything, as do all its parts. It replaces a schema that is not fetched."""

    def __missing__(self, key: str) -> "_Anything":
        return self


FORMATS_ARE_REMARKS = 2019
"""The first draft in which a `format` is not asserted."""


def _draft(schema: Any, remote: list[str], validator_for: Callable[..., Any], newest: Any) -> Any:
    """Return the validator for the draft that a schema names, by http or https. Raises `Nowhere` if it names no
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
        raise Nowhere(f'failing loading "{named}": no URLLoader registered for "{named}"')
    if bare != "json-schema.org/schema":
        remote.append(named)
    return newest


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
    return int(tree) if isinstance(tree, float) and tree.is_integer() else int(tree) if is_int(tree) else tree
