"""Keys `<<` that were in quotes. After JSON, Kustomize writes such keys without quotes, which turns them into merge
keys.
"""

from penstock.resolve.finding.field_specs import Conflict
from penstock.typed import Any

SIGN = "<<"


def has_sign(tree: Any) -> bool:
    """Return whether a tree has such a key anywhere."""
    if isinstance(tree, dict):
        return SIGN in tree or any(map(has_sign, tree.values()))
    return isinstance(tree, list) and any(map(has_sign, tree))


def without_signs(tree: Any) -> Any:
    """Return a tree as Kustomize reads it from JSON as an object: it drops the key, since the key has quotes."""
    if isinstance(tree, dict):
        return {key: without_signs(value) for key, value in tree.items() if key != SIGN}
    return [without_signs(item) for item in tree] if isinstance(tree, list) else tree


def with_signs_merged(tree: Any, at: tuple[Any, ...] = ()) -> Any:
    """Return a tree after a JSON 6902 patch, with such keys merged into their mappings, whose own keys win.

    Raises `Conflict` where the value of such a key is not a mapping.
    """
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
        # The first mapping to name a key wins, and the keys beside `<<` win over all.
        values = {**mapping, **values}
    return values
