"""Custom resources as the API server keeps them: with the defaults of their schema, and without the nulls that it does
not allow. Rules and policies see objects in this form.

Source: apiextensions-apiserver pkg/apiserver/schema/defaulting, Default and PruneNonNullableNullsWithoutDefaults.
"""

from typing import Any

from penstock.model import Tree
from penstock.validate.objects import mapping


def defaulted(value: Any, schema: Any) -> Any:
    """Return a value with the defaults of its schema."""
    if not isinstance(schema, dict):
        return value
    if isinstance(value, list):
        return [_settled(each, schema.get("items")) for each in value]
    return _defaulted_mapping(value, schema) if isinstance(value, dict) else value


def _defaulted_mapping(value: Tree, schema: Tree) -> Tree:
    fields, others = mapping(schema, ("properties",)), schema.get("additionalProperties")
    found: Tree = {}
    for key, each in value.items():
        inner = fields.get(key, others)
        settled = _settled(each, inner)
        if settled is not None or _may_be_null(inner):
            found[key] = settled
    for key, inner in fields.items():
        if key not in value and (default := _default_of(inner)) is not None:
            found[key] = defaulted(default, inner)
    return found


def _settled(value: Any, schema: Any) -> Any:
    """Return a value in the place of a schema. A null that is not allowed counts as an absent value."""
    if value is None and not _may_be_null(schema):
        value = _default_of(schema)
    return defaulted(value, schema)


def _may_be_null(schema: Any) -> bool:
    """Return whether a null stays. The API server knows nothing of a place without a schema, and leaves it alone."""
    return not isinstance(schema, dict) or schema.get("nullable") is True


def _default_of(schema: Any) -> Any:
    return schema.get("default") if isinstance(schema, dict) else None
