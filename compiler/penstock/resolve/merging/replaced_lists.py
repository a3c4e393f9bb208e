"""Finds elements that a strategic merge patch drops because Kustomize replaces their list as a whole.

Kustomize merges the lists whose merge keys it knows, which are those of the built-in kinds of Kubernetes 1.21 and of
`openapi:`; it replaces every other list. API servers do likewise, except that they also merge lists of newer built-in
kinds.

The patch shows what its author meant. Elements with names are compared by name. Other elements may have been edited in
place, so they count as dropped only where the list has become shorter. An author who writes `[]` wants an empty list.
A list that changes an element of the object counts on a merge. A list that changes none may be the whole list that its
author wants.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping

from penstock.kubernetes import text
from penstock.model import Pointer, Tree
from penstock.records import NamedTuple
from penstock.resolve.merging.merge_keys import BUILTIN, FieldSchema, Schema
from penstock.resolve.merging.plain_lists import PlainLists
from penstock.typed import Any
from penstock.words import dotted, quoted

NAMES = ("name", "key", "id")
"""The keys that can name an element: the first one that every element has, with a unique value, does."""

Kind = tuple[str, str]
"""The apiVersion and kind of an object."""

_SHOWN = 5


class Dropped(NamedTuple):
    """A list of a patch, at `at`, that leaves out elements of the object's list at `place`."""

    at: Pointer
    place: Pointer
    first: Pointer
    """The first part of the object that is lost."""
    message: str
    is_builtin: bool
    """Whether the API server would merge the list."""
    counts_on_a_merge: bool
    """Whether the list changes an element of the object, and leaves out others, or fields of it."""
    has_parts: bool
    """Whether elements of the list are mappings or lists. Who gives a list of words anew most often means all of it."""


class _Sides(NamedTuple):
    body: Any
    patch: Any
    at: Pointer
    place: Pointer
    lists: PlainLists

    def below(self, key: str) -> "_Sides":
        return _Sides(self.body[key], self.patch[key], (*self.at, key), (*self.place, key), self.lists)


def dropped(body: Tree, patch: Tree, schemas: Mapping[Kind, Schema], lists: PlainLists) -> Iterator[Dropped]:
    """Yield the lists of the object that `patch` replaces and that thereby lose elements, given the `schemas` that
    Kustomize knows.

    Lists that Kustomize would merge if `openapi:` did not say otherwise are left out. `lists` are the lists known to be
    plain.
    """
    from penstock.resolve.merging.merge_keys_kubernetes import schema_of  # only where a patch is merged into an object

    kind = (text(body.get("apiVersion")), text(body.get("kind")))
    schema = BUILTIN.get(kind) or schemas.get(kind)
    yield from _in_mapping(_Sides(body, patch, (), (), lists), schema, schema_of(*kind))


def _in_mapping(sides: _Sides, schema: Schema | None, server: Schema | None) -> Iterator[Dropped]:
    """Yield the dropped elements in the fields of a mapping.

    `server` is the schema by which the API server merges; None where it has none, as for a custom resource.
    """
    # Whoever writes this means to drop what was there.
    if text(sides.patch.get("$patch")) in ("replace", "delete"):
        return
    for key, change in sides.patch.items():
        if key not in sides.body:
            continue
        keys, below = _field(schema, key)
        wanted, deeper = _field(server, key)
        inner = sides.below(key)
        if isinstance(change, dict) and isinstance(inner.body, dict):
            yield from _in_mapping(inner, below, deeper if server is None else deeper or {})
        elif isinstance(change, list) and isinstance(inner.body, list):
            # Kustomize replaces the list. That is a surprise where the server would merge it, or has no schema that
            # says so.
            if keys is None and (server is None or wanted):
                yield from _in_list(inner, is_builtin=server is not None)
            elif keys:
                yield from _in_elements(inner, keys, below, deeper if server is None else deeper or {})


def _in_elements(
    sides: _Sides, keys: tuple[str, ...], schema: Schema | None, server: Schema | None
) -> Iterator[Dropped]:
    """Yield what is dropped in the elements of a merged list, each compared with the object's element of the same
    name.
    """
    find = _finder(sides, (keys, schema))
    for index, element in enumerate(sides.patch):
        number = find(_values(element, keys))
        if number is not None and isinstance(element, dict) and isinstance(sides.body[number], dict):
            inner = _Sides(sides.body[number], element, (*sides.at, index), (*sides.place, number), sides.lists)
            yield from _in_mapping(inner, schema, server)


def _finder(sides: _Sides, field: FieldSchema) -> Callable[[tuple[str, ...]], int | None]:
    """Return a function that finds the position of the object's element with some key values."""
    plain = sides.lists.find(sides.body, field)
    if plain is None:
        keys = field[0] or ()
        return {_values(element, keys): index for index, element in enumerate(sides.body)}.get
    known, number = plain.elements, plain.number
    return lambda values: number(values) if values in known else None


def _in_list(sides: _Sides, is_builtin: bool) -> Iterator[Dropped]:
    if _has_directive(sides.patch):
        return  # the directive itself goes into the output, which is a separate finding
    name = _name_of(sides.body)
    if not sides.patch or (not name and len(sides.patch) >= len(sides.body)):
        return
    kept = {_mark(element, name): element for element in sides.patch}
    gone = [index for index, element in enumerate(sides.body) if _mark(element, name) not in kept]
    thinned = [*_thinned(sides, name, kept)]
    if gone or thinned:
        first = (*sides.place, gone[0]) if gone else (*sides.place, *thinned[0])
        message = _message(sides, name, gone, thinned)
        counts_on_a_merge = is_builtin or _changes_one(sides, name)
        has_parts = any(isinstance(element, dict | list) for element in sides.patch)
        yield Dropped(sides.at, sides.place, first, message, is_builtin, counts_on_a_merge, has_parts)


def _has_directive(elements: list[Any]) -> bool:
    return any(isinstance(element, dict) and "$patch" in element for element in elements)


def _thinned(sides: _Sides, name: str, kept: Mapping[Hashable, Any]) -> Iterator[tuple[int, str]]:
    """Yield the position and the field of everything that the object's named elements have, and the elements of the
    same name in the patch do not mention.
    """
    for index, element in enumerate(sides.body) if name else ():
        other = kept.get(_mark(element, name))
        if isinstance(other, dict):
            yield from ((index, field) for field in element if field not in other)


def _changes_one(sides: _Sides, name: str) -> bool:
    """Return whether an element of the patch has the name of one of the object, and another content."""
    if not name:
        return False
    known = {_mark(element, name): _frozen(element) for element in sides.body}
    return any(known.get(_mark(each, name), _frozen(each)) != _frozen(each) for each in sides.patch)


def _message(sides: _Sides, name: str, gone: list[int], thinned: list[tuple[int, str]]) -> str:
    def shown_at(index: int) -> str:
        return _shown(sides.body[index], name, sides.place[-1:], index)

    number = len(gone) + len(thinned)
    shown = [shown_at(index) for index in gone[:_SHOWN]]
    shown += [f"`{dotted((field,))}` of {shown_at(index)}" for index, field in thinned[: max(0, _SHOWN - len(shown))]]
    rest = f" and {number - _SHOWN} more" if number > _SHOWN else ""
    return f"this list replaces `{dotted(sides.place)}` of the object, which loses {', '.join(shown)}{rest}"


def _name_of(elements: list[Any]) -> str:
    """Return the key that identifies the elements of a list; empty where there is none."""
    for key in NAMES:
        values = [element.get(key) if isinstance(element, dict) else None for element in elements]
        if all(isinstance(v, str | int) for v in values) and len(set(values)) == len(values):
            return key
    return ""


def _mark(element: Any, name: str) -> Hashable:
    """Return the value by which an element is found again: its name, or the element itself."""
    return text(element.get(name)) if name and isinstance(element, dict) else _frozen(element)


def _frozen(tree: Any) -> Hashable:
    if isinstance(tree, dict):
        return frozenset((key, _frozen(value)) for key, value in tree.items())
    return tuple(map(_frozen, tree)) if isinstance(tree, list) else tree


def _shown(element: Any, name: str, field: Pointer, index: int) -> str:
    if name:
        return f"{name} {quoted(text(element[name]))}"
    return dotted((*field, index)) if isinstance(element, dict | list) else quoted(text(element))


def _values(element: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text(element.get(key)) for key in keys) if isinstance(element, dict) else ()


def _field(schema: Schema | None, key: str) -> tuple[tuple[str, ...] | None, Schema | None]:
    return schema.get(key, (None, None)) if schema else (None, None)
