"""`values.schema.json`: validating values against the schema of a chart. Nothing is fetched, whatever a schema refers
to.
"""

import json
from collections.abc import Callable, Iterator

from penstock.charts.chart import Chart, File, cut
from penstock.charts.schema_cycles import Cycles
from penstock.charts.schema_keywords import extra_keys, is_int, without_expressions
from penstock.charts.schema_parts import HERE, misshapen, references
from penstock.charts.schema_steps import Endless, Nowhere, Steps
from penstock.charts.schema_validator import joined, validator_of
from penstock.charts.schema_words import words
from penstock.expression import Invalid, TooMuch
from penstock.model import Diagnostic, Origin, Pos, Step, Tree
from penstock.typed import Any
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
        problems = _problems(schema, remote, steps, counted)
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


def _problems(schema: Any, remote: list[str], steps: "Steps", values: Any) -> list[Any]:
    """Return the violations, or nothing if a schema is not here. Cycles of references are looked for only where there
    must be one, since that takes time.
    """
    validator = validator_of(schema, remote, steps)
    if remote:
        return []
    try:
        return list(_some(validator.iter_errors(values)))
    except RecursionError:
        validator = validator_of(schema, remote, steps, Cycles())
        return list(_some(validator.iter_errors(values)))


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
    addresses = (joined(reference).partition("#")[0] for reference in references(schema))
    return [address for address in addresses if address != HERE and _is_lost(address)]


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
