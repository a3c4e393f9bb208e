"""Trees → YAML as go-yaml v3 prints it with an indentation of two, like `toYamlPretty` in Helm's templates.

`yaml.py`, in contrast, prints like go-yaml v2 by way of JSON. Here, lists are indented under their key, no line is
folded, and floats are printed as they are (`1e+06`).
"""

from math import isfinite, isnan

from penstock.emit.keys import natural
from penstock.emit.strings import BREAKS, unfolded
from penstock.numbers import shortest_float, text_of_other
from penstock.typed import Any

LONGEST_KEY = 128
"""A key of more bytes than this is written as `? key`."""


def dump_indented(value: Any) -> str:
    """Return any value as a document that ends in a line break."""
    if isinstance(value, dict) and value:
        return _mapping(value, "")
    if isinstance(value, list) and value:
        return _sequence(value, "")
    return _scalar(value, "  ")


def _mapping(tree: dict[str, Any], pad: str) -> str:
    """Return the entries of a mapping. The first line is not indented, because it follows text on the same line.

    A mapping of a class of its own holds the fields of a Go struct, whose order stays.
    """
    keys = natural(tree, is_v3=True) if tree.__class__ is dict else tree
    return pad.join(_entry(key, tree[key], pad) for key in keys)


def _entry(key: str, value: Any, pad: str) -> str:
    below = pad + "  "
    if len(key.encode("utf-8", "surrogatepass")) > LONGEST_KEY or any(mark in key for mark in BREAKS):
        return f"? {unfolded(key, below)}{pad}: {_item(value, below)}"
    label = f"{unfolded(key, below)[:-1]}:"
    if isinstance(value, dict) and value:
        return f"{label}\n{below}{_mapping(value, below)}"
    if isinstance(value, list) and value:
        return f"{label}\n{below}{_sequence(value, below)}"
    return f"{label} {_scalar(value, below)}"


def _sequence(items: list[Any], pad: str) -> str:
    """Return the items of a list. The first line is not indented."""
    below = pad + "  "
    return pad.join(f"- {_item(item, below)}" for item in items)


def _item(value: Any, pad: str) -> str:
    if isinstance(value, dict) and value:
        return _mapping(value, pad)
    if isinstance(value, list) and value:
        return _sequence(value, pad)
    return _scalar(value, pad)


def _scalar(value: Any, pad: str) -> str:
    if isinstance(value, str):
        is_bare = getattr(value, "is_bare", False)  # a type of its own, which is no text for YAML
        return f"{value}\n" if is_bare else unfolded(value, pad)
    if isinstance(value, float):
        return f"{_float(value)}\n"
    return f"{text_of_other(value)}\n"


def _float(value: float) -> str:
    if isnan(value):
        return ".nan"
    if not isfinite(value):
        return ".inf" if value > 0 else "-.inf"
    return shortest_float(value).removesuffix(".0")
