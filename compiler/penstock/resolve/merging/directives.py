"""The directive `$patch` of strategic merge patches: in a mapping, and in a list that it is an element of."""

from penstock.kubernetes import text
from penstock.model import Pointer, Tree
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.list_merge import Element, has, is_blank_element
from penstock.typed import Any

DIRECTIVES = ("delete", "replace", "merge")
"""The values that `$patch` may have."""


def only_deletes(patch: list[Any]) -> bool:
    """Return whether `delete` is the only directive in the elements of a patch."""
    return all(element.get("$patch", "delete") == "delete" for element in patch if element.__class__ is dict)


def without_list_directive(elements: list[Element], directive: str) -> list[Element]:
    """Return the elements except for empty ones and the one that is the directive of the list."""
    return [e for e in elements if not is_blank_element(e.value) and not has(e, "$patch", directive)]


def directive_of(patch: Tree, patch_at: Pointer) -> str:
    """Return the `$patch` of a mapping; empty where it is `merge` or missing. Raises `Conflict` for an unknown
    directive.
    """
    if "$patch" not in patch:
        return ""
    return _known_directive(text(patch["$patch"]), (*patch_at, "$patch"))


def directive_of_list(patch: list[Any], patch_at: Pointer) -> str:
    """Return the directive of a list: that of an element with `$patch` and nothing else.

    The first element with `$patch` decides; the result is empty if it has other fields, too.
    """
    for index, element in enumerate(patch):
        if element.__class__ is dict and "$patch" in element:
            if len(element) > 1:
                return ""
            word = text(element["$patch"])
            _known_directive(word, (*patch_at, index, "$patch"))
            return word
    return ""


def _known_directive(word: str, at: Pointer) -> str:
    if word not in DIRECTIVES:
        raise Conflict(f"`$patch: {word}` is not known; it is one of delete, merge, replace", at)
    return "" if word == "merge" else word


def without_directive(patch: Tree) -> Tree:
    return {k: v for k, v in patch.items() if k != "$patch"} if "$patch" in patch else patch
