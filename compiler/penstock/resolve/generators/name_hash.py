"""The name suffix of a generated ConfigMap or Secret: a hash of its content.

It is the sha256 of compact JSON, of which ten hex digits are kept, with 0 1 3 a e written as g h k m t (so that no word
comes out). The object's name is not hashed: Kustomize looks the name up under a key that no object has.
"""

from collections.abc import Callable

from penstock.typed import Any

_READABLE = str.maketrans("013ae", "ghkmt")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def content_hash(field: Callable[[str], Any]) -> str:
    """Return the hash of an object. `field` gives a field of the object by name: a mapping or a text, empty if there is
    none, or None for a list.
    """
    import hashlib  # imported here, since the import takes as long as a small build

    hashed: dict[str, Any] = {"kind": field("kind"), "name": "", "data": field("data")}
    extra = "binaryData"
    if hashed["kind"] == "Secret":
        hashed["type"] = field("type")
        extra = "stringData"
    if isinstance(field(extra), dict | None):  # Go takes a list for a mapping that is nil
        hashed[extra] = field(extra)
    return hashlib.sha256(_go_json(hashed).encode()).hexdigest()[:10].translate(_READABLE)


def _as_float64(value: Any) -> Any:
    """Return a tree with its numbers as Go has them after JSON; a patch may have put numbers into the data."""
    if isinstance(value, dict):
        return {key: _as_float64(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_float64(child) for child in value]
    # Go reads every number of JSON as a float64, and prints a whole one without a point.
    is_whole = value.__class__ is int or (value.__class__ is float and value.is_integer())
    return int(float(value)) if is_whole else value


def _go_json(value: Any) -> str:
    import json

    encoded = json.dumps(_as_float64(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character, escape in _ESCAPES.items():
        encoded = encoded.replace(character, escape)
    return encoded
