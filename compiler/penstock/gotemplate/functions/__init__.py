"""All functions that Helm offers: those of text/template, Sprig's and Helm's own, one table from a file for each group.

Where two groups have a function of one name, the later one counts: Sprig's `slice` takes the place of Go's.
"""

from penstock.gotemplate import builtins
from penstock.gotemplate.calls import Function
from penstock.gotemplate.functions import (
    defaults,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    regexes,
    strings,
    templates,
    versions,
)

BUILTINS: dict[str, Function] = builtins.FUNCTIONS

HELM: dict[str, Function] = {
    **builtins.FUNCTIONS,
    **defaults.FUNCTIONS,
    **dicts.FUNCTIONS,
    **encoding.FUNCTIONS,
    **lists.FUNCTIONS,
    **numbers.FUNCTIONS,
    **paths.FUNCTIONS,
    **regexes.FUNCTIONS,
    **strings.FUNCTIONS,
    **templates.FUNCTIONS,
    **versions.FUNCTIONS,
}
