"""Which values are inside braces or brackets when Kustomize writes an object, whichever source wrote them."""

from itertools import pairwise
from operator import is_

from penstock.model import Origin, Pointer, Resource
from penstock.resolve.level import Level
from penstock.resolve.spelling.written_values import Writer, writers_of
from penstock.tree import is_json, parents_of


def is_in_braces(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a mapping or list that contains a value is written in braces or brackets.

    Where several sources wrote that mapping or list, the first one decides. JSON that Kustomize has read is written
    without braces, except for the items of lists.
    """
    known = _known(level, resource)
    for depth in range(len(at)):
        place = at[:depth]
        if place not in known:
            known[place] = _has_braces(level, resource, place)
        if known[place]:
            return True
    return False


def _known(level: Level, resource: Resource) -> dict[Pointer, bool]:
    """Return what is known of the mappings and lists of an object as it is now: a long list is asked for each element
    of it.
    """
    state = (resource, resource.body, resource.log, resource.spelling)
    if not all(map(is_, state, level.run.braces_of)):
        level.run.braces_of, level.run.braces = state, {}
    return level.run.braces


def _has_braces(level: Level, resource: Resource, at: Pointer) -> bool:
    if is_json(resource, at):
        return resource.spelling.through_json == "list"
    return _is_flow(level, resource, at)


def is_braced(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a mapping or list has the style of braces; an empty one need not have been written in this
    style.
    """
    writer = _deciding(level, resource, at)
    return writer is not None and writer.style


def _is_flow(level: Level, resource: Resource, at: Pointer) -> bool:
    """Return whether a non-empty mapping or list is written in braces or brackets.

    If the deciding source left it empty, the first source of its content decides. A transformer keeps the style.
    """
    writer = _deciding(level, resource, at)
    if writer is not None and level.spellings.is_flow(writer.origin) is not None:
        return resource.spelling.through_json == "list" if writer.was_json else writer.style
    first = next(reversed(list(parents_of(resource, at))), None)
    style = None if first is None else level.spellings.is_flow(first)
    return bool(writer and writer.style) if style is None else style


def _deciding(level: Level, resource: Resource, at: Pointer) -> Writer | None:
    """Return the source that determines the style of a mapping or list, or None.

    This is the first source, or the one that follows a source which left the mapping or list empty (`Merger.SetStyle`).
    Sources before a replacement that has copied the whole no longer count.
    """
    writers = writers_of(level, resource, at, level.spellings.is_braced)
    whole = resource.spelling.copied_whole
    copies = [index for index, writer in enumerate(writers) if (at, writer.origin) in whole] if whole else ()
    writers = writers[copies[-1] :] if copies else writers
    deciding = writers[0] if writers else None
    for before, writer in pairwise(writers):
        if _was_empty(level, before.origin, writer.origin):
            deciding = writer
    return deciding


def _was_empty(level: Level, before: Origin, later: Origin) -> bool:
    """Return whether a source wrote an empty mapping or list into which a later source was merged."""
    spellings = level.spellings
    if spellings.is_flow(before) is None:
        return True
    return spellings.is_mapping(before) and spellings.is_quoted(later.below("$patch")) is None
