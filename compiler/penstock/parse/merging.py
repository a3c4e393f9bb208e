"""What merge keys (`<<`) come to, in the two ways that Kustomize merges.

An object or patch is merged as a whole (`deAnchor` of kyaml's `rnode.go`): its own keys win, wherever they stand, and
one merge key is all that it may have. A configuration is merged from top to bottom (`merge` of go-yaml v2): what stands
later wins, and there may be several.
"""

from collections.abc import Iterable
from typing import Any

MERGE_TAG = "tag:yaml.org,2002:merge"


class MergeKey(str):
    """A key that merges. As a step of a pointer it is `<<` or whatever is written there."""


class DroppedKey(str):
    """A key whose value Kustomize loses: the first `<<` of an object that stands in quotes, or has another tag."""


def is_mergeable(value: Any, is_alias: bool) -> bool:
    """Whether a value can be merged: a mapping, or a list of them that is written out."""
    if value.__class__ is list:
        return not is_alias and all(item.__class__ is dict for item in value)
    return value.__class__ is dict


def merged_around(own: dict[str, Any], merged: list[Any], hidden: Iterable[str]) -> dict[str, Any]:
    """A mapping of an object with what it merges: its own keys win, then those of the earlier mappings. A field of the
    name of an alias that stands as a key here is hidden: Kustomize takes the two for one.
    """
    tree: dict[str, Any] = {}
    for mapping in reversed(merged):
        tree.update(mapping)
    for name in hidden:
        tree.pop(name, None)
    tree.update(own)
    return tree


def merge_into(tree: dict[str, Any], value: Any) -> None:
    """Lay a mapping of a configuration, or a list of them of which the earlier win, over what stands above it."""
    for mapping in reversed(value) if value.__class__ is list else (value,):
        tree.update(mapping)
