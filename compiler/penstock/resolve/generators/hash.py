"""The suffix that a generated ConfigMap or Secret carries: a hash of what it holds.

sha256 of compact JSON, of which ten hex digits are kept, with 0 1 3 a e as g h k m t (so that no word comes out). The
name is not part of it: Kustomize looks it up under a key that no object has.
"""

from typing import Any

from penstock.model import Tree
from penstock.resolve.ids import text

_READABLE = str.maketrans("013ae", "ghkmt")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def content_hash(body: Tree) -> str:
    import hashlib  # here, since it costs what a small build takes

    hashed: dict[str, Any] = {"kind": body.get("kind"), "name": "", "data": _field(body, "data")}
    if body.get("kind") == "Secret":
        hashed["type"] = _field(body, "type")
        extra = "stringData"
    else:
        extra = "binaryData"
    if isinstance(body.get(extra), dict):
        hashed[extra] = body[extra]
    return hashlib.sha256(_go_json(hashed).encode()).hexdigest()[:10].translate(_READABLE)


def _field(body: Tree, name: str) -> Any:
    value = body.get(name)
    return value if isinstance(value, dict | list) else text(value)


def _go_json(value: Any) -> str:
    import json

    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character, escape in _ESCAPES.items():
        encoded = encoded.replace(character, escape)
    return encoded
