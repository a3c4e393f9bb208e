"""What stands in braces or brackets when Kustomize writes an object, whoever wrote them."""

from penstock.model import Pointer, Resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import writers_of
from penstock.tree import is_json, parents_of


def is_in_braces(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a mapping or list around a value is in braces or brackets. Where several sources wrote that, the first
    one decides. JSON that Kustomize has read is written without braces, except for the items of lists.
    """
    for depth in range(len(at)):
        if is_json(resource, at[:depth]):
            if resource.spelling.through_json == "list":
                return True
            continue
        if _is_flow(level, resource, at[:depth]):
            return True
    return False


def _is_flow(level: Level, resource: Resource, at: Pointer) -> bool:
    """Whether a mapping or list is in braces or brackets. Of several sources that wrote it, the first one in which it
    is not empty decides; if it is empty in all of them, the source of its content does. What a generator or transformer
    has made is in none.
    """
    writers = writers_of(level, resource, at, level.spellings.is_flow)
    if writers:
        return resource.spelling.through_json == "list" if writers[0].was_json else writers[0].style
    first = next(reversed(list(parents_of(resource, at))), None)
    return first is not None and bool(level.spellings.is_flow(first))
