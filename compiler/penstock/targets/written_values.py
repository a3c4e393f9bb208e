"""Values of a chart that stand in a definition, with the place of each: overlays may have patched the definition."""

from collections.abc import Iterator
from typing import Any

from penstock.model import Document, Origin, Pointer, Resource, Tree
from penstock.tree import origin_of


def documents_of(resource: Resource, at: Pointer, values: Tree) -> list[Document]:
    """Return the values at a place of a definition: all of them at the place where they are written, and then once more
    those that somebody else has written, such as a patch, each at the place of its writer.
    """
    where = origin_of(resource, at)
    whole = Document(where, values)
    if resource.log is None:
        return [whole]
    bodies: dict[Origin, Tree] = {}
    for path, value in _fields(values, ()):
        origin = origin_of(resource, (*at, *path))
        if value is not None and origin != where.below(*path):  # nothing means: without the field
            is_below = origin.at[len(origin.at) - len(path) :] == path
            root = origin._replace(at=origin.at[: len(origin.at) - len(path)]) if is_below else origin
            _put(bodies.setdefault(root, {}), path, value)
    return [whole, *(Document(root, body) for root, body in bodies.items())]


def _fields(tree: Any, at: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """Yield the values of a mapping that are no mappings, with their pointers. A list is one value, as for Helm."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _fields(value, (*at, key))
        else:
            yield (*at, key), value


def _put(tree: Tree, at: Pointer, value: Any) -> None:
    *above, last = map(str, at)
    for step in above:
        tree = tree.setdefault(step, {})
    tree[last] = value
