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


_TEMPLATE = re.compile(r"""no template "([^"]*)" associated with|template "([^"]*)" not defined$""")

_UNDEFINED = "no file of the chart has a `define` of this name, nor has one of the charts that it depends on"

_END = "unexpected EOF"


def hint_for(message: str, functions: Iterable[str], templates: Iterable[str] = ()) -> str:
    """Return what mends the mistake that a message of Go complains about, or an empty text if that is not known."""
    if message.endswith(_END):
        return "an `if`, `range`, `with`, `block` or `define` of this file has no `{{ end }}`"
    unknown = _FUNCTION.search(message)
    if unknown:
        return did_you_mean(unknown[1], functions)
    missing = _TEMPLATE.search(message)
    if missing:
        return did_you_mean(missing[1] or missing[2], templates) or _UNDEFINED
    lost = _SCOPE.search(message)
    return f"write $.{lost[1]}: in a `range` or `with` the dot is something else" if lost else ""


_VALUE = re.compile(r"at <\(*\$?\.Values((?:\.\w+)+)[^<]*$")


def value_in(message: str) -> tuple[str, ...]:
    """Return the path of the value that could not be evaluated at the innermost place of a message, if it is one."""
    found = _VALUE.search(message)
    return tuple(found[1][1:].split(".")) if found else ()
