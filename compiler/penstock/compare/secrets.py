"""The values of Secrets, as a report may show them: a digest with a key of this run, so that a change is seen."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from penstock.model import Tree

FIELDS = ("data", "stringData")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""An annotation that repeats the whole object."""


def masked(body: Tree, key: bytes) -> Tree:
    """A Secret without its values; any other object as it is."""
    if body.get("kind") != "Secret" or body.get("apiVersion") != "v1":
        return body
    hidden = {field: _digests(body[field], key) for field in FIELDS if field in body}
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and LAST_APPLIED in annotations:
        value = _digest(annotations[LAST_APPLIED], key)
        hidden["metadata"] = {**metadata, "annotations": {**annotations, LAST_APPLIED: value}}
    return {**body, **hidden}


def _digests(values: Any, key: bytes) -> Any:
    if isinstance(values, Mapping):
        return {name: _digest(value, key) for name, value in values.items()}
    return _digest(values, key)


def _digest(value: Any, key: bytes) -> str:
    """Equal values have equal digests within a run; nobody without the key can try values."""
    text = value if isinstance(value, str) else repr(value)
    return f"(secret {blake2b(text.encode('utf-8', 'surrogatepass'), key=key, digest_size=4).hexdigest()})"
