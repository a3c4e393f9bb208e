"""A tree as the JSON text that Go's `encoding/json` makes of it."""

import math
from typing import Any

from penstock.resolve.finding.field_specs import Conflict
from penstock.scalar import json_number
from penstock.tree import MISSING


def as_json(tree: Any, line: str) -> str:
    """As Go writes it: keys sorted, and <, > and & escaped. `line` is how a line starts, empty to write it all on one.
    Raises Conflict for what JSON cannot have.
    """
    if isinstance(tree, dict | list):
        return _container(tree, line)
    if isinstance(tree, str):
        return _string(tree)
    if tree is MISSING or (isinstance(tree, float) and not math.isfinite(tree)):
        raise Conflict("this text cannot be written as JSON with it")
    return "null" if tree is None else str(tree).lower() if isinstance(tree, bool) else json_number(tree)


def _container(tree: dict[str, Any] | list[Any], line: str) -> str:
    inner = line and line + "  "
    if isinstance(tree, list):
        parts = [inner + as_json(item, inner) for item in tree]
        opening, closing = "[]"
    else:
        colon = ": " if line else ":"
        parts = [inner + _string(key) + colon + as_json(tree[key], inner) for key in sorted(tree)]
        opening, closing = "{}"
    return opening + ",".join(parts) + (line if parts else "") + closing


def _string(text: str) -> str:
    import json  # only for replacements inside a string

    encoded = json.dumps(text, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded
