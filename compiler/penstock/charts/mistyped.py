"""Texts that were meant as booleans: `enabled: 'false'`, which counts as true in an `if`.

A text is suspected if the chart has a boolean as the default of its key. A suspicion is verified before it is reported:
the chart must print the same with the boolean true, and something else with false.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from operator import getitem

from penstock.charts.coalesce import copied
from penstock.model import Diagnostic, Origin, Pointer, Tree
from penstock.typed import Any

FALSE = frozenset(("false", "no", "off", "n"))
"""Texts that say no, in lower case. Those that say yes count as true anyway."""

MAX_SUSPECTS = 10
"""Texts of one chart that are tried one by one."""


def suspects(given: Tree, at: Pointer = ()) -> Iterator[Pointer]:
    """Yield the paths of texts that say no."""
    for key, value in given.items():
        if isinstance(value, dict):
            yield from suspects(value, (*at, key))
        elif isinstance(value, str) and value.lower() in FALSE:
            yield (*at, key)


def is_boolean(defaults: Any, path: Pointer) -> bool:
    """Return whether a chart has a boolean at a path."""
    for step in path:
        defaults = defaults.get(step) if isinstance(defaults, dict) else None
    return isinstance(defaults, bool)


def mistyped(found: list[Pointer], prints_the_same: Callable[[Pointer, bool], bool]) -> list[Pointer]:
    """Return the suspects that count as true: with that boolean the chart prints the same, and with false it does not.
    `prints_the_same` renders the chart with a boolean at a path.
    """
    return [path for path in found[:MAX_SUSPECTS] if prints_the_same(path, True) and not prints_the_same(path, False)]


def with_boolean(tree: Tree, path: Pointer, value: bool) -> Tree:
    """Return values with a boolean at a path."""
    changed: Any = copied(tree)
    reduce(getitem, path[:-1], changed)[path[-1]] = value
    return dict(changed)


def finding(path: Pointer, where: Origin) -> Diagnostic:
    """Return the finding about a text that counts as true."""
    name = ".".join(map(str, path))
    message = f"the value {name} is a text, which counts as true: with the boolean, the chart prints something else"
    return Diagnostic("PS726", "warning", message, where, hint="write false without quotes")
