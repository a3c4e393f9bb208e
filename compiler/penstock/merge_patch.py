"""JSON merge patches (RFC 7386)."""

from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """Return a value with a merge patch applied: mappings are merged, any other value is replaced, and null removes a
    field.
    """
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found
