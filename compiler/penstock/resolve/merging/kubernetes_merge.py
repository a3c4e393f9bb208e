"""Strategic merge as Kubernetes does it, for `merge: kubernetes`: the result of `kubectl patch --type strategic`.

Mappings are merged key by key, and null deletes a key. Lists with a merge key are merged element by element: elements
that a patch does not name are neither lost nor changed, and those that it names come in its order. `$patch`,
`$retainKeys`, `$setElementOrder` and `$deleteFromPrimitiveList` are obeyed.

Where kubectl itself loses data, this module follows server-side apply instead: ports are distinguished by number and
protocol, a patch that makes another choice removes the old one (`retainKeys`) without a directive, `$patch: replace`
beside a key replaces that element, and `$patch: delete` in a mapping removes the mapping.
"""

from collections.abc import Iterable, Mapping
from operator import is_

from penstock.kubernetes import text
from penstock.model import Log, Origin, Pointer, Rearranged, Tree
from penstock.resolve.finding.field_specs import Conflict
from penstock.resolve.merging.merge_keys import BUILTIN, FieldSchema, Schema
from penstock.resolve.merging.merge_keys_kubernetes import DEFAULTS, REPLACED, RETAIN_KEYS, schema_of
from penstock.resolve.merging.merge_losses import outvoted, outvoted_strategy
from penstock.resolve.merging.strategy import DELETED, NO_SCHEMA, Written
from penstock.tree import MISSING
from penstock.typed import Any

_ORDER, _DELETE = "$setElementOrder/", "$deleteFromPrimitiveList/"

Source = int | Origin
"""The source of an element of a merged list: its index in the body, or its origin in the patch."""

Element = tuple[Any, Source]


def merge(
    body: Tree,
    patch: Tree,
    origin: Origin,
    schemas: Mapping[tuple[str, str], Schema],
    written: Written,
    log: Log | None,
) -> tuple[Any, Log | None]:
    """Merge `patch`, written at `origin`, into `body`. Arguments and result are those of `kustomize_merge.merge`.

    Raises `Conflict` where patch and body have different kinds of value, where an element lacks its merge key, or where
    a directive cannot be obeyed.
    """
    laid = _Merge(origin, log, (text(body.get("apiVersion")).rpartition("/")[0], text(body.get("kind"))))
    new = laid.mapping(body, patch, _schema(body, schemas), (), ())
    return new, laid.log


def _schema(body: Tree, schemas: Mapping[tuple[str, str], Schema]) -> Schema | None:
    """Return the schema that the user gives for a kind under `openapi:`, otherwise that of Kubernetes."""
    kind = (text(body.get("apiVersion")), text(body.get("kind")))
    own = schemas.get(kind)
    return own if own is not None and own is not BUILTIN.get(kind) else schema_of(*kind)


class _Merge:
    """One merge in progress. `at` is a pointer into the body, or None below a value that is entirely new."""

    def __init__(self, origin: Origin, log: Log | None, kind: tuple[str, str]) -> None:
        self.origin = origin
        self.log = log
        self.kind = kind

    def mapping(self, body: Tree, patch: Tree, schema: Schema | None, at: Pointer | None, patch_at: Pointer) -> Any:
        """Return a mapping with a patch merged into it, or DELETED where the patch says so."""
        directive = _directive(patch, patch_at)
        if directive == "delete":
            return self.deleted(at, patch_at)
        if directive == "replace":
            self.write(at, patch_at)
            # Merged into an empty mapping, the patch loses its own directives on the way.
            return self.mapping({}, _without(patch, "$patch"), schema, None, patch_at)
        merged = self.retained(body, patch, at, patch_at)
        for key in _fields(patch):
            inner = None if at is None else (*at, key)
            new = self.field(key, merged.get(key, MISSING), patch, schema, inner, patch_at)
            if new is DELETED:
                merged = _without(merged, key)
            elif new is not merged.get(key, MISSING):
                merged = {**merged, key: new}
        return merged

    def field(
        self, key: str, body: Any, patch: Tree, schema: Schema | None, at: Pointer | None, patch_at: Pointer
    ) -> Any:
        keys, below = known = schema.get(key, NO_SCHEMA) if schema else NO_SCHEMA
        change = patch.get(key, MISSING)
        here = (*patch_at, key)
        has_directives = _ORDER + key in patch or _DELETE + key in patch
        if has_directives or (keys is not None and isinstance(change, list)):
            return _ListMerge(self, key, known, at, here).directed(body, patch)
        if change is None:
            return self.deleted(at, here) if body is not MISSING else DELETED
        # There is nothing to merge with, or the field's type says that it is replaced as a whole.
        if body is MISSING or body is None or (patch_at == ("spec",) and (*self.kind, key) in REPLACED):
            self.write(at, here)
            return self.fresh(change, below, here)
        if _kind(body) != _kind(change):
            raise Conflict(f"the patch has {_kind(change)} where the object has {_kind(body)}", here)
        if not isinstance(change, dict):
            self.write(at, here)
            return self.fresh(change, below, here)
        # `retainKeys` of the schema: another type of strategy makes the settings of the old one invalid.
        if key == "strategy" and schema and key in schema:
            body = self.without(body, outvoted_strategy(body, change), at, here)
        return self.mapping(body, change, below, at, here)

    def fresh(self, value: Any, schema: Schema | None, patch_at: Pointer) -> Any:
        """Return a value that the body lacks: that of the patch, without its nulls and directives."""
        if isinstance(value, dict):
            return self.mapping({}, value, schema, None, patch_at)
        if isinstance(value, list):
            _refuse_directives(value, patch_at)
        return value

    def retained(self, body: Tree, patch: Tree, at: Pointer | None, patch_at: Pointer) -> Tree:
        """Return the body without the keys that `$retainKeys` does not name."""
        if "$retainKeys" not in patch:
            return body
        kept, here = patch["$retainKeys"], (*patch_at, "$retainKeys")
        if not isinstance(kept, list):
            raise Conflict("`$retainKeys` must be a list of keys", here)
        for key in _fields(patch):
            if patch.get(key) is not None and key not in kept:
                raise Conflict(f"`$retainKeys` does not name `{key}`, which the patch sets", here)
        return self.without(body, [key for key in body if key not in kept], at, here)

    def without(self, body: Tree, keys: list[str], at: Pointer | None, patch_at: Pointer) -> Tree:
        for key in keys:
            body = _without(body, key)
            self.write(None if at is None else (*at, key), patch_at)
        return body

    def deleted(self, at: Pointer | None, patch_at: Pointer) -> Any:
        self.write(at, patch_at)
        return DELETED

    def write(self, at: Pointer | None, patch_at: Pointer) -> None:
        if at is not None:
            self.log = (self.log, at, self.origin.below(*patch_at))

    def rearrange(self, at: Pointer, sources: Rearranged) -> None:
        self.log = (self.log, at, sources)


class _ListMerge:
    """One list being merged: its keys (empty if its elements are scalars), the schema of its elements, its places in
    body and patch.

    `elements` holds the elements of the body, changed or not, followed by the new ones; a deleted element is None.
    """

    def __init__(self, outer: _Merge, field: str, known: FieldSchema, at: Pointer | None, patch_at: Pointer) -> None:
        self.outer = outer
        self.field = field
        self.is_merged = known[0] is not None
        self.keys = known[0] or ()
        self.schema = known[1]
        self.at = at
        self.patch_at = patch_at
        self.elements: list[Element | None] = []
        self.by_name: dict[tuple[str, ...], list[int]] = {}

    def directed(self, body: Any, patch: Tree) -> Any:
        """Return the merged list. `patch`, the mapping that contains the list, may say in which order its elements come
        and which to delete.
        """
        change = patch.get(self.field, MISSING)
        if change is None or (change is MISSING and body is MISSING):
            return self.outer.deleted(self.at, self.patch_at) if body is not MISSING else DELETED
        self.check(body, patch)
        changes: list[Any] = [] if change is MISSING else change
        whole = _whole(changes, self.patch_at)
        if whole == "delete":
            return self.outer.deleted(self.at, self.patch_at)
        old: list[Any] = body if body.__class__ is list else []
        merged = self.merged([] if whole == "replace" else old, changes, patch.get(_DELETE + self.field, []))
        merged = self.ordered(merged, old, patch.get(_ORDER + self.field, changes))
        return self.outcome(body, merged)

    def outcome(self, body: Any, merged: list[Element]) -> Any:
        """Return the values of the merged elements; the body itself if they are its own elements in its order."""
        values = [value for value, _ in merged]
        if body.__class__ is list and len(values) == len(body) and all(map(is_, values, body)):
            return body
        # The list is new, so the patch has written it as a whole.
        if body.__class__ is not list:
            self.outer.write(self.at, self.patch_at)
        if self.at is not None:
            self.outer.rearrange(self.at, tuple(source for _, source in merged))
        return values

    def check(self, body: Any, patch: Tree) -> None:
        """Raise `Conflict` where the object, the patch or one of its directives has another value than a list."""
        around, order = self.patch_at[:-1], _ORDER + self.field
        for name in (self.field, order, _DELETE + self.field):
            if not isinstance(patch.get(name, []), list):
                raise Conflict(f"`{name}` must be a list", (*around, name))
        # Only a list whose elements have names can be put in an order.
        if not self.is_merged and order in patch:
            raise Conflict(f"`{self.field}` is no list that is merged, so it has no order", (*around, order))
        if body is not MISSING and body is not None and body.__class__ is not list:
            raise Conflict(f"the patch has a list where the object has {_kind(body)}", self.patch_at)

    def merged(self, body: list[Any], patch: list[Any], unwanted: list[Any]) -> list[Element]:
        """Return the elements of body and patch, in any order."""
        deleted = {self.name_of(element) for element in unwanted}
        for index, element in enumerate(body):
            if self.keys or self.name_of(element) not in deleted:
                self.add(element, index)
        if self.keys:
            self.lay_all(patch)
        else:
            self.add_new(patch)
        return [element for element in self.elements if element is not None]

    def lay_all(self, patch: list[Any]) -> None:
        for index, change in enumerate(patch):
            if not _is_bare_directive(change):
                self.lay(change, index)

    def add_new(self, patch: list[Any]) -> None:
        """Add the scalars of the patch that the list does not have yet."""
        for index, value in enumerate(patch):
            if self.name_of(value) not in self.by_name:
                self.add(value, self.source(index))

    def add(self, value: Any, source: Source) -> None:
        self.by_name.setdefault(self.name_of(value), []).append(len(self.elements))
        self.elements.append((value, source))

    def lay(self, change: Any, index: int) -> None:
        """Merge one element of the patch into the elements."""
        outer, here = self.outer, (*self.patch_at, index)
        fitting = self.fitting(change, here)
        directive = _directive(change, here)
        if directive == "delete":
            for number in fitting:
                self.elements[number] = None
        elif not fitting:
            self.add(outer.fresh(_without(change, "$patch"), self.schema, here), self.source(index))
        elif directive == "replace":
            fresh = outer.fresh(_without(change, "$patch"), self.schema, here)
            self.elements[fitting[0]] = (fresh, self.source(index))
        else:
            self.elements[fitting[0]] = self.changed(fitting[0], change, here)

    def changed(self, number: int, change: Tree, here: Pointer) -> Element:
        element = self.elements[number]
        assert element is not None
        old, source = element
        place = (*self.at, source) if self.at is not None and isinstance(source, int) else None
        if self.field in RETAIN_KEYS:
            old = self.outer.without(old, outvoted(old, change, self.keys[0]), place, here)
        return self.outer.mapping(old, change, self.schema, place, here), source

    def fitting(self, change: Any, here: Pointer) -> list[int]:
        """Return the numbers of the elements that an element of the patch means.

        A secondary key that the patch leaves out may have any value, if only one element matches then.
        """
        if not isinstance(change, dict):
            raise Conflict(f"an element of `{self.field}` must be a mapping", here)
        names = self.names_meant(change, here)
        numbers = (number for name in names for number in self.by_name.get(name, ()))
        return [number for number in numbers if self.elements[number] is not None]

    def names_meant(self, change: Tree, here: Pointer) -> list[tuple[str, ...]]:
        """Return the names that an element of the patch may mean. Raises `Conflict` where it lacks a key that is needed
        to decide.
        """
        values = self.name_of(change)
        lacking = [key for key, value in zip(self.keys, values, strict=True) if not value]
        if not lacking:
            return [values]
        names = [name for name in self.by_name if _fits(values, name)]
        # Ports are merged by number and protocol. Without the protocol a number may still mean one port only, and a
        # deletion may mean all ports of that number.
        if lacking[0] == self.keys[0] or (len(names) != 1 and not _deletes(change)):
            raise Conflict(f"this element of `{self.field}` has no `{lacking[0]}`, the key that it is merged by", here)
        return names

    def ordered(self, merged: list[Element], body: list[Any], order: list[Any]) -> list[Element]:
        """Return the elements that the patch (or `$setElementOrder`) names, in its order, interleaved with those that
        only the body has.

        An element of the body stays before a named one if it was before it already; new elements come first.
        """
        rank = _first_places(self.name_of(element) for element in order if not _deletes(element))
        before = _first_places(map(self.name_of, body))
        named = sorted((e for e in merged if self.name_of(e[0]) in rank), key=lambda e: rank[self.name_of(e[0])])
        woven: list[Element] = []
        next_named = 0
        # Both lists keep their order; only how they interleave is decided here.
        for element in (e for e in merged if self.name_of(e[0]) not in rank):
            place = before.get(self.name_of(element[0]), len(body))
            while next_named < len(named) and place >= before.get(self.name_of(named[next_named][0]), -1):
                woven.append(named[next_named])
                next_named += 1
            woven.append(element)
        return woven + named[next_named:]

    def name_of(self, element: Any) -> tuple[str, ...]:
        """Return the values of an element's keys; for a scalar, its text."""
        if not self.keys:
            return (text(element),)
        if not isinstance(element, dict):
            return ()
        return tuple(text(element.get(key)) or DEFAULTS.get(key, "") for key in self.keys)

    def source(self, index: int) -> Origin:
        return self.outer.origin.below(*self.patch_at, index)


def _first_places(names: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    places: dict[tuple[str, ...], int] = {}
    for place, name in enumerate(names):
        places.setdefault(name, place)
    return places


def _fields(patch: Tree) -> list[str]:
    """Return the fields that a patch mentions, directly or in a directive."""
    names = (key.removeprefix(_ORDER).removeprefix(_DELETE) for key in patch if key not in ("$patch", "$retainKeys"))
    return list(dict.fromkeys(names))


def _is_bare_directive(element: Any) -> bool:
    """Return whether an element is just a directive, which is meant for the whole list."""
    return isinstance(element, dict) and element.keys() == {"$patch"}


def _deletes(element: Any) -> bool:
    return isinstance(element, dict) and element.get("$patch") == "delete"


def _fits(values: tuple[str, ...], name: tuple[str, ...]) -> bool:
    return len(values) == len(name) and all(v in ("", own) for v, own in zip(values, name, strict=True))


def _whole(patch: list[Any], patch_at: Pointer) -> str:
    """Return the directive for a list as a whole; empty where there is none."""
    return next((_directive(e, (*patch_at, i)) for i, e in enumerate(patch) if _is_bare_directive(e)), "")


def _directive(patch: Tree, patch_at: Pointer) -> str:
    """Return the `$patch` of a mapping; empty where it is `merge` or missing."""
    word = text(patch.get("$patch"))
    if word not in ("", "delete", "merge", "replace"):
        raise Conflict(f"`$patch: {word}` is not known; it is one of delete, merge, replace", (*patch_at, "$patch"))
    return "" if word == "merge" else word


def _refuse_directives(tree: Any, at: Pointer) -> None:
    """Raise `Conflict` for a directive in a list that is replaced as a whole, since the API server would take it for a
    field.
    """
    for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(step, str) and (step in ("$patch", "$retainKeys") or step.startswith((_ORDER, _DELETE))):
            raise Conflict(f"the list around this is replaced as a whole; `{step}` means nothing in it", (*at, step))
        if isinstance(value, dict | list):
            _refuse_directives(value, (*at, step))


def _kind(value: Any) -> str:
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a scalar"


def _without(tree: Tree, key: str) -> Tree:
    return {k: v for k, v in tree.items() if k != key} if key in tree else tree
