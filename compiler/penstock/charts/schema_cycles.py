"""Schemas that lead back to themselves for the same value. Helm calls that a violation, which `not` turns round."""

from collections.abc import Callable, Iterator

from penstock.typed import Any

CYCLE = "$cycle"
"""The name of the violation among the keywords of a schema."""


class Cycles:
    """The schemas that are being applied, each with the value that it is applied to."""

    def __init__(self) -> None:
        self._active: set[tuple[int, int]] = set()

    def finding(self, keyword: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        """Return a keyword that is not applied where its schema is being applied to the same value already."""
        from jsonschema import ValidationError

        def finding(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            here = id(schema), id(instance)  # both stay where they are as long as they are validated
            if here in self._active:
                yield ValidationError("the schema leads back to itself: a reference cycle", validator=CYCLE)
                return
            self._active.add(here)
            try:
                yield from keyword(validator, value, instance, schema) or ()
            finally:
                self._active.discard(here)

        return finding
