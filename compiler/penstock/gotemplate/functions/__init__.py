"""All functions that Helm offers: those of text/template, Sprig's and Helm's own, one table from a file for each group.

Where two groups have a function of one name, the later one counts: Sprig's `slice` takes the place of Go's.
"""

from penstock.gotemplate import builtins
from penstock.gotemplate.calls import Function
from penstock.gotemplate.functions import (
    crypto,
    dates,
    defaults,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    randomness,
    regexes,
    strings,
    templates,
    toml,
    urls,
    versions,
)

BUILTINS: dict[str, Function] = builtins.FUNCTIONS

HELM: dict[str, Function] = {
    **builtins.FUNCTIONS,
    **crypto.FUNCTIONS,
    **dates.FUNCTIONS,
    **defaults.FUNCTIONS,
    **dicts.FUNCTIONS,
    **encoding.FUNCTIONS,
    **lists.FUNCTIONS,
    **numbers.FUNCTIONS,
    **paths.FUNCTIONS,
    **randomness.FUNCTIONS,
    **regexes.FUNCTIONS,
    **strings.FUNCTIONS,
    **templates.FUNCTIONS,
    **toml.FUNCTIONS,
    **urls.FUNCTIONS,
    **versions.FUNCTIONS,
}
