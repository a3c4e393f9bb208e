"""The bounds of judging values by a schema: keywords that are applied and references that are followed are counted."""

from collections.abc import Callable, Iterator, Sequence

from penstock.typed import Any


class Nowhere(Exception):  # noqa: N818  # the state of a schema
    """A reference does not lead to a schema."""


class Endless(Exception):  # noqa: N818  # the state of a schema
    """Too many references were followed, or keywords applied."""


MAX_STEPS = 350_000
"""Keywords that are applied to the values of one chart and its subcharts. Some look at each pair of a schema and an
item of a list.
"""

WEIGHT = 10
"""What each of them counts among the steps of the chart's templates."""


class Steps:
    """Counts keywords that are applied to values."""

    def __init__(self, most: int = MAX_STEPS) -> None:
        self.left = most

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Endless

    def counting(self, keyword: Callable[..., Any]) -> Callable[..., Any]:
        """Return a keyword that counts its uses. Comparing with a list of values costs by its length."""

        def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            self.spend(1 + len(value) // 32 if isinstance(value, list) else 1)
            return keyword(validator, value, instance, schema)

        return counting


def counting_pairs(steps: Steps, keyword: Callable[..., Any]) -> Callable[..., Any]:
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


def counting_references(follow: Callable[..., Any], remote: Sequence[str]) -> Callable[..., Iterator[Any]]:
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
            raise Endless
        _has_room()
        try:
            if reference not in known:
                _look_up(validator, reference)
                known.add(reference)
            yield from follow(validator, reference, instance, schema) or ()
        except Unresolvable:
            if not any(uri and reference.startswith(uri) for uri in remote):
                raise

    return counted


LEVELS = 25
"""Calls within one another that the library needs to follow a reference, and some more."""


def _has_room(levels: int = LEVELS) -> bool:
    """Return True, or raise `RecursionError` where the stack is nearly used up. The library's table of schemas is no
    Python: it ends the process if there is no room for its calls.
    """
    return levels == 0 or _has_room(levels - 1)


def _look_up(validator: Any, reference: str) -> None:
    """Raise `Nowhere` for a reference that does not lead to a schema; the library fails there."""
    try:
        found = validator._resolver.lookup(reference).contents
    except (TypeError, ValueError, IndexError):
        found = None
    if not isinstance(found, dict | bool):
        raise Nowhere(f"$ref '{reference}' leads to no schema")
