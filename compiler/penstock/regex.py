"""Regular expressions that are compiled when a text first needs them, which for most overlays no text does.

To import Python's `re`, with all that it imports, takes a seventh of the time in which a small overlay is built.
"""

from penstock.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import Pattern
    from typing import AnyStr


def regex(expression: "AnyStr") -> "Pattern[AnyStr]":
    """Return what stands for the compiled expression and has its methods. Flags are written inside, as in `(?m)`."""
    return _Pattern(expression)  # type: ignore[return-value]


class _Pattern:
    """An expression that compiles itself once a method is asked for, and then keeps that method."""

    def __init__(self, expression: str | bytes) -> None:
        self._expression = expression

    def __getattr__(self, method: str) -> Any:
        import re

        found = getattr(re.compile(self._expression), method)
        setattr(self, method, found)
        return found
