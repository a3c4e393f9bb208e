"""How the parameters of two generators become one set: in a `matrix`, and in a `merge`."""

from collections.abc import Mapping
from typing import Any

from penstock.definitions.argo.sets.failed import Failed
from penstock.definitions.argo.sets.parameters import as_text
from penstock.definitions.argo.sets.templates import Parameters
from penstock.gotemplate.values import Map, map_of_strings
from penstock.model import Tree


def combined(first: Parameters, second: Parameters, is_go: bool) -> Parameters:
    """Return the parameters of two generators of a matrix. Raises Failed.

    In Go templates, the first one wins. In the simple language, no parameter may have two values.
    """
    if is_go:
        return overridden(second, first)
    texts = {key: as_text(value) for key, value in first.items()}
    for key, value in second.items():
        text = as_text(value)
        if texts.setdefault(key, text) != text:
            raise Failed(f"found duplicate key {key} with different value, a: {texts[key]} ,b: {text}")
    return texts


def overridden(below: Tree, over: Mapping[str, Any]) -> Tree:
    """Merge two trees. Where both have a value and not both values are mappings, that of `over` wins. Raises Failed.

    Values of a generator and labels of a cluster are texts. Argo CD's controller cannot add anything else to them.
    """
    result: Tree = map_of_strings(below) if isinstance(below, Map) else dict(below)
    for key, value in over.items():
        under = result.get(key)
        if not isinstance(value, dict) or not isinstance(under, dict):
            result[key] = value
        elif isinstance(under, Map) and value and not isinstance(value, Map):
            message = f"`{key}` of one generator are texts, and Argo CD cannot override them by those of a list or file"
            raise Failed(message, "generators")
        else:
            result[key] = overridden(under, value)
    return result
