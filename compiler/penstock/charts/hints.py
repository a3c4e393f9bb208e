"""Hints for the commonest mistakes in templates, by the words with which Go complains."""

import re
from collections.abc import Iterable

from penstock.words import did_you_mean

_SCOPE = re.compile(
    r"""executing "[^"]*/templates/[^"]*" at <\.((Values|Release|Chart|Capabilities|Files|Template)\b[^>]*)>: """
    r"""can't evaluate field \2 in type"""
)
"""A field that is at the top only, looked for in something else: the dot of a `range` or `with`. In a named template,
`$` would not be the top either.
"""

_FUNCTION = re.compile(r'function "(\w+)" not defined$')


def hint_for(message: str, functions: Iterable[str]) -> str:
    """Return what mends the mistake that a message of Go complains about, or an empty text if that is not known."""
    unknown = _FUNCTION.search(message)
    if unknown:
        return did_you_mean(unknown[1], functions)
    lost = _SCOPE.search(message)
    return f"write $.{lost[1]}: in a `range` or `with` the dot is something else" if lost else ""
