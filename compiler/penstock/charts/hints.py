"""Hints for the commonest mistakes in templates, by the words with which Go complains."""

import re
from collections.abc import Iterable
from itertools import islice

from penstock.model import Tree
from penstock.regex import regex
from penstock.typed import Any
from penstock.words import did_you_mean, nearest, quoted

_SCOPE = regex(
    r"""executing "[^"]*/templates/[^"]*" at <\.((Values|Release|Chart|Capabilities|Files|Template)\b[^>]*)>: """
    r"""can't evaluate field \2 in type"""
)
"""A field that is at the top only, looked for in something else: the dot of a `range` or `with`. In a named template,
`$` would not be the top either.
"""

_FUNCTION = regex(r'function "(\w+)" not defined$')


_TEMPLATE = regex(r"""no template "([^"]*)" associated with|template "([^"]*)" not defined$""")

_UNDEFINED = "no file of the chart has a `define` of this name, nor has one of the charts that it depends on"

_MISTAKES = (
    ("unexpected EOF$", "an `if`, `range`, `with`, `block` or `define` of this file has no `{{ end }}`"),
    (r"bad character U\+002D '-'$", 'a key with a dash is read by `index`: `index .Values "my-key"`'),
    ('unexpected "}" in ', "an action ends with `}}`"),
    ('unexpected "/" in ', "a comment begins with `{{/*` or `{{- /*`, and nothing else stands in its braces"),
    (r"\): '[^']{2,}'$", "a text stands in double quotes"),
    (r'undefined variable "\$\w+"$', "declare it with `:=`; it is known up to the `{{ end }}` of the block around it"),
    (
        "for comparison: (float64 and int|int and float64)",
        "a number from a file of values is a float: convert it with `int`",
    ),
    ("for comparison: (string and|.* and string$)", "convert the text with `int`, or the other one with `toString`"),
    ("expected string; got (int|int64|float64|bool)$", "convert it with `toString`"),
    (
        "range can't iterate over",
        "`range` takes a list, a map or an integer; `int` converts a number from a file of values",
    ),
    (
        r"at <\.\w+>: can't evaluate field \w+ in type (interface {}|string|float64|int|int64|bool)$",
        "the dot is a single value here, which has no fields",
    ),
)
"""Words of Go, and what mends the mistake."""

_PRINTED = (
    (
        "mapping values are not allowed",
        "quote a value with a colon, and begin a map on a line of its own with `nindent`",
    ),
    (
        "did not find expected key",
        "each line must be indented like its neighbours; `nindent` indents the first line, too",
    ),
    ("while scanning an alias", "quote the value: `{{ … | quote }}`"),
    ("could not find expected ':'", "indent all lines of a long text: `|` and `{{ … | nindent 4 }}`"),
    ("cannot start any token", "quote the value: `{{ … | quote }}`"),
)
"""Words of the reader of YAML, and what mends the mistake of a template."""


def hint_for(message: str, functions: Iterable[str], templates: Iterable[str] = ()) -> str:
    """Return what mends the mistake that a message of Go complains about, or an empty text if that is not known."""
    unknown = _FUNCTION.search(message)
    if unknown:
        return did_you_mean(unknown[1], functions)
    missing = _TEMPLATE.search(message)
    if missing:
        return did_you_mean(missing[1] or missing[2], templates) or _UNDEFINED
    lost = _SCOPE.search(message)
    if lost:
        return f"write $.{lost[1]}: in a `range` or `with` the dot is something else"
    return next((hint for words, hint in _MISTAKES if re.search(words, message)), "")


def hint_for_printed(message: str) -> str:
    """Return what mends a template whose output is no YAML, or an empty text if that is not known."""
    return next((hint for words, hint in _PRINTED if words in message), "")


MOST_NAMES = 1_000
"""The keys of one table among which a similar one is looked for."""


def hint_for_nil(message: str, values: Tree, path: tuple[Any, ...]) -> str:
    """Return which part of a value's path nothing sets, if Go found nothing there."""
    if "nil pointer evaluating" not in message:
        return ""
    tree: Any = values
    for depth, step in enumerate(path, 1):
        if not isinstance(tree, dict):
            break
        if step not in tree:
            near = nearest(str(step), [key for key in islice(tree, MOST_NAMES) if isinstance(key, str)])
            return f"nothing sets {'.'.join(map(str, path[:depth]))}" + (f", but {quoted(near)} is set" if near else "")
        tree = tree[step]
    return ""


_VALUE = regex(r"at <\(*\$?\.Values((?:\.\w+)+)[^<]*$")


def value_in(message: str) -> tuple[str, ...]:
    """Return the path of the value that could not be evaluated at the innermost place of a message, if it is one."""
    found = _VALUE.search(message)
    return tuple(found[1][1:].split(".")) if found else ()
