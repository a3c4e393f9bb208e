"""Label selectors, applied to the labels of clusters or to the flat parameters of a set."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.reading import mapping, mappings, text
from penstock.model import Tree
from penstock.words import quoted

_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"(?=.{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/"
_KEY = re.compile(f"({_PREFIX})?{_WORD}")
"""The names that a label may have. Parameters with other names, such as `path[0]`, cannot be selected by."""

_VALUE = re.compile(f"({_WORD})?")
"""The values that a label may have."""

_WITH_VALUES = ("In", "NotIn")
_WITHOUT_VALUES = ("Exists", "DoesNotExist")


def selects(selector: Tree, parameters: Mapping[str, Any]) -> bool:
    """Return whether all conditions of a selector hold. `checked` has seen it before."""
    wanted = mapping(selector.get("matchLabels"))
    if any(parameters.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(each, parameters) for each in mappings(selector.get("matchExpressions")))


def _fits(expression: Tree, parameters: Mapping[str, Any]) -> bool:
    key, operator = text(expression.get("key")), text(expression.get("operator"))
    if operator in _WITH_VALUES:
        return (parameters.get(key) in _values(expression)) == (operator == "In")
    return (key in parameters) == (operator == "Exists")


def _values(expression: Tree) -> Sequence[Any]:
    values = expression.get("values")
    return values if isinstance(values, list) else ()


def checked(selector: Tree, *, of_labels: bool = False) -> Tree:
    """Return a selector that Argo CD accepts. Raises Failed for one that it refuses, whatever it would select from.

    Those of labels may only name values that a label can have.
    """
    for key, value in mapping(selector.get("matchLabels")).items():
        _check_key(key)
        if of_labels:
            _check_value(value)
    for each in mappings(selector.get("matchExpressions")):
        _check_key(text(each.get("key")))
        _check_operator(text(each.get("operator")), _values(each))
        for value in _values(each) if of_labels else ():
            _check_value(value)
    return selector


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Failed(f"a selector cannot name {quoted(key)}: it is no name that a label may have", "generators")


def _check_value(value: object) -> None:
    if not _VALUE.fullmatch(str(value)):
        raise Failed(
            f"a selector of clusters cannot name {quoted(str(value))}: no label has such a value", "generators"
        )


def _check_operator(operator: str, values: Sequence[Any]) -> None:
    if operator not in (*_WITH_VALUES, *_WITHOUT_VALUES):
        raise Failed(f'"{operator}" is not a valid label selector operator', "generators")
    if operator in _WITH_VALUES and not values:
        raise Failed(f"the operator {operator} of a selector needs `values`", "generators")
    if operator in _WITHOUT_VALUES and values:
        raise Failed(f"the operator {operator} of a selector takes no `values`", "generators")
