"""Label selectors, applied to labels or to the flat parameters of a set."""

from collections.abc import Mapping
from typing import Any

from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Tree


def selects(selector: Tree, labels: Mapping[str, Any]) -> bool:
    """Return whether all conditions of a selector hold. Raises Failed for an unknown operator."""
    wanted = mapping(selector.get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(each, labels) for each in mappings(selector.get("matchExpressions")))


def _fits(expression: Tree, labels: Mapping[str, Any]) -> bool:
    key, operator = text(expression.get("key")), text(expression.get("operator"))
    values = expression.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    raise Failed(f'"{operator}" is not a valid label selector operator', "generators")
