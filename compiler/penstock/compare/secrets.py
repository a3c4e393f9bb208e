"""The values of Secrets in the form in which a report may show them: as a digest with the key of this run, so that a
change is visible.
"""

from collections.abc import Mapping
from typing import Any

from penstock.digests import blake2b
from penstock.model import Tree
from penstock.withheld import holds_value, is_secret


def masked(body: Tree, key: bytes) -> Tree:
    """Return a Secret without its values, and any other object as it is."""
    if not is_secret(body):
        return body
    hidden = {field: _digests(value, key) for field, value in body.items() if _is_hidden(field, value)}
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict):
        shown = {name: _digest(value, key) if _repeats(value) else value for name, value in annotations.items()}
        hidden["metadata"] = {**metadata, "annotations": shown}
    return {**body, **hidden}


def _is_hidden(field: str, value: Any) -> bool:
    """Return whether a field holds values, even if it has another type than it has in a Secret."""
    is_odd = field in ("type", "immutable") and not isinstance(value, str if field == "type" else bool)
    return is_odd or holds_value((field,))


def _repeats(value: Any) -> bool:
    """Return whether an annotation may be a copy of the whole object, as deployers keep one."""
    return not isinstance(value, str) or value.lstrip().startswith("{")


def _digests(values: Any, key: bytes) -> Any:
    if isinstance(values, Mapping):
        return {name: _digest(value, key) for name, value in values.items()}
    return _digest(values, key)


def _digest(value: Any, key: bytes) -> str:
    """Return the digest of a value. Equal values have equal digests within a run, and nobody without the key can test a
    guess.
    """
    text = value if isinstance(value, str) else repr(value)
    return f"(secret {blake2b(text.encode('utf-8', 'surrogatepass'), key=key, digest_size=4).hexdigest()})"
