"""Keys `<<` that were in quotes. Where Kustomize has been through JSON it writes them without, and they merge."""

from typing import Any

from penstock.resolve.finding.field_specs import Conflict

SIGN = "<<"


def has_sign(tree: Any) -> bool:
    """Whether there is such a key anywhere in a tree."""
    if isinstance(tree, dict):
        return SIGN in tree or any(map(has_sign, tree.values()))
    return isinstance(tree, list) and any(map(has_sign, tree))


def without_signs(tree: Any) -> Any:
    """A tree that is read from JSON as an object: there Kustomize drops the key, since it has quotes."""
    if isinstance(tree, dict):
        return {key: without_signs(value) for key, value in tree.items() if key != SIGN}
    return [without_signs(item) for item in tree] if isinstance(tree, list) else tree


def with_signs_merged(tree: Any, at: tuple[Any, ...] = ()) -> Any:
    """A tree after a JSON 6902 patch: the key merges, a mapping's own keys win. Raises Conflict where it cannot."""
    if isinstance(tree, list):
        return [with_signs_merged(item, (*at, index)) for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    values = {key: with_signs_merged(value, (*at, key)) for key, value in tree.items()}
    if SIGN not in values:
        return values
    sign = values.pop(SIGN)
    merged = sign if isinstance(sign, list) else [sign]
    if not all(isinstance(mapping, dict) for mapping in merged):
        raise Conflict("the key << becomes a merge key here, and its value is no mapping", at)
    for mapping in merged:
        values = {**mapping, **values}
    return values
